"""The commands of measured runs: as they ran, by role, each once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render.bash import parses, ran, read
from samples_cards import BASE, MODEL, RELAXED, card, serving
from samples_pages import hostile

from cardgen.card import Card
from cardgen.language import language
from cardgen.records import Origin, Provenance, Run, Source, Step, Tool, Usage
from cardgen.render import shell, snippets
from cardgen.render.environment import card_environment
from cardgen.render.escape import fence
from cardgen.render.snippets import Snippet
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
    blocks = snippets.benchmark(with_runs, frozenset(), None)
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
        "load": "guidellm target=http://127.0.0.1:8001,model=x --seed kind=static,value=1 "
        'picture,seed=1 "$JOB"',
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


def test_a_step_that_hung_and_was_run_again_is_shown_as_it_ended_well() -> None:
    """The attempt that gave the number, with its own seed; a server ends by being ended."""
    run = measured(
        ("serve", None, ("vllm", "serve")),
        ("load", None, ("guidellm", "--seed", "1")),
        ("load", 0, ("guidellm", "--seed", "300001")),
    )
    assert shown(run) == {"serve": "vllm serve", "load": "guidellm --seed 300001"}


@pytest.mark.parametrize(("usage", "code"), [(True, 0), (False, None), (False, 1)])
def test_the_usage_snippet_is_no_command_behind_a_number(usage: bool, code: int | None) -> None:
    """Whether it ended well, was ended, or failed; a user's program of a like name is one."""
    run = measured(
        ("serve", code, ("sh", "-c", "exec python usage.py > output.txt")),
        ("load", 0, ("sh", "-c", "exec python my_usage.py")),
    )
    if usage:
        ran = Usage(code="print(1)", output="1")
        provenance = run.provenance.model_copy(update={"usage": ran})
        run = run.model_copy(update={"provenance": provenance})
    assert shown(run) == {"load": "sh -c 'exec python my_usage.py'"}


def test_the_command_of_a_run_that_measured_nothing_is_not_shown() -> None:
    """Neither its steps nor its one command stand behind a number."""
    run = measured(("load", 0, ("guidellm",)))
    failed = serving(reason="no request succeeded")
    provenance = run.provenance.model_copy(update={"command": ("guidellm", "run")})
    nothing = run.model_copy(update={"measurements": (failed,), "provenance": provenance})
    assert shown(nothing) == {}


JOBS = [
    ".cardgen/jobs/tiny/serving-tiny-cpu-1-0123abcd",
    ".cardgen/jobs/my card/serving-tiny-0123abcd",
    ".cardgen/jobs/it's, $HOME=`x`;*/accuracy-x-deadbeef-0123abcd",
    ".cardgen/jobs/карта/качество-модели-0123abcd",
    ".cardgen\\jobs\\tiny\\serving-tiny-0123abcd",
    ".cardgen\\\\jobs\\\\tiny\\\\serving-tiny-0123abcd",
    "/srv/projects/.cardgen/jobs/tiny/serving-tiny-0123abcd",
    "C:\\projects\\.cardgen\\jobs\\tiny\\serving-tiny-0123abcd",
    "~/projects/.cardgen/jobs/tiny/serving-tiny-0123abcd",
]
PLACES = [
    ("{}", '"$JOB"'),
    ("{}/plan-1.json", '"$JOB/plan-1.json"'),
    ("--output={}/scratch/x", '--output="$JOB/scratch/x"'),
    ("kind=json,path={}/scratch/x.json", 'kind=json,path="$JOB/scratch/x.json"'),
    ("kind=json,path={},indent=2", 'kind=json,path="$JOB",indent=2'),
    ("kind=json,path={}/x.json,indent=2", 'kind=json,path="$JOB/x.json",indent=2'),
    ("{}/a b/it's", """"$JOB/a"' b/it'"'"'s'"""),
    ("{}/$x/`y`", """"$JOB/"'$x/`y`'"""),
    ("{}:{}/b", '"$JOB":"$JOB/b"'),
    ('{{"path": "{}/x"}}', """'{"path": "'"$JOB/x"'"}'"""),
    ("exec python '{}/x' > /dev/null", None),
    ("{}\\scratch\\x y", None),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("job", JOBS)
def test_the_folder_of_a_job_is_a_variable(job: str, place: tuple[str, str | None]) -> None:
    """Wherever it stands in an argument; with JOB set, a shell reads the words that ran."""
    words = ("tool", "--log", place[0].format(*[job] * 2), "end")
    line = shell.command(words)
    assert line.has_job
    assert ".cardgen" not in line.text
    assert read(line.text, JOB=job) == words
    if place[1] is not None:
        assert line.text == f"tool --log {place[1]} end"


@pytest.mark.parametrize(
    "word",
    [
        "models/tiny",
        "tasks/.cardgen-tasks/jobs/a/b-0123abcd",
        "my.cardgen/jobs/a/b-0123abcd",
        ".cardgen/jobs/a",
        ".cardgen/jobs/a/notes.txt",
        ".cardgen/digests.json",
        "$JOB",
        '"$JOB"',
        "${JOB}/x",
    ],
)
def test_paths_of_the_project_stay(word: str) -> None:
    """Only the folder of a job is cardgen's own; a variable in an argument was none."""
    line = shell.command(("tool", word))
    assert not line.has_job
    assert read(line.text, JOB="other") == ("tool", word)


argument = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.sampled_from(["--", "-", "=", "~", "~root/x", "a=~/x", "#x", "!x", "{a,b}", "\\", "\r\n"]),
    hostile,
)
named = st.builds(lambda a, b, job: f"{a}{job}{b}", argument, argument, st.sampled_from(JOBS[:4]))


@settings(RELAXED, max_examples=250)
@given(st.lists(st.one_of(argument, named), min_size=1, max_size=8), st.sampled_from(JOBS[:4]))
def test_a_shell_reads_the_words_that_were_recorded(words: list[str], job: str) -> None:
    """Whatever characters they hold: off the finished card, with JOB set to the job's folder."""
    words = ["tool", *words, f"path={job}/x"]
    line = shell.command(words)
    fenced = str(fence(line.text, "bash")).split("\n", 1)[1].rsplit("\n", 1)[0]
    folder = shell.job_folder(words)
    assert folder is not None
    assert read(fenced, JOB=folder) == tuple(words)
    assert parses(fenced) == ""


@pytest.mark.parametrize(
    "piece", ["/", "a/", ".cardgen/jobs/", ".cardgen/jobs/a/", "-0123abcd", " "]
)
def test_a_long_argument_takes_no_long_time(piece: str) -> None:
    """A million characters that only look like a job's folder."""
    began = time.process_time()
    line = shell.command(("tool", piece * (1_000_000 // len(piece))))
    assert line.text.startswith("tool ")
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "words",
    [
        ("tool", "--a", "b"),
        ("tool", *(f"--option-{n}={n}" for n in range(12))),
        ("tool", "--text", "it's $HOME\n`x`", *(f"--n{n}" for n in range(30))),
        ("tool", "zero\u200bwidth", "carriage\rreturn", "", *(f"--n{n}" for n in range(30))),
    ],
)
def test_a_shell_reads_the_command_that_ran(words: tuple[str, ...]) -> None:
    """A long command has an option a line, and means the same."""
    line = shell.command(words).text
    assert read(line) == words
    assert max(map(len, line.splitlines())) <= shell.LONGEST_LINE


def block(*commands: tuple[str, ...], origin: Origin = "measured") -> Snippet:
    """The one block of a run that executed the commands."""
    run = measured(*(("load", 0, command) for command in commands))
    source = None if origin == "measured" else Source(title="a file")
    provenance = run.provenance.model_copy(update={"origin": origin, "source": source})
    found = card(run.model_copy(update={"provenance": provenance}))
    (made,) = snippets.benchmark(found, frozenset(), None)
    return made


def test_a_block_runs_with_the_variable_set(tmp_path: Path) -> None:
    """The user's own folder stands where the job's stood; the rest is what ran."""
    job = f".cardgen/jobs/my card/{'x' * 60}-0123abcd"
    made = block(
        ("guidellm", "run", "--data", "a b", "--output", f"kind=json,path={job}/scratch/1.json"),
        ("guidellm", "run", *(f"--option-{n}" for n in range(20)), f"--plan={job}/plan-1.json"),
    )
    mine = "/tmp/my results"
    assert ran(made.code, tmp_path, "guidellm", JOB=mine) == [
        ["guidellm", "run", "--data", "a b", "--output", f"kind=json,path={mine}/scratch/1.json"],
        ["guidellm", "run", *(f"--option-{n}" for n in range(20)), f"--plan={mine}/plan-1.json"],
    ]


@pytest.mark.parametrize(("origin", "status"), [("measured", "executed"), ("imported", "recorded")])
@pytest.mark.parametrize("path", ["results/1.json", ".cardgen/jobs/x/load-0123abcd/1.json"])
def test_the_card_says_what_the_variable_stands_for(origin: Origin, status: str, path: str) -> None:
    """In every language, and only where the block has it."""
    made = block(("guidellm", f"--output={path}"), origin=origin)
    assert (made.status, made.has_job) == (status, ".cardgen" in path)
    for code, words in (("en", "stands for the folder"), ("ru", "обозначает папку")):
        context = {"language": language(code), "plots": {}, "snippet": made}
        template = '{% from "macros.md.j2" import status with context %}{{ status(snippet) }}'
        said = card_environment(None).from_string(template).render(context)
        assert ("`$JOB`" in said, words in said) == (made.has_job, made.has_job)
