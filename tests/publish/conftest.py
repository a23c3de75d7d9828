"""A Hub, a project with a card, and the way to push from the one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest
from hub.server import Hub
from publish.samples import WRITER, Desk


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with Hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture
def hub(_served: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The Hub of this test run, which this process and its children find; no faults yet."""
    monkeypatch.setenv("HF_ENDPOINT", _served.endpoint)
    constants = huggingface_hub.constants
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, _served.endpoint)
    monkeypatch.setattr(constants, "ENDPOINT", _served.endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setenv("HF_TOKEN", WRITER)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    _served.requests.clear()
    yield _served
    _served.faults.clear()
    assert not _served.failures, "the test Hub itself failed:\n" + "\n".join(_served.failures)


@pytest.fixture
def desk(hub: Hub, tmp_path: Path) -> Desk:
    """A project with one built card, and a new repository that it goes to."""
    return Desk.new(hub, tmp_path)
