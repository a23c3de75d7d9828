"""A card in Russian is audited as the same card in English: same faults, same rules, no alarm."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from audit.made_up import RUSSIAN

from cardgen.audit import Finding, audit
from cardgen.audit.number import decimal_commas, parse
from cardgen.audit.roles import role_of

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(
    path.parent
    for pattern in ("cards/*/card.yaml", "examples/*/cards/*/card.yaml")
    for path in ROOT.glob(pattern)
    if path.with_name("README.md").exists()
)
NUMBER = re.compile(r"(?<=>)-?\d+(?:\.\d+)?(?! streams)|(?<=\| )-?\d+(?:\.\d+)?|\d+\.\d+(?=[x×])")
EVERY = 7
"""One in so many numbers of a card is changed, so that the test takes seconds."""


def both(folder: Path) -> tuple[str, str] | None:
    """A card in English and in Russian, whichever of them is its README.md."""
    for english, russian in (("README.md", "README.ru.md"), ("README.en.md", "README.md")):
        if (folder / english).exists() and (folder / russian).exists():
            return (
                (folder / english).read_text(encoding="utf-8"),
                (folder / russian).read_text(encoding="utf-8"),
            )
    return None


PAIRS = {
    str(folder.relative_to(ROOT)): pair for folder in FOLDERS if (pair := both(folder)) is not None
}


def numbers(text: str) -> list[re.Match[str]]:
    """The numbers of a card's tables and headlines, in order; code left out."""
    prose = re.sub(r"```.*?```", lambda code: " " * len(code[0]), text, flags=re.S)
    return list(NUMBER.finditer(prose))


def planted(text: str, place: re.Match[str], new: str) -> str:
    return text[: place.start()] + new + text[place.end() :]


def rules(text: str) -> Counter[str]:
    return Counter(finding.rule for finding in audit(text))


def told(text: str) -> list[Finding]:
    return [finding for finding in audit(text) if finding.severity != "note"]


def test_committed_cards_have_two_languages() -> None:
    assert len(PAIRS) >= 5


@pytest.mark.parametrize("card", PAIRS)
def test_a_committed_card_has_nothing_to_tell_in_either_language(card: str) -> None:
    assert [[f.message for f in told(text)] for text in PAIRS[card]] == [[], []]


@pytest.mark.parametrize("card", PAIRS)
def test_a_changed_number_is_found_in_both_languages_by_the_same_rules(card: str) -> None:
    english, russian = PAIRS[card]
    pairs = list(zip(numbers(english), numbers(russian), strict=True))
    assert all(one[0] == other[0] for one, other in pairs)
    for one, other in pairs[::EVERY]:
        new = re.sub(r"[1-9]", lambda digit: "3" if digit[0] == "9" else "9", one[0], count=1)
        found = rules(planted(english, one, new))
        assert rules(planted(russian, other, new)) == found, (one[0], new)


TRANSCRIBED = "cards/qwen2.5-vl-3b-w4a16"
PROFILED = "cards/qwen2.5-vl-3b"
CASES = [
    # card, the place in both languages, new, rule
    (TRANSCRIBED, r"(?<=>)93\.27(?=%)", "97.27", "recovery"),
    (TRANSCRIBED, r"(?<=>)41\.56(?=<)", "14.56", "recovery"),
    (TRANSCRIBED, r"(?<=<b>)95\.13(?=%)", "91.53", "recovery"),
    (TRANSCRIBED, r"(?<=<b>)69\.68(?=<)", "68.69", "average"),
    (TRANSCRIBED, r"(?<=>)1886(?=<)", "1688", "queries-per-dollar"),
    (TRANSCRIBED, r"(?<=>)21223(?=<)", "12223", "queries-per-dollar"),
    (TRANSCRIBED, r"(?<=>)1\.57(?=<)", "1.75", "average-cost"),
    (TRANSCRIBED, r"(?<=>)1\.39(?=<)", "1.93", "average-cost"),
    (TRANSCRIBED, r"1\.73(?=[x×])", "2.35", "headline"),
    (TRANSCRIBED, r"3\.87(?=[x×])", "4.81", "headline"),
    (TRANSCRIBED, r"(?<=:\*\* )INT4", "INT8", "scheme"),
    (TRANSCRIBED, r"INT4(?= data type|\.\n)", "INT8", "scheme"),
    (PROFILED, r"(?<=\| )100\.64(?= )", "106.40", "percent-of-original"),
    (PROFILED, r"(?<=\| )120\.96(?= )", "129.06", "percent-of-original"),
    (PROFILED, r"(?<=\| )1\.939(?= )", "1.393", "percent-of-original"),
    (PROFILED, r"(?<=\| )1\.398(?= \| 11)", "1.938", "repeated-measurement"),
]


@pytest.mark.parametrize(("card", "place", "new", "rule"), CASES)
def test_a_planted_fault_is_found_in_both_languages(
    card: str, place: str, new: str, rule: str
) -> None:
    for text in PAIRS[card]:
        where = re.search(place, text)
        assert where is not None
        assert rule in rules(planted(text, where, new)) - rules(text)


CHANGES = [
    # what is changed in the made-up card, to what, rule
    ("98.50%", "93.50%", "recovery"),
    ("**98.57%**", "**98.75%**", "recovery"),
    ("**70.00**", "**71.00**", "average"),
    ("результат 69.00", "результат 68.00", "average-sentence"),
    ("набирает 70.00", "набирает 71.00", "average-sentence"),
    ("сохраняет 98.57%", "сохраняет 98.75%", "recovery-sentence"),
    ("примерно на 75%", "примерно на 25%", "bits-reduction"),
    ("с 16 до 4 бит", "с 16 до 8 бит", "bits"),
    ("до 2.0 раза", "до 2.4 раза", "headline"),
    ("<td>1.80</td>", "<td>1.40</td>", "average-cost"),
    ("<td>1.800</td>", "<td>1.400</td>", "average-speedup"),
    ("<td>400</td>", "<td>440</td>", "queries-per-dollar"),
    ("512 калибровочных", "521 калибровочных", "calibration-samples"),
    ("весов:** INT4", "весов:** INT8", "scheme"),
    ("активаций:** нет", "активаций:** INT4", "activation-scheme"),
    ("модели:** Foo-7B-Chat", "модели:** Foo-8B-Chat", "architecture"),
    ("квантованием [acme/Foo-7B-Chat]", "квантованием [acme/Bar-3B-Base]", "link-target"),
    ("| Итого | 30 |", "| Итого | 35 |", "sum"),
    ("| 10.00 | -2.00 |", "| 10.00 | -3.00 |", "difference"),
]
POINT = re.compile(r"(?<![\w.-])(-?\d+)\.(\d{1,3})(?![\w.])")


def with_commas(text: str) -> str:
    """The card with decimal commas outside its code."""
    parts = re.split(r"(```.*?```)", text, flags=re.S)
    return "".join(p if p.startswith("```") else POINT.sub(r"\1,\2", p) for p in parts)


@pytest.mark.parametrize("write", [str, with_commas])
def test_a_clean_card_in_russian_has_nothing_to_tell(write: Callable[[str], str]) -> None:
    assert [f.message for f in audit(write(RUSSIAN))] == []


@pytest.mark.parametrize("write", [str, with_commas])
@pytest.mark.parametrize(("old", "new", "rule"), CHANGES)
def test_a_change_in_a_clean_card_in_russian_is_found(
    write: Callable[[str], str], old: str, new: str, rule: str
) -> None:
    assert RUSSIAN.count(old) == 1
    found = audit(write(RUSSIAN.replace(old, new)))
    assert rule in {finding.rule for finding in found}


HEADINGS = [
    "Recovery (%)",
    "Recovery (%), 95% interval",
    "Difference, 95% interval",
    "Smallest detectable change",
    "Average score",
    "Average cost reduction",
    "Queries per dollar",
    "Latency (s)",
    "Latency (s per batch)",
    "Maximum throughput (QPS)",
    "Requests/s",
    "Time to first token (s)",
    "Between tokens (s)",
    "Output tokens/s",
    "Requests",
    "Window (s)",
    "Prefix cache hits",
    "Use case",
    "Load",
    "Settings",
    "Conditions that differ",
    "Energy (J per sample)",
    "Energy (J per sample, modelled)",
    "FLOPs of one generation",
    "% of original",
    "Hardware",
    "Device",
    "Model",
    "Category",
    "Benchmark",
    "Batch size",
    "Image size",
    "Sequence length",
    "Optimization",
    "Dataset",
]


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_has_one_role_in_both_languages(heading: str) -> None:
    catalog = (ROOT / "templates/locale/ru.po").read_text(encoding="utf-8")
    found = re.search(rf'^msgid "{re.escape(heading)}"\nmsgstr "(.+)"$', catalog, re.M)
    assert found is not None
    assert role_of(found[1]) == role_of(heading)


@pytest.mark.parametrize(
    ("texts", "commas"),
    [
        (["56,10", "57,2", "a"], True),
        (["0,896", "0,125", "1,128"], True),
        (["-1,17 [-3,30, 0,97] (a)", "98,5 %"], True),
        (["56,10", "57"], False),  # one may be a list
        (["1,128", "12,345"], False),
        (["56,10", "57,20", "1.5"], False),
        (["56,10", "57,20", "1,234,567"], False),
        ([], False),
    ],
)
def test_decimal_commas_are_known_by_the_table(texts: list[str], commas: bool) -> None:
    assert decimal_commas(texts) is commas


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [("56,10", 56.1, 2), ("1,128", 1.128, 3), ("12 909", 12909, 0), ("−0,5 %", -0.5, 1)],
)
def test_a_number_with_a_decimal_comma(text: str, value: float, decimals: int) -> None:
    number = parse(text, commas=True)
    assert number is not None
    assert (number.value, number.decimals) == (value, decimals)


def test_a_mend_keeps_the_decimal_comma() -> None:
    rows = ["| а | 50,00 | 49,00 |", "| б | 50,00 | 48,00 |", "| Среднее | 51,0 | 48,5 |"]
    card = "\n".join(["| Задача | Исходная | Квантованная |", "|---|---|---|", *rows])
    (fix,) = [f.fix for f in audit(card) if f.fix is not None]
    assert (fix.old, fix.new) == ("51,0", "50,0")
