"""Two states of a card compared by what was measured: typed changes, each with a verdict.

Records are compared by identity, never by text or position. Nothing here writes a card.
"""
