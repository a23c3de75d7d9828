"""Whatever comes in, findings or none come out: garbage, mutated cards, tables of any size."""

from __future__ import annotations

import os
import random
from functools import cache
from pathlib import Path

import pytest
from audit.made_up import DRAWN, QUANTIZED, REPORT, SPECULATOR
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardgen.audit import audit

CARDS = [text.encode() for text in (QUANTIZED, REPORT, SPECULATOR, DRAWN)]
MUTATED = int(os.environ.get("CARDGEN_AUDIT_MUTATIONS", "400"))
"""So many mutated cards; 10000 before a release."""
PUBLISHED = os.environ.get("CARDGEN_PUBLISHED_CARDS", "")


@cache
def cards() -> list[bytes]:
    """Our own cards, and the published ones where a folder of them is named."""
    if not PUBLISHED:
        return CARDS
    return [*CARDS, *(path.read_bytes() for path in sorted(Path(PUBLISHED).glob("*.md")))]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """The card with some bytes lost, doubled, swapped or replaced."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 12)):
        if not changed:
            break
        at = rng.randrange(len(changed))
        end = min(len(changed), at + rng.choice([1, 1, 1, 5, 40, 300]))
        match rng.randrange(5):
            case 0:
                del changed[at:end]
            case 1:
                changed[at:at] = changed[at:end]
            case 2:
                changed[at] = rng.randrange(256)
            case 3:
                changed[at:at] = rng.choice(
                    [b"|", b"```", b"<td>", b"</table>", b"<!--", b"---\n", b"%", b"\n\n", b"\xff"]
                )
            case _:
                other = rng.randrange(len(changed))
                changed[at], changed[other] = changed[other], changed[at]
    return bytes(changed)


@pytest.mark.parametrize("seed", range(MUTATED))
def test_a_mutated_card_is_audited(seed: int) -> None:
    rng = random.Random(seed)
    data = mutate(rng.choice(cards()), rng)
    lines = (
        data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    )
    for finding in audit(data):
        assert 1 <= finding.line <= lines
        assert finding.column >= 1
        assert finding.message


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_garbage_around_a_card_is_audited(before: bytes, after: bytes) -> None:
    audit(before + QUANTIZED.encode() + after)


NUMBERS = st.sampled_from(
    ["0", "0.0", "-1.5", "100", "1e9", "99999999999999", ".5", "1.", "-", "50.1%"]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=6))
def test_any_numbers_in_a_recovery_table(rows: list[tuple[str, str, str]]) -> None:
    lines = ["| Task | Foo-7B | Foo-7B-FP8 | Recovery |", "|---|---|---|---|"]
    lines += [f"| t{i} | {' | '.join(row)} |" for i, row in enumerate(rows)]
    audit("\n".join([*lines, "| Average | 1 | 2 | 3% |"]))


def test_a_table_of_a_hundred_thousand_rows() -> None:
    rows = "".join(f"| t{i} | 50.00 | 49.00 | 98.0% |\n" for i in range(100_000))
    head = "| Task | Foo-7B | Foo-7B-FP8 | Recovery |\n|---|---|---|---|\n"
    findings = audit(head + rows + "| last | 50.00 | 49.00 | 89.0% |\n")
    assert [(f.line, f.printed) for f in findings] == [(100_003, "89.0%")]
