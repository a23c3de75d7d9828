"""`cardgen schema`: the JSON Schema of run files, card.yaml, cardgen.yaml, `diff` and `audit`."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.argument(
    "subject", type=click.Choice(["run", "card", "project", "diff", "audit"]), default="run"
)
def command(subject: str) -> int:
    """Print the JSON Schema of a run file (default), of card.yaml, of cardgen.yaml, or of what
    `diff` and `audit` print with `--format json`."""
    if subject == "diff":
        from cardgen.diff.document import schema as diff_schema

        described = diff_schema()
    elif subject == "audit":
        from cardgen.audit.formats.document import schema as audit_schema

        described = audit_schema()
    else:
        from cardgen.schema import schema

        described = schema(subject)
    click.echo(json.dumps(described, indent=2, ensure_ascii=False))
    return 0
