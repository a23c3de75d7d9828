"""Every name that a rule gives its findings is in the book, and the book names no other."""

from __future__ import annotations

import ast
from pathlib import Path

from cardgen.audit import rulebook
from cardgen.audit.findings import Finding

AUDIT = Path(str(rulebook.__file__)).parent
PUBLISHED = AUDIT.parent / "published"


def test_the_names_in_the_rules_are_those_of_the_book() -> None:
    used: set[str] = set()
    for path in [*AUDIT.glob("rules/**/*.py"), AUDIT / "across.py", *PUBLISHED.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            name = node.func.attr if isinstance(node.func, ast.Attribute) else name
            rule = node.args[0]
            if name not in ("Finding", "misstatement", "Check", "Fault", "fault"):
                continue
            if isinstance(rule, ast.Constant):
                used.add(str(rule.value))
            elif isinstance(rule, ast.JoinedStr):
                assert ast.unparse(rule) == "f'average-{column.role}'", (path, ast.unparse(rule))
                used |= {"average-cost", "average-speedup"}
            else:
                assert ast.unparse(rule) in ("fault.rule", "rule"), (path, ast.unparse(rule))
    own = set(rulebook.OWN)
    assert used == set(rulebook.names()) - own
    assert Finding._fields[0] == "rule"
