"""The catalogs say every message, whole and with its places, and nothing that is gone."""

from __future__ import annotations

import ast
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.checkers import checkers

from cardgen.language import NAMES, available
from language import messages
from language.messages import CATALOGS, ROOT, extracted, read, texts

FILES = sorted(CATALOGS.glob("*.po"))
CODES = [path.stem for path in FILES]
UPDATE = "run: python tests/language/messages.py"
SAME = {"%(harness)s: %(tasks)s", "%(first)s; %(rest)s", "FLOPs", "GPU", "CPU", "CUDA"}
"""What is the same in every language."""
PLACE = re.compile(r"%\(\w+\)[a-z]|%%")
MARKS = ("*", "`", "[", "]", "(", ")", "<", ">", "|", "\n", "#", "_", "{", "}")


def spoken(path: Path) -> list[Message]:
    """The catalog's messages without its header."""
    return [message for message in read(path) if message.id]


@pytest.fixture(params=FILES, ids=CODES)
def path(request: pytest.FixtureRequest) -> Path:
    """Each catalog."""
    found: Path = request.param
    return found


def test_there_is_a_russian_catalog_and_every_language_has_a_name() -> None:
    assert "ru" in CODES
    assert available() == ("en", *CODES)
    assert set(available()) <= set(NAMES)


def test_a_catalog_has_just_the_messages_that_are_said(path: Path) -> None:
    said = {texts(message.id) for message in extracted() if message.id}
    have = {texts(message.id) for message in spoken(path)}
    assert sorted(said - have) == [], UPDATE
    assert sorted(have - said) == [], UPDATE
    assert dict(read(path).obsolete) == {}


def test_a_catalog_is_whole_and_reviewed(path: Path) -> None:
    catalog = read(path)
    for message in spoken(path):
        assert not message.fuzzy, message.id
        said = texts(message.string)
        assert len(said) == (catalog.num_plurals if message.pluralizable else 1), message.id
        for text in said:
            assert text.strip(), message.id
            assert text == text.strip(), message.id
            assert text not in texts(message.id) or text in SAME, message.id
    lines = path.read_text("utf-8").splitlines()
    twice = Counter(line for line in lines if line.startswith('msgid "') and line != 'msgid ""')
    assert [line for line, count in twice.items() if count > 1] == []


def test_a_translation_keeps_the_places(path: Path) -> None:
    for message in spoken(path):
        wanted = Counter(PLACE.findall(texts(message.id)[-1]))
        for text in texts(message.string):
            assert Counter(PLACE.findall(text)) == wanted, message.id


def test_a_translation_keeps_the_markup(path: Path) -> None:
    for message in spoken(path):
        source = PLACE.sub("", texts(message.id)[-1])
        for text in texts(message.string):
            said = PLACE.sub("", text)
            counts = {mark: (source.count(mark), said.count(mark)) for mark in MARKS}
            assert not {m: c for m, c in counts.items() if c[0] != c[1]}, message.id


def test_a_translation_ends_as_its_message_does(path: Path) -> None:
    for message in spoken(path):
        ends = {text[-1] if text[-1] in ".:;,!?" else "" for text in texts(message.id)}
        for text in texts(message.string):
            assert (text[-1] if text[-1] in ".:;,!?" else "") in ends, message.id


def test_babel_finds_no_fault(path: Path) -> None:
    catalog = read(path)
    assert catalog.charset == "utf-8"
    assert f"Plural-Forms: {catalog.plural_forms}" in path.read_text("utf-8").replace("\\n", "")
    for message in spoken(path):
        for check in checkers:
            check(catalog, messages.unflag(message))


def test_one_english_term_is_one_russian_term() -> None:
    """Labels that differ only in case or a unit say the same word."""
    russian = {texts(m.id)[0]: texts(m.string)[0] for m in spoken(CATALOGS / "ru.po")}
    stems = [
        ("latency", "задержк"),
        ("energy", "энерги"),
        ("recover", "сохранени"),
        ("throughput", "пропускная способность"),
        ("batch size", r"размер\w* батча"),
        ("queries per dollar", "на доллар"),
        ("baseline", "баз|сравн"),
        ("base model", "базов"),
        ("speedup", "ускорен"),
        ("calibration", "калибров"),
        ("sequence length", "последовательности"),
        ("quantiz", "квантова"),
        ("dataset", "датасет"),
    ]
    for english, stem in stems:
        plain = {m: said for m, said in russian.items() if english in PLACE.sub("", m).lower()}
        assert plain, english
        for message, said in plain.items():
            if message != "%(dataset)s: latency (s)" or english == "latency":
                assert re.search(stem, said.lower()), (message, said)


@pytest.mark.parametrize(
    ("english", "russian"),
    [(r"\(s\b", r"\(с\b"), (r"\(J\b", r"\(Дж\b"), (r"\(%\)", r"\(%\)"), (r"\(QPS\)", r"\(QPS\)")],
)
def test_a_unit_stays_the_same_unit(english: str, russian: str) -> None:
    said = {texts(m.id)[0]: texts(m.string)[0] for m in spoken(CATALOGS / "ru.po")}
    found = {message for message in said if re.search(english, message)}
    assert found
    assert {message for message, text in said.items() if re.search(russian, text)} == found


def test_every_message_of_the_sources_can_be_extracted() -> None:
    """A `Message` is always given its text as a literal: a computed one could not be found."""
    found = {texts(message.id)[0] for message in extracted() if message.id}
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name == "Message":
                    place = f"{file.name}:{node.lineno}"
                    assert node.args, place
                    assert isinstance(node.args[0], ast.Constant), place
                    assert node.args[0].value in found, place


def test_messages_are_found_with_their_places() -> None:
    places = {texts(m.id)[0]: [file for file, _ in m.locations] for m in extracted() if m.id}
    assert "templates/sections/overview.md.j2" in places["Model Overview"]
    assert "src/cardgen/tables/accuracy.py" in places["Recovery (%)"]
    assert "templates/sections/methods.md.j2" in places["%(count)s run"]
    assert all((ROOT / file).is_file() for files in places.values() for file in files)


def test_an_update_changes_nothing_that_is_up_to_date(path: Path) -> None:
    once = messages.updated(path, extracted())
    before, after = (re.sub(r"^#:.*\n", "", t, flags=re.M) for t in (path.read_text("utf-8"), once))
    assert after == before, UPDATE


def test_an_update_keeps_what_is_translated(tmp_path: Path) -> None:
    russian = tmp_path / "ru.po"
    shutil.copy(CATALOGS / "ru.po", russian)
    template = extracted()
    template.delete("Seed:")
    messages.unflag(template.add("Random seed:"))
    russian.write_text(messages.updated(russian, template), "utf-8")
    catalog, before = read(russian), read(CATALOGS / "ru.po")
    assert catalog["Accuracy"].string == before["Accuracy"].string
    assert "Seed:" not in catalog
    assert catalog["Random seed:"].fuzzy or not catalog["Random seed:"].string
    assert russian.read_text("utf-8").startswith(
        (CATALOGS / "ru.po").read_text("utf-8").partition("\n\n")[0]
    )


def test_a_catalog_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(messages, "CATALOGS", tmp_path)
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "extracted", lambda template=extracted(): template)  # noqa: B008
    assert messages.main(["de"]) == 0
    catalog = read(tmp_path / "de.po")
    assert len(catalog) == len(extracted())
    assert catalog.num_plurals == 2
    assert (
        capsys.readouterr().out == f"de.po: {len(catalog)} messages, {len(catalog)} to translate\n"
    )
    assert messages.main(["xx"]) == 2
    assert "xx" in capsys.readouterr().err
