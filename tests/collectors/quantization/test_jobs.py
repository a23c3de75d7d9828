"""A job from end to end, with stand-ins for the heavy tools: what is recorded, what fails."""

from __future__ import annotations

import contextlib
import json
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from collectors.quantization.samples import (
    COLLECTOR,
    MODEL,
    W4A16,
    base_checkpoint,
    job,
    measured,
    project,
)

from cardgen.collect.planning import is_there
from cardgen.measuring.job import Model

PRETENDER = Path(__file__).with_name("pretender.py")
ROLES = ("quantize", "check", "serve")


def pythons(folder: Path, **how: Any) -> dict[str, str]:
    """Interpreters of the three roles that pretend."""
    folder.mkdir(parents=True)
    (folder / "pretend.json").write_text(json.dumps(how))
    python = folder / "python"
    python.write_text(f"#!{sys.executable}\n{PRETENDER.read_text()}")
    python.chmod(0o755)
    return dict.fromkeys(ROLES, str(python))


def test_a_job_records_what_ran_and_what_it_gave(tmp_path: Path) -> None:
    """The executed program, sizes by the headers, layers left alone, seconds, memory, answers."""
    root = project(tmp_path / "project")
    found = job(root, pythons(tmp_path / "bin"))
    run, measurement = measured(found)
    assert measurement.outcome == "measured", measurement.reason
    assert measurement.code is not None
    assert measurement.code.text == (Path(found.folder) / "quantize.py").read_text()
    assert [step.role for step in run.provenance.steps] == ["quantize", "check", "serve"]
    assert run.provenance.steps[0].command == ("python", ".cardgen/jobs/job/quantize.py")
    assert measurement.size_bytes == 64 * 96 * 2 + 256 * 12 * 4 + 256 * 3 * 2 + 16 + 96 * 80 * 2
    assert measurement.base_size_bytes == (64 * 96 + 96 * 96 + 2 * 256 * 96 + 96) * 2
    assert measurement.unquantized_layers == ("model.embed_tokens", "visual.blocks.0.attn.qkv")
    assert measurement.weights is not None
    assert measurement.weights.group_size == 32
    assert measurement.calibration is not None
    assert measurement.calibration.dataset == "data/texts.jsonl"
    assert measurement.peak_memory_bytes is not None
    assert measurement.peak_memory_bytes > 2**20
    assert measurement.duration_s is not None
    notes = " ".join(run.provenance.notes)
    assert "10 answer tokens" in notes
    assert "ranks 9 first" in notes
    assert "vLLM" in notes
    assert str(tmp_path) not in (Path(found.folder) / "result.json").read_text()


def test_saved_names_that_say_no_layer_are_mended(tmp_path: Path) -> None:
    """The trap: 16-bit layers taken for quantized ones. config.json is mended, and it is said."""
    root = project(tmp_path / "project", image=True)
    how = {"ignore": ["lm_head", "visual.blocks.0.attn.qkv"]}
    run, measurement = measured(job(root, pythons(tmp_path / "bin", **how)))
    assert measurement.outcome == "measured", measurement.reason
    stated = json.loads((root / "models/Tiny-quantized/config.json").read_text())
    assert stated["quantization_config"]["ignore"] == list(measurement.ignore)
    assert "re:.*visual.*" in measurement.ignore
    assert any("config.json was mended" in note for note in run.provenance.notes)
    assert [step.role for step in run.provenance.steps] == ["quantize", "check", "check", "serve"]


def test_names_that_cannot_be_mended_fail(tmp_path: Path) -> None:
    """Better no model than one that silently answers nothing right."""
    root = project(tmp_path / "project", image=True)
    how = {"ignore": ["lm_head", "visual.tower.0"]}
    settings = {**W4A16, "ignore": ["lm_head", "re:visual.*"]}
    _, measurement = measured(job(root, pythons(tmp_path / "bin", **how), settings))
    assert measurement.outcome == "failed"
    assert "visual.tower.0" in str(measurement.reason)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"quantize": "crash"}, ("RuntimeError: it broke", "logs/quantize.log")),
        ({"quantize": "kill"}, ("SIGKILL", "logs/quantize.log")),
        ({"check": "crash"}, ("transformers", "logs/check.log")),
        ({"serve": "crash"}, ("vLLM", "logs/serve.log")),
        ({"first": 1}, ("transformers 5.0", "ranks 1 first", "answers.json")),
        ({"served": 0}, ("vLLM 0.1", "ranks 0 first")),
        ({"quantize": "hang"}, ("ran out of time", "logs/quantize.log")),
    ],
)
def test_what_goes_wrong_is_a_failed_record(
    how: dict[str, Any], said: tuple[str, ...], tmp_path: Path
) -> None:
    """With the reason and the log's place in the project; the program that ran stays in it."""
    root = project(tmp_path / "project")
    settings = {**W4A16, "timeout_s": 2} if how.get("quantize") == "hang" else W4A16
    _, measurement = measured(job(root, pythons(tmp_path / "bin", **how), settings))
    assert measurement.outcome == "failed"
    assert all(words in str(measurement.reason) for words in said), measurement.reason
    assert str(tmp_path) not in str(measurement.reason)
    assert measurement.code is not None


BEFORE: dict[str, tuple[dict[str, Any], str]] = {
    "group size": ({**W4A16, "group_size": 128}, "group_size: 32"),
    "no file": (
        {**W4A16, "calibration": {"file": "data/none.jsonl"}},
        "data/none.jsonl: the calibration data is not there; make it first, or mend "
        "measure.quantization.calibration.file in card.yaml",
    ),
    "no generator": (
        {**W4A16, "calibration": {"generator": "data/none.py"}},
        "data/none.py: the generator of calibration data is not there; write it, or mend "
        "measure.quantization.calibration.generator in card.yaml",
    ),
    "unknown file": (
        {**W4A16, "calibration": {"file": "data/calibration.py"}},
        "one of .parquet",
    ),
    "empty folder": ({**W4A16, "calibration": {"file": "models"}}, "holds no .parquet"),
}


@pytest.mark.parametrize("case", BEFORE)
def test_nothing_starts_that_cannot_end_well(case: str, tmp_path: Path) -> None:
    """What is wrong with the plan is told before the long run, and no folder is left behind."""
    settings, said = BEFORE[case]
    root = project(tmp_path / "project")
    run, measurement = measured(job(root, pythons(tmp_path / "bin"), settings))
    assert measurement.outcome == "failed"
    assert said in str(measurement.reason)
    assert run.provenance.steps == ()
    assert not (root / "models" / "Tiny-quantized").exists()


def test_a_missing_base_model_is_said(tmp_path: Path) -> None:
    """With where it was looked for."""
    root = project(tmp_path / "project")
    _, measurement = measured(job(root, pythons(tmp_path / "bin"), base=root / "models" / "Other"))
    assert measurement.outcome == "failed"
    assert "models/Other/config.json" in str(measurement.reason)


def test_foreign_files_are_not_written_over(tmp_path: Path) -> None:
    """A folder that no job filled stays as it is; one that a job left is made anew."""
    root = project(tmp_path / "project")
    taken = base_checkpoint(root / "models" / "Tiny-quantized")
    before = sorted(path.read_bytes() for path in taken.iterdir())
    bin_folder = pythons(tmp_path / "bin")
    _, measurement = measured(job(root, bin_folder, name="first"))
    assert measurement.outcome == "failed"
    assert "models/Tiny-quantized holds files" in str(measurement.reason)
    assert sorted(path.read_bytes() for path in taken.iterdir()) == before
    output = root / "models" / "Mine"
    for name in ("second", "third"):
        _, measurement = measured(job(root, bin_folder, name=name, output=output))
        assert measurement.outcome == "measured", measurement.reason
        assert not (output / "model-00001-of-00002.safetensors").exists()
        (output / "model-00001-of-00002.safetensors").write_bytes(b"a shard of a broken save")
    assert measurement.model == MODEL


def test_a_folder_half_cleared_is_still_the_collectors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill while an earlier result is removed: the mark that says whose it is stays, and says
    that the rest is no model."""
    monkeypatch.syspath_prepend(str(COLLECTOR))
    claim = runpy.run_path(str(COLLECTOR / "measure.py"))["claim"]
    output = base_checkpoint(tmp_path / "models" / "Tiny-quantized")
    (output / ".cardgen-job.json").write_text("{}")
    session = SimpleNamespace(job=SimpleNamespace(key="0" * 64), place=str)
    unlink = Path.unlink
    left = len(list(output.iterdir()))
    while left > 1:

        def once(path: Path) -> None:
            monkeypatch.setattr(Path, "unlink", killed)
            unlink(path)

        def killed(path: Path) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "unlink", once)
        with contextlib.suppress(KeyboardInterrupt):
            claim(session, output)
        monkeypatch.setattr(Path, "unlink", unlink)
        names = [path.name for path in output.iterdir()]
        assert ".cardgen-job.json" in names
        assert len(names) == left - 1
        assert not is_there(Model(name=MODEL, path=str(output)))
        left -= 1
    claim(session, output)
    assert [path.name for path in output.iterdir()] == [".cardgen-job.json"]
