"""A file is replaced whole or not at all, and nothing else about it changes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cardgen.errors import ProjectError
from cardgen.store import files


def names(folder: Path) -> list[str]:
    """What stands in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written_with_its_folders(tmp_path: Path) -> None:
    """Missing folders are made; the file gets the mode that any new file gets."""
    path = tmp_path / "a/b/run.json"
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    assert files.replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["run.json"]
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    """The file keeps its time and its inode: no tool that watches it wakes up."""
    path = tmp_path / "run.json"
    path.write_bytes(b"same")
    os.utime(path, ns=(1_000_000_000, 1_000_000_000))
    before = path.stat()
    assert not files.replace(path, b"same")
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_the_files_mode_stays(mode: int, tmp_path: Path) -> None:
    """What its owner made private or executable stays so."""
    path = tmp_path / "run.json"
    path.write_bytes(b"old")
    path.chmod(mode)
    assert files.replace(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("durable", [False, True])
def test_durable_waits_for_the_disk(
    durable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the rename the file's data reaches the disk, after it the folder's entry."""
    synced = []
    path = tmp_path / "run.json"

    def fsync(handle: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        synced.append(("folder" if is_folder else "file", path.exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    assert files.replace(path, b"new", durable=durable)
    assert synced == ([("file", False), ("folder", True)] if durable else [])


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    """A link is somebody's: it is followed, never replaced by a file."""
    target = tmp_path / "elsewhere/real.md"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link = tmp_path / "README.md"
    link.symlink_to("elsewhere/real.md")
    assert files.replace(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert names(target.parent) == ["real.md"]
    assert not files.replace(link, b"new")


def test_a_link_to_nothing_makes_its_file(tmp_path: Path) -> None:
    """A dangling link names where the file is to be."""
    link = tmp_path / "README.md"
    link.symlink_to("new/real.md")
    assert files.replace(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "new/real.md").read_bytes() == b"new"


def loop(root: Path) -> Path:
    """A link to itself."""
    (root / "loop").symlink_to("loop")
    return root / "loop"


def folder(root: Path) -> Path:
    """A folder where the file is to be."""
    (root / "folder").mkdir()
    return root / "folder"


def below_a_file(root: Path) -> Path:
    """A path whose folder is a file."""
    (root / "file").touch()
    return root / "file/run.json"


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (loop, "Too many levels of symbolic links"),
        (folder, "Is a directory"),
        (below_a_file, "Not a directory"),
        (lambda root: root / ("x" * 300), "File name too long"),
    ],
)
def test_where_no_file_can_be_the_error_says_so(make: object, found: str, tmp_path: Path) -> None:
    """The path, the reason in the system's words, and what to check."""
    assert callable(make)
    path = make(tmp_path)
    before = names(tmp_path)
    with pytest.raises(ProjectError) as refused:
        files.replace(path, b"new")
    error = refused.value
    assert error.place == str(path)
    assert error.found == found
    assert "free space" in str(error.next_step)
    assert names(tmp_path) == before


def test_the_longest_possible_name_can_be_written(tmp_path: Path) -> None:
    """The temporary file's name is no longer than the file's own may be."""
    path = tmp_path / ("x" * 255)
    assert files.replace(path, b"new")
    assert path.read_bytes() == b"new"


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from cardgen.errors import ProjectError
from cardgen.store import files
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    files.replace(Path(sys.argv[1]), b"x" * 100_000)
except ProjectError as problem:
    print(problem)
"""


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """Where the system takes no more bytes, the old file stands and nothing is left behind."""
    path = tmp_path / "run.json"
    path.write_bytes(b"old")
    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True
    )
    assert "expected: a file that cardgen may write" in result.stdout
    assert "found:    File too large" in result.stdout
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["run.json"]


def test_the_read_limit_is_named_and_exact(tmp_path: Path) -> None:
    """A file of the limit is read; one byte more is refused with limit and size."""
    path = tmp_path / "run.json"
    path.touch()
    os.truncate(path, files.READ_LIMIT_BYTES)
    assert len(files.read_bytes(path)) == files.READ_LIMIT_BYTES
    os.truncate(path, files.READ_LIMIT_BYTES + 2**20)
    with pytest.raises(ProjectError) as refused:
        files.read_bytes(path, place="runs/run.json")
    assert refused.value.place == "runs/run.json"
    assert (refused.value.expected, refused.value.found) == ("at most 64 MiB", "65.0 MiB")


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"\xef\xbb\xbfa", "a"), (b"", ""), ("ж\r\n".encode(), "ж\r\n")],
)
def test_decode_takes_utf_8_with_or_without_a_mark(data: bytes, text: str) -> None:
    """A byte order mark is no part of the text."""
    assert files.decode(data, "file") == text


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"\xff", "file:1:1"),
        (b"\xef\xbb\xbf\xff", "file:1:1"),
        (b"a\nb\xc3", "file:2:2"),
        ("жж".encode() + b"\xff", "file:1:3"),
        ("a".encode("utf-16"), "file:1:1"),
    ],
)
def test_decode_names_the_first_bad_byte(data: bytes, place: str) -> None:
    """Line and column count characters, as an editor does."""
    with pytest.raises(ProjectError) as refused:
        files.decode(data, "file")
    assert refused.value.place == place
