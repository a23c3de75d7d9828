"""A vLLM that answers at once: what a usage snippet needs of it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class SamplingParams:
    def __init__(self, **settings: Any) -> None:
        self.settings = settings


class LLM:
    def __init__(self, model: str, **_settings: Any) -> None:
        if not (Path(model) / "config.json").is_file():
            raise OSError(f"{model} is not a local folder")
        sys.stderr.write("INFO a log line\n")
        self.model = model

    def chat(self, messages: list[dict[str, Any]], _sampling: SamplingParams) -> list[Any]:
        text = f"{self.model} says: {len(messages)} message"
        return [SimpleNamespace(outputs=[SimpleNamespace(text=text)])]
