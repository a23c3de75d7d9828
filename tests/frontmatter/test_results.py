"""Tables of `model-index` and of results files, each fault with its place and words."""

from __future__ import annotations

import copy
import datetime
import math
import re
from typing import Any

import pytest

from cardgen.frontmatter.validate import Problem, eval_results_problems, header_problems

GOOD = {"license": "mit", "library_name": "transformers"}
INDEX: list[Any] = [
    {
        "name": "m",
        "results": [
            {
                "task": {"type": "text-generation", "name": "Text Generation"},
                "dataset": {"type": "BBH", "name": "BBH (3-Shot)", "args": "any"},
                "metrics": [{"type": "acc_norm", "value": 58.77, "verified": True, "args": {}}],
                "source": {"name": "Leaderboard", "url": "https://example.org"},
            }
        ],
    }
]
ENTRY: list[Any] = [
    {
        "dataset": {"id": "cais/hle", "task_id": "default", "revision": "5503434d"},
        "value": 20.9,
        "date": "2025-01-15T10:30:00Z",
        "source": {"url": "https://example.org", "name": "Traces", "user": "u", "org": "o"},
        "evaluation_framework": "hle",
        "notes": "no-tools",
        "verifyToken": "t",
    }
]
ABSENT = object()


def replaced(data: list[Any], path: str, value: object) -> list[Any]:
    """A copy of `data` with the value at `path` (`[0].dataset.id`) replaced or left out."""
    steps = [int(number) if number else word for number, word in re.findall(r"(\d+)|(\w+)", path)]
    copied: Any = copy.deepcopy(data)
    holder = copied
    for step in steps[:-1]:
        holder = holder[step]
    if value is ABSENT:
        del holder[steps[-1]]
    else:
        holder[steps[-1]] = value
    return list(copied)


def test_a_good_model_index_is_left_in_peace() -> None:
    assert header_problems(GOOD | {"model-index": INDEX}) == []
    assert header_problems(GOOD | {"model-index": [{"name": "m", "results": []}]}) == []


RESULT = "[0].results[0]"


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("[0]", "m", "must be of type object"),
        ("[0].name", ABSENT, "is required"),
        ("[0].results", ABSENT, "is required"),
        ("[0].results", {}, "must be an array"),
        (RESULT, [], "must be of type object"),
        (f"{RESULT}.task", ABSENT, "is required"),
        (f"{RESULT}.task", "asr", "must be of type object"),
        (f"{RESULT}.task.type", ABSENT, "is required"),
        (f"{RESULT}.task.name", 3, "must be a string"),
        (f"{RESULT}.dataset", None, "is required"),
        (f"{RESULT}.dataset.type", "", "is not allowed to be empty"),
        (f"{RESULT}.dataset.name", ABSENT, "is required"),
        (f"{RESULT}.dataset.config", {"a": 1}, "must be a string"),
        (f"{RESULT}.dataset.split", ["test"], "must be a string"),
        (f"{RESULT}.dataset.revision", 12, "must be a string"),
        (f"{RESULT}.metrics", ABSENT, "is required"),
        (f"{RESULT}.metrics", {}, "must be an array"),
        (f"{RESULT}.metrics[0]", 1, "must be of type object"),
        (f"{RESULT}.metrics[0].type", ABSENT, "is required"),
        (f"{RESULT}.metrics[0].config", {}, "must be a string"),
        (f"{RESULT}.metrics[0].verified", "yes", "must be a boolean"),
        (f"{RESULT}.metrics[0].value", ABSENT, "is required"),
        (f"{RESULT}.metrics[0].value", math.nan, "must be a finite number, not nan"),
        (f"{RESULT}.metrics[0].value", "64.59", 'must be a number, not the text "64.59"'),
        (f"{RESULT}.metrics[0].value", " 1e-3", 'must be a number, not the text " 1e-3"'),
        (f"{RESULT}.metrics[0].value", "98.5 %", 'must be a number, not the text "98.5 %"'),
        (f"{RESULT}.metrics[0].value", "", "must be a number"),
        (f"{RESULT}.metrics[0].value", True, "must be a number"),
        (f"{RESULT}.metrics[0].value", [1], "must be a number"),
        (f"{RESULT}.source", "here", "must be of type object"),
        (f"{RESULT}.source.url", ABSENT, "is required"),
    ],
    ids=str,
)
def test_an_error_of_a_model_index(place: str, value: object, words: str) -> None:
    path = f"model-index{place}"
    found = header_problems(GOOD | {"model-index": replaced(INDEX, place, value)})
    assert found == [Problem("error", path, f'"{path}" {words}')]


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("metrics[0].value", "20.0 ± 1.2", "is text: it is shown, but not compared or sorted"),
        ("source.url", "here", 'is no http(s) address: "here"'),
    ],
)
def test_a_warning_of_a_model_index(place: str, value: object, words: str) -> None:
    path = f"model-index{RESULT}.{place}"
    found = header_problems(GOOD | {"model-index": replaced(INDEX, f"{RESULT}.{place}", value)})
    assert found == [Problem("warning", path, f'"{path}" {words}')]


def test_every_fault_is_told_in_one_go() -> None:
    index: list[Any] = [{"results": [{"task": {}, "dataset": {}, "metrics": [{}]}]}]
    found = header_problems({**GOOD, "model-index": index})
    assert [problem.path.removeprefix("model-index[0].") for problem in found] == [
        "name",
        "results[0].task.type",
        "results[0].dataset.type",
        "results[0].dataset.name",
        "results[0].metrics[0].type",
        "results[0].metrics[0].value",
    ]


def test_a_good_results_file_is_left_in_peace() -> None:
    assert eval_results_problems(ENTRY) == []
    assert eval_results_problems([]) == []
    minimal = [{"dataset": {"id": "Idavidrein/gpqa", "task_id": "gpqa_diamond"}, "value": 0}]
    assert eval_results_problems(minimal) == []
    assert eval_results_problems(replaced(ENTRY, "[0].date", "2025-01-15")) == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("[0]", 3, "must be of type object"),
        ("[0].dataset", ABSENT, "is required"),
        ("[0].dataset", "cais/hle", "must be of type object"),
        ("[0].dataset.id", "", "is not allowed to be empty"),
        ("[0].dataset.task_id", ABSENT, "is required"),
        ("[0].dataset.revision", 5503434, "must be a string"),
        ("[0].value", ABSENT, "is required"),
        ("[0].value", math.inf, "must be a finite number, not inf"),
        ("[0].value", "20.9", 'must be a number, not the text "20.9"'),
        ("[0].value", "20.9 ± 1", "must be a number"),
        ("[0].date", datetime.date(2025, 1, 15), "must be a string: put the date in quotes"),
        ("[0].date", "15.01.2025", "must be in ISO 8601 date format"),
        ("[0].source.url", ABSENT, "is required"),
        ("[0].source.org", 1, "must be a string"),
        ("[0].notes", ["a"], "must be a string"),
    ],
    ids=str,
)
def test_an_error_of_a_results_file(path: str, value: object, words: str) -> None:
    found = eval_results_problems(replaced(ENTRY, path, value))
    assert found == [Problem("error", path, f'"{path}" {words}')]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("[0].verify_token", 'is not in the format; did you mean "verifyToken"?'),
        ("[0].stderr", "is not in the format"),
    ],
)
def test_a_warning_of_a_results_file(path: str, words: str) -> None:
    found = eval_results_problems(replaced(ENTRY, path, "a"))
    assert found == [Problem("warning", path, f'"{path}" {words}')]


def test_a_results_file_is_a_list_of_hub_datasets() -> None:
    assert eval_results_problems({"dataset": {}}) == [
        Problem("error", "", "the file must be an array of results")
    ]
    (problem,) = eval_results_problems(replaced(ENTRY, "[0].dataset.id", "./hle"))
    assert problem.message.startswith('"[0].dataset.id" with value "./hle" is not valid. If poss')
    assert problem.message.endswith("This is a path on a disk.")
