"""Two spellings that are one letter apart: a slip, where a digit or a sign would be meant."""

from __future__ import annotations


def one_letter(one: str, other: str) -> bool:
    """Whether one letter was added, left out or changed; a digit, a sign or case is a difference
    meant.
    """
    if one.lower() == other.lower():
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    return (
        len(left) <= 1
        and len(right) <= 1
        and (left + right).isalpha()
        and not (left.isupper() and right.isupper())
    )
