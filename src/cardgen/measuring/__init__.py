"""What the collectors' `measure.py` programs share: the job, its steps, progress, the machine.

Knows records and importers; knows no card, no plan order, no environments' making (`collect`).
"""
