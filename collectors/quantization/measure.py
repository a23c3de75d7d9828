"""Quantizes a model with llm-compressor, and tries the result before it counts.

Renders the program that quantizes from the one template, executes that very file in the project's
folder, reads sizes and layers from the safetensors headers, then loads the result with
transformers and vLLM. Runs under cardgen's interpreter; whatever is heavy is a step in a role.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import inputs  # beside this file, as the next two
import trial
from pydantic import ValidationError
from refusal import Refused

from cardgen.errors import CardgenError
from cardgen.imports import checkpoint
from cardgen.imports.options import ImportOptions
from cardgen.measuring import model_folder
from cardgen.measuring.processes import Finished
from cardgen.measuring.program import Session, main
from cardgen.records import QuantizationMeasurement, Tool
from cardgen.records.quantization import Code
from cardgen.render.creation import creation_code
from cardgen.spec.plan.quantization import QuantizationPlan
from cardgen.store import files

STAGE: Final = re.compile(rb"\((\d+)/(\d+)\): (?:Calibrating|Propagating)")


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
    """Check, quantize, describe, try: each step adds to what is found, and may refuse.

    The folder of the result is marked as unfinished until the last of them has passed.
    """
    job = session.job
    if job.base is None:
        raise Refused("the job names no base model to quantize")
    image = "vision_config" in inputs.base_config(session)
    planned = plan.measurement(job.model.name, job.base.name, image=image)
    attempt.found = planned.model_copy(update={"revision": job.model.revision})
    inputs.check_widths(session, attempt.found)
    places = inputs.located(session)
    code = creation_code(
        attempt.found,
        image=image,
        places=places,
        data=inputs.calibration_data(session, plan.calibration),
        templates=inputs.project_templates(session),
        complete=True,
        trust_remote_code=job.trust_remote_code,
    )
    output = session.project / places.output
    claim(session, output)
    attempt.add(code=Code(text=code))
    finished, peak = quantize(session, plan, code)
    # A program of the project's own template may have made the folder anew.
    model_folder.mark(output, job.key, "unfinished")
    attempt.add(duration_s=round(finished.duration_s, 3), peak_memory_bytes=peak)
    if not finished.ok:
        raise Refused(session.failure(finished, "llm-compressor"))
    attempt.found = described(session, attempt.found, output)
    trial.run(session, plan, attempt.found, output, image=image)
    attempt.add(ignore=stated_ignore(output) or attempt.found.ignore)
    model_folder.mark(output, job.key, "finished")


def failed(found: QuantizationMeasurement, reason: str) -> QuantizationMeasurement:
    """The measurement as a failed one: what is settled and what ran stay."""
    return found.model_copy(update={"outcome": "failed", "reason": reason[:2_000]})


def told_place(session: Session, problem: OSError) -> str:
    """The file that an error is about, as the record may name it."""
    name = problem.filename
    return session.place(Path(name)) if isinstance(name, str) else session.place(session.folder)


def claim(session: Session, output: Path) -> None:
    """An empty folder for the result, marked as unfinished. What an earlier job left there goes;
    what somebody else put there stays, and the job is refused."""
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        if not model_folder.is_ours(output):
            raise Refused(
                f"{session.place(output)} holds files that no quantization job made: move them "
                "away, or name another folder in measure.models"
            )
        # First of all: what is half removed is no model any more.
        model_folder.mark(output, session.job.key, "unfinished")
        model_folder.clear(output)
    output.mkdir(parents=True, exist_ok=True)
    model_folder.mark(output, session.job.key, "unfinished")


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
