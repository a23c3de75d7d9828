"""Models: whether commands, prose, links and labels name the model that the card is about.

Right where they stand, and no finding: the base model in recipes, tokenizers and comparisons, the
verifier of a speculator, judges and draft models. Organisations do not tell models apart.
"""

from cardgen.audit.rules.models.in_commands import commands
from cardgen.audit.rules.models.in_tables import column_models, labels, near_names
from cardgen.audit.rules.models.in_text import links, names_in_text, sizes, statements
from cardgen.audit.rules.models.schemes import activation_schemes, mixed_schemes, scheme_labels

__all__ = [
    "activation_schemes",
    "column_models",
    "commands",
    "labels",
    "links",
    "mixed_schemes",
    "names_in_text",
    "near_names",
    "scheme_labels",
    "sizes",
    "statements",
]
