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


LOOP = """\
<table>
{% for run in runs %}{% for m in run.measurements %}{% if m.kind == "serving" %}
    <tr>
      <th rowspan="3">{{ m.hardware.name }}x{{ m.hardware.count }}</th>
      <th>{{ m.model }}</th>
      <td align="right">{{ m.engine.name }} {{ m.engine.version }}</td>
      <td align="right">{{ m.scenario.image_width }}x{{ m.scenario.image_height }}</td>
      <td align="right">{{ m.scenario.prompt_tokens }}/{{ m.scenario.output_tokens }}</td>
      {% set cost = m.queries_per_dollar.value * m.price.usd_per_gpu_hour %}
      <td align="right">{{ "%.1f" | format(3600 / cost) }}</td>
      <td align="right">{{ "%.0f" | format(m.queries_per_dollar.value) }}</td>
    </tr>
{% elif m.kind == "accuracy" %}
    <tr>
      <td align="left">{{ m.category }}</td>
      <td align="left">{{ m.task }} ({{ m.split }})<br>{{ m.metric }}</td>
      <td align="right">{{ "%.2f" | format(m.value.value) }}</td>
    </tr>
{% endif %}{% endfor %}{% endfor %}
</table>
"""


class BareBuild:
    """Reads a card's files, validates them with pydantic, and renders as much as its READMEs hold.

    Of two kinds: `filled` is one template as large as each README with every number of its tables
    filled in ready-made; `looped` is one template that loops over the records and writes a table
    row for each, beside the rest of the README's text.
    """

    def __init__(self, example: Path, *, looped: bool = False) -> None:
        environment = jinja2.Environment(autoescape=True)
        self.templates: list[tuple[jinja2.Template, list[str]]] = []
        if looped:
            for path in sorted(example.glob("README*.md")):
                text = path.read_text(encoding="utf-8")
                rest = re.sub(r"<table>.*?</table>", "", text, flags=re.S)
                rest = rest.replace("{", "(").replace("}", ")")
                self.templates.append((environment.from_string(rest + LOOP), []))
            return
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
