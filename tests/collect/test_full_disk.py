"""A disk that fills up under `cardgen collect`: a small tmpfs with nothing left on it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from collect.projects import Project, command, project

from cardgen.store import runs

MOUNT = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-euc"]
SCRIPT = """
mkdir -p {place}; mount -t tmpfs -o size=64k tmpfs {place}
head -c 60000 /dev/zero > {place}/filler; cat /dev/zero >> {place}/filler 2> /dev/null || true
code=0; {collect} > full.out 2> full.err || code=$?; echo $code > full.code
ls -A {place} > full.names
rm {place}/filler
cp -r cards/fake/runs full.runs
code=0; {collect} > freed.out 2> freed.err || code=$?; echo $code > freed.code
ls -A {place} > freed.names
"""


@pytest.fixture(scope="module", autouse=True)
def _mounts() -> None:
    """Mounting needs no privilege where user namespaces are allowed, and some containers forbid
    them."""
    script = "mount -t tmpfs tmpfs /mnt"
    if shutil.which("unshare") is None or subprocess.run([*MOUNT, script], check=False).returncode:
        pytest.skip("no tmpfs can be mounted here")


def filled(made: Project, place: str) -> None:
    """One call with `place` full, one after there is room again."""
    script = SCRIPT.format(place=place, collect=" ".join(command("--only", "serving-fake-bench-*")))
    subprocess.run([*MOUNT, script], cwd=made.root, check=True)


def told(made: Project, name: str) -> str:
    return (made.root / name).read_text().strip()


def test_the_card_s_folder_is_full(tmp_path: Path) -> None:
    """The run cannot be stored: said with the place, nothing half-written, done next time."""
    made = project(tmp_path, repeats=2)
    filled(made, "cards/fake/runs")
    assert told(made, "full.code") == "1"
    assert "No space left on device" in told(made, "full.err")
    assert "cards/fake/runs/serving-fake-bench-1.json" in told(made, "full.err")
    assert "Traceback" not in told(made, "full.err")
    assert told(made, "full.names") == "filler"
    assert told(made, "freed.code") == "0", told(made, "freed.err")
    assert told(made, "freed.names").split() == [
        "serving-fake-bench-1.json",
        "serving-fake-bench-2.json",
    ]


def test_the_job_s_folder_is_full(tmp_path: Path) -> None:
    """The job has no room to work in: a failed record says so, and the next call measures."""
    made = project(tmp_path)
    filled(made, ".cardgen/jobs")
    assert told(made, "full.code") == "1"
    assert "Traceback" not in told(made, "full.err")
    (failed,) = runs.load(made.root / "full.runs/serving-fake-bench-1.json").measurements
    assert failed.outcome == "failed"
    assert "No space left on device" in str(failed.reason)
    assert told(made, "freed.code") == "0", told(made, "freed.err")
    (measured,) = made.run("serving-fake-bench-1.json").measurements
    assert measured.outcome == "measured"
