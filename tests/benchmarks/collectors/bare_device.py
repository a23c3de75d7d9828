"""A bare loop over `generate`: what the device collector's latency is measured against.

Knows nothing of the collector. `bare_device.py MODEL DATA BATCH SAMPLES TOKENS` prints the seconds
of every batch as JSON.
"""

import io
import json
import sys
import time

import pyarrow.parquet as pq
import torch
from PIL import Image
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
)

model_folder, data, size, samples, tokens = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
model = AutoModelForImageTextToText.from_pretrained(
    model_folder, dtype=torch.float32, attn_implementation="eager"
).eval()
processor = AutoProcessor.from_pretrained(model_folder)
processor.tokenizer.padding_side = "left"
rows = pq.read_table(data).slice(0, samples).to_pylist()
batches = []
for start in range(0, samples, size):
    part = rows[start : start + size]
    texts = [
        processor.apply_chat_template(
            [{"role": "user", "content": [{"type": "image"},
              {"type": "text", "text": row["question"]}]}],
            add_generation_prompt=True,
        )
        for row in part
    ]  # fmt: skip
    pictures = [Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB") for row in part]
    batches.append(processor(text=texts, images=pictures, return_tensors="pt", padding=True))
seconds = []
with torch.inference_mode():
    model.generate(**batches[0], max_new_tokens=tokens, do_sample=False)
    for batch in batches:
        began = time.perf_counter()
        model.generate(**batch, max_new_tokens=tokens, do_sample=False)
        seconds.append(time.perf_counter() - began)
print(json.dumps(seconds))
