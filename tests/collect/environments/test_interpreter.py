"""The user's own interpreter: taken if it imports what the role needs; else the reason is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from collect.environments.wheels import role

from cardgen.collect import interpreter
from cardgen.errors import InstallationError

HERE = Path(sys.executable)


def test_its_versions_are_recorded_and_its_lock_is_unknown(tmp_path: Path) -> None:
    found = interpreter.check(role(tmp_path, "", imports=("pydantic",)), "cpu", HERE)
    assert (found.python, found.lock_sha256, found.built) == (HERE, None, True)
    assert found.python_version == ".".join(map(str, sys.version_info[:3]))
    assert found.packages["huggingface-hub"]
    assert "pydantic" not in found.packages


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A virtual environment's python is a link to another; followed, it would lose its packages."""
    link = tmp_path / "python"
    link.symlink_to(HERE)
    assert interpreter.check(role(tmp_path, ""), "cpu", link).python == link


def test_noise_on_import_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loud.py").write_text("import os; print('{}'); os.write(1, b'noise')\n")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncd {tmp_path} && exec {HERE} "$@"\n')
    python.chmod(0o755)
    assert interpreter.check(role(tmp_path, "", imports=("loud",)), "cpu", python).built


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "No such file"),
        ("#!/bin/sh\nexit 3\n", "exit code 3"),
        ("#!/bin/sh\necho hello\n", "exit code 0"),
        ("#!/bin/sh\nkill -9 $$\n", "SIGKILL"),
        ("not a program", "Exec format error"),
    ],
)
def test_what_is_no_python(tmp_path: Path, content: str | None, found: str) -> None:
    path = tmp_path / "python"
    if content is not None:
        path.write_text(content)
        path.chmod(0o755)
    with pytest.raises(InstallationError) as caught:
        interpreter.check(role(tmp_path, ""), "cpu", path)
    assert found in str(caught.value)
    assert "ENV/bin/python" in str(caught.value)


def test_a_missing_import_is_named(tmp_path: Path) -> None:
    with pytest.raises(InstallationError) as caught:
        interpreter.check(role(tmp_path, "", imports=("pydantic", "no_such_module")), "cpu", HERE)
    message = str(caught.value)
    assert "ModuleNotFoundError" in message
    assert "no_such_module" in message
    assert "leave --python out" in message


def test_one_that_does_not_answer(tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_text("#!/bin/sh\nexec sleep 30\n")
    path.chmod(0o755)
    with pytest.raises(InstallationError, match=r"(?s)no answer within 0 s"):
        interpreter.ask(path, (), timeout_s=0.2)
