"""The serving collector: what a job gives, and that whatever breaks becomes a failed record."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cardgen.records import ServingMeasurement
from collectors import loads

SHORT = {"name": "short", "prompt_tokens": 64, "output_tokens": 16}
PICTURE = {**SHORT, "name": "picture", "image_width": 84, "image_height": 84}
PLAN: dict[str, Any] = {
    "scenarios": [SHORT],
    "window_s": 1,
    "warmup_s": 0.5,
    "usage": False,
    "server": {"start_timeout_s": 20},
}


def windows(outcome: loads.Outcome) -> list[ServingMeasurement]:
    assert outcome.exit_code == 0, outcome.output
    return [m for m in outcome.found if isinstance(m, ServingMeasurement)]


def told(outcome: loads.Outcome) -> list[tuple[str, str, float | None, str]]:
    return [(m.scenario.name, m.mode, m.load, m.outcome) for m in windows(outcome)]


def test_one_job_gives_latency_and_the_saturated_maximum_of_a_sweep(tmp_path: Path) -> None:
    outcome = loads.run("serving", tmp_path, PLAN)
    assert told(outcome) == [
        ("short", "single-stream", None, "measured"),
        ("short", "concurrent", 2.0, "measured"),
        ("short", "concurrent", 4.0, "measured"),
        ("short", "concurrent", 8.0, "measured"),
        ("short", "multi-stream", None, "measured"),
    ]
    last = windows(outcome)[-1]
    assert last.saturated is True
    assert last.requests_per_s is not None
    assert last.requests_per_s.value == 40.0
    assert last.prefix_cache_hit_rate == 0.0
    assert last.requests is not None
    assert last.requests.failed == 1
    assert (last.engine.version, last.engine.device) == ("0.32.0", "cpu")
    assert last.engine.startup_s is not None
    assert "--enforce-eager" in last.engine.arguments
    assert outcome.run is not None
    assert outcome.run.provenance.tool.version == "0.8.1"
    assert [step.role for step in outcome.run.provenance.steps] == ["serve"] + ["load"] * 4


def test_a_sweep_that_ends_before_the_maximum_says_so(tmp_path: Path) -> None:
    plan = {**PLAN, "concurrency": [2, 4]}
    outcome = loads.run("serving", tmp_path, plan)
    assert windows(outcome)[-1].saturated is False
    assert outcome.run is not None
    assert any("more streams may bring more" in note for note in outcome.run.provenance.notes)


def test_no_two_windows_of_a_job_ask_the_same(tmp_path: Path) -> None:
    plan = {**PLAN, "scenarios": [SHORT, PICTURE]}
    asked = loads.run("serving", tmp_path, plan).asked
    seeds = [line[line.index("--seed") + 1] for line in asked]
    assert len(set(seeds)) == len(seeds) == 8
    pictures = [word for line in asked for word in line if "kind=synthetic_image" in word]
    assert len(set(pictures)) == len(pictures) == 4


def test_base_and_quantized_get_the_same_prompts(tmp_path: Path) -> None:
    seeds = []
    for name in ("base", "quantized"):
        project = tmp_path / name
        project.mkdir()
        asked = loads.run("serving", project, PLAN, name=f"org/{name}").asked
        seeds.append([line[line.index("--seed") + 1] for line in asked])
    assert seeds[0] == seeds[1]


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("memory", "out of memory"),
        ("missing", "the model is missing"),
        ("unsupported", "vLLM does not support it"),
        ("port", "the port was taken"),
    ],
)
def test_a_server_that_does_not_start_fails_everything_with_its_reason(
    tmp_path: Path, ending: str, words: str
) -> None:
    outcome = loads.run("serving", tmp_path, PLAN, behaviour={"vllm": {"ending": ending}})
    found = windows(outcome)
    assert [(m.mode, m.outcome) for m in found] == [
        ("single-stream", "failed"),
        ("multi-stream", "failed"),
    ]
    assert all(words in (m.reason or "") for m in found)
    assert all(".cardgen/jobs/card/serving/logs/server-" in (m.reason or "") for m in found)


def test_a_port_that_is_taken_in_the_meantime_is_changed_for_another(tmp_path: Path) -> None:
    outcome = loads.run("serving", tmp_path, PLAN, behaviour={"vllm": {"ending": "port-once"}})
    assert {m.outcome for m in windows(outcome)} == {"measured"}
    assert (outcome.folder / "logs" / "server-2.log").is_file()


def test_a_server_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    plan = {**PLAN, "server": {"start_timeout_s": 1}}
    outcome = loads.run("serving", tmp_path, plan, behaviour={"vllm": {"ending": "never"}})
    assert all("not ready after" in (m.reason or "") for m in windows(outcome))


def test_a_server_on_another_device_than_planned_is_no_measurement(tmp_path: Path) -> None:
    outcome = loads.run("serving", tmp_path, PLAN, behaviour={"vllm": {"device": "cuda"}})
    assert all("where the plan says cpu" in (m.reason or "") for m in windows(outcome))


def test_a_server_killed_in_the_middle_fails_its_scenario_and_serves_the_next(
    tmp_path: Path,
) -> None:
    plan = {**PLAN, "scenarios": [SHORT, {**SHORT, "name": "second"}], "modes": ["multi-stream"]}
    ways = {"vllm": {"dies_at": 5, "dies_once": True}}
    outcome = loads.run("serving", tmp_path, plan, behaviour=ways)
    found = {(m.scenario.name, m.mode): m for m in windows(outcome) if m.mode == "multi-stream"}
    reason = found["short", "multi-stream"].reason or ""
    assert "the vLLM server was ended by SIGKILL after" in reason
    assert "server-1.log" in reason
    assert found["second", "multi-stream"].outcome == "measured"


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("crash", "GuideLLM ended with exit code 1: ValueError: no requests; log: "),
        ("killed", "GuideLLM was ended by SIGKILL"),
        ("nan", "GuideLLM's file cannot be used"),
    ],
)
def test_a_load_generator_that_fails_fails_its_window_alone(
    tmp_path: Path, ending: str, words: str
) -> None:
    ways = {"guidellm": {"at": {"1": {"ending": ending}}}}
    outcome = loads.run("serving", tmp_path, PLAN, behaviour=ways)
    single, *_, multi = windows(outcome)
    assert (single.mode, single.outcome) == ("single-stream", "failed")
    assert words in (single.reason or "")
    assert (multi.mode, multi.outcome) == ("multi-stream", "measured")


def test_a_level_that_fails_ends_the_sweep_with_what_came_before(tmp_path: Path) -> None:
    ways = {"guidellm": {"at": {"4": {"ending": "crash"}}}}
    outcome = loads.run("serving", tmp_path, PLAN, behaviour=ways)
    last = windows(outcome)[-1]
    assert (last.mode, last.outcome, last.saturated) == ("multi-stream", "measured", False)
    assert outcome.run is not None
    assert any("the sweep broke off at 4 streams" in n for n in outcome.run.provenance.notes)


def test_a_load_generator_that_hangs_is_ended_with_its_orphans(tmp_path: Path) -> None:
    plan = {**PLAN, "modes": ["single-stream"]}
    ways = {"guidellm": {"ending": "hang"}}
    outcome = loads.run("serving", tmp_path, plan, behaviour=ways, timeout_s=6)
    (only,) = windows(outcome)
    assert "GuideLLM ran out of time" in (only.reason or "")
    orphan = int((tmp_path / "orphan").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(orphan, 0)


IMPATIENT = """
import runpy, sys
sys.path.insert(0, "{folder}")
import load
load.ENDING_S = 1.0
runpy.run_path("{folder}/measure.py", run_name="__main__")
"""


def test_a_load_generator_that_hangs_at_a_window_s_end_gets_a_second_try(tmp_path: Path) -> None:
    """With prompts that the server has not seen, and the reader is told."""
    program = tmp_path / "impatient.py"
    program.write_text(IMPATIENT.format(folder=loads.ROOT / "collectors" / "serving"))
    plan = {**PLAN, "modes": ["single-stream"]}
    ways = {"guidellm": {"ending": "hang-once"}}
    outcome = loads.run("serving", tmp_path, plan, behaviour=ways, program=program)
    (only,) = windows(outcome)
    assert only.outcome == "measured", only.reason
    assert outcome.run is not None
    assert any("GuideLLM hung" in note for note in outcome.run.provenance.notes)
    first, second = (words[words.index("--seed") + 1] for words in outcome.asked)
    assert first != second
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "orphan").read_text()), 0)


def test_prompts_that_came_from_the_cache_are_no_measurement(tmp_path: Path) -> None:
    outcome = loads.run("serving", tmp_path, PLAN, behaviour={"vllm": {"hit_rate": 0.8}})
    assert all("80% of the prompts' tokens came" in (m.reason or "") for m in windows(outcome))


def test_few_hits_of_the_cache_are_recorded_and_said(tmp_path: Path) -> None:
    outcome = loads.run("serving", tmp_path, PLAN, behaviour={"vllm": {"hit_rate": 0.1}})
    assert {m.prefix_cache_hit_rate for m in windows(outcome)} == {0.1}
    assert outcome.run is not None
    assert any("the prefix cache answered part" in n for n in outcome.run.provenance.notes)


def test_the_cards_usage_snippet_is_run_as_it_is_printed(tmp_path: Path) -> None:
    (tmp_path / "cardgen.yaml").write_text("")
    card = tmp_path / "cards" / "card" / "card.yaml"
    card.parent.mkdir(parents=True)
    card.write_text(
        "kind: benchmark\ntitle: Tiny\nmodel: org/tiny\ndeployment: {max_model_len: 512}\n"
    )
    outcome = loads.run("serving", tmp_path, {**PLAN, "usage": True, "modes": ["single-stream"]})
    assert outcome.run is not None
    usage = outcome.run.provenance.usage
    assert usage is not None, outcome.run.provenance.notes
    assert usage.output == "org/tiny says: 1 message"
    assert 'model="org/tiny"' in usage.code
