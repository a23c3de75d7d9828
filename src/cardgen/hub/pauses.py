"""Waiting before something is tried again: how long is the caller's affair."""

from __future__ import annotations

import time


def pause(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)
