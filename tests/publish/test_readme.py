"""A README on the Hub brought up to date: every byte of others stays where it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from publish.readmes import readmes
from samples_cards import RELAXED

from cardgen.build.seal import sealed
from cardgen.errors import PublishError
from cardgen.frontmatter.emit import header as emitted
from cardgen.publish import header
from cardgen.publish.readme import Choice, merge, outside

ADOPT = Choice(adopt=True)


def card(score: str = "41.56", *, more: str = "", **keys: object) -> str:
    """A rendered card with its seal."""
    data = {"license": "mit", "library_name": "transformers", "tags": ["a", "b"], **keys}
    body = f"# Tiny\n\nOne line.\n\n## Overview\n\nIt is small.\n\n## Accuracy\n\n{score}\n{more}"
    kept = {name: value for name, value in data.items() if value is not None}
    return sealed(f"{emitted(kept)}\n{body}", "markdown")


def merged(theirs: str | None, ours: str, choice: Choice = Choice()) -> str:  # noqa: B008
    """The README after a push that meets no conflict."""
    result = merge(theirs, ours, "README.md", choice)
    assert not result.conflicts, result.conflicts
    return result.text


def conflicts(theirs: str, ours: str, choice: Choice = Choice()) -> list[str]:  # noqa: B008
    """The places where a push stops."""
    return [item.place for item in merge(theirs, ours, "README.md", choice).conflicts]


FIRST = merged(None, card())


def test_a_new_readme() -> None:
    """Header, then the card's text in regions; nothing else."""
    assert FIRST.startswith("---\nlicense: mit\n")
    shown = re.sub(r"<!-- cardgen:(?:.|\n)*?-->\n", "", FIRST)
    plain = re.sub(r"\n{2,}", "\n\n", shown).rstrip() + "\n"
    assert plain == card().rpartition("\n<!-- generated")[0]
    assert outside(FIRST).strip() == ""


def test_nothing_new_changes_nothing() -> None:
    """The same card again gives the same bytes."""
    assert merged(FIRST, card()) == FIRST


def test_a_new_number_changes_its_region_only() -> None:
    """What stands around and in the other regions is the same."""
    second = merged(FIRST, card("40.00"))
    assert second.replace("40.00", "41.56").count("41.56") == 1
    old, new = FIRST.split("\n"), second.split("\n")
    changed = [line for line, other in zip(old, new, strict=True) if line != other]
    assert len(changed) == 3  # the number, the region's mark, the manifest's line


def test_words_around_the_regions_stay() -> None:
    """Above, between and below; also when regions come and go."""
    theirs = (
        FIRST.replace("<!-- cardgen:manifest", "Above.\n\n<!-- cardgen:manifest")
        .replace("<!-- cardgen:begin accuracy", "Between.  \n<!-- cardgen:begin accuracy")
        .replace("license: mit\n", "# remark\nlicense: mit\nown: [1, 'no']\n")
        + "Below, without a newline"
    )
    for ours in (card(), card("40.00"), card(more="\n## Serving\n\nfast\n"), card(tags=None)):
        result = merged(theirs, ours)
        found = outside(result)
        assert [w for w in ("Above.\n\n", "Between.  \n", "Below, without") if w not in found] == []
        assert "# remark\nlicense: mit\nown: [1, 'no']\n" in result
        assert merged(result, ours) == result


def test_a_new_region_stands_behind_the_one_before_it() -> None:
    """Where the card has it, whatever stands between."""
    ours = card().replace("## Accuracy", "## Creation\n\nmade\n\n## Accuracy")
    theirs = FIRST.replace("<!-- cardgen:begin accuracy", "Mine.\n<!-- cardgen:begin accuracy")
    result = merged(theirs, ours)
    places = [result.index(f"cardgen:begin {name} ") for name in ("overview", "creation")]
    assert places == sorted(places)
    assert places[1] < result.index("Mine.") < result.index("cardgen:begin accuracy ")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("41.56", "41.99", "README.md: accuracy"),
        ("license: mit", "license: apache-2.0", "README.md: header, license"),
        ("- a\n", "- a\n- more\n", "README.md: header, tags"),
        ("It is small.", "It is small. And mine.", "README.md: overview"),
    ],
)
def test_a_hand_edit_inside_is_a_conflict(old: str, new: str, place: str) -> None:
    """Shown, decided by the user, and remembered."""
    theirs = FIRST.replace(old, new)
    for ours in (card(), card("40.00")):
        assert place in conflicts(theirs, ours)
    taken = merged(theirs, card(), Choice("ours"))
    assert taken == FIRST
    left = merged(theirs, card(), Choice("theirs"))
    assert new in left
    assert merged(left, card()) == left, "accepted once, accepted for good"
    again = card("39.00", license="bsd-3-clause", tags=["z"]).replace("is small", "is tiny")
    assert place in conflicts(left, again), "until the card itself says something new"


def test_the_difference_is_shown() -> None:
    """From what stands on the Hub to what the records give; never a token."""
    token = "hf_" + "A" * 34
    theirs = FIRST.replace("41.56", f"41.99 {token}")
    [conflict] = merge(theirs, card("40.00"), "README.md", Choice()).conflicts
    assert "-41.99 <redacted>\n+40.00\n" in conflict.diff
    assert token not in conflict.diff


def test_a_region_removed_by_hand() -> None:
    """Stays away where that was accepted; comes back where ours was taken."""
    theirs = re.sub(r"<!-- cardgen:begin overview.*?end overview -->\n", "", FIRST, flags=re.S)
    assert conflicts(theirs, card()) == ["README.md: overview"]
    assert merged(theirs, card(), Choice("ours")) == FIRST
    left = merged(theirs, card(), Choice("theirs"))
    assert "It is small" not in left
    assert merged(left, card("40.00")).count("It is small") == 0


def test_what_the_card_has_no_more_goes() -> None:
    """Unless somebody changed it."""
    ours = card(tags=None).replace("## Overview\n\nIt is small.\n\n", "")
    result = merged(FIRST, ours)
    assert "tags" not in result
    assert "overview" not in result
    assert conflicts(FIRST.replace("small", "smaller"), ours) == ["README.md: overview"]
    left = merged(FIRST.replace("small", "smaller"), ours, Choice("theirs"))
    assert "It is smaller." in outside(left), "now it is theirs"


def test_the_same_meaning_in_other_spelling_is_no_conflict() -> None:
    """A value that somebody quoted or commented stays so."""
    theirs = FIRST.replace("license: mit", "license: 'mit' # agreed").replace(
        "tags:\n- a\n- b\n", "tags: [a, b]\n"
    )
    result = merged(theirs, card("40.00"))
    assert "license: 'mit' # agreed\n" in result
    assert "tags: [a, b]\n" in result


def test_a_foreign_readme_needs_adopt() -> None:
    """Its text is kept, the card is put above it; its keys win where they differ."""
    theirs = "---\nlicense: apache-2.0 # mine\n# remark\nown: &x 1\n---\n# Mine\n\ntext"
    with pytest.raises(PublishError, match="never wrote"):
        merge(theirs, card(), "README.md", Choice())
    result = merge(theirs, card(), "README.md", ADOPT)
    assert result.kept == ["README.md: header, license"]
    assert result.text.endswith("# Mine\n\ntext")
    assert "license: apache-2.0 # mine\n" in result.text
    assert "# remark\nown: &x 1\n" in result.text
    assert "library_name: transformers\n" in result.text
    assert merged(result.text, card()) == result.text
    assert "41.56" in merged(theirs, card(), Choice("ours", adopt=True))


def test_a_built_readme_that_was_copied_to_the_hub() -> None:
    """cardgen wrote it, so it needs no adoption; edited since, it does."""
    assert merged(card("40.00"), card()) == FIRST
    with pytest.raises(PublishError, match="edited by hand"):
        merge(card("40.00").replace("40.00", "41.00"), card(), "README.md", Choice())


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("<!-- cardgen:end overview -->", "", "overview does not end"),
        ("<!-- cardgen:begin overview", "<!-- cardgen:begin overviev", "does not end"),
        ("<!-- cardgen:manifest", "<!-- cardgen:manifest -->", "manifest"),
        ("key license", "key the license", "changed by hand"),
        (" sha256:", " sha255:", "changed by hand"),
    ],
)
def test_damaged_markers_stop_the_push(old: str, new: str, found: str) -> None:
    """With the line; nothing is guessed."""
    with pytest.raises(PublishError, match=found) as problem:
        merge(FIRST.replace(old, new), card(), "README.md", Choice("ours"))
    assert re.match(r"README.md:\d+$", problem.value.place)


def test_a_copied_region_stops_the_push() -> None:
    """Which of the two is meant is for a person to say."""
    region = FIRST[FIRST.index("<!-- cardgen:begin overview") :]
    with pytest.raises(PublishError, match="twice"):
        merge(FIRST + region, card(), "README.md", Choice())


@pytest.mark.parametrize("head", ["---\n- a\n---\n", "---\na: [1\n---\n", "---\na: 1\na: 2\n---\n"])
def test_a_header_that_cannot_be_edited(head: str) -> None:
    """Said with the reason; nothing is rewritten."""
    with pytest.raises(PublishError, match="header"):
        merge(f"{head}text\n", card(), "README.md", ADOPT)


@RELAXED
@given(readmes())
def test_adoption_keeps_every_byte(theirs: str) -> None:
    """Whatever README is there: its text stands below cardgen's, its keys and remarks where they
    were; and pushing again changes nothing."""
    try:
        result = merge(theirs, card(), "README.md", ADOPT)
    except PublishError:
        return  # refused: nothing is written
    before = header.split(theirs)
    after = header.split(result.text)
    assert result.text.endswith(before.after)
    assert after.before.startswith("\ufeff") == theirs.startswith("\ufeff")
    remaining = (after.content or "").split("\n")
    for line in (before.content or "").split("\n")[:-1]:
        assert line in remaining, line
        del remaining[: remaining.index(line) + 1]
    assert merged(result.text, card()) == result.text
    assert outside(result.text).endswith(before.after)
    third = merged(result.text, card("40.00", more="\n## Serving\n\nfast\n"))
    assert outside(third) == outside(result.text)
    back = merged(third, card())
    assert outside(back) == outside(result.text)
