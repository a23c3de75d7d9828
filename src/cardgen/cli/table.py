"""`cardgen table`: a card's numbers for other programs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

SUFFIXES = {".csv": "csv", ".json": "json", ".md": "markdown", ".parquet": "parquet"}


@click.command("table")
@click.argument("name")
@click.option(
    "--of",
    "what",
    type=click.Choice(["cells", "records"]),
    default="cells",
    help="The card's cells (default), or the raw numbers of its records.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "markdown", "parquet"]),
    help="By default what the ending of -o says, else csv.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file (.csv, .json, .md, .parquet) instead of stdout.",
)
def command(name: str, what: str, form: str | None, output: Path | None) -> int:
    """Print the numbers of the card NAME as CSV, JSON, Markdown or Parquet."""
    from cardgen import frame
    from cardgen.card import open_card
    from cardgen.errors import ProjectError
    from cardgen.render.card import gather
    from cardgen.spec.load import find_project
    from cardgen.spec.locate import card_name
    from cardgen.store import files

    form = form or _format_of(output)
    if output is not None and not Path(os.path.realpath(output)).parent.is_dir():
        raise ProjectError(
            str(output),
            expected="a file in a folder that exists",
            found=f"no folder {output.parent}",
            next_step="create the folder, or name another file",
        )
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is binary: give -o FILE, or pipe it.")
    project = find_project()
    card = open_card(project, card_name(project.root, name))
    table = (
        frame.records_frame(card.records) if what == "records" else frame.cells_frame(gather(card))
    )
    if form == "csv":
        data = table.to_csv(index=False).encode()
    elif form == "json":
        # Not to_json: it cuts numbers at fifteen digits.
        rows = table.astype(object).where(table.notna(), None).to_dict(orient="records")
        data = f"{json.dumps(rows, indent=2, ensure_ascii=False, default=int)}\n".encode()
    elif form == "markdown":
        known = table.astype(object).where(table.notna(), "")
        data = f"{known.to_markdown(index=False, floatfmt='.12g')}\n".encode()
    else:
        from io import BytesIO

        buffer = BytesIO()
        try:
            table.to_parquet(buffer, index=False)
        except ImportError as problem:
            raise ProjectError(
                "--format parquet",
                expected="the package pyarrow",
                found="none installed",
                next_step="install it with `pip install 'cardgen[parquet]'`",
            ) from problem
        data = buffer.getvalue()
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        files.replace(output, data)
    return 0


def _format_of(output: Path | None) -> str:
    if output is None or not output.suffix:
        return "csv"
    form = SUFFIXES.get(output.suffix.lower())
    if form is None:
        raise click.UsageError(
            f"{output.name} tells no format: give --format, or end it in {', '.join(SUFFIXES)}."
        )
    return form
