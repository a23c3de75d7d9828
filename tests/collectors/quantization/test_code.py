"""The code that quantizes: whole for every scheme, kind of model and source of data."""

from __future__ import annotations

import ast
from itertools import product
from typing import Any

import pytest
from collectors.quantization.samples import BASE, MODEL, plan
from markupsafe import Markup
from pydantic import ValidationError

from cardgen.render.creation import Data, Places, creation_code, file_data, generator_data

SCHEMES: dict[str, dict[str, Any]] = {
    "W4A16": {"scheme": "W4A16"},
    "W4A16, no order": {"scheme": "W4A16", "group_size": 64, "actorder": None},
    "W4A16, asymmetric": {"scheme": "W4A16", "symmetric": False, "actorder": "group"},
    "W4A16, nearest": {"scheme": "W4A16", "algorithm": "round-to-nearest"},
    "W8A8": {"scheme": "W8A8"},
    "W8A8, smooth": {"scheme": "W8A8", "smoothquant": 0.8},
    "W8A8, smooth and nearest": {
        "scheme": "W8A8", "smoothquant": 0.5, "algorithm": "round-to-nearest"
    },
    "FP8": {"scheme": "FP8_DYNAMIC"},
}  # fmt: skip
SOURCES: dict[str, tuple[dict[str, Any], Data]] = {
    "hub": ({"dataset": "org/set", "config": "main", "split": "train"}, Data("hub")),
    "file": (
        {"file": "data/texts.jsonl"},
        file_data("data/texts.jsonl", ".jsonl", folder=False),
    ),
    "folder": ({"file": "data/parts"}, file_data("data/parts", ".parquet", folder=True)),
    "generator": ({"generator": "data/made.py"}, generator_data("data/made.py")),
}
COLUMNS: dict[str, dict[str, Any]] = {
    "text": {"text": "body"},
    "messages": {"messages": "conversation"},
    "image": {"image": "picture", "prompt": "What is it?"},
    "question": {"image": "picture", "text": "asked", "answer": "said"},
}
NEEDS = ("GPTQ", "SmoothQuant")


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    """The calls of a function or class by its name."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def rendered(
    settings: dict[str, Any], source: str, columns: str, *, image: bool
) -> tuple[str, ast.Module]:
    """The program of a plan, and its syntax tree."""
    found = plan(**settings) if "calibration" in settings else None
    if found is None:
        calibration = {**SOURCES[source][0], **COLUMNS[columns], "samples": 7, "seed": 3}
        try:
            found = plan(**settings, calibration=calibration)
        except ValidationError:
            found = plan(**settings)
    data = None
    if found.calibration is not None:
        c = found.calibration
        data = SOURCES[source][1]._replace(
            text=c.text, messages=c.messages, image=c.image, answer=c.answer
        )
    code = creation_code(
        found.measurement(MODEL, BASE, image=image),
        image=image,
        places=Places("models/Tiny", "models/Tiny-quantized"),
        data=data,
        complete=True,
    )
    compile(code, "quantize.py", "exec")
    return code, ast.parse(code)


@pytest.mark.parametrize(("scheme", "source"), [*product(SCHEMES, SOURCES)])
@pytest.mark.parametrize(
    ("image", "columns"),
    [(False, "text"), (False, "messages"), (True, "text"), (True, "image"), (True, "question")],
)
def test_every_program_is_whole(scheme: str, source: str, image: bool, columns: str) -> None:
    """It compiles, names nothing it does not import, and holds the plan's every setting."""
    code, tree = rendered(SCHEMES[scheme], source, columns, image=image)
    assert undefined(tree) == set()
    assert "None)" not in code
    assert "/home" not in code
    (call,) = calls(tree, "oneshot")
    given = {keyword.arg for keyword in call.keywords}
    found = plan_of(scheme)
    assert ("dataset" in given) == found
    assert ("data_collator" in given) == (found and columns in ("image", "question"))
    recipe = [name for name in ("SmoothQuantModifier", "GPTQModifier", "QuantizationModifier")
              if calls(tree, name)]  # fmt: skip
    expected = ["SmoothQuantModifier"] if "smooth" in scheme else []
    nearest = "nearest" in scheme or scheme == "FP8"
    assert recipe == [*expected, "QuantizationModifier" if nearest else "GPTQModifier"]


def plan_of(scheme: str) -> bool:
    """Whether a scheme of the table looks at data."""
    return scheme not in ("FP8", "W4A16, nearest")


def undefined(tree: ast.Module) -> set[str]:
    """Names that are used and neither imported, assigned, a parameter nor built in."""
    import builtins

    known = set(dir(builtins))
    used = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                known |= {(alias.asname or alias.name).partition(".")[0] for alias in names}
            case ast.FunctionDef(name=name):
                known.add(name)
            case ast.arg(arg=name):
                known.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                known.add(name)
            case ast.Name(id=name):
                used.add(name)
    return used - known


def test_paths_are_the_projects() -> None:
    """The program is run in the project's folder: models and data go by their places in it."""
    code, _ = rendered(SCHEMES["W4A16"], "folder", "text", image=False)
    assert 'MODEL = "models/Tiny"\n' in code
    assert 'OUTPUT = "models/Tiny-quantized"\n' in code
    assert 'load_dataset("parquet", data_files="data/parts/*.parquet", split="train")' in code


def test_no_order_is_said() -> None:
    """GPTQ orders columns unless it is told not to; a record that does not say is not that."""
    code, _ = rendered(SCHEMES["W4A16, no order"], "file", "text", image=False)
    assert "actorder=None" in code
    found = plan(**SCHEMES["W4A16, no order"], calibration={"file": "a.jsonl"})
    assert "actorder" not in creation_code(found.measurement(MODEL, BASE, image=False), image=False)


def test_hub_revision_and_remote_code() -> None:
    """Where the base model comes from the Hub its revision is pinned; foreign code only if said."""
    measurement = plan(scheme="FP8_DYNAMIC").measurement(MODEL, BASE, image=False)
    places = Places(BASE, "models/x", "abc123")
    trusting = creation_code(measurement, image=False, places=places, trust_remote_code=True)
    assert trusting.count('MODEL, dtype="auto", revision="abc123", trust_remote_code=True)') == 1
    assert "trust_remote_code" not in creation_code(measurement, image=False, places=places)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "scheme": ({"scheme": "W3A16"}, "scheme"),
    "group of channels": ({"scheme": "FP8_DYNAMIC", "group_size": 64}, "group_size"),
    "smooth W4A16": ({"scheme": "W4A16", "smoothquant": 0.5}, "smoothquant"),
    "FP8 by GPTQ": ({"scheme": "FP8_DYNAMIC", "algorithm": "GPTQ"}, "algorithm"),
    "no data": ({"scheme": "W8A8"}, "calibration"),
    "data for nothing": (
        {"scheme": "FP8_DYNAMIC", "calibration": {"file": "a.jsonl"}},
        "calibration",
    ),
    "two sources": (
        {"scheme": "W8A8", "calibration": {"file": "a.jsonl", "generator": "b.py"}},
        "calibration",
    ),
    "outside": ({"scheme": "W8A8", "calibration": {"file": "../a.jsonl"}}, "file"),
    "no module": ({"scheme": "W8A8", "calibration": {"generator": "a-b.py"}}, "generator"),
    "keyword": ({"scheme": "W8A8", "calibration": {"generator": "class.py"}}, "generator"),
    "split of a file": (
        {"scheme": "W8A8", "calibration": {"file": "a.jsonl", "split": "x"}},
        "split",
    ),
    "prompt without pictures": (
        {"scheme": "W8A8", "calibration": {"file": "a.jsonl", "prompt": "x"}},
        "prompt",
    ),
    "misspelt": ({"scheme": "FP8_DYNAMIC", "ignored": []}, "ignored"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_plan_that_cannot_be_run_is_refused(case: str) -> None:
    """Before anything starts, at the field that is wrong."""
    settings, field = REFUSED[case]
    with pytest.raises(ValidationError) as refused:
        plan(**settings)
    (error,) = refused.value.errors()
    at = (*error["loc"], *(error.get("ctx") or {}).get("at", ()))
    assert field in at


def test_a_generators_name_is_code_only_when_it_can_be() -> None:
    """The module's name goes into the program as it is: the plan lets no other name through."""
    assert generator_data("data/made.py").module == Markup("made")
