"""Recovery: the share of the base model's score that is kept, wherever a card prints it.

Every check is a hypothesis (these columns, this formula) that the table itself must support: where
less than half of its numbers fit, the table is not understood and nothing is said.
"""

from cardgen.audit.rules.recovery.below import recovery_below
from cardgen.audit.rules.recovery.columns import recovery_columns
from cardgen.audit.rules.recovery.deltas import differences
from cardgen.audit.rules.recovery.retained import retained_rows
from cardgen.audit.rules.recovery.rows import recovery_rows
from cardgen.audit.rules.recovery.shares import percent_in_cells, percent_of_original

__all__ = [
    "differences",
    "percent_in_cells",
    "percent_of_original",
    "recovery_below",
    "recovery_columns",
    "recovery_rows",
    "retained_rows",
]
