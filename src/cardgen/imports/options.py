"""What the user adds to an import: the facts that a tool's file leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cardgen.errors import ImportFileError


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The facts a result file may lack; each is the command line's flag of the same name.

    A value given here wins over what the file says. An importer that needs a missing fact
    refuses and names its flag; the two facts with a usual value say so below.
    """

    model: str | None = None
    base_model: str | None = None
    revision: str | None = None
    version: str | None = None
    """The tool's version, for files that do not record it."""
    n: int | None = None
    """How many samples a score covers."""
    task: str | None = None
    language: str | None = None
    hardware: str | None = None
    """The accelerator's name: H100, A100…"""
    hardware_count: int | None = None
    """How many of them served one replica; taken as 1, with a note, where it is not given."""
    engine: str | None = None
    """The serving engine; the file's, or else vllm with a note, unless said otherwise."""
    engine_version: str | None = None
    scenario: str | None = None
    device: str | None = None
    """The device as the reader compares it: GPU, CPU…"""
    device_type: str | None = None
    """cpu, cuda, rocm, xpu or mps."""
    dataset: str | None = None
    batch_size: int | None = None
    image_size: int | None = None
    sequence_length: int | None = None
    optimization: str | None = None
    scheme: str | None = None
    base_folder: Path | None = None
    """The base model's checkpoint, whose tensor bytes are counted too."""
    mapping: Path | None = None
    """The YAML file that says what the folder names of vlm-profiling mean."""
    project_root: Path | None = None
    """The folder that `Source.file` is relative to."""


def flag(name: str) -> str:
    """The option as it is written on the command line."""
    return "--" + name.replace("_", "-")


def missing(place: str, what: str, *names: str) -> ImportFileError:
    """The refusal of a file that lacks a fact which only the user can add."""
    flags = " and ".join(f"`{flag(name)}`" for name in names)
    return ImportFileError(
        place,
        expected=what,
        found="the file does not record it",
        next_step=f"import it again with {flags}",
    )
