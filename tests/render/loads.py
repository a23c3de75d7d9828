"""Cards of serving windows by tool, and the benchmark commands that they show."""

from __future__ import annotations

from typing import Any

from render.bash import commands, parses
from samples_cards import run

from cardgen.card import Card
from cardgen.records import Origin, Run, ServingMeasurement, Tool
from cardgen.render import card as rendering


def loaded(
    tool: str, *windows: ServingMeasurement, origin: Origin = "imported", **more: Any
) -> Run:
    """A run of a load generator: a file of its results."""
    return run(*windows, origin=origin, tool=Tool(name=tool), **more)


def benchmarked(found: Card) -> list[list[str]]:
    """The benchmark commands of a card, each as bash reads it; every block parses."""
    blocks = rendering.gather(found).benchmark
    assert [parses(block.code) for block in blocks] == [""] * len(blocks)
    assert {block.status for block in blocks} <= {"reconstructed"}
    return [command for block in blocks for command in commands(block.code)]
