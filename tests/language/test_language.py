"""What a language says and how it writes numbers; a broken catalog is an error with its line."""

from __future__ import annotations

import contextlib
import os
from decimal import Decimal
from pathlib import Path

import pytest
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from cardgen import language as module
from cardgen.catalog import read_catalog
from cardgen.errors import TemplateError
from cardgen.language import Message, available, language

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("code", "locale_numbers", "digits", "written"),
    [
        ("en", False, "12909.50", "12909.50"),
        ("en", True, "12909.50", "12909.50"),
        ("ru", False, "12909.50", "12909.50"),
        ("ru", True, "0.84", "0,84"),
        ("ru", True, "-0.75", "-0,75"),
        ("ru", True, "0", "0"),
        ("ru", True, "999", "999"),
        ("ru", True, "1454", "1454"),
        ("ru", True, "1234.5", "1234,5"),
        ("ru", True, "-1454", "-1454"),
        ("ru", True, "12909", f"12{NBSP}909"),
        ("ru", True, "-12909.50", f"-12{NBSP}909,50"),
        ("ru", True, "100000", f"100{NBSP}000"),
        ("ru", True, "222210000", f"222{NBSP}210{NBSP}000"),
        ("ru", True, "617.84 G", "617,84 G"),
        ("ru", True, "100 M", "100 M"),
        ("ru", True, "", ""),
    ],
)
def test_a_number_is_written_in_the_style_of_the_card(
    code: str, locale_numbers: bool, digits: str, written: str
) -> None:
    assert language(code, locale_numbers=locale_numbers).number(digits) == written


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_a_number_reads_back_as_itself(value: Decimal) -> None:
    for places in (0, 1, 3):
        digits = f"{value:.{places}f}"
        written = language("ru", locale_numbers=True).number(digits)
        assert parse_decimal(written, locale="ru", strict=True) == Decimal(digits)
        assert len(written.partition(",")[2]) == places


@pytest.mark.parametrize(
    ("code", "words", "said"),
    [
        ("en", Message("Average score"), "Average score"),
        ("ru", Message("Average score"), "Среднее"),
        ("ru", "Average score", "Average score"),
        ("ru", Message("% of original"), "% от исходного"),
        ("ru", Message("no such message"), "no such message"),
        ("en", Message("skipped: %(reason)s", {"reason": "50% done"}), "skipped: 50% done"),
        ("ru", Message("skipped: %(reason)s", {"reason": "50% done"}), "пропущено: 50% done"),
        (
            "ru",
            Message("no baseline: %(reason)s", {"reason": Message("not measured")}),
            "не с чем сравнивать: не измерено",
        ),
        (
            "en",
            Message("no baseline: %(reason)s", {"reason": Message("not measured")}),
            "no baseline: not measured",
        ),
    ],
)
def test_words_are_said_in_the_language(code: str, words: str | Message, said: str) -> None:
    assert language(code).say(words) == said
    assert code != "en" or str(words) == said


@pytest.mark.parametrize(
    ("count", "english", "russian"),
    [
        (0, "0 runs", "0 запусков"),
        (1, "1 run", "1 запуск"),
        (2, "2 runs", "2 запуска"),
        (4, "4 runs", "4 запуска"),
        (5, "5 runs", "5 запусков"),
        (11, "11 runs", "11 запусков"),
        (12, "12 runs", "12 запусков"),
        (21, "21 runs", "21 запуск"),
        (22, "22 runs", "22 запуска"),
        (111, "111 runs", "111 запусков"),
        (121, "121 runs", "121 запуск"),
    ],
)
def test_a_count_takes_its_plural(count: int, english: str, russian: str) -> None:
    for code, said in (("en", english), ("ru", russian)):
        text = language(code).catalog.ngettext("%(count)s run", "%(count)s runs", count)
        assert text % {"count": count} == said


@pytest.mark.parametrize("code", ["de", "", "RU", "../ru", "ru.po"])
def test_an_unknown_language_is_answered_with_those_there_are(code: str) -> None:
    with pytest.raises(TemplateError) as caught:
        language(code)
    assert caught.value.place == f"language {code!r}"
    assert caught.value.expected == f"one of {', '.join(available())}"


HEAD = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 ? 0 : n%10==2 ? 1 : 2);\\n"

"""
PLURAL = 'msgid "%(n)s run"\nmsgid_plural "%(n)s runs"\n'
BROKEN = [
    ("open quote", 'msgid "a"\nmsgstr "б\n', 7, "quotes closed"),
    ("quote inside", 'msgid "a"\nmsgstr "б"в"\n', 7, "quotes closed"),
    ("open escape", 'msgid "a"\nmsgstr "б\\"\n', 7, "quotes closed"),
    ("no quotes", "msgid a\n", 6, "keyword"),
    ("unknown keyword", 'msgid "a"\nmsgtxt "б"\n', 7, "keyword"),
    ("conflict marks", '<<<<<<< HEAD\nmsgid "a"\nmsgstr "б"\n', 6, "keyword"),
    ("no msgstr", 'msgid "a"\n\nmsgid "b"\nmsgstr "б"\n', 8, "msgstr"),
    ("no msgstr at the end", 'msgid "a"\n', 6, "msgstr"),
    ("msgstr twice", 'msgid "a"\nmsgstr "б"\nmsgstr "в"\n', 8, "msgid"),
    ("msgstr alone", 'msgid "a"\nmsgstr "б"\n\nmsgstr "в"\n', 9, "msgid"),
    ("plural without number", f'{PLURAL}msgstr "б"\n', 8, "msgstr[0]"),
    ("plural forms out of order", f'{PLURAL}msgstr[0] ""\nmsgstr[2] ""\n', 9, "msgstr[1]"),
    (
        "too many plural forms",
        PLURAL + "".join(f'msgstr[{n}] "%(n)s"\n' for n in range(4)),
        6,
        "PO syntax",
    ),
    ("other place", 'msgid "a %(one)s"\nmsgstr "б %(two)s"\n', 6, "the places %(one)s"),
    ("open place", 'msgid "a %(one)s"\nmsgstr "б %(one"\n', 6, "the places %(one)s"),
    ("place without type", 'msgid "a %(one)s"\nmsgstr "б %(one)"\n', 6, "the places %(one)s"),
    ("lone percent", 'msgid "a %(one)s"\nmsgstr "б %(one)s 5%"\n', 6, "%% for a %"),
    ("place from nowhere", 'msgid "a"\nmsgstr "б %(one)s"\n', 6, "no places"),
    ("place in a plural", f'{PLURAL}msgstr[0] "%(m)s"\n', 6, "the places %(n)s"),
]


@pytest.mark.parametrize(
    ("body", "line", "expected"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_catalog_is_an_error_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, line: int, expected: str
) -> None:
    path = tmp_path / "ru.po"
    path.write_text(HEAD + body, "utf-8")
    with pytest.raises(TemplateError) as caught:
        read_catalog(path)
    assert caught.value.place == f"templates/locale/ru.po:{line}"
    assert expected in str(caught.value.expected)
    assert caught.value.found
    assert caught.value.next_step
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("ru.po", HEAD.encode() + 'msgid "a"\nmsgstr "б"\n'.encode("cp1251"), 7),
        ("ru.po", HEAD.encode("utf-16"), 1),
        ("ru.po", HEAD.replace("UTF-8", "koi8-r").encode(), 1),
        ("ru.po", HEAD.replace("UTF-8", "no-such-charset").encode(), 1),
        ("ru.po", HEAD.replace("nplurals=3", "nplurals=three").encode(), 1),
        ("ru.po", HEAD.replace("n%10==1 ?", "n%10==1 ? ?").encode(), 1),
        ("ru.po", HEAD.replace("n%10==1", "__import__('os')").encode(), 1),
        ("ru.po", (HEAD.strip() + '\n"POT-Creation-Date: yesterday\\n"\n').encode(), 1),
        ("xx.po", HEAD.encode(), 1),
        ("not a locale.po", HEAD.encode(), 1),
    ],
)
def test_a_catalog_in_another_encoding_or_with_a_broken_header_is_an_error(
    tmp_path: Path, name: str, data: bytes, line: int
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(TemplateError) as caught:
        read_catalog(tmp_path / name)
    assert caught.value.place == f"templates/locale/{name}:{line}"


def test_a_catalog_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"templates/locale/ru\.po"):
        read_catalog(tmp_path / "ru.po")


@given(st.binary(max_size=60) | st.text(alphabet='msgidtr[]01_plu "\\\n#~%()a', max_size=80))
def test_no_bytes_make_a_catalog_that_breaks_otherwise(
    tmp_path_factory: pytest.TempPathFactory, body: bytes | str
) -> None:
    path = tmp_path_factory.getbasetemp() / "ru.po"
    path.write_bytes(HEAD.encode() + (body if isinstance(body, bytes) else body.encode()))
    with contextlib.suppress(TemplateError):
        read_catalog(path)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('msgid "a"\nmsgstr "б"\n', "б"),
        ('msgid "a"\nmsgstr ""\n"б"\n" в"\n', "б в"),
        ('msgid "a"\nmsgstr "\\"б\\""\n', '"б"'),
        ('#, fuzzy\nmsgid "a"\nmsgstr "б %(gone)s"\n', "a"),
        ('msgid "a"\nmsgstr ""\n', "a"),
        ('#~ msgid "a"\n#~ msgstr "б"\n', "a"),
        ('msgid "a"\r\nmsgstr "б"\r\n', "б"),
        ('# note\n#: file.py:1\n#. hint\nmsgid "a"\nmsgstr "б"', "б"),
    ],
)
def test_a_good_catalog_is_read(tmp_path: Path, body: str, said: str) -> None:
    path = tmp_path / "ru.po"
    for start in ("", "\ufeff"):
        path.write_bytes((start + HEAD + body).encode())
        assert read_catalog(path).gettext("a") == said


def test_an_edited_catalog_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "locale"
    folder.mkdir()
    monkeypatch.setattr(module, "resource", lambda _: tmp_path)
    catalog = folder / "ru.po"
    for number, said in enumerate(("б", "в")):
        catalog.write_text(f'{HEAD}msgid "a"\nmsgstr "{said}"\n', "utf-8")
        os.utime(catalog, ns=(number, number))
        assert language("ru").say(Message("a")) == said
    assert available() == ("en", "ru")
    (folder / "de.po").mkdir()
    assert available() == ("en", "ru")
