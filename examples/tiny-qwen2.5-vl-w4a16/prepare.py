"""Draws the pictures of this example: 600 test pictures a question, 256 to calibrate on,
and three that the quantized model is tried on at once.

    python prepare.py

Writes Parquet files with an image column into `data/`. The same bytes every time; nothing is
downloaded.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pictures import TESTED, example
from PIL import Image

TEST = 600
CALIBRATION = 256
SEED = 2026
FEATURES = {
    "image": {"_type": "Image"},
    "question": {"dtype": "string", "_type": "Value"},
    "answer": {"dtype": "string", "_type": "Value"},
}


def main() -> None:
    """One file a question for the tests, one with all questions for the calibration."""
    folder = Path(__file__).resolve().parent / "data"
    folder.mkdir(exist_ok=True)
    for number, kind in enumerate(TESTED):
        rng = np.random.default_rng([SEED, number])
        write(folder / f"{kind}.parquet", [example(rng, kind, segments=False) for _ in range(TEST)])
    rng = np.random.default_rng([SEED, 100])
    chosen = [TESTED[index % len(TESTED)] for index in range(CALIBRATION)]
    write(folder / "calibration.parquet", [example(rng, kind, segments=True) for kind in chosen])
    rng = np.random.default_rng([SEED, 101])
    for number in range(1, 4):
        (folder / f"check-{number}.png").write_bytes(
            _png(example(rng, "read", segments=False).picture)
        )


def write(path: Path, examples: list) -> None:
    """The examples as a Parquet file that the `datasets` library reads as pictures."""
    table = pa.table(
        {
            "image": [{"bytes": _png(one.picture), "path": None} for one in examples],
            "question": [one.question for one in examples],
            "answer": [one.answer for one in examples],
        },
        schema=pa.schema(
            [
                ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
                ("question", pa.string()),
                ("answer", pa.string()),
            ],
            metadata={"huggingface": json.dumps({"info": {"features": FEATURES}})},
        ),
    )
    pq.write_table(table, path)
    print(f"data/{path.name}: {len(examples)} pictures")


def _png(picture: np.ndarray) -> bytes:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "png")
    return data.getvalue()


if __name__ == "__main__":
    main()
