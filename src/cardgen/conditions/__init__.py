"""Under which conditions a value was measured: what has to agree for two values to be one value.

Each record kind lists its own conditions once (`lists`); forming groups of runs that agree is
`groups`, choosing the one that a card shows is `choice`. Knows records and nothing of card.yaml.
"""
