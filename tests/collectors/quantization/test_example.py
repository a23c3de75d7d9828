"""The example `smollm2-w4a16`: its data are what its program writes, its plans are whole."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from cardgen.spec.load import find_project, load_card
from cardgen.spec.plan.quantization import QuantizationPlan

EXAMPLE = Path(__file__).parents[3] / "examples" / "smollm2-w4a16"


def program(name: str) -> ModuleType:
    """A program of the example."""
    spec = importlib.util.spec_from_file_location(f"smollm2_{name}", EXAMPLE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize(
    ("file", "maker"), [("tasks/general.jsonl", "questions"), ("data/capitals.jsonl", "sentences")]
)
def test_the_data_are_what_the_program_writes(file: str, maker: str) -> None:
    """The same bytes every time."""
    rows = [json.dumps(row, ensure_ascii=False) for row in getattr(program("questions"), maker)()]
    assert (EXAMPLE / file).read_text(encoding="utf-8") == "\n".join(rows) + "\n"


def test_questions_can_be_answered() -> None:
    """A few hundred, each once, with four different choices; guessing a letter gains nothing."""
    questions = list(program("questions").questions())
    assert 300 <= len(questions) <= 600
    assert len({q["question"] for q in questions}) == len(questions)
    assert all(len(set(q["choices"])) == 4 for q in questions)
    places = Counter(q["answer"] for q in questions)
    assert max(places.values()) < 0.32 * len(questions)


def test_calibration_texts_are_drawn_by_the_seed() -> None:
    """As many as asked, the same for one seed, others for another, none of them a question."""
    calibration = program("calibration")
    first, again, other = (calibration.samples(32, seed) for seed in (1, 1, 2))
    assert len({row["text"] for row in first}) == 32
    assert first == again != other
    asked = {q["question"] for q in program("questions").questions()}
    assert not any(question in row["text"] for row in first for question in asked)


@pytest.mark.parametrize("name", [None, "quick"])
def test_its_plans_are_whole(name: str | None) -> None:
    """Both plans measure all four kinds; the full one three times."""
    measure = load_card(find_project(EXAMPLE), "smollm2-w4a16").measure
    assert measure is not None
    plan = measure.plan(name) if name else measure
    assert None not in (plan.quantization, plan.accuracy, plan.serving, plan.device)
    assert plan.repeats == (1 if name else 3)
    assert isinstance(plan.quantization, QuantizationPlan)
    assert plan.quantization.group_size == 64
