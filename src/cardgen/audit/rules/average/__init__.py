"""Averages: a row or a column that is the mean of others.

Which cells an average is of is never said: the sets that a reader would think of are tried in
order, and the first that most columns (or rows) support is taken.
"""

from cardgen.audit.rules.average.columns import average_columns
from cardgen.audit.rules.average.rows import average_rows
from cardgen.audit.rules.average.totals import acceptance_lengths, sums

__all__ = [
    "acceptance_lengths",
    "average_columns",
    "average_rows",
    "sums",
]
