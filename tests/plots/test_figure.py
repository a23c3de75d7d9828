"""The description: what it refuses, and what its digest tells apart."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from cardgen.plots.figure import Panel, Plot, Series, digest
from plots.samples import ALL, recovery, series


def changed(plot: Plot, **changes: object) -> Plot:
    """The plot with its first series changed."""
    panel = plot.panels[0]
    first = replace(panel.series[0], **changes)  # type: ignore[arg-type]
    return replace(plot, panels=(replace(panel, series=(first, *panel.series[1:])),))


def panel(*values: float | None, **more: object) -> Panel:
    kind = more.pop("kind", "line")
    x = tuple(map(str, range(len(values))))
    return Panel(kind, x, "x", "y", (series("a", *values),), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Series("a", (1.0, 2.0), ("1",)), "shown has 1 entries, values has 2"),
        (lambda: Series("a", (1.0,), ("1",), low=()), "low has 0 entries"),
        (lambda: Series("a", (float("nan"),), ("?",)), "nan cannot be drawn"),
        (lambda: Series("a", (float("inf"),), ("?",)), "use None for what was not measured"),
        (lambda: Series("a", (1e300,), ("?",)), "1e+300 cannot be drawn"),
        (lambda: Panel("line", (), "x", "y", (series("a"),)), "at least one category"),
        (lambda: Panel("line", ("1",), "x", "y", ()), "at least one category"),
        (lambda: Panel("bar", ("1", "2"), "x", "y", (series("a", 1.0),)), "1 values for 2"),
        (lambda: panel(1.0, 0.0, log=True), "logarithmic"),
        (lambda: panel(1.0, kind="bar", log=True), "logarithmic"),
        (lambda: panel(1.0, reference=float("nan")), "nan"),
        (lambda: Plot("p", "", "", ()), "at least one panel"),
        (lambda: Plot("p", "", "", (panel(1.0),), columns=0), "columns"),
    ],
)
def test_what_cannot_be_drawn_is_refused_when_described(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace("+", r"\+")):
        make()


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (recovery(), True),
        (changed(recovery(), values=(99.52, *recovery().panels[0].series[0].values[1:])), True),
        (changed(recovery(), values=(99.53, *recovery().panels[0].series[0].values[1:])), False),
        (replace(recovery(), alt="Other words."), False),
        (replace(recovery(), decimal=","), False),
        (replace(recovery(), id="other"), False),
    ],
)
def test_the_digest_changes_with_every_word_and_number(other: Plot, same: bool) -> None:
    assert (digest(other, "svg") == digest(recovery(), "svg")) is same


def test_the_digest_tells_formats_and_samples_apart() -> None:
    digests = {digest(plot, form) for plot in ALL for form in ("svg", "png")}
    assert len(digests) == 2 * len(ALL)


def test_whole_numbers_count_as_the_same_number() -> None:
    one, other = (Plot("p", "", "", (panel(value),)) for value in (4, 4.0))
    assert one.panels[0].series[0].shown == other.panels[0].series[0].shown
    assert digest(one, "svg") == digest(other, "svg")


def test_describing_and_checking_do_not_bring_matplotlib() -> None:
    program = (
        "import sys; import cardgen.plots.figure, cardgen.plots.stamp;"
        "sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
