"""The scores of a pushed card, updated with the Hub's own client."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any

import pytest
import yaml
from publish.samples import Desk
from samples_cards import BASE, MODEL, accuracy, call, run, write_card

SCORES: list[dict[str, Any]] = [
    {"metric": "acc", "variant": "strict"},
    {"metric": "acc", "variant": "loose", "n_expected": 717, "n_scored": 50},
    {"metric": "acc_norm", "variant": "loose"},
    {"metric": "wer", "higher_is_better": False},
]
TITLES = [
    {"task": "mmmu", "metric": metric, "title": f"MMMU {metric}"} for metric in ("acc", "wer")
]


def model_index(desk: Desk) -> Any:
    """The results on the Hub."""
    return yaml.safe_load(desk.text().split("\n---\n")[0])["model-index"]


def flat(index: Any) -> list[tuple[Any, ...]]:
    """Every result with its names and its place, sorted."""
    return sorted(
        (
            json.dumps(result["dataset"], sort_keys=True),
            metric["type"],
            metric["name"],
            metric["value"],
        )
        for result in index[0]["results"]
        for metric in result["metrics"]
    )


@pytest.fixture
def pushed(desk: Desk) -> Desk:
    """A card with four scores of one task, on the Hub."""
    scores = [accuracy("mmmu", 40.0 + i, m, **more) for i, (m, more) in enumerate(_sides())]
    tasks = [*TITLES, {"task": "mmmu", "metric": "acc_norm", "title": "MMMU, normalised"}]
    write_card(desk.root, "tiny", run(*scores), accuracy={"tasks": tasks})
    built = call(desk.root, "build", "tiny")
    assert built.code == 0, built.err
    desk.pushed()
    return desk


def update(desk: Desk, *, overwrite: bool = False, **metadata: Any) -> str:
    """`metadata_update` in a process of its own, which alone asks this Hub; what it refused."""
    program = (
        "import json, sys; from huggingface_hub import metadata_update as update;"
        "update(sys.argv[1], json.load(sys.stdin), overwrite=bool(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, desk.repo, "yes" if overwrite else ""]
    data = json.dumps({name.replace("_", "-"): value for name, value in metadata.items()})
    return subprocess.run(
        command, input=data, capture_output=True, text=True, timeout=60, check=False
    ).stderr


def _sides() -> list[tuple[str, dict[str, Any]]]:
    return [(model, more) for model in (BASE, MODEL) for more in SCORES]


def test_the_same_results_change_nothing(pushed: Desk) -> None:
    """Each is found again, none is added, and every value, place and name stays."""
    written = model_index(pushed)
    assert len(flat(written)) == len(SCORES)
    for _ in range(2):
        assert "Error" not in update(pushed, model_index=written)
        assert "Error" not in update(pushed, overwrite=True, tags=["again"])
    assert "tags:\n- again\n" in pushed.text()
    assert flat(model_index(pushed)) == flat(written)


def test_a_new_value_takes_the_place_of_its_own_score(pushed: Desk) -> None:
    written = model_index(pushed)
    newer = copy.deepcopy(written)
    newer[0]["results"][0]["metrics"][0]["value"] += 1
    assert "overwrite=True" in update(pushed, model_index=newer)
    assert "Error" not in update(pushed, overwrite=True, model_index=newer)
    assert flat(model_index(pushed)) == flat(newer)
