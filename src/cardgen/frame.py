"""A card's numbers as pandas frames, for analysis. pandas is imported here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cardgen.derive.quantity import Quantity
from cardgen.explain import cells
from cardgen.records import Reading
from cardgen.render.card import Contents
from cardgen.store.runs import RecordSet

if TYPE_CHECKING:
    import pandas as pd


def cells_frame(contents: Contents) -> pd.DataFrame:
    """One row a cell of the card: address, value with its interval, unit, as shown, formula.

    A cell without a value has an empty value and its reason.
    """
    import pandas as pd

    rows = []
    for address, cell in cells(contents).items():
        content = cell.content
        row: dict[str, Any] = {"cell": address}
        if isinstance(content, Quantity):
            row |= {
                "value": content.value,
                "low": content.low,
                "high": content.high,
                "unit": content.unit,
                "shown": cell.digits,
                "formula": content.formula.id if content.formula else "",
                "origin": "+".join(sorted(content.origins)),
                "runs": content.runs,
                "reason": "",
            }
        else:
            row |= {"shown": "", "reason": str(getattr(content, "reason", ""))}
        rows.append(row)
    columns = (
        "cell",
        "value",
        "low",
        "high",
        "unit",
        "shown",
        "formula",
        "origin",
        "runs",
        "reason",
    )
    return pd.DataFrame(rows, columns=list(columns)).astype({"runs": "Int64"})


def records_frame(records: RecordSet) -> pd.DataFrame:
    """One row a raw number of a record: kind, model, identity, field, value, origin, where.

    `low` and `high` are what the printed digits stand for; `statistic`, `n`, `stderr` as recorded.
    """
    import pandas as pd

    rows = []
    for file, run in records.runs:
        for index, measurement in enumerate(run.measurements):
            identity = measurement.identity
            for field, reading in _readings(measurement, ""):
                low, high = reading.bounds
                rows.append(
                    {
                        "kind": measurement.kind,
                        "model": measurement.model,
                        "identity": " / ".join(str(p) for p in identity.key if p is not None),
                        "field": field,
                        "value": reading.value,
                        "low": low,
                        "high": high,
                        "statistic": reading.statistic,
                        "n": reading.n,
                        "stderr": reading.stderr,
                        "origin": run.provenance.origin,
                        "file": file,
                        "pointer": f"/measurements/{index}/{field}/value",
                    }
                )
    columns = (
        "kind", "model", "identity", "field", "value", "low", "high",
        "statistic", "n", "stderr", "origin", "file", "pointer",
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns)).astype({"n": "Int64", "stderr": "float64"})


def _readings(model: Any, prefix: str) -> Iterator[tuple[str, Reading]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Reading):
            yield f"{prefix}{name}", value
        elif hasattr(type(value), "model_fields"):
            yield from _readings(value, f"{prefix}{name}/")
