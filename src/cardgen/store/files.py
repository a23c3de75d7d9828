"""Files written whole or not at all, and read with errors that say where.

Knows bytes and paths, not what is in them.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import secrets
from pathlib import Path

from cardgen.errors import CardgenError, ProjectError

READ_LIMIT_BYTES = 64 * 1024 * 1024
"""The largest run file, specification or text that is read. Result files of other tools have a
limit of their own, because they are streamed."""


def replace(path: Path, data: bytes, *, durable: bool = False) -> bool:
    """Put `data` at `path` in one step; True if the file changed, False if it stood so already.

    The data goes to a temporary file in the same folder and is renamed over the target, so a
    reader or a crash sees the old file or the new one. A link stays: the file that it leads to
    is replaced. `durable` also waits until the disk has file and folder, for what cannot be made
    again: measurements.
    """
    target = Path(os.path.realpath(path))
    try:
        with target.open("rb") as existing:
            if existing.read() == data:
                return False
            mode = os.fstat(existing.fileno()).st_mode & 0o777
    except FileNotFoundError:
        mode = None
    except OSError as error:
        raise _denied(path, "read", error) from error
    try:
        made = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".cardgen-{secrets.token_hex(8)}.tmp")
        try:
            with temporary.open("xb") as file:
                file.write(data)
                if mode is not None:
                    os.fchmod(file.fileno(), mode)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if durable:
            for folder in (target.parent, *(new.parent for new in made)):
                _sync(folder)
    except OSError as error:
        raise _denied(path, "write", error) from error
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _denied(path: Path, verb: str, error: OSError) -> CardgenError:
    return ProjectError(
        str(path),
        expected=f"a file that cardgen may {verb}",
        found=error.strerror or type(error).__name__,
        next_step="check the path, its permissions and the free space",
    )


def read_bytes(
    path: Path, *, error: type[CardgenError] = ProjectError, place: str | None = None
) -> bytes:
    """The file's bytes, up to `READ_LIMIT_BYTES`; a refusal is raised as `error`.

    `place` is how the refusal names the file; else by its path.
    """
    place = place or str(path)
    try:
        with path.open("rb") as file:
            data = file.read(READ_LIMIT_BYTES + 1)
            size = os.fstat(file.fileno()).st_size
    except OSError as problem:
        raise error(
            place,
            expected="a readable file",
            found=problem.strerror or type(problem).__name__,
            next_step="check the path and its permissions",
        ) from problem
    if len(data) > READ_LIMIT_BYTES:
        raise error(
            place,
            expected=f"at most {READ_LIMIT_BYTES // 2**20} MiB",
            found=f"{size / 2**20:.1f} MiB" if size > READ_LIMIT_BYTES else "more",
            next_step="split it, or import the tool's result file, which is streamed",
        )
    return data


def decode(data: bytes, path: Path | str, *, error: type[CardgenError] = ProjectError) -> str:
    """The bytes as UTF-8 text without a byte order mark; the first bad byte is named."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        # utf-8-sig counts from behind the mark.
        start = problem.start + (3 if data.startswith(codecs.BOM_UTF8) else 0)
        line = data.count(b"\n", 0, start) + 1
        before = data[data.rfind(b"\n", 0, start) + 1 : start].decode("utf-8-sig", "replace")
        raise error(
            f"{path}:{line}:{len(before) + 1}",
            expected="UTF-8 text",
            found=f"the byte 0x{data[start]:02x}",
            next_step="save the file as UTF-8",
        ) from problem


def sha256(data: bytes) -> str:
    """The hexadecimal SHA-256 of the bytes."""
    return hashlib.sha256(data).hexdigest()
