"""A result file with pictures in it is read in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from imports.samples import BY_FILE
from peak_memory import PEAK_KIB

MEBIBYTE = 2**20
FILE_BYTES = 200 * MEBIBYTE
ALLOWED_KIB = 100 * 1024

PROGRAM = f"""{PEAK_KIB}
import sys
from pathlib import Path
from cardgen.imports import ImportOptions, detect, guidellm, read

read("guidellm", Path(sys.argv[2]), ImportOptions(hardware="H100"))
before = peak_kib()
assert detect(Path(sys.argv[1])) == "guidellm"
run = read("guidellm", Path(sys.argv[1]), ImportOptions(hardware="H100"))
after = peak_kib()
print(after - before, len(run.measurements), run.provenance.source.sha256)
"""


def test_two_hundred_megabytes_of_pictures_need_little_memory(tmp_path: Path) -> None:
    small = BY_FILE["guidellm/v0.8.json"].path
    large = tmp_path / "benchmarks.json"
    picture = "data:image/png;base64," + "iVBORw0KGgo" * 200_000
    request = json.dumps({"request_args": {"body": {"image_url": picture}}, "timings": [0.5] * 50})
    head, mark, tail = small.read_text().partition('"requests": {\n    "successful": [')
    assert mark
    written = 0
    with large.open("w") as file:
        file.write(head + mark)
        while written < FILE_BYTES:
            written += file.write(f"{request},\n")
        file.write(tail.lstrip())
    assert large.stat().st_size > FILE_BYTES
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(large), str(small)], capture_output=True, check=False
    )
    assert result.returncode == 0, result.stderr.decode()
    grown, measurements, sha256 = result.stdout.decode().split()
    assert int(grown) < ALLOWED_KIB
    assert int(measurements) == 3
    assert len(sha256) == 64
