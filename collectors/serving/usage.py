"""The card's usage snippet, run as the card prints it.

Part of `measure.py`. The snippet is rendered by the very function that the card's page calls and
run in the role `serve`, in a folder where the model's name leads to its checkpoint: not a letter
of it is changed. Once a card: in the first repeat of the card's own model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cardgen.errors import CardgenError
from cardgen.imports.redaction import redacted
from cardgen.measuring.program import Session
from cardgen.records import Usage
from cardgen.render.usage import usage_code
from cardgen.spec.load import find_project, load_card
from cardgen.spec.plan.serving import ServingPlan

TIMEOUT_S: Final = 1800
LONGEST_OUTPUT: Final = 4_000


def run(session: Session, plan: ServingPlan) -> None:
    """Run the snippet and keep code and output in the run; a failure is a note."""
    job = session.job
    role = job.roles.get("serve")
    if job.repeat != 1 or role is None or role.python is None:
        return
    try:
        project = find_project(session.project)
        specification = load_card(project, job.card)
        templates = project.root / "templates"
        code = usage_code(specification, templates if templates.is_dir() else None)
    except CardgenError as problem:
        session.note(f"The usage snippet was not run: {' '.join(str(problem).split())}")
        return
    if code is None or specification.model != job.model.name:
        return
    session.progress.stage("run the usage snippet")
    folder = session.scratch / "usage"
    folder.mkdir(exist_ok=True)
    (folder / "usage.py").write_text(code, encoding="utf-8")
    variables = {"VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_STREAM": "ext://sys.stderr"}
    if job.model.path is not None:
        _lead(folder, job.model.name, Path(job.model.path))
        variables["HF_HUB_OFFLINE"] = "1"
    if job.accelerator == "cpu":
        variables["VLLM_CPU_KVCACHE_SPACE"] = str(plan.server.kv_cache_gib)
    finished = session.run(
        "serve",
        ["sh", "-c", "exec python usage.py > output.txt"],
        timeout_s=TIMEOUT_S,
        log="usage.log",
        env=variables,
        cwd=folder,
    )
    if not finished.ok:
        session.note(session.failure(finished, "The usage snippet"))
        return
    printed = (folder / "output.txt").read_text(encoding="utf-8", errors="replace")
    kept = "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in printed
    )
    session.usage = Usage(code=code, output=redacted(kept.strip())[:LONGEST_OUTPUT] or "(nothing)")


def _lead(folder: Path, name: str, checkpoint: Path) -> None:
    """Make the model's name a path that leads to its checkpoint."""
    link = folder / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(checkpoint, target_is_directory=True)
