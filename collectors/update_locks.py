"""Write the hash-locked requirements files again, each from its `.in` file.

    python collectors/update_locks.py [--upgrade] [NAME…]

Without --upgrade what is pinned stays, and only what its `.in` no longer allows changes. NAME picks
files by a part of their path (`serving`, `measure-cpu`). An `.override` beside the `.in` tells the
resolver what a package's own metadata gets wrong. The locks are for Linux on x86-64, and hold no
address: whoever installs them takes the index of their own configuration.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

FOLDER = Path(__file__).resolve().parent
COMPILE = (
    "pip", "compile", "--quiet", "--generate-hashes", "--no-annotate", "--no-header",
    "--no-emit-index-url", "--no-emit-find-links", "--python-version", "3.11",
    "--python-platform", "x86_64-manylinux_2_35",
)  # fmt: skip


def main() -> int:
    """Compile the chosen files; 1 if one of them has no solution."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions allowed")
    options = parser.parse_args()
    failed = 0
    for source in sorted(FOLDER.glob("*/requirements/*.in")):
        place = source.relative_to(FOLDER)
        if options.names and not any(name in place.as_posix() for name in options.names):
            continue
        lock, override = place.with_suffix(".txt"), place.with_suffix(".override")
        command = [find_uv_bin(), *COMPILE, str(place), "--output-file", str(lock)]
        if (FOLDER / override).is_file():
            command += ["--override", str(override)]
        if options.upgrade:
            command.append("--upgrade")
        before = (FOLDER / lock).read_bytes() if (FOLDER / lock).is_file() else b""
        code = subprocess.run(command, cwd=FOLDER, check=False).returncode
        changed = not code and before != (FOLDER / lock).read_bytes()
        sys.stderr.write(f"{lock}: {'failed' if code else 'changed' if changed else 'the same'}\n")
        failed |= code
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
