"""One error for one mistake: unions, cascades and long lists are told in the reader's words."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cardgen.errors import CardgenError, CombinedError, SpecificationError
from cardgen.store.validation import translate


class Closed(BaseModel):
    """A closed model."""

    model_config = ConfigDict(extra="forbid")


class Circle(Closed):
    """Its own field has the name of its tag."""

    kind: Literal["circle"]
    circle: float
    size_bytes: int | None = None


class Square(Closed):
    """Another shape."""

    kind: Literal["square"]
    side: float


class Drawing(Closed):
    """Unions of every sort."""

    shapes: Annotated[
        tuple[Annotated[Circle | Square, Field(discriminator="kind")], ...], Field(min_length=1)
    ]
    title: str | dict[str, str] | None = None
    rows: tuple[str, ...] | Literal["all"] = "all"
    names: dict[str, str] = Field(default_factory=dict)


CIRCLE = "shapes: [{kind: circle, circle: 1}]\n"


def refusal(text: str) -> CardgenError:
    """What is said of a text."""
    import yaml_rs

    with pytest.raises(ValidationError) as refused:
        Drawing.model_validate(yaml_rs.loads(text))
    return translate(
        refused.value, path="file.yaml", text=text, model=Drawing, error=SpecificationError
    )


@pytest.mark.parametrize(
    ("text", "place", "expected", "found", "step"),
    [
        (
            "shapes: [{kind: circle, circle: x}]",
            "1:33: /shapes/0/circle",
            "a number",
            "x",
            "mend the value",
        ),
        (
            "shapes: [{kind: circle, circle: 1, cicle: 2}]",
            "1:36: /shapes/0/cicle",
            "one of the keys kind, circle, size_bytes",
            "unknown key 'cicle'",
            "did you mean 'circle'?",
        ),
        (
            "shapes: [{kind: circle, circle: 1, size_kb: 2}]",
            "1:36: /shapes/0/size_kb",
            "one of the keys kind, circle, size_bytes",
            "unknown key 'size_kb'",
            "did you mean 'size_bytes', in bytes?",
        ),
        (
            "shapes: [{kind: circle, crcle: 1}]",
            "1:25: /shapes/0/crcle",
            "one of the keys kind, circle, size_bytes",
            "unknown key 'crcle'",
            "did you mean 'circle'?",
        ),
        (
            "shapes: [{kind: cirle}]",
            "1:17: /shapes/0/kind",
            "'circle', 'square'",
            "cirle",
            "did you mean 'circle'?",
        ),
        ("shapes: [{side: 1}]", "1:10: /shapes/0/kind", "this key", "nothing", "add 'kind'"),
        ("shapes: [1]", "1:10: /shapes/0", "a mapping", "1", "mend the value"),
        ("shapes: []", "1:9: /shapes", "at least 1 item", "nothing in it", "mend the value"),
        ("shapes: x", "1:9: /shapes", "a list", "x", "write a list: [x]"),
        (
            f"{CIRCLE}title: 1.10",
            "2:8: /title",
            "text or a mapping",
            "1.10 without quotes, which is read as a number",
            'write it in quotes: "1.10"',
        ),
        (
            f"{CIRCLE}title: {{en: 3}}",
            "2:13: /title/en",
            "text",
            "3 without quotes, which is read as a number",
            'write it in quotes: "3"',
        ),
        (
            f"{CIRCLE}rows: [a, true]",
            "2:11: /rows/1",
            "text",
            "true without quotes, which is read as true or false",
            'write it in quotes: "true"',
        ),
        (f"{CIRCLE}rows: 3", "2:7: /rows", "a list or 'all'", "3", "mend the value"),
        (
            f"{CIRCLE}names: {{1: x}}",
            "2:9: /names/1",
            "a key that is text",
            "the key 1",
            'write it in quotes: "1"',
        ),
        (
            f"{CIRCLE}names: {{a/b: [x]}}",
            "2:14: /names/a~1b",
            "text",
            "a list",
            "mend the value",
        ),
    ],
)
def test_one_mistake_is_one_error(
    text: str, place: str, expected: str, found: str, step: str
) -> None:
    """At its line and column, with the key as the document has it."""
    error = refusal(text)
    told = (error.place, error.expected, error.found, error.next_step)
    assert told == (f"file.yaml:{place}", expected, found, step)


def test_many_mistakes_are_counted() -> None:
    """Ten are shown, the rest is a number."""
    error = refusal("shapes: [" + "{kind: circle, circle: x}, " * 13 + "]")
    assert isinstance(error, CombinedError)
    assert len(error.errors) == 10
    assert str(error).endswith("\nand 3 more")
    assert str(error).count("expected:") == 10


def test_control_characters_of_a_document_do_not_reach_the_terminal() -> None:
    """A key that clears the screen is shown as an escape, on one line."""
    error = refusal(f'{CIRCLE}"a\\e[2J\\nb": x\n')
    lines = str(error).split("\n")
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)
    assert r"/a\x1b[2J\nb" in lines[0]
