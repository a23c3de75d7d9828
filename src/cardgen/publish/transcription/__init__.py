"""A published card's tables and metadata as records and a specification.

Knows the layouts that cards are printed in: scores with recovery, latency and throughput by
hardware, device reports. What fits none is listed, never guessed.
"""
