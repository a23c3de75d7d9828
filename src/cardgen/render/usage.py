"""The snippet that loads the card's model with its engine and asks it something.

Renders it, for the card's page and for the collector that runs it; finds the run that ran it.
"""

from __future__ import annotations

from pathlib import Path

from cardgen.card import Card
from cardgen.records import Usage
from cardgen.render.environment import python_environment, render
from cardgen.spec.card import CardSpecification


def usage_code(specification: CardSpecification, templates: Path | None) -> str | None:
    """The snippet as a program; None where card.yaml has no `deployment`."""
    deployment = specification.deployment
    if deployment is None:
        return None
    context = {
        "model": specification.model,
        "deployment": deployment,
        "image": "image" in specification.inputs,
    }
    name = f"code/{deployment.engine.lower()}.py.j2"
    return render(python_environment(templates), name, context)


def executed(card: Card, code: str) -> Usage | None:
    """The latest run of this very code with the card's model.

    A snippet that changed since was not executed, nor was one that ran with another model whose
    runs the card has too: a project's own template need not name the model.
    """
    found = [
        run.provenance.usage
        for _, run in card.records.runs
        if run.provenance.origin == "measured"
        and run.provenance.usage is not None
        and card.specification.model in {card.model_name(m.model) for m in run.measurements}
    ]
    same = [usage for usage in found if usage.code == code]
    return same[-1] if same else None
