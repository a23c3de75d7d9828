"""`cardgen import` as a user types it: records of a card out of other tools' files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cli.bad_projects import contents
from imports.samples import make_checkpoint
from samples_cards import call

from cardgen.measuring import model_folder
from cardgen.store import runs

INIT = ("--kind", "quantized", "--model", "me/small-w4a16", "--base-model", "me/small")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one new card."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    done = call(folder, "init", "demo", *INIT)
    assert done.code == 0, done.err
    return folder


def results(folder: Path, model: str, score: float, **more: Any) -> Path:
    """A result file of lm-eval with one task."""
    path = folder / f"results_{model.rpartition('/')[2]}.json"
    data = {
        "results": {"arc_easy": {"alias": "arc_easy", "acc,none": score, "acc_stderr,none": 0.01}},
        "configs": {"arc_easy": {"task": "arc_easy", "num_fewshot": 0}},
        "versions": {"arc_easy": 1.0},
        "n-shot": {"arc_easy": 0},
        "higher_is_better": {"arc_easy": {"acc": True}},
        "n-samples": {"arc_easy": {"original": 500, "effective": 500}},
        "config": {"model": "hf", "model_args": f"pretrained={model}", "limit": None},
        "git_hash": "abc1234",
        "date": 1750000000.0,
        "lm_eval_version": "0.4.13",
        **more,
    }
    path.write_text(json.dumps(data))
    return path


def test_the_folder_of_a_failed_quantization_is_refused(project: Path) -> None:
    """With or without its tool's name, into a card or to look at: it is no model."""
    folder = make_checkpoint(project / "models" / "small-w4a16.failed")
    options = ("--model", "me/small-w4a16", "--base-model", "me/small")
    model_folder.mark(folder, "0" * 64, "unfinished")
    for words in (("checkpoint", str(folder)), (str(folder),)):
        for target in (("--card", "demo"), ()):
            done = call(project, "import", *words, *options, *target)
            assert done.code == 2, done.out
            assert "what a quantization job left unfinished" in done.err
    model_folder.mark(folder, "0" * 64, "finished")
    done = call(project, "import", str(folder), *options, "--card", "demo")
    assert done.code == 0, done.err


def values(project: Path, card: str = "demo") -> dict[str, float]:
    """Each run file of the card, and the first score in it."""
    found = {}
    for path in sorted((project / "cards" / card / "runs").iterdir()):
        (measurement, *_) = runs.load(path).measurements
        assert measurement.kind == "accuracy"
        assert measurement.value is not None
        found[path.relative_to(project).as_posix()] = measurement.value.value
    return found


def test_results_become_a_card_with_recovery(project: Path) -> None:
    """Two result files, no tool named: records, then a card whose recovery follows."""
    base, small = results(project, "me/small", 0.8), results(project, "me/small-w4a16", 0.75)
    done = call(project, "import", base.name, small.name, "--card", "demo")
    assert done.code == 0, done.err
    runs = sorted((project / "cards/demo/runs").iterdir())
    assert len(runs) == 2
    schema = json.loads(call(project, "schema", "run").out)
    for path in runs:
        run = json.loads(path.read_text("utf-8"))
        jsonschema.validate(run, schema)
        assert run["provenance"]["origin"] == "imported"
        assert run["provenance"]["tool"]["version"] == "0.4.13"
        assert run["provenance"]["source"]["file"].startswith("results_small")
    assert call(project, "build", "demo").code == 0
    readme = (project / "cards/demo/README.md").read_text("utf-8")
    for shown in (">80.00<", ">75.00<", ">93.75%<", ">-5.00 [-7.77, -2.23]<"):
        assert shown in readme


def test_the_same_file_again_changes_nothing_and_a_copy_is_refused(project: Path) -> None:
    path = results(project, "me/small", 0.8)
    assert call(project, "import", path.name, "--card", "demo").code == 0
    before = contents(project)
    again = call(project, "import", path.name, "--card", "demo")
    assert (again.code, contents(project)) == (0, before)
    assert "unchanged" in again.err
    (project / "copy.json").write_bytes(path.read_bytes())
    copied = call(project, "import", "copy.json", "--card", "demo")
    assert copied.code == 2
    assert "the same source" in copied.err
    (project / "copy.json").unlink()
    assert contents(project) == before


def test_one_bad_file_and_nothing_is_written(project: Path) -> None:
    good = results(project, "me/small", 0.8)
    (project / "bad.json").write_text('{"results": {"a": {"acc,none": NaN}}}')
    before = contents(project)
    done = call(project, "import", "lm-eval", good.name, "bad.json", "--card", "demo")
    assert done.code == 2
    assert "bad.json" in done.err
    assert "Traceback" not in done.err
    assert contents(project) == before


def test_dry_run_says_and_writes_nothing(project: Path) -> None:
    path = results(project, "me/small", 0.8)
    before = contents(project)
    done = call(project, "import", path.name, "--card", "demo", "--dry-run")
    assert done.code == 0
    assert "would write cards/demo/runs/" in done.err
    assert contents(project) == before


def test_without_a_card_the_run_is_printed(tmp_path: Path) -> None:
    done = call(tmp_path, "import", str(results(tmp_path, "me/small", 0.8)))
    assert done.code == 0, done.err
    assert json.loads(done.out)["measurements"][0]["task"] == "arc_easy"


@pytest.mark.parametrize("inside", [True, False])
def test_a_corrected_file_is_refused_until_it_is_said_what_becomes_of_the_wrong_one(
    project: Path, tmp_path: Path, *, inside: bool
) -> None:
    """A silent second run would make the card show the median of wrong and right."""
    folder = project if inside else tmp_path / "elsewhere"
    folder.mkdir(exist_ok=True)
    path = results(folder, "me/small", 0.2)
    again = ("import", str(path), "--card", "demo")
    assert call(project, *again).code == 0
    (first,) = values(project)
    results(folder, "me/small", 0.8)
    before = contents(project)
    for more in ((), ("--dry-run",)):
        done = call(project, *again, *more)
        assert (done.code, done.out) == (2, "")
        assert f"{first}, which names the same source" in done.err
        assert "--replace" in done.err
        assert "--repeat" in done.err
        assert contents(project) == before

    assert call(project, *again, "--replace").code == 0
    assert values(project) == {first: 0.8}
    done = call(project, *again, "--replace")
    assert (done.code, "unchanged" in done.err) == (0, True)


def of_task(path: Path, task: str) -> None:
    """The file as a run of another task would have written it."""
    path.write_text(path.read_text().replace("arc_easy", task))


def test_a_file_run_again_with_another_task_replaces_its_run(project: Path) -> None:
    """Not a second run beside it, whose file says no more what the first one said."""
    path = results(project, "me/small", 0.2)
    again = ("import", path.name, "--card", "demo")
    assert call(project, *again).code == 0
    (first,) = values(project)
    results(project, "me/small", 0.8)
    of_task(path, "gsm8k")
    before = contents(project)
    done = call(project, *again)
    assert (done.code, contents(project)) == (2, before)
    assert f"{first}, which names the same source" in done.err
    assert "--replace" in done.err
    assert "to keep both\n" in done.err
    assert call(project, *again, "--replace").code == 0
    assert values(project) == {first: 0.8}
    assert "gsm8k" in (project / first).read_text()


def test_of_several_runs_of_a_file_that_of_its_task_is_replaced(project: Path) -> None:
    """Whatever the run files are called; where none is of the task, none is taken by guess."""
    path = results(project, "me/small", 0.1)
    again = ("import", path.name, "--card", "demo")
    assert call(project, *again).code == 0
    (first,) = values(project)
    (project / first).rename(project / "cards/demo/runs/arc.json")
    results(project, "me/small", 0.2)
    of_task(path, "gsm8k")
    assert call(project, *again, "--repeat").code == 0
    results(project, "me/small", 0.3)
    assert call(project, *again, "--replace").code == 0
    assert values(project) == {"cards/demo/runs/arc.json": 0.3, first: 0.2}
    of_task(path, "mmlu")
    before = contents(project)
    done = call(project, *again, "--replace")
    assert (done.code, contents(project)) == (2, before)
    assert all(name in done.err for name in values(project))


@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
def test_what_an_earlier_cardgen_read_of_the_same_file_is_read_anew(
    project: Path, flags: tuple[str, ...]
) -> None:
    path = results(project, "me/small", 0.8, chat_template=None)
    again = ("import", path.name, "--card", "demo")
    assert call(project, *again).code == 0
    (file,) = (project / name for name in values(project))
    wanted = file.read_bytes()
    earlier = json.loads(wanted)
    del earlier["measurements"][0]["settings"]["apply_chat_template"]
    file.write_text(json.dumps(earlier))
    done = call(project, *again, *flags)
    assert done.code == 0
    assert f"warning: {path.name}: {file.relative_to(project)} held another reading" in done.err
    assert (file.read_bytes() == wanted) == (not flags)
    assert "warning" not in call(project, *again, *flags).err or flags


def test_a_run_file_of_another_name_is_read_anew_only_where_it_is_said(project: Path) -> None:
    path = results(project, "me/small", 0.8)
    again = ("import", path.name, "--card", "demo")
    assert call(project, *again).code == 0
    (first,) = values(project)
    (project / first).rename(project / "cards/demo/runs/mine.json")
    assert call(project, *again).code == 2
    assert call(project, *again, "--replace").code == 0
    assert list(values(project)) == ["cards/demo/runs/mine.json"]


def test_a_repeat_is_kept_beside_the_first(project: Path) -> None:
    path = results(project, "me/small", 0.7)
    again = ("import", path.name, "--card", "demo")
    assert call(project, *again).code == 0
    results(project, "me/small", 0.8)
    assert call(project, *again, "--repeat").code == 0
    assert sorted(values(project).values()) == [0.7, 0.8]
    before = contents(project)
    for more in ((), ("--repeat",), ("--replace",)):
        done = call(project, *again, *more)
        assert (done.code, "unchanged" in done.err) == (0, True)
        assert contents(project) == before


def test_of_two_repeats_none_is_replaced_by_guess(project: Path) -> None:
    path = results(project, "me/small", 0.6)
    again = ("import", path.name, "--card", "demo")
    assert call(project, *again).code == 0
    results(project, "me/small", 0.7)
    assert call(project, *again, "--repeat").code == 0
    results(project, "me/small", 0.8)
    before = contents(project)
    refused = call(project, *again)
    assert "--replace" not in refused.err
    assert "remove the run files that are wrong" in refused.err
    done = call(project, *again, "--replace")
    assert done.code == 2
    assert all(name in done.err for name in values(project))
    assert "--repeat" in done.err
    assert contents(project) == before


def test_two_new_files_never_replace_one_run(project: Path, tmp_path: Path) -> None:
    """Outside the project a source is known by its name alone."""
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder, score in zip(folders, (0.6, 0.7, 0.8), strict=True):
        folder.mkdir()
        results(folder, "me/small", score)
    first, *others = (str(folder / "results_small.json") for folder in folders)
    assert call(project, "import", first, "--card", "demo").code == 0
    before = contents(project)
    done = call(project, "import", *others, "--card", "demo", "--replace")
    assert done.code == 2
    assert "one after the other" in done.err
    assert contents(project) == before


def test_the_run_of_another_card_is_not_replaced(project: Path) -> None:
    path = results(project, "me/small", 0.7)
    assert call(project, "import", path.name, "--card", "demo").code == 0
    assert call(project, "init", "other", *INIT).code == 0
    card = project / "cards/other/card.yaml"
    card.write_text(card.read_text("utf-8") + "uses: [demo]\n")
    results(project, "me/small", 0.8)
    done = call(project, "import", path.name, "--card", "other", "--replace")
    assert done.code == 0, done.err
    assert values(project, "demo").popitem()[1] == 0.7
    assert values(project, "other").popitem()[1] == 0.8


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--card", "demo", "--replace", "--repeat"), "exclude each other"),
        (("--replace",), "give --card"),
        (("--repeat",), "give --card"),
    ],
)
def test_flags_that_do_not_go_together(project: Path, flags: tuple[str, ...], said: str) -> None:
    path = results(project, "me/small", 0.7)
    before = contents(project)
    done = call(project, "import", path.name, *flags)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert contents(project) == before


@pytest.mark.parametrize("flags", [("--card", "demo"), ("--card", "demo", "--dry-run"), ()])
def test_what_the_importer_remarked_is_said_once(project: Path, flags: tuple[str, ...]) -> None:
    """Two files with the same remark: one line."""
    config = {"model": "hf", "model_args": "pretrained=me/small", "limit": 10}
    names = [results(project, "me/small", 0.7, config=config).name]
    if flags:
        config = {**config, "model_args": "pretrained=me/small-w4a16"}
        names.append(results(project, "me/small-w4a16", 0.6, config=config).name)
    done = call(project, "import", *names, *flags)
    assert done.code == 0, done.err
    notes = [line for line in done.err.splitlines() if line.startswith("note: ")]
    assert notes == ["note: A partial run: limit 10."]


def test_one_measurement_is_said_in_the_singular(project: Path) -> None:
    path = results(project, "me/small", 0.8)
    done = call(project, "import", path.name, "--card", "demo", "--dry-run")
    assert ": 1 measurement\n" in done.err


def test_files_of_one_name_about_different_models_are_no_repeat(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Many tools call every result the same; outside the project only that name is known."""
    for model, score in (("me/small", 0.8), ("me/small-w4a16", 0.75)):
        folder = tmp_path_factory.mktemp("outside")
        path = results(folder, model, score).rename(folder / "results_x.json")
        done = call(project, "import", str(path), "--card", "demo")
        assert done.code == 0, done.err
    assert len(list((project / "cards/demo/runs").iterdir())) == 2


@pytest.mark.parametrize("word", ["llama-bench", "sglang", "lmeval", "something", "LM-Eval-0.3"])
@pytest.mark.parametrize("card", [(), ("--card", "demo")])
def test_a_word_that_is_no_importer_is_told_as_one(
    project: Path, word: str, card: tuple[str, ...]
) -> None:
    """Not as a second file, which needs a card to go to."""
    path = results(project, "me/small", 0.8)
    before = contents(project)
    done = call(project, "import", word, path.name, *card)
    assert (done.code, done.out) == (2, "")
    assert word in done.err
    assert "lm-eval, guidellm" in done.err
    assert "Several files" not in done.err
    assert contents(project) == before


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("llama-bench", "docs/records.md"),
        ("lmeval", "did you mean the tool lm-eval?"),
        ("something", "leave the tool's name out"),
    ],
)
def test_it_is_answered_with_a_way_out(project: Path, word: str, said: str) -> None:
    path = results(project, "me/small", 0.8)
    assert said in call(project, "import", word, path.name).err


def test_a_file_that_is_not_there_is_told_as_a_file(project: Path) -> None:
    path = results(project, "me/small", 0.8)
    done = call(project, "import", "results_other.json", path.name, "--card", "demo")
    assert done.code == 2
    assert "No such file" in done.err


def test_two_files_without_a_card_still_need_one(project: Path) -> None:
    names = [results(project, model, 0.8).name for model in ("me/small", "me/small-w4a16")]
    assert "give --card NAME" in call(project, "import", *names).err


CARD_YAML = "cards/demo/card.yaml"


def add_to_card(project: Path, text: str) -> None:
    path = project / CARD_YAML
    path.write_text(path.read_text("utf-8") + text)


def test_a_run_of_another_model_is_refused(project: Path) -> None:
    """No table would show it, and it would count as one of the card's measurements."""
    path = results(project, "me/other", 0.8)
    before = contents(project)
    done = call(project, "import", path.name, "--card", "demo")
    assert (done.code, done.out) == (2, "")
    for said in ("me/small, me/small-w4a16", "me/other", "--model", "--allow-other-model"):
        assert said in done.err
    assert contents(project) == before


@pytest.mark.parametrize(
    ("yaml", "model"),
    [
        ("serving:\n  models: [me/small, me/small-w8a8, me/small-w4a16]\n", "me/small-w8a8"),
        ("aliases: {me/old-name: me/small-w4a16}\n", "me/old-name"),
        ("serving:\n  models: [me/small-w8a8]\naliases: {me/old: me/small-w8a8}\n", "me/old"),
    ],
)
def test_a_sibling_and_an_alias_are_the_cards_models(project: Path, yaml: str, model: str) -> None:
    path = results(project, model, 0.8)
    assert call(project, "import", path.name, "--card", "demo").code == 2
    add_to_card(project, yaml)
    done = call(project, "import", path.name, "--card", "demo")
    assert (done.code, "warning" in done.err) == (0, False)


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_another_model_may_be_allowed_and_is_warned_of(project: Path, dry: tuple[str, ...]) -> None:
    path = results(project, "me/other", 0.8)
    done = call(project, "import", path.name, "--card", "demo", "--allow-other-model", *dry)
    assert done.code == 0
    (warning,) = [line for line in done.err.splitlines() if line.startswith("warning: ")]
    assert "me/other" in warning
    assert "no table" in warning


def test_the_flag_says_that_it_is_the_cards_model(project: Path) -> None:
    path = results(project, "me/checkpoint-500", 0.8)
    done = call(project, "import", path.name, "--card", "demo", "--model", "me/small-w4a16")
    assert (done.code, "warning" in done.err) == (0, False)


@pytest.mark.parametrize(
    ("model", "hint"),
    [
        ("Me/Small-W4A16", "did you mean me/small-w4a16?"),
        ("elsewhere/small", "did you mean me/small?"),
        ("me/smal", "did you mean me/small?"),
        ("me/older-name", "did you mean me/old-name? give --model me/small-w4a16"),
        ("me/small-w8a8", None),
        ("me/small-fp8", None),
    ],
)
def test_a_name_that_is_nearly_one_of_the_cards_is_asked_about(
    project: Path, model: str, hint: str | None
) -> None:
    """Not of another scheme or size: its numbers are not the card's."""
    add_to_card(project, "aliases: {me/old-name: me/small-w4a16}\n")
    path = results(project, model, 0.8)
    done = call(project, "import", path.name, "--card", "demo")
    assert done.code == 2
    assert ("did you mean" in done.err) == (hint is not None)
    assert (hint or "") in done.err


def test_a_checkpoint_of_another_base_model_is_warned_of(project: Path) -> None:
    folder = make_checkpoint(project / "checkpoint")
    again = ("import", "checkpoint", folder.name, "--card", "demo", "--model", "me/small-w4a16")
    done = call(project, *again, "--base-model", "me/elsewhere", "--dry-run")
    assert done.code == 0
    assert "warning: checkpoint: quantized from me/elsewhere" in done.err
    done = call(project, *again, "--base-model", "me/small")
    assert (done.code, "warning" in done.err) == (0, False)


def test_allowing_another_model_is_about_a_card(project: Path) -> None:
    path = results(project, "me/other", 0.8)
    done = call(project, "import", path.name, "--allow-other-model")
    assert (done.code, done.out) == (2, "")
    assert "give --card" in done.err


@pytest.mark.parametrize("flags", [("--card", "demo"), ()])
def test_no_file_makes_the_importer_talk_without_end(project: Path, flags: tuple[str, ...]) -> None:
    scores = {f"odd_{n}": {f"odd_{n},none": 1.0} for n in range(500)}
    path = results(project, "me/small", 0.8)
    content = json.loads(path.read_text())
    content["results"] |= scores
    path.write_text(json.dumps(content))
    done = call(project, "import", path.name, *flags)
    assert done.code == 0
    assert len(done.err.splitlines()) <= 15
    assert "and 492 more" in done.err
    content["results"] = scores
    path.write_text(json.dumps(content))
    done = call(project, "import", path.name, *flags, *(("--replace",) if flags else ()))
    assert done.code == 2
    assert len(done.err) < 1_100
