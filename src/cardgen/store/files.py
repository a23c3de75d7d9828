"""Files written whole or not at all, and read with errors that say where.

Knows bytes and paths, not what is in them.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from cardgen.errors import CardgenError, ProjectError

READ_LIMIT_BYTES = 64 * 1024 * 1024
"""The largest run file, specification or text that is read. Result files of other tools have a
limit of their own, because they are streamed."""


def replace(path: Path, data: bytes, *, durable: bool = False) -> bool:
    """Put `data` at `path` in one step; True if the file changed, False if it stood so already.

    The data goes to a temporary file in the same folder and is renamed over the target, so a
    reader or a crash sees the old file or the new one. `durable` also waits until the disk has
    file and folder, for what cannot be made again: measurements.
    """
    try:
        with path.open("rb") as existing:
            if existing.read() == data:
                return False
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _denied(path, "read", error) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), _mode(path))
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        if durable:
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise _denied(path, "write", error) from error
    return True


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _denied(path: Path, verb: str, error: OSError) -> CardgenError:
    return ProjectError(
        str(path),
        expected=f"a file that cardgen may {verb}",
        found=error.strerror or type(error).__name__,
        next_step="check the path, its permissions and the free space",
    )


def read_bytes(path: Path, *, error: type[CardgenError] = ProjectError) -> bytes:
    """The file's bytes, up to `READ_LIMIT_BYTES`; a refusal is raised as `error`."""
    try:
        with path.open("rb") as file:
            data = file.read(READ_LIMIT_BYTES + 1)
    except OSError as problem:
        raise error(
            str(path),
            expected="a readable file",
            found=problem.strerror or type(problem).__name__,
            next_step="check the path and its permissions",
        ) from problem
    if len(data) > READ_LIMIT_BYTES:
        raise error(
            str(path),
            expected=f"at most {READ_LIMIT_BYTES // 2**20} MiB",
            found="a larger file",
            next_step="split it, or import the tool's result file, which is streamed",
        )
    return data


def decode(data: bytes, path: Path, *, error: type[CardgenError] = ProjectError) -> str:
    """The bytes as UTF-8 text without a byte order mark; the first bad byte is named."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise error(
            f"{path}:{line}",
            expected="UTF-8 text",
            found=f"byte 0x{data[problem.start]:02x} at offset {problem.start}",
            next_step="save the file as UTF-8",
        ) from problem


def sha256(data: bytes) -> str:
    """The hexadecimal SHA-256 of the bytes."""
    return hashlib.sha256(data).hexdigest()
