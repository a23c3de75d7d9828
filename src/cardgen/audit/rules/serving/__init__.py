"""Serving: latency, throughput, queries per dollar, cost reduction and speed-up held together.

Works on tables with rows of models grouped by hardware. A row that does not fill its columns is
left out, because its values stand under the wrong headings.
"""

from cardgen.audit.rules.serving.averages import mean_ratios, outlying_averages
from cardgen.audit.rules.serving.headline import headlines
from cardgen.audit.rules.serving.prices import queries_per_dollar
from cardgen.audit.rules.serving.repeated import repeated_rows

__all__ = [
    "headlines",
    "mean_ratios",
    "outlying_averages",
    "queries_per_dollar",
    "repeated_rows",
]
