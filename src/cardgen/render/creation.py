"""The program that quantizes a model: one template for the code that runs and the code on a card.

Renders only; running it is the collector's, finding a card's record is `snippets`.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from markupsafe import Markup

from cardgen.records import QuantizationMeasurement
from cardgen.render.environment import python_environment, python_literal, render

TEMPLATE = "code/llm-compressor.py.j2"


class Data(NamedTuple):
    """How the code gets at the calibration data, and what its columns are called."""

    source: Literal["hub", "file", "generator"] = "hub"
    builder: str | None = None
    """For a file: the loader of `datasets`, `json` or `parquet`."""
    files: str | None = None
    """For a file: its path from the project's folder, or a pattern."""
    folder: str | None = None
    """For a generator: the folder it is imported from."""
    module: Markup | None = None
    """For a generator: its module's name."""
    text: str | None = None
    """The column of texts; with pictures, of what is asked of each."""
    messages: str | None = None
    """The column of conversations, instead of texts."""
    image: str | None = None
    """The column of pictures."""
    answer: str | None = None
    """With pictures: the column of answers."""


class Places(NamedTuple):
    """Where the code reads the base model and writes the result, from the project's folder."""

    source: str
    output: str
    revision: str | None = None
    """Of a base model that is fetched from the Hub."""


def creation_code(
    measurement: QuantizationMeasurement,
    *,
    image: bool,
    places: Places | None = None,
    data: Data | None = None,
    templates: Path | None = None,
    complete: bool = False,
    trust_remote_code: bool = False,
) -> str:
    """The program, executable as it stands in the project's folder.

    Without `places` the models go by their names, without `data` calibration data is a data set
    of the Hub with the field's usual columns. `complete` says that what the measurement leaves
    out is meant to be off; in a record it may just not be known.
    """
    if places is None:
        places = Places(measurement.base_model, measurement.model.rpartition("/")[2])
    if data is None:
        data = Data(image="image" if image else None)
    loading = f", revision={python_literal(places.revision)}" if places.revision else ""
    loading += ", trust_remote_code=True" if trust_remote_code else ""
    context = {
        "q": measurement,
        "image": image,
        "data": data,
        "source": places.source,
        "output": places.output,
        "loading": Markup(loading),  # noqa: S704 - a literal, or fixed words
        "tokenizer": Markup("processor.tokenizer") if image else Markup("processor"),
        "complete": complete,
    }
    return render(python_environment(templates), TEMPLATE, context)


def file_data(path: str, suffix: str, *, folder: bool) -> Data:
    """The data in a file of the project, or in a folder's files that end so."""
    builder = "parquet" if suffix == ".parquet" else "json"
    return Data("file", builder=builder, files=f"{path}/*{suffix}" if folder else path)


def generator_data(path: str) -> Data:
    """The data that the function `samples(count, seed)` of a Python file of the project makes."""
    place = PurePosixPath(path)
    return Data("generator", folder=str(place.parent), module=Markup(place.stem))  # noqa: S704
