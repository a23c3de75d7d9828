"""Quantizes a model with llm-compressor, and tries the result before it counts.

Renders the program that quantizes from the one template, executes that very file in the project's
folder, reads sizes and layers from the safetensors headers, then loads the result with
transformers and vLLM. Runs under cardgen's interpreter; whatever is heavy is a step in a role.
"""

from __future__ import annotations

import json
import re
import resource
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import layers  # beside this file
from pydantic import ValidationError

from cardgen.errors import CardgenError
from cardgen.imports import checkpoint
from cardgen.imports.options import ImportOptions
from cardgen.imports.safetensors import read_weights
from cardgen.measuring.processes import Finished
from cardgen.measuring.program import Session, main
from cardgen.records import QuantizationMeasurement, Tool
from cardgen.records.quantization import Code
from cardgen.render.creation import Data, Places, creation_code, file_data, generator_data
from cardgen.spec.plan.quantization import CalibrationPlan, QuantizationPlan
from cardgen.store import files

MARK: Final = ".cardgen-job.json"
"""In a folder that this collector fills: whose it is, so that a later call may replace it."""
SUFFIXES: Final = (".parquet", ".jsonl", ".json")
STAGE: Final = re.compile(rb"\((\d+)/(\d+)\): (?:Calibrating|Propagating)")
CHECK_TIMEOUT_S: Final = 1800
HERE: Final = Path(__file__).resolve().parent


class Refused(Exception):  # noqa: N818 - a reason for the record, not an error of the program
    """Why there is no quantized model to measure: one line for the record."""


class Attempt:
    """What is known of the measurement so far, for the record of a failure."""

    def __init__(self, found: QuantizationMeasurement) -> None:
        self.found = found

    def add(self, **fields: object) -> None:
        """Set fields of the measurement."""
        self.found = self.found.model_copy(update=fields)


def measure(session: Session) -> Iterator[QuantizationMeasurement]:
    """The one measurement of the job; failed, with its reason, where anything went wrong."""
    job = session.job
    plan = QuantizationPlan.model_validate(job.settings, strict=False)
    version = installed_version(session, "llmcompressor")
    session.tool = Tool(name="llm-compressor", version=version)
    found = plan.measurement(
        job.model.name, job.base.name if job.base else job.model.name, image=False
    )
    attempt = Attempt(found.model_copy(update={"revision": job.model.revision}))
    try:
        attempt_job(session, plan, attempt)
    except Refused as problem:
        yield failed(attempt.found, str(problem))
    except CardgenError as problem:
        yield failed(attempt.found, " ".join(str(problem).split()))
    except OSError as problem:
        yield failed(attempt.found, f"{told_place(session, problem)}: {problem.strerror}")
    else:
        yield attempt.found.model_copy(update={"outcome": "measured", "reason": None})


def attempt_job(session: Session, plan: QuantizationPlan, attempt: Attempt) -> None:
    """Check, quantize, describe, try: each step adds to what is found, and may refuse."""
    job = session.job
    if job.base is None:
        raise Refused("the job names no base model to quantize")
    image = "vision_config" in base_config(session)
    planned = plan.measurement(job.model.name, job.base.name, image=image)
    attempt.found = planned.model_copy(update={"revision": job.model.revision})
    check_widths(session, attempt.found)
    places = located(session)
    code = creation_code(
        attempt.found,
        image=image,
        places=places,
        data=calibration_data(session, plan.calibration),
        templates=project_templates(session),
        complete=True,
        trust_remote_code=job.trust_remote_code,
    )
    output = session.project / places.output
    claim(session, output)
    attempt.add(code=Code(text=code))
    finished, peak = quantize(session, plan, code)
    attempt.add(duration_s=round(finished.duration_s, 3), peak_memory_bytes=peak)
    if not finished.ok:
        raise Refused(session.failure(finished, "llm-compressor"))
    attempt.found = described(session, attempt.found, output)
    try_result(session, plan, attempt.found, output, image=image)
    attempt.add(ignore=stated_ignore(output) or attempt.found.ignore)


def failed(found: QuantizationMeasurement, reason: str) -> QuantizationMeasurement:
    """The measurement as a failed one: what is settled and what ran stay."""
    return found.model_copy(update={"outcome": "failed", "reason": reason[:2_000]})


def told_place(session: Session, problem: OSError) -> str:
    """The file that an error is about, as the record may name it."""
    name = problem.filename
    return session.place(Path(name)) if isinstance(name, str) else session.place(session.folder)


# Before the long run.


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
            raise Refused(f"{plan.generator}: the generator of calibration data is not there")
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
            raise Refused(f"{name}: calibration data is one of {', '.join(SUFFIXES)}")
        return file_data(name, place.suffix, folder=False)
    if not place.is_dir():
        raise Refused(f"{name}: the calibration data is not there; make it first, or mend the path")
    suffix = next((s for s in SUFFIXES if any(place.glob(f"*{s}"))), None)
    if suffix is None:
        raise Refused(f"{name}: the folder holds no {' or '.join(SUFFIXES)} file")
    return file_data(name, suffix, folder=True)


def project_templates(session: Session) -> Path | None:
    """The project's own templates, which come before cardgen's."""
    folder = session.project / "templates"
    return folder if folder.is_dir() else None


def claim(session: Session, output: Path) -> None:
    """An empty folder for the result. What an earlier job left there goes; what somebody else put
    there stays, and the job is refused."""
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        if not (output / MARK).is_file():
            raise Refused(
                f"{session.place(output)} holds files that no quantization job made: move them "
                "away, or name another folder in measure.models"
            )
        shutil.rmtree(output)
    output.mkdir(parents=True, exist_ok=True)
    files.replace(output / MARK, json.dumps({"job": session.job.key}).encode() + b"\n")


# The run.


def quantize(session: Session, plan: QuantizationPlan, code: str) -> tuple[Finished, int]:
    """Execute the program; how it ended, and the most memory that one of its processes held."""
    program = session.folder / "quantize.py"
    files.replace(program, code.encode())
    session.progress.stage("quantize")
    log = session.logs / "quantize.log"
    with followed(session, log):
        finished = session.run(
            "quantize",
            [session.python("quantize"), str(program)],
            timeout_s=plan.timeout_s,
            log=log.name,
        )
    # No child before this one held more than a few MiB: the largest is the quantizing process.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return finished, peak


@contextmanager
def followed(session: Session, log: Path, every_s: float = 1.0) -> Iterator[None]:
    """Tell how many layers are done, as the log says them, while the block runs."""
    done = threading.Event()

    def follow() -> None:
        total = None
        while not done.wait(every_s):
            last = None
            try:
                with log.open("rb") as file:
                    file.seek(max(0, log.stat().st_size - 8_192))
                    last = [*STAGE.finditer(file.read())][-1:]
            except OSError:
                continue
            if last:
                layer, of = int(last[0][1]), int(last[0][2])
                if total != of:
                    total = of
                    session.progress.stage("quantize", total=of)
                session.progress.reach(layer - 1)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def described(
    session: Session, found: QuantizationMeasurement, output: Path
) -> QuantizationMeasurement:
    """What the result's own files say of it: arguments, layers, sizes."""
    base = session.job.base
    assert base is not None
    options = ImportOptions(
        model=found.model,
        base_model=found.base_model,
        scheme=found.scheme,
        base_folder=Path(base.path) if base.path else fetched(base.name, base.revision),
        project_root=session.project,
    )
    (read,) = checkpoint.read(output, options).measurements
    assert isinstance(read, QuantizationMeasurement)
    taken = (
        "method", "format", "weights", "activations", "activation_dtype", "kv_cache",
        "unquantized_layers", "size_bytes", "base_size_bytes", "parameters",
    )  # fmt: skip
    return found.model_copy(update={name: getattr(read, name) for name in taken})


def fetched(name: str, revision: str | None) -> Path | None:
    """Where the Hub's client keeps the weights that the program fetched."""
    from huggingface_hub import try_to_load_from_cache

    file = try_to_load_from_cache(name, "config.json", revision=revision)
    if not isinstance(file, str):
        return None
    folder = Path(file).parent
    return folder if any(folder.glob("*.safetensors")) else None


def stated_ignore(output: Path) -> tuple[str, ...]:
    """The layers that the result's config.json says are not quantized."""
    content = json.loads((output / "config.json").read_bytes())
    return tuple(content.get("quantization_config", {}).get("ignore", ()))


# The result, as users load it.


def try_result(
    session: Session,
    plan: QuantizationPlan,
    found: QuantizationMeasurement,
    output: Path,
    *,
    image: bool,
) -> None:
    """Load the result with each engine and compare its answers with the base model's."""
    if not plan.check.engines:
        return
    request = {
        "model": str(output),
        "base": session.job.base.location if session.job.base else "",
        "image": image,
        "prompts": list(plan.check.prompts),
        "images": [str(session.project / name) for name in plan.check.images],
        "max_tokens": plan.check.max_tokens,
        "max_model_len": None,
        "trust_remote_code": session.job.trust_remote_code,
        "device": session.job.accelerator,
    }
    asked, told = session.folder / "check.json", session.folder / "answers.json"
    files.replace(asked, json.dumps(request, indent=1).encode())
    answers = load_with_transformers(session, asked, told)
    if answers["unmatched"]:
        mend(session, found, output, answers)
        answers = load_with_transformers(session, asked, told)
        if answers["unmatched"]:
            raise Refused(
                f"{session.place(output)}/config.json: ignore names layers that transformers "
                f"{answers['transformers']} does not have: {', '.join(answers['unmatched'][:3])}"
            )
    if "transformers" in plan.check.engines:
        judged(session, plan, "transformers", answers["transformers"], answers["questions"])
    serve = session.job.roles.get("serve")
    if "vllm" in plan.check.engines and (serve is None or serve.python is None):
        session.note("Not loaded with vLLM: this job has no interpreter that has it.")
    elif "vllm" in plan.check.engines:
        served = load_with_vllm(session, asked, told)
        judged(session, plan, "vLLM", served["vllm"], served["questions"])


def load_with_transformers(session: Session, asked: Path, told: Path) -> dict[str, Any]:
    """The answers of base and result under transformers; or the names that say no layer."""
    session.progress.stage("load with transformers")
    told.unlink(missing_ok=True)
    argv = [session.python("check"), str(HERE / "check.py"), str(asked), str(told)]
    finished = session.run("check", argv, timeout_s=CHECK_TIMEOUT_S, log="check.log")
    if not finished.ok:
        raise Refused(session.failure(finished, "loading the result with transformers"))
    return dict(json.loads(told.read_bytes()))


def load_with_vllm(session: Session, asked: Path, told: Path) -> dict[str, Any]:
    """The ranks of the base's answers in the result under vLLM."""
    session.progress.stage("load with vLLM")
    ranks = session.folder / "served.json"
    ranks.unlink(missing_ok=True)
    argv = [session.python("serve"), str(HERE / "serve.py"), str(asked), str(told), str(ranks)]
    env = {"VLLM_NO_USAGE_STATS": "1"}
    if session.job.accelerator == "cpu":
        env["VLLM_CPU_KVCACHE_SPACE"] = "1"
    finished = session.run("serve", argv, timeout_s=CHECK_TIMEOUT_S, log="serve.log", env=env)
    if not finished.ok:
        raise Refused(session.failure(finished, "loading the result with vLLM"))
    return dict(json.loads(ranks.read_bytes()))


def judged(
    session: Session,
    plan: QuantizationPlan,
    engine: Literal["transformers", "vLLM"],
    version: str,
    questions: list[dict[str, Any]],
) -> None:
    """Keep the agreement as a note; refuse a model that does not know what its base would say."""
    first = sum(question["ranked_first"] for question in questions)
    tokens = sum(question["tokens"] for question in questions)
    if tokens == 0:
        raise Refused(f"{engine}: the base model answered none of {len(questions)} questions")
    told = (
        f"Loaded with {engine} {version}: of the base model's {tokens} answer tokens to "
        f"{len(questions)} questions, the quantized model ranks {first} first."
    )
    if first < plan.check.minimum_agreement * tokens:
        raise Refused(
            f"{told} At least {plan.check.minimum_agreement:.0%} are expected of a model that was "
            f"read rightly; answers: {session.place(session.folder / 'answers.json')}"
        )
    session.note(told)


def mend(
    session: Session, found: QuantizationMeasurement, output: Path, answers: dict[str, Any]
) -> None:
    """Give config.json an `ignore` whose names say the layers that were left alone."""
    place = output / "config.json"
    content = json.loads(place.read_bytes())
    stated = content["quantization_config"]
    marked = {
        name.rpartition(".")[0]
        for name in read_weights(output).tensors
        if name.endswith((".weight_packed", ".weight_scale"))
    }
    mended = layers.mended(stated["ignore"], found.ignore, answers["linear"], len(marked))
    lost = answers["unmatched"]
    if mended is None:
        raise Refused(
            f"{session.place(place)}: {len(lost)} names in ignore say no layer that transformers "
            f"{answers['transformers']} has ({', '.join(lost[:3])}), and neither the plan's "
            "patterns nor longer names say those layers: give `ignore` patterns such as "
            "re:.*visual.*"
        )
    session.note(
        f"llm-compressor saved {len(stated['ignore'])} layers to ignore; {len(lost)} of the names "
        f"say no layer that transformers {answers['transformers']} has ({lost[0]}…), which would "
        "take 16-bit layers for quantized ones. config.json was mended: ignore is now "
        + (", ".join(mended.ignore) if mended.planned else "the names that the loaded model has")
        + "."
    )
    stated["ignore"] = list(mended.ignore)
    files.replace(place, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def installed_version(session: Session, package: str) -> str | None:
    """The version of a package beside the role's interpreter, from its metadata's folder name."""
    try:
        prefix = Path(session.python("quantize")).parent.parent
    except RuntimeError:
        return None
    found = next(prefix.glob(f"lib/python*/site-packages/{package}-*.dist-info"), None)
    return found.name.removesuffix(".dist-info").partition("-")[2] if found else None


if __name__ == "__main__":
    try:
        main(measure)
    except ValidationError as problem:
        sys.exit(f"error: the job's settings are no quantization plan: {problem}")
