"""The audit: what a published card says of itself, held against itself."""

from __future__ import annotations

from cardgen.audit.findings import Finding, Fix, Input, ordered
from cardgen.audit.run import audit

__all__ = ["Finding", "Fix", "Input", "audit", "ordered"]
