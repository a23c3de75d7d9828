"""Templates: a project's own, what they may not do, and the scan for unfilled places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from samples_cards import (
    MODEL,
    PRICES,
    accuracy,
    card,
    quantization,
    run,
    scores,
    serving,
)
from samples_pages import page

from cardgen.card import Card
from cardgen.errors import TemplateError
from cardgen.language import language
from cardgen.records import AnyMeasurement
from cardgen.render import card as rendering
from cardgen.render.environment import python_environment, render, shell_environment
from cardgen.render.tidy import tidy


def with_templates(root: Path, **files: str) -> Card:
    """A card of a project with its own section templates."""
    for name, text in files.items():
        path = root / "templates" / "sections" / f"{name}.md.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return card(scores(), run(quantization()), root=root)


def text(found: Card) -> str:
    """The card in English."""
    return rendering.text(rendering.gather(found), language("en"), {})


def refused(root: Path, template: str) -> str:
    """The message by which a template of the overview is refused."""
    with pytest.raises(TemplateError) as caught:
        text(with_templates(root, overview=template))
    return str(caught.value)


def test_one_section_is_overridden_and_the_others_stay(tmp_path: Path) -> None:
    """The project's template comes before cardgen's; sections without one are cardgen's."""
    made = text(with_templates(tmp_path, overview="## About {{ card.title }}\n"))
    assert "## About Tiny" in made
    assert "## Model Overview" not in made
    assert "### Accuracy" in made


def test_values_are_escaped_in_a_projects_template(tmp_path: Path) -> None:
    """Who writes a template need not think of escaping."""
    found = with_templates(tmp_path, overview="## {{ card.title }}\n")
    named = found.specification.model_copy(update={"title": "<b>*x*</b>"})
    made = page(text(Card("tiny", found.project, named, found.records)))
    assert (made.tags["b"], made.tags["em"]) == (0, page(text(found)).tags["em"])
    assert made.text.count("<b>*x*</b>") == 2


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("\n\n{{ nothing }}", ("overview.md.j2:3", "'nothing' is undefined")),
        ("{{ card.nothing }}", ("overview.md.j2:1", "nothing")),
        ("{{ card.deployment.engine }}", ("overview.md.j2:1", "engine")),
        ("a\n{{ card.title ", ("overview.md.j2:2", "Jinja syntax")),
        ("\n{% if %}", ("overview.md.j2:2", "Jinja syntax")),
        ("{% include 'sections/none.md.j2' %}", ("none.md.j2", "a file of that name")),
        ("{% extends 'none.md.j2' %}", ("none.md.j2", "a file of that name")),
        ("x\n{{ nothing | default('y') }}", ("overview.md.j2:2", "default")),
        ("{{ nothing | d('y') }}", ("overview.md.j2:1", "'d'")),
        ("\n{{ 1 / 0 }}", ("overview.md.j2:2", "ZeroDivisionError")),
        ("{{ card.version }}", ("words or a number", "None")),
        ("{{ card.title == 'Tiny' }}", ("words or a number", "True")),
    ],
)
def test_a_broken_template_is_named_with_its_line(
    tmp_path: Path, template: str, expected: tuple[str, ...]
) -> None:
    """Undefined names, syntax, missing files, `default`: one message, file and line, next step."""
    message = refused(tmp_path, template)
    for part in (*expected, "next:"):
        assert part in message


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ card.__class__ }}",
        "{{ table.__globals__ }}",
        "{{ '{0.__class__}'.format(card) }}",
        "{{ ''['__class__'] }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% for x in range(10 ** 9) %}{% endfor %}",
    ],
)
def test_the_sandbox_holds(tmp_path: Path, template: str) -> None:
    """A template reaches neither classes nor globals, and cannot run for ever."""
    refused(tmp_path, template)


def test_templates_of_card_models_cannot_change_them(tmp_path: Path) -> None:
    """Lists and mappings of the context stay as they are."""
    refused(tmp_path, "{{ sweeps.append(1) }}")
    refused(tmp_path, "{{ tables.clear() }}")


def test_a_template_cannot_leave_its_folders(tmp_path: Path) -> None:
    """An include upwards is no file of the templates."""
    (tmp_path / "secret.j2").write_text("secret")
    assert "secret.j2" in refused(tmp_path, "{% include '../secret.j2' %}")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("{{ name }}", "{{"),
        ("a }} b", "}}"),
        ("{% if %}", "{%"),
        ("x %(name)s y", "%(name)s"),
        ("%(count)d", "%(count)d"),
        ("[More Information Needed]", "[More Information Needed]"),
    ],
)
def test_an_unfilled_place_is_refused(line: str, found: str) -> None:
    """The finished text is scanned; the message names file, line and the place."""
    with pytest.raises(TemplateError) as caught:
        tidy(f"# Title\n\n{line}\n", "cards/a/README.md")
    assert "cards/a/README.md:3" in str(caught.value)
    assert found in str(caught.value)


@pytest.mark.parametrize(
    ("text_before", "text_after"),
    [
        ("a\n\n\n\nb\n\n\n", "a\n\nb\n"),
        ("\n\na", "a\n"),
        ("a  \nb", "a  \nb\n"),
        ("a \nb", "a\nb\n"),
        ("```\na\n\n\n{{ b }}\n```\n", "```\na\n\n\n{{ b }}\n```\n"),
        ("~~~\n%(a)s\n```\n~~~\n", "~~~\n%(a)s\n```\n~~~\n"),
        ("````\n```\n{{ b }}\n````", "````\n```\n{{ b }}\n````\n"),
        ("100 % (x) {a}", "100 % (x) {a}\n"),
    ],
)
def test_tidy(text_before: str, text_after: str) -> None:
    """Single blank lines, one final newline; code stays as it is."""
    assert tidy(text_before, "p") == text_after


@pytest.mark.parametrize("text_before", ["- a\n\n  ```\n  {{ b }}\n  ```", "`{{ a }}`"])
def test_code_may_hold_braces(text_before: str) -> None:
    """Inline code and fences in lists are code too."""
    assert tidy(text_before, "p") == f"{text_before}\n"


def test_inline_code_of_three_backticks_is_no_fence() -> None:
    """A line that starts with ```code``` does not hide what follows from the scan."""
    with pytest.raises(TemplateError):
        tidy("```code``` text\n\n{{ unfilled }}\n", "p")


@pytest.mark.parametrize("environment", [shell_environment, python_environment])
def test_code_templates_are_strict_too(environment: object, tmp_path: Path) -> None:
    """A missing value in a command or a snippet is an error as well."""
    folder = tmp_path / "commands"
    folder.mkdir()
    (folder / "x.j2").write_text("a\n{{ nothing }}")
    assert callable(environment)
    with pytest.raises(TemplateError, match=r"x\.j2:2"):
        render(environment(tmp_path), "commands/x.j2", {})


def test_a_project_adds_the_command_of_its_own_harness(tmp_path: Path) -> None:
    """A tool that cardgen has no template for gets one in the project's folder."""
    found = card(run(accuracy("mmmu", "41.56", harness={"name": "bench"})), root=tmp_path)
    assert "bench run" not in text(found)
    (tmp_path / "templates" / "commands").mkdir(parents=True)
    (tmp_path / "templates" / "commands" / "bench.sh.j2").write_text("bench run {{ model }}")
    assert f"bench run {MODEL}" in text(found)


@pytest.mark.parametrize(
    ("method", "program"),
    [
        ("compressed-tensors", "llm-compressor"),
        ("bitsandbytes", "bitsandbytes"),
        ("modelopt", "Model Optimizer"),
        ("auto-round", "AutoRound"),
        ("gptq", None),
        ("fp8", None),
        (None, None),
    ],
)
def test_a_checkpoint_is_said_to_be_made_by_the_program_that_its_method_tells(
    method: str | None, program: str | None
) -> None:
    """What several programs write tells of none of them."""
    record = quantization(method=method, calibration=None, code=None)
    made = text(card(run(record, origin="imported")))
    if program is not None:
        assert f"The model was created with [{program}](" in made
    else:
        assert "The model was created with" not in made
        told = f"its method is `{method}`" if method else "is not recorded"
        assert told in made.split("## Creation")[1]


SENTENCES: dict[str, tuple[Callable[[], Card], list[str], list[str]]] = {
    # The card, what it says, what it does not say.
    "a checkpoint whose arguments nobody knows": (
        lambda: card(run(quantization(scheme="NF4", weights=None, size_bytes=1000, ignore=["x"]))),
        ["**Scheme:** NF4", "obtained by quantizing [example/tiny]", "1.00 kB", "`x`"],
        ["Activation", "data type"],
    ),
    "activations of which nothing is recorded": (
        lambda: card(run(quantization(scheme="W8A8", weights=None))),
        ["**Scheme:** W8A8"],
        ["Activation", "Activations are not quantized"],
    ),
    "a KV cache": (
        lambda: card(
            run(quantization(kv_cache={"num_bits": 8, "type": "float", "strategy": "tensor"}))
        ),
        ["**KV cache:** FP8"],
        [],
    ),
    "a method on a published page": (
        lambda: card(run(quantization(method="gptq"), origin="transcribed")),
        ["The method of the quantization is `gptq`"],
        ["configuration says"],
    ),
    "the base model's size alone": (
        lambda: card(run(quantization(base_size_bytes=1000))),
        ["Size of the base model's tensors:** 1.00 kB"],
        ["Size of the tensors:"],
    ),
    "nothing was attempted": (
        lambda: card(run(quantization(outcome="skipped", reason="no GPU"))),
        ["What was planned:"],
        ["What was attempted:"],
    ),
    "an average of recoveries": (
        lambda: card(scores(), accuracy={"average_recovery": "mean-of-recoveries"}),
        ["of an average row, the mean of the tasks' recoveries"],
        ["the ratio of the averages"],
    ),
    "no commands and the scores above": (
        lambda: card(scores(), sections=["accuracy", "evaluation"]),
        ["### Accuracy"],
        ["## Evaluation"],
    ),
    "prices of other models' hardware": (
        lambda: card(
            run(serving(latency_s=1.0), serving("org/other", hardware="H100", latency_s=1.0)),
            project={"prices": PRICES},
        ),
        ["one hour: A6000 0.80 USD"],
        ["H100"],
    ),
    "levels alone": (
        lambda: card(
            run(serving(mode="concurrent", load=2.0, ttft_s=0.1)), project={"prices": PRICES}
        ),
        ["### Load levels"],
        ["one GPU for one hour", "Use case profiles"],
    ),
    "an engine on two machines": (
        lambda: card(
            run(started("A6000", 30.0), started("H100", 100.0)), run(started("A6000", 40.0))
        ),
        [
            f"with {MODEL} on A6000x1, until it answers: 35.0 s.",
            f"with {MODEL} on H100x1, until it answers: 100.0 s.",
        ],
        [],
    ),
}


def started(hardware: str, seconds: float) -> AnyMeasurement:
    """A window of an engine that took so long to answer."""
    window = serving(hardware=hardware, latency_s=1.0)
    engine = window.engine.model_copy(update={"startup_s": seconds})
    return window.model_copy(update={"engine": engine})


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_are_true_of_the_records(name: str) -> None:
    make, says, not_said = SENTENCES[name]
    found = text(make())
    assert [part for part in says if part not in found] == []
    assert [part for part in not_said if part in found] == []
