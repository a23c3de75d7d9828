"""Code and commands: what cannot run as it stands, and what the text says of it otherwise."""

from cardgen.audit.rules.code.families import engine_versions, prompt_templates
from cardgen.audit.rules.code.release import dates
from cardgen.audit.rules.code.settings import calibration_samples, few_shot_counts
from cardgen.audit.rules.code.syntax import flags, python_syntax

__all__ = [
    "calibration_samples",
    "dates",
    "engine_versions",
    "few_shot_counts",
    "flags",
    "prompt_templates",
    "python_syntax",
]
