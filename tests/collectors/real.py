"""Jobs of the collectors `accuracy` and `serving` with the real tools on a tiny model.

Needs the collectors' environments, which are built if need be; for tests with the marker
`collectors`.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cardgen.measuring.job import Role
from collectors import loads

CACHE = os.environ.get("XDG_CACHE_HOME")
"""As it was when this was imported: tests have one of their own, which is empty."""
MAKER = Path(__file__).with_name("tiny_llama.py")
MODEL = "org/tiny"


@cache
def python(collector: str, role: str) -> str:
    """The interpreter of a role's environment in the user's own cache."""
    from cardgen.collect import environments, manifest

    given = os.environ.get(f"CARDGEN_TEST_{role.upper()}")
    if given:
        return given
    found = manifest.find_collectors(None)[collector].roles[role]
    with pytest.MonkeyPatch.context() as patch:
        if CACHE is None:
            patch.delenv("XDG_CACHE_HOME", raising=False)
        else:
            patch.setenv("XDG_CACHE_HOME", CACHE)
        return str(environments.ensure(found, "cpu", lambda _: None).python)


def roles() -> dict[str, Role]:
    """The roles of both collectors."""
    return {
        "serve": Role(python=python("serving", "serve"), accelerator="cpu"),
        "load": Role(python=python("serving", "load"), accelerator="cpu"),
        "evaluate": Role(python=python("accuracy", "evaluate"), accelerator="cpu"),
    }


def project(folder: Path) -> Path:
    """A project with the tiny model in `models/tiny`."""
    model = folder / "models" / "tiny"
    if not model.is_dir():
        subprocess.run([python("serving", "serve"), str(MAKER), str(model)], check=True)
    return folder


def run(kind: str, folder: Path, settings: dict[str, Any], **more: Any) -> loads.Outcome:
    """One job with the real tools; half an hour at most."""
    return loads.run(
        kind, project(folder), settings, roles=roles(), name=MODEL, wait_s=1800, **more
    )
