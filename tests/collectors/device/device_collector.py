"""The device collector's modules, loaded from its folder as its programs load them."""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "collectors" / "device"
CACHE = os.environ.get("XDG_CACHE_HOME")
"""As it was when this was imported: tests have one of their own, which is empty."""


@cache
def module(name: str) -> ModuleType:
    """One module of the collector, under a name that shadows no other."""
    spec = importlib.util.spec_from_file_location(f"device_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


def role_python() -> Path:
    """The interpreter of the collector's environment in the user's own cache, built if need be."""
    from cardgen.collect import environments, manifest

    role = manifest.find_collectors(None)["device"].roles["measure"]
    with pytest.MonkeyPatch.context() as patch:
        if CACHE is None:
            patch.delenv("XDG_CACHE_HOME", raising=False)
        else:
            patch.setenv("XDG_CACHE_HOME", CACHE)
        found: Path = environments.ensure(role, "cpu", lambda _: None).python
    return found
