"""A place of its own for environments and uv's cache, a folder of wheels, and no index."""

from __future__ import annotations

from pathlib import Path

import pytest
from collect.environments.wheels import places


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that packages come from."""
    return places(tmp_path, monkeypatch)
