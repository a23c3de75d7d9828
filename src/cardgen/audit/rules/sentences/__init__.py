"""Sentences that repeat or sum up the numbers of the tables, and the header's own numbers."""

from cardgen.audit.rules.sentences.grim import whole_answers
from cardgen.audit.rules.sentences.hardware import stated_hardware
from cardgen.audit.rules.sentences.header import front_base, model_index
from cardgen.audit.rules.sentences.reductions import bit_sentences, size_sentences
from cardgen.audit.rules.sentences.repeated import average_sentences, recovery_sentences

__all__ = [
    "average_sentences",
    "bit_sentences",
    "front_base",
    "model_index",
    "recovery_sentences",
    "size_sentences",
    "stated_hardware",
    "whole_answers",
]
