"""`cardgen schema`: the JSON Schema of run files, card.yaml and cardgen.yaml."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.argument("subject", type=click.Choice(["run", "card", "project"]), default="run")
def command(subject: str) -> int:
    """Print the JSON Schema of a run file (default), of card.yaml, or of cardgen.yaml."""
    from cardgen.schema import schema

    click.echo(json.dumps(schema(subject), indent=2, ensure_ascii=False))
    return 0
