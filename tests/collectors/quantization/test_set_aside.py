"""What a job that failed or was killed wrote is nobody's model, and is told where it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from collect.projects import Project, until
from collectors.quantization.samples import (
    BASE,
    COLLECTOR,
    MODEL,
    W4A16,
    job,
    measured,
    project,
)
from collectors.quantization.test_jobs import pythons
from samples_cards import call, process, start

from cardgen.collect.planning import is_there
from cardgen.measuring import job as jobs
from cardgen.measuring.job import Model
from cardgen.records import Run
from cardgen.store import runs

OUTPUT = Path("models/Tiny-quantized")
ASIDE = Path("models/Tiny-quantized.failed")
TOLD = "What the failed job wrote is in models/Tiny-quantized.failed: it is no model."
FAILS: dict[str, dict[str, Any]] = {
    "killed while saving": {"half": "kill"},
    "crashed while saving": {"half": "crash"},
    "weights that cannot be read": {"half": "return"},
    "an engine cannot load it": {"check": "crash"},
    "another engine cannot load it": {"serve": "crash"},
    "the check failed": {"first": 0},
    "names that say no layer": {"ignore": ["lm_head", "visual.tower.0"]},
}


CARD: dict[str, Any] = {
    "kind": "quantized",
    "title": "Tiny",
    "model": MODEL,
    "base_model": BASE,
    "languages": ["en", "ru"],
    "measure": {
        "accelerator": "cpu",
        "hardware": "Bench",
        "timeout_s": 60,
        "models": {BASE: "models/Tiny"},
        "quantization": W4A16,
    },
}
USER: dict[str, Any] = {
    **CARD,
    "kind": "benchmark",
    "measure": {
        **{name: value for name, value in CARD["measure"].items() if name != "quantization"},
        "models": {MODEL: str(OUTPUT), BASE: "models/Tiny"},
        "accuracy": {"tasks": ["piqa"]},
    },
}
RUN = Path("cards/tiny/runs/quantization-tiny-quantized.json")


def whole(root: Path, **how: Any) -> list[str]:
    """A project whose card `tiny` quantizes and whose card `user` measures the same folder; the
    call that quantizes."""
    project(root)
    (root / "cardgen.yaml").write_text("{}\n")
    for name, card in (("tiny", CARD), ("user", USER)):
        (root / "cards" / name).mkdir(parents=True)
        (root / "cards" / name / "card.yaml").write_text(json.dumps(card))
    python = pythons(root / "bin", **how)["check"]
    return ["collect", "tiny", *(f"--python={role}={python}" for role in ("quantize", "check",
            "serve"))]  # fmt: skip


def blocked(root: Path) -> str:
    """How the jobs of the card that uses the folder stand."""
    done = call(root, "collect", "user", "--dry-run")
    assert done.code == 0, done.err
    return next(line for line in done.out.splitlines() if line.startswith("accuracy-tiny-quant"))


def kept(root: Path) -> Run:
    return runs.load(root / RUN)


def is_model(root: Path) -> bool:
    """Whether later jobs would take the folder for the model."""
    return is_there(Model(name=MODEL, path=str(root / OUTPUT)))


def models(root: Path) -> list[str]:
    """What stands beside the base model."""
    return sorted(path.name for path in (root / "models").iterdir() if path.name != "Tiny")


@pytest.mark.parametrize("case", FAILS)
def test_what_a_failed_job_wrote_is_set_aside(case: str, tmp_path: Path) -> None:
    """Under a name that says so, whole, and the call and the record tell it."""
    done = call(tmp_path, *whole(tmp_path, **FAILS[case]))
    assert done.code == 1, done.err
    assert TOLD in done.err
    run = kept(tmp_path)
    assert run.measurements[0].outcome == "failed"
    assert TOLD in run.provenance.notes
    assert models(tmp_path) == [ASIDE.name]
    assert (tmp_path / ASIDE / "config.json").is_file()
    assert (tmp_path / ASIDE / "model.safetensors").is_file()
    assert not is_model(tmp_path)
    assert not is_there(Model(name=MODEL, path=str(tmp_path / ASIDE)))


def test_the_next_job_starts_clean(tmp_path: Path) -> None:
    """A failure's files give way to the next one's, stay where a job wrote nothing, and stand
    beside the model that comes out in the end."""
    command = whole(tmp_path, first=0)
    weights = tmp_path / ASIDE / "model.safetensors"
    sizes = []
    for how in ({"first": 0}, {"half": "crash"}, {"quantize": "crash"}):
        (tmp_path / "bin/pretend.json").write_text(json.dumps(how))
        done = call(tmp_path, *command)
        assert done.code == 1, done.err
        assert (TOLD in kept(tmp_path).provenance.notes) is ("quantize" not in how)
        assert not is_model(tmp_path)
        sizes.append(weights.stat().st_size)
    assert sizes[0] > sizes[1] == sizes[2]
    (tmp_path / "bin/pretend.json").write_text("{}")
    assert call(tmp_path, *command).code == 0
    assert is_model(tmp_path)
    assert models(tmp_path) == [OUTPUT.name, ASIDE.name]
    assert (tmp_path / OUTPUT / "model.safetensors").stat().st_size == sizes[0]
    assert weights.stat().st_size == sizes[1]


def test_a_program_that_makes_the_folder_anew_is_no_way_round(tmp_path: Path) -> None:
    """A project's own template may remove what stands there; what fails is set aside all the
    same."""
    assert call(tmp_path, *whole(tmp_path, anew=True, first=0)).code == 1
    assert models(tmp_path) == [ASIDE.name]


KILLED = {
    "before anything is written": ({"quantize": "hang"}, "quantize.log"),
    "half of the weights written": ({"half": "hang"}, "quantize.log"),
    "before the check": ({"check": "hang"}, "check.log"),
    "in the last check": ({"serve": "hang"}, "serve.log"),
}


@pytest.mark.parametrize("case", KILLED)
def test_a_kill_leaves_no_model(case: str, tmp_path: Path) -> None:
    """SIGKILL to the collector at any moment: its folder is taken for no model, and for nobody's
    own; the next job makes one there."""
    how, log = KILLED[case]
    root = project(tmp_path / "project")
    found = job(root, pythons(tmp_path / "a", **how), name="first")
    folder = Path(found.folder)
    (folder / "job.json").write_bytes(jobs.dump(found))
    argv = [sys.executable, "-E", "-s", str(COLLECTOR / "measure.py")]
    argv += ["--job", str(folder / "job.json"), "--result", str(folder / "result.json")]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as collector:
        assert until((folder / "logs" / log).exists)
        if "half" in how:
            assert until((root / OUTPUT / "model.safetensors").exists)
        collector.send_signal(signal.SIGKILL)
    assert not (folder / "result.json").exists()
    assert (root / OUTPUT / "config.json").exists() is ("quantize" not in how)
    assert not is_model(root)
    _, measurement = measured(job(root, pythons(tmp_path / "b"), name="second"))
    assert measurement.outcome == "measured", measurement.reason
    assert is_model(root)


def test_a_failed_quantization_is_told_everywhere(tmp_path: Path) -> None:
    """By the call, the card in both languages, and the jobs that would have used the model."""
    command = whole(tmp_path, first=0)
    done = process(tmp_path, *command)
    assert done.code == 1, done.err
    assert TOLD in done.err
    run = kept(tmp_path)
    assert run.measurements[0].outcome == "failed"
    assert "no such folder, only Tiny-quantized.failed, which a quantization" in blocked(tmp_path)
    built = call(tmp_path, "build", "tiny")
    assert built.code == 0, built.err
    assert f"warning: {RUN.as_posix()}: Quantization to W4A16 failed: " in built.err
    english = (tmp_path / "cards/tiny/README.md").read_text()
    russian = (tmp_path / "cards/tiny/README.ru.md").read_text()
    assert "the quantized model ranks 0 first. At least 20% are expected" in english
    assert "is in models/Tiny-quantized.failed: it is no model" in english
    assert "От верно прочитанной модели ожидается не менее 20%" in russian
    assert "лежит в models/Tiny-quantized.failed: это не модель" in russian
    (tmp_path / "bin/pretend.json").write_text("{}")
    assert process(tmp_path, *command).code == 0
    assert kept(tmp_path).measurements[0].outcome == "measured"
    assert blocked(tmp_path).split() == ["accuracy-tiny-quantized", "due"]


@pytest.mark.parametrize("victim", ["collector", "Ctrl-C", "time-out", "cardgen"])
def test_a_call_that_is_ended_leaves_no_model(tmp_path: Path, victim: str) -> None:
    """Whoever is ended half-way: what was written is set aside where somebody is left to do it,
    and taken for no model where nobody is. The next call makes one."""
    command = whole(tmp_path, half="hang")
    if victim == "time-out":
        hasty = {**CARD, "measure": {**CARD["measure"], "timeout_s": 6}}
        (tmp_path / "cards/tiny/card.yaml").write_text(json.dumps(hasty))
    with start(tmp_path, *command) as cardgen:
        assert until((tmp_path / OUTPUT / "model.safetensors").exists)
        if victim == "collector":
            os.kill(collector(tmp_path), signal.SIGKILL)
        elif victim != "time-out":
            cardgen.send_signal(signal.SIGKILL if victim == "cardgen" else signal.SIGINT)
        _, said = cardgen.communicate(timeout=60)
    assert cardgen.returncode == {"cardgen": -9, "Ctrl-C": 130}.get(victim, 1), said
    assert not is_model(tmp_path)
    assert models(tmp_path) == [OUTPUT.name if victim == "cardgen" else ASIDE.name]
    if victim in ("collector", "time-out"):
        run = kept(tmp_path)
        assert run.measurements[0].outcome == "failed"
        assert run.provenance.notes == (TOLD,)
    if victim == "cardgen":
        assert "its quantization has not finished" in blocked(tmp_path)
    assert until(lambda: Project(tmp_path).left() == [])
    (tmp_path / "bin/pretend.json").write_text("{}")
    (tmp_path / "cards/tiny/card.yaml").write_text(json.dumps(CARD))
    again = process(tmp_path, *command)
    assert again.code == 0, again.err
    assert is_model(tmp_path)


def collector(root: Path) -> int:
    """The process of the job's own program."""
    for pid in Project(root).left():
        words = (Path("/proc") / str(pid) / "cmdline").read_bytes()
        if b"measure.py" in words and b"supervise.py" not in words:
            return pid
    raise AssertionError("no collector is at work")
