"""The models of an organisation, by name."""

from __future__ import annotations

from cardgen.hub.client import TIMEOUT_S
from cardgen.hub.repository import Repository


def model_names(organisation: str, *, timeout_s: float = TIMEOUT_S) -> list[str]:
    """Every model of an organisation or user that this token may see, as `organisation/name`,
    sorted; none where there is no such organisation. HubError where the Hub cannot be asked."""
    return Repository.open(f"{organisation}/*", timeout_s=timeout_s).siblings()
