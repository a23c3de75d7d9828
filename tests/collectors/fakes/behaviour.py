"""How a fake tool is to behave: `behaviour.json` of the folder it is started in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def of(tool: str) -> dict[str, Any]:
    path = Path("behaviour.json")
    told: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    found: dict[str, Any] = told.get(tool, {})
    return found


def first_time(name: str) -> bool:
    """True the first time that it is asked in this folder."""
    try:
        Path(f".{name}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
