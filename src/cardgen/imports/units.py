"""Changes of unit that move the decimal point and change no digit."""

from __future__ import annotations

from decimal import Decimal


def shifted(value: float, places: int) -> float:
    """`value` times ten to the power `places`, exactly as its digits read.

    7.42 ms divided by 1000 in binary is 0.0074199999999999995 s; shifted by -3 it is 0.00742 s.
    """
    return float(Decimal(repr(value)).scaleb(places))
