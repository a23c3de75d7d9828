"""The bare loops that cardgen is measured against: the least a program could do for the same.

Each reads the files that cardgen reads; none derives, checks or explains anything.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import jinja2
import yaml_rs

from cardgen.records import Run
from cardgen.spec.card import CardSpecification

NUMBER = re.compile(r"(?<=>)\d+(?:\.\d+)?(?=%?<)")


class BareBuild:
    """Reads a card's files, validates them with pydantic, renders one template as large as each
    README with every number of its tables filled in."""

    def __init__(self, example: Path) -> None:
        environment = jinja2.Environment(autoescape=True)
        self.templates: list[tuple[jinja2.Template, list[str]]] = []
        for path in sorted(example.glob("README*.md")):
            text = path.read_text(encoding="utf-8")
            text = text.replace("{", "(").replace("}", ")")
            numbers = NUMBER.findall(text)
            count = iter(range(len(numbers)))
            template = NUMBER.sub(lambda _: f"{{{{ values[{next(count)}] }}}}", text)  # noqa: B023
            self.templates.append((environment.from_string(template), numbers))

    def __call__(self, folder: Path) -> int:
        """Build one card's texts; their length."""
        specification = CardSpecification.model_validate(
            yaml_rs.loads((folder / "card.yaml").read_text(encoding="utf-8"))
        )
        runs = [
            Run.model_validate_json(path.read_bytes())
            for path in sorted((folder / "runs").glob("*.json"))
        ]
        prose = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("prose.*.md"))]
        context: dict[str, Any] = {"card": specification, "runs": runs, "prose": prose}
        length = 0
        for template, numbers in self.templates:
            length += len(template.render(context, values=numbers))
        return length


def bare_check(folder: Path) -> str:
    """Read and hash every file of a card."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def bare_check_listed(paths: list[str]) -> str:
    """Read and hash files whose names are known beforehand: no folder is even listed."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            digest.update(file.readall())
    return digest.hexdigest()
