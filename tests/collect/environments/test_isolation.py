"""Two roles never share packages, whatever leaks out of one of them or out of the user's shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from collect.environments.wheels import PYTHON, pinned, places, role, wheel

from cardgen.collect import environments
from cardgen.measuring import processes

LOOK = """
import sys
try:
    import shared
    print(shared.VERSION)
except ImportError:
    print("none")
print("leaked" if "leaked" in sys.modules else "clean")
print(*sys.path, sep="\\n")
"""


class Leak(NamedTuple):
    """A role that leaks, a tidy one built while it does; what the shell then says."""

    leaky: Path
    tidy: Path
    links: Path


@pytest.fixture(scope="module")
def leak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Leak]:
    """The packages of one role leak: by a .pth file, by PYTHONPATH, by the user's site.

    Each way alone would put version 1.0 of `shared`, or the module `leaked`, into another Python
    that is not shielded. Another role pins version 2.0.
    """
    root = tmp_path_factory.mktemp("leak")
    with pytest.MonkeyPatch.context() as patch:
        links = places(root, patch)
        extra = {
            "leaked.py": "",
            "zz_leak.pth": "import leaked\n",
            "sitecustomize.py": "import leaked",
        }
        made = pinned(wheel(links, "shared", "1.0", extra=extra))
        found = environments.ensure(role(root, made, name="leaky"), "cpu")
        assert found.folder
        packages = found.folder / f"lib/python{PYTHON}/site-packages"
        user = root / f"home/.local/lib/python{PYTHON}/site-packages"
        user.mkdir(parents=True)
        (user / "all_of_it.pth").write_text(f"{packages}\nimport leaked\n")
        (user / "shared.py").write_text("VERSION = 'of the user'\n")
        patch.setenv("HOME", str(root / "home"))
        patch.setenv("PYTHONPATH", str(packages))
        patch.setenv("PYTHONUSERBASE", str(root / "home/.local"))
        patch.setenv("PYTHONSTARTUP", str(packages / "leaked.py"))
        patch.delenv("PYTHONNOUSERSITE", raising=False)
        tidy = role(root, pinned(wheel(links, "shared", "2.0")), name="tidy")
        yield Leak(packages, environments.ensure(tidy, "cpu").python, links)


def look(python: Path, env: dict[str, str]) -> list[str]:
    return subprocess.check_output([python, "-c", LOOK], env=env, text=True).splitlines()


def test_the_leak_is_real(leak: Leak) -> None:
    """Without the shield another role's Python sees the wrong version: the tests below can fail."""
    seen = look(leak.tidy, dict(os.environ))
    assert seen[:2] == ["1.0", "leaked"]
    assert str(leak.leaky) in seen
    own = look(Path(sys._base_executable), dict(os.environ))  # type: ignore[attr-defined]
    assert own[1] == "leaked"


def test_a_role_sees_its_own_version_and_nothing_of_the_leaking_role(leak: Leak) -> None:
    seen = look(leak.tidy, processes.environment())
    assert seen[:2] == ["2.0", "clean"]
    assert not [entry for entry in seen if str(leak.leaky) in entry or "/home/.local" in entry]


def test_a_program_started_by_the_role_is_shielded_too(leak: Leak) -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {LOOK!r}], check=True)"
    seen = subprocess.check_output([leak.tidy, "-c", code], env=processes.environment(), text=True)
    assert seen.splitlines()[:2] == ["2.0", "clean"]
    assert str(leak.leaky) not in seen


def test_a_module_added_to_one_environment_reaches_no_other(leak: Leak) -> None:
    (leak.leaky / "added.py").write_text("")
    ended = [
        subprocess.run(
            [python, "-c", "import added"],
            env=processes.environment(),
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode
        for python in (leak.leaky.parents[2] / "bin/python", leak.tidy)
    ]
    assert ended == [0, 1]


def test_a_role_s_environment_has_no_packages_of_its_base_interpreter(leak: Leak) -> None:
    code = "import importlib.metadata as m; print(sorted(d.name for d in m.distributions()))"
    listed = subprocess.check_output(
        [leak.tidy, "-c", code], env=processes.environment(), text=True
    )
    assert listed == "['shared']\n"


def test_the_command_line_shields_too(
    leak: Leak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project/collectors/tidy"
    (folder / "requirements").mkdir(parents=True)
    lock = pinned(wheel(leak.links, "shared", "3.0"))
    (folder / "requirements/work-cpu.txt").write_text(lock)
    (folder / "collector.toml").write_text(
        f'name = "tidy"\nsummary = "s"\n[roles.work]\npython = "{PYTHON}"\n'
        'cpu = "requirements/work-cpu.txt"\n'
    )
    (tmp_path / "project/cardgen.yaml").touch()
    # cardgen itself is started unharmed: it is its programs that the shell's variables must miss.
    code = "import os, sys; os.environ.update(eval(sys.argv[1])); "
    code += "from cardgen.cli import main; sys.argv[1:] = sys.argv[2:]; main()"
    shell = {name: os.environ[name] for name in ("PYTHONPATH", "PYTHONUSERBASE", "HOME")}
    monkeypatch.delenv("PYTHONPATH")
    monkeypatch.delenv("PYTHONUSERBASE")
    seen = subprocess.run(
        [sys.executable, "-c", code, repr(shell), "collectors", "run", "--accelerator", "cpu",
         "tidy/work", "--", "python", "-c", LOOK],
        cwd=tmp_path / "project", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert seen.stdout.splitlines()[:2] == ["3.0", "clean"]
    assert str(leak.leaky) not in seen.stdout
