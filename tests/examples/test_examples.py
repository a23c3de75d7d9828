"""Every example works as its README says, and gives what is committed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/cardgen.yaml"))
MEASURED = [
    path
    for path in EXAMPLES
    if "measure:" in "".join(card.read_text("utf-8") for card in path.glob("cards/*/card.yaml"))
]
RENDERED = [path for path in EXAMPLES if path not in MEASURED]
ENVIRONMENTS = Path.home() / ".cache" / "cardgen" / "environments"
COMMANDS = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its relative name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The commands as a user types them, with this environment's cardgen on the PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "XDG_CACHE_HOME": str(folder / ".cache")} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_there_are_examples() -> None:
    assert RENDERED
    assert len(MEASURED) == 2


@pytest.mark.collectors
@pytest.mark.parametrize("example", MEASURED, ids=lambda path: path.name)
def test_the_readme_s_commands_measure_a_card(example: Path, tmp_path: Path) -> None:
    """From the checkpoint to the card in two languages, with the quick plan."""
    copy = tmp_path / example.name
    shutil.copytree(example, copy, ignore=shutil.ignore_patterns(".cardgen", "runs", "packages"))
    scripts = COMMANDS.findall((example / "README.md").read_text("utf-8"))
    assert scripts
    cache = Path(os.environ.get("CARDGEN_ENVIRONMENTS", ENVIRONMENTS))
    for script in scripts:
        done = run(script, copy, CARDGEN_ENVIRONMENTS=str(cache))
        assert done.returncode == 0, done.stderr
    measured = [json.loads(path.read_bytes()) for path in copy.glob("cards/*/runs/*.json")]
    outcomes = {
        (m["kind"], m.get("outcome", "measured"))
        for found in measured
        for m in found["measurements"]
    }
    assert {kind for kind, _ in outcomes} == {"quantization", "accuracy", "serving", "device"}
    assert "failed" not in {outcome for _, outcome in outcomes}
    assert {found["provenance"]["origin"] for found in measured} == {"measured"}
    for card in copy.glob("cards/*"):
        assert (card / "README.md").is_file()
        assert (card / "README.ru.md").is_file()
    assert run("cardgen build --all --check --no-cache", copy).returncode == 0


@pytest.mark.parametrize(
    "card", [card for example in MEASURED for card in example.glob("cards/*")], ids=lambda p: p.name
)
def test_the_repository_s_card_is_the_example_s_own(card: Path) -> None:
    """What the repository shows was measured by the plan that the example ships."""
    shown = ROOT / "cards" / card.name
    for file in ("card.yaml", "prose.en.md", "prose.ru.md"):
        assert (shown / file).read_bytes() == (card / file).read_bytes(), file
    runs = [json.loads(path.read_bytes()) for path in shown.glob("runs/*.json")]
    assert {run["provenance"]["origin"] for run in runs} == {"measured"}
    outcomes = {m.get("outcome", "measured") for run in runs for m in run["measurements"]}
    assert outcomes <= {"measured", "skipped"}
    assert "paired over" in (shown / "README.md").read_text("utf-8")


@pytest.mark.parametrize("example", RENDERED, ids=lambda path: path.name)
def test_the_readme_s_commands_give_the_committed_files(example: Path, tmp_path: Path) -> None:
    copy = tmp_path / example.name
    shutil.copytree(example, copy)
    for made in (*copy.glob("cards/*/runs"), *copy.glob("cards/*/plots")):
        shutil.rmtree(made)
    for made in copy.glob("cards/*/README*.md"):
        made.unlink()
    scripts = COMMANDS.findall((example / "README.md").read_text("utf-8"))
    assert scripts
    for script in scripts:
        done = run(script, copy)
        assert done.returncode == 0, done.stderr
    shutil.rmtree(copy / ".cache")
    after, committed = files(copy), files(example)
    plots = {name for name in committed if "/plots/" in name}
    assert {name for name in after if "/plots/" in name} == plots
    # A plot's bytes depend on the version of what draws it; its description does not.
    for name in set(committed) - plots:
        assert after[name] == committed[name], name
    assert set(after) == set(committed)


def test_a_fourth_model_needs_no_change_of_code(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "vlm-profiling", copy)
    settings = {
        "new-vlm_224_200_cuda_fp16_1": ("TextVQA", 7.5, 0.25, 40.0, "500 GFLOPS"),
        "new-vlm_224_200_cuda_fp16_8": ("TextVQA", 7.5, 0.75, 9.0, None),
        "new-vlm_224_200_cpu_fp16_1": ("TextVQA", 7.5, 2.5, 300.0, "500 GFLOPS"),
        "new-vlm_224_200_cuda_compile_8": ("TextVQA", 7.75, 0.6, 8.0, None),
    }
    for name, (_, wer, latency, energy, flops) in settings.items():
        folder = copy / "results" / name
        folder.mkdir()
        result = {"wer_value": wer, "latency": latency, "energy": energy, "flops": flops}
        (folder / "results.json").write_text(json.dumps(result))
    mapping = (copy / "mapping.yaml").read_text("utf-8")
    mapping = mapping.replace("models:\n", "models:\n  new-vlm: maker/new-vlm\n")
    lines = "".join(f"  {name}: {values[0]}\n" for name, values in settings.items())
    mapping = mapping.replace("datasets:\n", f"datasets:\n{lines}")
    (copy / "mapping.yaml").write_text(mapping, "utf-8")
    done = run(
        "cardgen init new-vlm --kind benchmark --model maker/new-vlm --lang ru --lang en\n"
        "cardgen import vlm-profiling results/new-vlm_*/results.json"
        " --mapping mapping.yaml --card new-vlm\n"
        "cardgen build new-vlm\n",
        copy,
    )
    assert done.returncode == 0, done.stderr
    english = (copy / "cards/new-vlm/README.en.md").read_text("utf-8")
    assert "| GPU (NVIDIA H100) | 0.250 | 40.000 | 500 G | 7.500 |" in english
    assert "| Compile | 0.600 | 80.00 |" in english
    assert "| 8 | 0.750 | 9.000 |" in english
