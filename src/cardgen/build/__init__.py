"""Building cards: rendering, comparing with what stands there, writing what changed."""
