"""Hostile text in every field of a card: it shows as text and changes nothing around it."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any

import pytest
import yaml as pyyaml
import yaml_rs
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from samples_cards import RELAXED, accuracy, card, device, quantization, run, serving
from samples_grids import grid, parsed
from samples_pages import HOSTILE, Page, hostile, html, page, plain

from cardgen.language import language
from cardgen.records import Machine, Provenance, Source, Tool
from cardgen.render import card as rendering
from cardgen.render import escape

FIELDS = (
    "title",
    "model",
    "base model",
    "developers",
    "licence",
    "version",
    "tag",
    "task",
    "task title",
    "category",
    "metric",
    "reason",
    "scenario",
    "scenario title",
    "hardware",
    "engine",
    "scheme",
    "calibration",
    "device",
    "optimization",
    "dataset",
    "quality",
    "source",
    "tool",
    "gpu",
)
IN_CODE = ("layer", "code", "command", "prompt")
SILENT = ("task", "scenario", "tag")
"""Shown in code, addresses or the YAML header only."""
TEMPLATED = re.compile(r"\{\{|\}\}|\{%|%\}|%\(\w+\)[sd]|\[More Information Needed\]")


def provenance(text: dict[str, str]) -> dict[str, Any]:
    """A transcribed run's tool, source and machine."""
    return {
        "provenance": Provenance(
            origin="imported",
            tool=Tool(name=text["tool"]),
            machine=Machine(gpu=text["gpu"]),
            source=Source(title=text["source"], url="https://example.com/card"),
            command=("run", "--name", text["command"]),
        )
    }


@lru_cache(maxsize=64)
def rendered(items: tuple[tuple[str, str], ...], code: str = "en") -> str:
    """A card of every section with each field's text in its place."""
    text = dict(items)
    model, base = text["model"], text["base model"]
    more = {"metric": text["metric"]}
    window: dict[str, Any] = {
        "scenario": text["scenario"],
        "hardware": text["hardware"],
        "engine": text["engine"],
    }
    found = run(
        quantization(
            model,
            base_model=base,
            scheme=text["scheme"],
            ignore=[text["layer"]],
            calibration={"dataset": text["calibration"], "samples": 8},
            code={"text": text["code"], "language": "python"},
        ),
        accuracy(text["task"], "44.56", base, **more),
        accuracy(text["task"], "41.56", model, **more),
        accuracy("other", None, model, reason=text["reason"]),
        *(
            serving(name, queries_per_dollar=q, **window)
            for name, q in ((base, "9"), (model, "12"))
        ),
        *(
            device(
                model,
                device=text["device"],
                dataset=text["dataset"],
                optimization=optimization,
                latency_s="1.2",
                quality={
                    "metric": text["quality"],
                    "reading": {"value": 1.0},
                    "higher_is_better": True,
                },
            )
            for optimization in ("fp16", text["optimization"] + "+")
        ),
    ).model_copy(update=provenance(text))
    made = card(
        found,
        kind="both",
        title=text["title"],
        model=model,
        base_model=base,
        languages=["en", "ru"],
        developers=text["developers"],
        version=text["version"],
        license="other",
        license_name=text["licence"],
        tags=[text["tag"]],
        accuracy={
            "tasks": [
                {"task": text["task"], "title": text["task title"], "category": text["category"]},
                {"task": "other", "category": "the last"},
            ]
        },
        serving={"scenarios": [{"name": text["scenario"], "title": text["scenario title"]}]},
        deployment={"prompt": text["prompt"]},
    )
    contents = rendering.gather(made)
    return rendering.text(contents, language(code), {})


def harmless() -> dict[str, str]:
    """A word for every field."""
    return {name: f"{name.replace(' ', '')}word" for name in (*FIELDS, *IN_CODE)}


def with_text(name: str, text: str, code: str = "en") -> str:
    """The card with one field's text replaced."""
    return rendered(tuple({**harmless(), name: text}.items()), code)


@lru_cache(maxsize=4)
def expected_page(code: str) -> tuple[str, Page]:
    """The card with harmless words, and its page."""
    made = rendered(tuple(harmless().items()), code)
    return made, page(made)


def check_structure(found: Page, expected: Page) -> None:
    """No tag, attribute or link is new and none gone, but links to what is no address."""
    assert found.nesting == []
    links = {"a": expected.tags["a"] - found.tags["a"]}
    assert links["a"] >= 0
    assert found.tags + Counter(links) == expected.tags
    assert found.attributes + Counter({"a href": links["a"]}) == expected.attributes


def check(name: str, text: str, code: str = "en") -> None:
    """The field's text is seen where its word was, and the page is the same around it."""
    card_text = with_text(name, text, code)
    plain_card, expected = expected_page(code)
    found = page(card_text)
    check_structure(found, expected)
    wanted = plain(escape.visible(escape.one_line(text)))
    if name not in (*SILENT, *IN_CODE):
        assert wanted in plain(found.text)
    for table, other in zip(parsed(html(card_text)), parsed(html(plain_card)), strict=True):
        for part, same in ((table.head, other.head), (table.body, other.body)):
            assert [len(row) for row in part] == [len(row) for row in same]
        width = sum(cell.colspan for cell in table.head[0])
        grid(table.body, width)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_at_once(text: str) -> None:
    """All fields hold the text: tags, links, headings and table cells are as with plain words."""
    fields = {name: text for name in FIELDS if name != "base model"}
    own = harmless() | fields
    found = page(rendered(tuple(own.items())))
    check_structure(found, expected_page("en")[1])


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "</td></tr></table><h1>x",
        "a | b || c",
        "``two`` ticks ```three",
        "\n\n# [text](https://example.com)",
    ],
)
def test_hostile_text_in_one_field(name: str, text: str) -> None:
    """The text comes back as visible text; nothing else appears."""
    check(name, text)


@settings(RELAXED, max_examples=40)
@given(st.sampled_from(FIELDS), hostile, st.sampled_from(["en", "ru"]))
def test_any_text_in_any_field(name: str, text: str, code: str) -> None:
    """Whatever the text and the field, in both languages."""
    check(name, text, code)


@settings(RELAXED, max_examples=30)
@given(st.sampled_from(IN_CODE), hostile)
def test_any_text_in_code(name: str, text: str) -> None:
    """Code, commands and layer names stay in their fences and spans."""
    assume(name != "layer" or not TEMPLATED.search(text))
    check(name, text)


@pytest.mark.parametrize("text", ["re:layers.{{1,2}}", "{%", "%(layer)s"])
def test_braces_in_inline_code_are_no_unfilled_place(text: str) -> None:
    """A layer name with braces is code as it stands in the record."""
    check("layer", text)


@pytest.mark.parametrize("name", FIELDS)
def test_template_marks_in_a_field_show_as_text(name: str) -> None:
    """Braces of a template in a name are text, in the quoted header too, and no unfilled place."""
    check(name, "{{ name }} {% if x %} {# y #} %(name)s")


@settings(RELAXED, max_examples=30)
@given(hostile, hostile, hostile)
def test_the_header_parses_to_the_same_text(title: str, tag: str, licence: str) -> None:
    """Three YAML parsers read back what card.yaml said."""
    text = harmless() | {"title": title, "tag": tag, "licence": licence}
    made = rendered(tuple(text.items()))
    header = made.split("\n---\n", 1)[0].removeprefix("---\n") + "\n"
    readings: list[Any] = [
        yaml_rs.loads(header, parse_datetime=False),
        YAML(typ="safe", pure=True).load(header),
        pyyaml.safe_load(header),
    ]
    for data in readings:
        assert tag in data["tags"]
        assert data["license_name"] == licence


def test_a_very_long_text_stays_one_cell() -> None:
    """Three hundred characters in a title: one heading, one line."""
    made = with_text("title", "word " * 59)
    assert page(made).tags["h1"] == 1
