"""Canonical JSON in and out, atomic replacement, and the set of runs a card draws on."""
