"""What the quantization starts from: the base model, its calibration data, the places of both.

Reads configurations and safetensors headers only; whatever is missing is refused before anything
runs for long.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import layers  # beside this file, as the next
from refusal import Refused

from cardgen.imports.safetensors import read_weights
from cardgen.measuring.program import Session
from cardgen.records import QuantizationMeasurement
from cardgen.render.creation import Data, Places, file_data, generator_data
from cardgen.spec.plan.quantization import CalibrationPlan

SUFFIXES: Final = (".parquet", ".jsonl", ".json")
CALIBRATION: Final = "measure.quantization.calibration"
"""The key of card.yaml that names the data."""


def base_config(session: Session) -> dict[str, Any]:
    """The base model's config.json, from its folder or from the Hub."""
    base = session.job.base
    assert base is not None
    if base.path is not None:
        place = Path(base.path) / "config.json"
        try:
            return dict(json.loads(place.read_bytes()))
        except (OSError, ValueError) as problem:
            raise Refused(
                f"{session.place(place)}: the base model's configuration cannot be read "
                f"({getattr(problem, 'strerror', None) or 'no JSON object'}); "
                "make the base model first, or mend measure.models"
            ) from problem
    from huggingface_hub import hf_hub_download

    try:
        file = hf_hub_download(base.name, "config.json", revision=base.revision)
        return dict(json.loads(Path(file).read_bytes()))
    except Exception as problem:  # any of the client's and the network's errors
        first = str(problem).strip().splitlines() or [type(problem).__name__]
        raise Refused(
            f"{base.name} cannot be fetched from the Hub: {first[0][:300]}; check the name, or "
            "give the checkpoint's folder in measure.models"
        ) from problem


def shapes_of(session: Session) -> dict[str, tuple[int, ...]]:
    """The shapes of the base model's tensors, from safetensors headers alone."""
    base = session.job.base
    assert base is not None
    if base.path is not None:
        return {n: tensor.shape for n, tensor in read_weights(Path(base.path)).tensors.items()}
    from huggingface_hub import get_safetensors_metadata

    try:
        metadata = get_safetensors_metadata(base.name, revision=base.revision)
    except Exception:  # noqa: BLE001 - this check may be missed: llm-compressor has its own
        return {}
    return {
        name: tuple(tensor.shape)
        for file in metadata.files_metadata.values()
        for name, tensor in file.tensors.items()
    }


def check_widths(session: Session, found: QuantizationMeasurement) -> None:
    """Refuse a group size that does not divide a layer, before anything runs for long."""
    if found.weights is None or found.weights.group_size is None:
        return
    linear = layers.widths(shapes_of(session))
    chosen = layers.quantized(linear, found.targets, found.ignore)
    reason = layers.refusal(chosen, found.weights.group_size)
    if reason is not None:
        raise Refused(reason)


def located(session: Session) -> Places:
    """Where the program reads and writes: paths from the project's folder, or a name on the Hub."""
    job = session.job
    assert job.base is not None
    output = job.model.path or str(session.project / "models" / job.model.name.rpartition("/")[2])
    source, revision = job.base.name, job.base.revision
    if job.base.path is not None:
        source, revision = inside(session, Path(job.base.path), "the base model"), None
    return Places(source, inside(session, Path(output), "the quantized model"), revision)


def inside(session: Session, path: Path, what: str) -> str:
    """The path as the program on the card names it: never absolute."""
    try:
        return path.relative_to(session.project).as_posix()
    except ValueError:
        raise Refused(f"{what} lies outside the project: keep it in a folder of it") from None


def calibration_data(session: Session, plan: CalibrationPlan | None) -> Data | None:
    """How the program gets at its calibration data; a refusal where the file is not there."""
    if plan is None:
        return None
    if plan.dataset is not None:
        data = Data("hub")
    elif plan.generator is not None:
        if not (session.project / plan.generator).is_file():
            raise Refused(
                f"{plan.generator}: the generator of calibration data is not there; "
                f"write it, or mend {CALIBRATION}.generator in card.yaml"
            )
        data = generator_data(plan.generator)
    else:
        assert plan.file is not None
        data = of_files(session, plan.file)
    return data._replace(
        text=plan.text, messages=plan.messages, image=plan.image, answer=plan.answer
    )


def of_files(session: Session, name: str) -> Data:
    """The loader for a file, or for the files of a folder that all end the same."""
    place = session.project / name
    if place.is_file():
        if place.suffix not in SUFFIXES:
            raise Refused(
                f"{name}: calibration data is one of {', '.join(SUFFIXES)}; "
                f"mend {CALIBRATION}.file in card.yaml"
            )
        return file_data(name, place.suffix, folder=False)
    if not place.is_dir():
        raise Refused(
            f"{name}: the calibration data is not there; "
            f"make it first, or mend {CALIBRATION}.file in card.yaml"
        )
    suffix = next((s for s in SUFFIXES if any(place.glob(f"*{s}"))), None)
    if suffix is None:
        raise Refused(
            f"{name}: the folder holds no {' or '.join(SUFFIXES)} file; "
            f"make one first, or mend {CALIBRATION}.file in card.yaml"
        )
    return file_data(name, suffix, folder=True)


def project_templates(session: Session) -> Path | None:
    """The project's own templates, which come before cardgen's."""
    folder = session.project / "templates"
    return folder if folder.is_dir() else None
