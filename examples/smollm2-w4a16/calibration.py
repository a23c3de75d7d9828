"""Calibration texts: English prose that every Python ships, cut into pieces.

`samples(count, seed)` is what `measure.quantization.calibration.generator` calls: it returns
`count` dictionaries with a `text`. The texts are the language reference's topics and the
docstrings of standard modules: other data than the questions of `tasks/`, and nothing to download.
"""

import importlib
import inspect
import random
from pydoc_data.topics import topics

MODULES = (
    "argparse", "ast", "asyncio", "base64", "calendar", "collections", "contextlib", "copy",
    "csv", "datetime", "decimal", "difflib", "doctest", "email", "enum", "fractions", "ftplib",
    "functools", "gettext", "heapq", "html", "http.client", "inspect", "itertools", "json",
    "logging", "mimetypes", "pathlib", "pickle", "pprint", "random", "re", "sched", "shelve",
    "shutil", "smtplib", "socket", "statistics", "string", "subprocess", "tarfile", "textwrap",
    "threading", "trace", "unittest", "urllib.parse", "uuid", "zipfile",
)  # fmt: skip
LENGTH = 2000
"""Characters of a piece: about 450 tokens."""


def pieces(text):
    """The text's paragraphs, gathered until a piece is long enough."""
    gathered = ""
    for paragraph in text.split("\n\n"):
        gathered += paragraph.strip("\n") + "\n\n"
        if len(gathered) >= LENGTH:
            yield gathered[:LENGTH]
            gathered = ""


def prose():
    """Every text there is, in an order that does not change."""
    for _, topic in sorted(topics.items()):
        yield topic
    for name in MODULES:
        module = importlib.import_module(name)
        members = [m for _, m in sorted(vars(module).items()) if inspect.isclass(m)]
        yield "\n\n".join(text for m in [module, *members] if (text := inspect.getdoc(m)))


def samples(count, seed):
    """`count` pieces, drawn without repetition."""
    found = [piece for text in prose() for piece in pieces(text)]
    return [{"text": text} for text in random.Random(seed).sample(found, count)]
