"""What is said of a licence: against the Hub's list, and against the base model's."""

from __future__ import annotations

import pytest

from cardgen.frontmatter.licenses import DOCUMENTED, LICENSES
from cardgen.frontmatter.validate import header_problems, license_problem
from cardgen.frontmatter.vocabulary import PIPELINE_TAGS, TWO_LETTER_LANGUAGES

GOOD = {"library_name": "transformers"}


def test_an_unknown_license_is_told_in_the_hubs_words_with_a_suggestion() -> None:
    (problem,) = header_problems({**GOOD, "license": "Apache 2.0"})
    assert problem.level == "error"
    assert problem.message.startswith('"license" must be one of [apache-2.0, mit, openrail, bigsc')
    assert problem.message.endswith(
        'unknown, other, array]. Found "Apache 2.0"; did you mean "apache-2.0"?'
    )
    (problem,) = header_problems({**GOOD, "license": ["mit", "gpl-2.0-or-later"]})
    assert problem.path == "license[1]"
    assert problem.message.startswith('"license[1]" must be one of [apache-2.0, mit,')
    assert "unknown, other]. Found" in problem.message


def test_the_other_license_needs_its_name_and_link() -> None:
    found = header_problems({**GOOD, "license": "other"})
    assert [(p.level, p.path) for p in found] == [
        ("warning", "license_name"),
        ("warning", "license_link"),
    ]
    assert found[0].message.startswith('"license: other" needs "license_name"')


@pytest.mark.parametrize(
    ("own", "base", "named"),
    [
        (("mit", None), ("mit", None), None),
        (("mit", None), (None, None), None),
        ((None, None), ("llama3.1", None), None),
        (("mit", None), ("unknown", None), None),
        (("other", None), ("other", "a-1.0"), None),
        (("other", "A-1.0"), ("other", "a-1.0"), None),
        (("llama3", None), ("other", "llama3"), None),
        (("mit", "ignored"), ("mit", "also"), None),
        (("mit", None), ("llama3.1", None), ("mit", "llama3.1")),
        (("other", "a-1.0"), ("other", "b-1.0"), ("a-1.0", "b-1.0")),
        (("apache-2.0", None), ("other", "b-1.0"), ("apache-2.0", "b-1.0")),
    ],
)
def test_the_license_against_the_base_models(
    own: tuple[str | None, str | None],
    base: tuple[str | None, str | None],
    named: tuple[str, str] | None,
) -> None:
    problem = license_problem(*own, *base)
    if named is None:
        assert problem is None
    else:
        assert problem is not None
        assert (problem.level, problem.path) == ("warning", "license")
        assert f'"{named[0]}" is not the base model\'s "{named[1]}"' in problem.message


def test_the_word_lists_are_whole() -> None:
    assert len(LICENSES) == len(DOCUMENTED) == 83
    assert {"apache-2.0", "openrail", "llama3.3", "gemma", "other", "unknown"} <= LICENSES
    assert len(set(PIPELINE_TAGS)) == len(PIPELINE_TAGS)
    assert len(TWO_LETTER_LANGUAGES) == 184
