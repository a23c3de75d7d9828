"""Why there is no quantized model: the one way out of every stage of the collector."""


class Refused(Exception):  # noqa: N818 - a reason for the record, not an error of the program
    """Why there is no quantized model to measure: one line for the record."""
