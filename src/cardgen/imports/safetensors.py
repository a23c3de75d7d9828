"""The headers of safetensors files: which tensors a checkpoint holds and how many bytes they take.

Reads the eight bytes of the header's length and the header, never a weight.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cardgen.errors import ImportFileError
from cardgen.imports import content
from cardgen.imports.node import Node
from cardgen.imports.source import chunks, opened, parse, read_json

LARGEST_HEADER_BYTES = 100_000_000
"""The limit of the format's own reader."""
MOST_DIMENSIONS = 16
INDEX = "model.safetensors.index.json"

BITS = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E4M3": 8,
    "F8_E5M2": 8,
    "F8_E8M0": 8,
    "U16": 16,
    "I16": 16,
    "F16": 16,
    "BF16": 16,
    "U32": 32,
    "I32": 32,
    "F32": 32,
    "U64": 64,
    "I64": 64,
    "F64": 64,
    "C64": 64,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of a header."""

    dtype: str
    shape: tuple[int, ...]
    size_bytes: int

    @property
    def values(self) -> int:
        """How many numbers the tensor holds, as stored."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Weights:
    """All tensors of a checkpoint by name, and the files they were read from."""

    tensors: dict[str, Tensor]
    files: tuple[str, ...]

    @property
    def size_bytes(self) -> int:
        """The bytes of all tensors, headers and padding not counted."""
        return sum(tensor.size_bytes for tensor in self.tensors.values())


def read_weights(folder: Path) -> Weights:
    """The tensors of the checkpoint in `folder`: what its index lists, else all its files."""
    names = _files(folder)
    tensors: dict[str, Tensor] = {}
    for name in names:
        path = folder / name
        for tensor_name, tensor in read_header(path):
            if tensor_name in tensors:
                raise ImportFileError(
                    str(path),
                    expected="every tensor in one file",
                    found=f"{tensor_name!r} in a second one",
                    next_step="remove files of an older save from the folder",
                )
            tensors[tensor_name] = tensor
    return Weights(tensors, tuple(names))


def _files(folder: Path) -> list[str]:
    index = folder / INDEX
    if index.is_file():
        weight_map = read_json(index).root.at("weight_map")
        names = {node.text(): node for _, node in weight_map.items()}
        for name, node in names.items():
            if "/" in name or "\\" in name or name.startswith(".") or "\0" in name:
                raise node.refused("the name of a file in the same folder")
        found = sorted(names)
    else:
        try:
            with os.scandir(folder) as entries:
                found = sorted(e.name for e in entries if e.name.endswith(".safetensors"))
        except (OSError, ValueError) as problem:
            raise ImportFileError(
                str(folder),
                expected="a readable folder",
                found=getattr(problem, "strerror", None) or str(problem),
                next_step="check the path and its permissions",
            ) from problem
    if not found:
        raise ImportFileError(
            str(folder),
            expected="at least one .safetensors file",
            found="none",
            next_step=f"save it as safetensors; if it was released as it is, {content.BY_HAND}",
        )
    return found


def read_header(path: Path) -> Iterator[tuple[str, Tensor]]:
    """The tensors of one file, once its header is known to fit the file exactly."""
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > LARGEST_HEADER_BYTES or length + 8 > size:
            other = content.described(start + file.read(content.HEAD_BYTES))
            if other == content.LFS:
                raise ImportFileError(
                    str(path),
                    expected="a safetensors file",
                    found=other.found,
                    next_step=other.next_step,
                )
            said = f"{length}" if len(start) == 8 else f"a file of {len(start)} bytes"
            raise ImportFileError(
                f"{path}: header length",
                expected=f"at most {min(max(0, size - 8), LARGEST_HEADER_BYTES)} bytes of header",
                found=said if other is None else other.found,
                next_step="copy the file again in full; it is no safetensors file as it stands",
            )
        header = parse(chunks(file, path, length), f"{path} header")
    yield from _checked(header, size - 8 - length)


def _checked(header: Node, data_bytes: int) -> list[tuple[str, Tensor]]:
    spans: list[tuple[int, int, Node]] = []
    tensors: list[tuple[str, Tensor]] = []
    for name, node in header.items():
        if name == "__metadata__":
            continue
        offsets = node.at("data_offsets")
        pair = [offset.integer() for offset in offsets.elements()]
        if len(pair) != 2 or pair[0] > pair[1]:
            raise offsets.refused("a start and an end", found=str(offsets.value)[:80])
        if pair[1] > data_bytes:
            raise offsets.refused(
                f"an end within the file's {data_bytes} bytes of data",
                found=f"{pair[1]}",
                next_step="copy the file again in full: it was cut",
            )
        spans.append((pair[0], pair[1], offsets))
        tensors.append((name, _tensor(node, pair[1] - pair[0])))
    spans.sort(key=lambda span: span[:2])
    end = 0
    for first, last, offsets in spans:
        if first != end:
            raise offsets.refused(
                f"tensors one after the other: the next one at {end}",
                found=f"{first}, which {'overlaps the one before' if first < end else 'is a gap'}",
            )
        end = last
    if end != data_bytes:
        raise header.refused(
            f"tensors that fill the file's {data_bytes} bytes of data", found=f"{end} bytes"
        )
    return tensors


def _tensor(node: Node, size_bytes: int) -> Tensor:
    dtype = node.at("dtype").text()
    sizes = node.at("shape").elements()
    if len(sizes) > MOST_DIMENSIONS:
        raise node.at("shape").refused(
            f"at most {MOST_DIMENSIONS} dimensions", found=f"{len(sizes)}"
        )
    shape = tuple(size.integer() for size in sizes)
    tensor = Tensor(dtype, shape, size_bytes)
    bits = BITS.get(dtype)
    if bits is not None and (tensor.values * bits + 7) // 8 != size_bytes:
        raise node.refused(
            f"data of {(tensor.values * bits + 7) // 8} bytes for {dtype} {list(shape)[:6]}",
            found=f"{size_bytes} bytes",
        )
    if bits is None and tensor.values > 8 * size_bytes:
        raise node.refused(
            f"no more values than bits: {tensor.values}", found=f"{size_bytes} bytes"
        )
    return tensor
