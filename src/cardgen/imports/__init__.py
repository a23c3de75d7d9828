"""Other tools' result files as records: one source file gives one run, and nothing is written.

An importer reads what its tool recorded, asks the user for what it did not record, and guesses
nothing. Whatever is wrong with a file or with the options is an `ImportFileError`. Importers are
loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from cardgen.errors import ImportFileError
from cardgen.imports.options import ImportOptions

if TYPE_CHECKING:
    from cardgen.records import Run

__all__ = ["TOOLS", "ImportOptions", "detect", "no_importer", "read"]

_MODULES = {
    "lm-eval": "lm_eval",
    "guidellm": "guidellm",
    "mistral-evals": "mistral_evals",
    "vllm-bench": "vllm_bench",
    "optimum-benchmark": "optimum_benchmark",
    "checkpoint": "checkpoint",
    "vlm-profiling": "vlm_profiling",
}
TOOLS: tuple[str, ...] = tuple(_MODULES)
"""The tools whose files can be read, by the names that `read` and the command line take."""


def detect(path: Path) -> str:
    """The name of the tool that wrote the file, or `checkpoint` for a quantized model's folder.

    Raises ImportFileError, with the marks that were looked for, where none or several fit.
    """
    from cardgen.imports import detection

    return detection.detect(path)


def read(tool: str, path: Path, options: ImportOptions | None = None) -> Run:
    """The run of one file: origin `imported`, the tool, the file's path and sha256, the values.

    A file that bears another tool's marks is refused by that tool's name.
    """
    module = _MODULES.get(tool)
    if module is None:
        raise no_importer(tool)
    importer = import_module(f"cardgen.imports.{module}")
    try:
        run: Run = importer.read(path, options or ImportOptions())
    except ImportFileError as problem:
        from cardgen.imports import detection

        mistaken = None if tool == "checkpoint" else detection.mistaken(tool, path)
        if mistaken is None:
            raise
        raise mistaken from problem
    return run


def no_importer(word: str) -> ImportFileError:
    """The refusal of a word that stands in the place of a tool's name and names none."""
    from cardgen.imports import detection

    return detection.no_importer(word)
