"""What cardgen.yaml may say: the project's prices, hardware names and defaults."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from cardgen.spec.base import Localized, Name, Specification


class ListedPrice(Specification):
    """What one accelerator of a kind costs for one hour."""

    hardware: Name
    usd_per_gpu_hour: float = Field(gt=0)
    source: Name
    date: date


class HardwareName(Specification):
    """How a piece of hardware is called on cards."""

    title: Localized


class ProjectSpecification(Specification):
    """cardgen.yaml, at the root of a project beside `cards/`."""

    organization: Name | None = None
    prices: tuple[ListedPrice, ...] = ()
    hardware: dict[Name, HardwareName] = Field(default_factory=dict)
    numbers: Literal["point", "locale"] | None = None
