"""Faults of what stands in a project's folders."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from cli.bad_projects import Bad, linked_out, replaced, run_file


def runs_file(root: Path) -> None:
    """A file stands where the folder of run files was."""
    shutil.rmtree(root / "cards/small/runs")
    (root / "cards/small/runs").touch()


def runs_loop(root: Path) -> None:
    """A link to itself stands where the folder of run files was."""
    shutil.rmtree(root / "cards/small/runs")
    (root / "cards/small/runs").symlink_to("runs")


FOLDERS = {
    "same source twice": Bad(
        lambda root: run_file(root, "b").write_text(replaced("TextVQA", "COCO")),
        "cards/small/runs/b.json: /provenance/source/sha256",
        "each source imported once",
        "the same source (sha256 000000000000…) as cards/small/runs/a.json",
        "remove one of the two run files",
    ),
    "a run file that is a folder": Bad(
        lambda root: run_file(root, "b").mkdir(),
        "cards/small/runs/b.json",
        "a run file inside the project",
        "a folder",
        "move it out",
    ),
    "a run file that is a pipe": Bad(
        lambda root: os.mkfifo(run_file(root, "b")),
        "cards/small/runs/b.json",
        "a run file",
        "no ordinary file",
        "move it out",
    ),
    "a run file of 65 MiB": Bad(
        lambda root: os.truncate(run_file(root), 65 * 2**20),
        "cards/small/runs/a.json",
        "at most 64 MiB",
        "65.0 MiB",
        "split it",
    ),
    "the runs folder leads out": Bad(
        linked_out("runs"),
        "cards/small/card.yaml:1:1: /runs",
        "a folder inside the project",
        "'runs', a link that leads out of it",
        "name the folder, inside the project",
    ),
    "a run file leads out": Bad(
        linked_out("runs/a.json"),
        "cards/small/runs/a.json",
        "a run file inside the project",
        "a link that leads out of the project",
        "move it out",
    ),
    "the runs folder is a file": Bad(
        runs_file,
        "cards/small/card.yaml:1:1: /runs",
        "a folder of run files",
        "'runs', which is a file",
        "name the folder",
    ),
    "the runs folder leads to itself": Bad(
        runs_loop,
        "cards/small/card.yaml:1:1: /runs",
        "a folder that can be read",
        "Too many levels of symbolic links",
        "name the folder",
    ),
    "the project file": Bad(
        lambda root: (root / "cardgen.yaml").write_text("organisation: x\n"),
        "cardgen.yaml:1:1: /organisation",
        "one of the keys organization",
        "unknown key 'organisation'",
        "did you mean 'organization'?",
    ),
    "a negative price": Bad(
        lambda root: (root / "cardgen.yaml").write_text(
            "prices:\n- {hardware: A, usd_per_gpu_hour: -1, source: x, date: 2025-01-01}\n"
        ),
        "cardgen.yaml:2:35: /prices/0/usd_per_gpu_hour",
        "a number above 0",
        "-1",
        "mend the value",
    ),
}
