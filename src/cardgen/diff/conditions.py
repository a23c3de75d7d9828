"""What both sides of a comparison state of their conditions, for one quantity.

The conditions themselves are each kind's list in `cardgen.conditions`; what belongs to a quantity
and not to a record, the price behind queries per dollar, is added here.
"""

from __future__ import annotations

from collections.abc import Sequence

from cardgen.card import Card
from cardgen.conditions.condition import (
    Condition,
    Conditions,
    both,
    differences,
    merged,
)
from cardgen.metrics import QUERIES_PER_DOLLAR, Metric
from cardgen.records import ServingMeasurement
from cardgen.store.runs import Stored


def conditions(
    card: Card, repeats: Sequence[Stored], metric: Metric, fields: Sequence[str]
) -> Conditions:
    """The conditions of the runs behind a value, without what is meant to differ.

    A deterministic value has none but its questions and its own method.
    """
    statements = [
        [
            condition
            for condition in card.statements.of(stored)
            if condition.bears_on != "treatment"
            and (not condition.field or condition.field in fields)
            and (not metric.deterministic or condition.field or condition.bears_on == "question")
        ]
        for stored in repeats
    ]
    if metric is QUERIES_PER_DOLLAR:
        statements.append(
            [
                Condition("price", f"{price.usd_per_gpu_hour:g} USD/h", "answer", "cell")
                for stored in repeats
                if isinstance(m := stored.measurement, ServingMeasurement)
                and (price := m.price or card.project.price_of(m.hardware.name)) is not None
            ]
        )
    return merged(statements)


def difference(old: Conditions, new: Conditions) -> str | None:
    """What differs between two sides, `engine version: 0.8.5 before, 0.9.0 after`; None if nothing.

    Only what both sides state is compared.
    """
    found = []
    for one in differences(old, new):
        before, after = both(one)
        found.append(f"{one.name}: {before} before, {after} after")
    return "; ".join(found) or None
