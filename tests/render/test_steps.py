"""The commands of measured runs: as they ran, by role, each once."""

from __future__ import annotations

import subprocess

import pytest
from samples_cards import BASE, MODEL, card, serving

from cardgen.card import Card
from cardgen.records import Provenance, Run, Step, Tool, Usage
from cardgen.render import snippets, steps
from cardgen.store.runs import RecordSet


def measured(*commands: tuple[str, int | None, tuple[str, ...]], model: str = MODEL) -> Run:
    """A run of the serving collector with these steps: role, exit code, command."""
    made = tuple(Step(role=r, exit_code=c, command=w, duration_s=1.0) for r, c, w in commands)
    provenance = Provenance(origin="measured", tool=Tool(name="GuideLLM"), steps=made)
    return Run(provenance=provenance, measurements=(serving(model, latency_s=1.0),))


def shown(*runs: Run) -> dict[str, str]:
    """Each role's block on the card, and that all say they were executed."""
    found = card()
    named = [(f"cards/x/runs/{number}.json", run) for number, run in enumerate(runs)]
    with_runs = Card(found.name, found.project, found.specification, RecordSet(named))
    blocks = snippets.benchmark(with_runs, [], None)
    assert {block.status for block in blocks} <= {"executed"}
    return {str(block.title): block.code for block in blocks}


def served(port: int, repeat: int) -> Run:
    """One repeat: the same commands but for the port, the seed and the job's folder."""
    folder = f".cardgen/jobs/x/serving-x-{repeat}-0123abc{repeat}"
    seeds = ("--seed", f"kind=static,value={repeat}", f"picture,seed={repeat}")
    return measured(
        ("serve", None, ("python", "-m", "vllm", "--port", str(port))),
        ("load", 0, ("guidellm", f"target=http://127.0.0.1:{port},model=x", *seeds, folder)),
        ("load", 1, ("guidellm", "a step that failed")),
    )


def test_repeats_are_shown_once() -> None:
    """The first repeat's commands, as they ran; a failed step is no source of a number."""
    assert shown(served(8001, 1), served(8002, 2), served(8003, 3)) == {
        "serve": "python -m vllm --port 8001",
        "load": "guidellm target=http://127.0.0.1:8001,model=x \\\n  --seed kind=static,value=1 "
        "picture,seed=1 .cardgen/jobs/x/serving-x-1-0123abc1",
    }


def test_the_usage_snippet_has_a_place_of_its_own() -> None:
    """It is no command behind a number."""
    run = measured(("serve", 0, ("sh", "-c", "python usage.py")), ("load", 0, ("guidellm",)))
    usage = Usage(code="print(1)", output="1")
    kept = run.model_copy(update={"provenance": run.provenance.model_copy(update={"usage": usage})})
    assert shown(kept) == {"load": "guidellm"}


def test_the_base_models_commands_are_not_repeated() -> None:
    """The card shows those of its own model."""
    assert shown(measured(("load", 0, ("guidellm",)), model=BASE)) == {}


@pytest.mark.parametrize(
    "words",
    [
        ("tool", "--a", "b"),
        ("tool", *(f"--option-{n}={n}" for n in range(12))),
        ("tool", "--text", "it's $HOME\n`x`", *(f"--n{n}" for n in range(30))),
    ],
)
def test_a_shell_reads_the_command_that_ran(words: tuple[str, ...]) -> None:
    """A long command has an option a line, and means the same."""
    script = f"printf '%s\\0' {steps.wrapped(words)}"
    read = subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout
    assert tuple(read.decode().split("\0")[:-1]) == words
