"""cardgen: model cards made from measurements."""

__version__ = "0.1.0"
