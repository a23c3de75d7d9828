"""Trains the tiny Qwen2.5-VL that this example ships, from nothing, on the CPU.

    python train.py --minutes 6.5 --out models/tiny-qwen2.5-vl

With `--state FILE` the training is kept there when the minutes are over, and goes on from there.
The model is transformers' own class; only training goes its own way through the modules: all its
pictures have one size, so the patch embedding is a matrix product and attention takes a batch.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from pictures import CELL, COLUMNS, QUESTIONS, ROWS, SIDE, answer, draw, example
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import nn
from torch.nn import functional
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
)
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import apply_rotary_pos_emb_vision

SPECIAL = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' or 'image' in part or 'image_url' in part %}"
    "<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'video' or 'video' in part %}"
    "<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in part %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE with Qwen's rules and special tokens and a few hundred merges."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    texts = [*QUESTIONS.values(), "user", "assistant", "system"] * 4
    trainer = trainers.BpeTrainer(
        vocab_size=384,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    bpe.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|im_end|>",  # noqa: S106 - a token of text
        pad_token="<|endoftext|>",  # noqa: S106
        model_max_length=8192,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def processor() -> Qwen2_5_VLProcessor:
    sizes = {"shortest_edge": 56 * 56, "longest_edge": 14 * 14 * 4 * 5120}
    return Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(size=sizes),
        tokenizer=tokenizer(),
        video_processor=Qwen2VLVideoProcessor(),
        chat_template=CHAT,
    )


def configuration(words: PreTrainedTokenizerFast) -> Qwen2_5_VLConfig:
    ids = {token: words.convert_tokens_to_ids(token) for token in SPECIAL}
    return Qwen2_5_VLConfig(
        text_config={
            "vocab_size": math.ceil(len(words) / 64) * 64,
            "hidden_size": 128,
            "intermediate_size": 256,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 8192,
            "rms_norm_eps": 1e-6,
            "initializer_range": 0.06,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [4, 6, 6],
            },
            "bos_token_id": None,
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
            "tie_word_embeddings": True,
        },
        vision_config={
            "depth": 2,
            "initializer_range": 0.06,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 2,
            "out_hidden_size": 128,
            "window_size": 112,
            "fullatt_block_indexes": [1],
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )


def patches(pictures: np.ndarray) -> torch.Tensor:
    """The processor's patches of equal pictures: (pictures, patches, 3 * 2 * 14 * 14)."""
    mean = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
    deviation = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)
    pixels = (pictures.astype(np.float32) / 255 - mean) / deviation
    n, grid = len(pictures), SIDE // CELL
    cells = pixels.reshape(n, grid, 2, 14, grid, 2, 14, 3).transpose(0, 1, 4, 2, 5, 7, 3, 6)
    cells = np.repeat(cells[:, :, :, :, :, :, None], 2, axis=6)
    return torch.from_numpy(np.ascontiguousarray(cells).reshape(n, grid * grid * 4, -1))


LOOKING = 500
"""So many steps train the eyes alone, to tell the digits; then the whole model learns to answer."""


class Fast:
    """The model's own modules, called for a batch of equal pictures."""

    def __init__(self, model: Qwen2_5_VLForConditionalGeneration) -> None:
        self.model = model
        grid = SIDE // 14
        cells = torch.arange(grid // 2)
        rows = cells[:, None, None, None] * 2 + torch.arange(2)[None, None, :, None]
        rows = rows.expand(grid // 2, grid // 2, 2, 2).flatten()
        columns = cells[None, :, None, None] * 2 + torch.arange(2)[None, None, None, :]
        columns = columns.expand(grid // 2, grid // 2, 2, 2).flatten()
        visual = model.model.visual
        self.cos, self.sin = visual.rotary_pos_emb(
            torch.zeros(1), torch.stack([rows, columns], dim=-1)
        )

    def see(self, pixels: torch.Tensor) -> torch.Tensor:
        visual = self.model.model.visual
        n, length, _ = pixels.shape
        weight = visual.patch_embed.proj.weight
        x = functional.linear(pixels, weight.flatten(1))
        for block in visual.blocks:
            attention = block.attn
            q, k, v = (
                attention.qkv(block.norm1(x))
                .reshape(n, length, 3, attention.num_heads, -1)
                .unbind(2)
            )
            q, k = apply_rotary_pos_emb_vision(q, k, self.cos, self.sin)
            mixed = functional.scaled_dot_product_attention(
                q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
            )
            x = x + attention.proj(mixed.transpose(1, 2).flatten(2))
            x = x + block.mlp(block.norm2(x))
        return visual.merger(x.reshape(n * length, -1)).view(n, length // 4, -1)

    def glance(self, batch: Batch, probe: nn.Linear) -> torch.Tensor:
        """How well each cell's digit can be told from what the vision part makes of it."""
        return functional.cross_entropy(probe(self.see(batch.pixels)).flatten(0, 1), batch.digits)

    def loss(self, batch: Batch) -> torch.Tensor:
        inner = self.model.model
        embedded = inner.language_model.embed_tokens(batch.ids)
        image = batch.ids == self.model.config.image_token_id
        embedded = embedded.masked_scatter(image[..., None], self.see(batch.pixels).to(embedded))
        hidden = inner.language_model(
            inputs_embeds=embedded, position_ids=batch.positions, use_cache=False
        ).last_hidden_state
        wanted = batch.labels != -100
        logits = self.model.lm_head(hidden[wanted]).float()
        return functional.cross_entropy(logits, batch.labels[wanted])


class Batch(NamedTuple):
    ids: torch.Tensor
    positions: torch.Tensor
    labels: torch.Tensor
    pixels: torch.Tensor
    digits: torch.Tensor


class Feed:
    """Makes batches: prompt, picture and answer as tokens, right-padded."""

    def __init__(self, words: PreTrainedTokenizerFast, model: Qwen2_5_VLForConditionalGeneration):
        self.words = words
        self.pad = words.pad_token_id
        self.prompts = {}
        for kind, question in QUESTIONS.items():
            text = words.apply_chat_template(
                [
                    {
                        "role": "user",
                        "content": [{"type": "image"}, {"type": "text", "text": question}],
                    }
                ],
                chat_template=CHAT,
                add_generation_prompt=True,
                tokenize=False,
            ).replace("<|image_pad|>", "<|image_pad|>" * (ROWS * COLUMNS))
            self.prompts[kind] = words(text, add_special_tokens=False)["input_ids"]
        self.model = model

    def batch(
        self, rng: np.random.Generator, size: int, kinds: list[str], segments: float
    ) -> Batch:
        rows, labels = [], []
        digits = rng.integers(0, 10, size=(size, ROWS, COLUMNS))
        for table in digits:
            kind = kinds[int(rng.integers(len(kinds)))]
            end = self.words(answer(kind, table) + "<|im_end|>")["input_ids"]
            rows.append(self.prompts[kind] + end)
            labels.append([-100] * (len(self.prompts[kind]) - 1) + end + [-100])
        cut = int(size * segments)
        pictures = [draw(digits[:cut], rng, segments=True), draw(digits[cut:], rng, segments=False)]
        length = max(map(len, rows))
        ids = torch.tensor([row + [self.pad] * (length - len(row)) for row in rows])
        wanted = torch.tensor([row + [-100] * (length - len(row)) for row in labels])
        kinds_of = (ids == self.model.config.image_token_id).int()
        grid = torch.tensor([[1, SIDE // 14, SIDE // 14]])
        one, _ = self.model.model.get_rope_index(ids[:1], kinds_of[:1], image_grid_thw=grid)
        return Batch(
            ids,
            one.expand(3, size, length),
            wanted,
            patches(np.concatenate(pictures)),
            torch.from_numpy(digits).flatten(),
        )


def check(
    model: Qwen2_5_VLForConditionalGeneration, words: Qwen2_5_VLProcessor, n: int
) -> dict[str, float]:
    """The share of right answers by kind, through transformers' own generation."""
    from PIL import Image

    model.eval()
    scores = {}
    for kind in QUESTIONS:
        rng = np.random.default_rng(7)
        examples = [example(rng, kind, segments=False) for _ in range(n)]
        text = words.apply_chat_template(
            [
                {
                    "role": "user",
                    "content": [{"type": "image"}, {"type": "text", "text": QUESTIONS[kind]}],
                }
            ],
            add_generation_prompt=True,
        )
        right = 0
        for start in range(0, n, 50):
            part = examples[start : start + 50]
            inputs = words(
                text=[text] * len(part),
                images=[Image.fromarray(one.picture) for one in part],
                return_tensors="pt",
                padding=True,
            )
            with torch.inference_mode():
                made = model.generate(**inputs, max_new_tokens=48, do_sample=False)
            said = words.batch_decode(
                made[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True
            )
            right += sum(a == one.answer for a, one in zip(said, part, strict=True))
        scores[kind] = right / n
    model.train()
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=6.5)
    parser.add_argument("--steps", type=int, default=6000, help="length of the learning rate's way")
    parser.add_argument("--out", type=Path, default=Path("models/tiny-qwen2.5-vl"))
    parser.add_argument("--state", type=Path, help="where to go on from, and to keep the state in")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--check", type=int, default=200, help="test pictures a kind")
    parser.add_argument("--kinds", nargs="*", default=list(QUESTIONS))
    options = parser.parse_args()
    torch.manual_seed(0)
    words = processor()
    model = Qwen2_5_VLForConditionalGeneration(configuration(words.tokenizer))
    model.train()
    fast, feed = Fast(model), Feed(words.tokenizer, model)
    probe = nn.Linear(128, 10)
    decay = [p for p in [*model.parameters(), *probe.parameters()] if p.dim() >= 2]
    rest = [p for p in [*model.parameters(), *probe.parameters()] if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0}],
        lr=options.rate,
        betas=(0.9, 0.98),
        fused=True,
    )
    step = 0
    if options.state and options.state.exists():
        kept = torch.load(options.state)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        step = kept["step"]
    print(json.dumps({"parameters": sum(p.numel() for p in model.parameters())}), flush=True)
    end = time.monotonic() + options.minutes * 60
    losses: list[float] = []
    begun = time.monotonic()
    while time.monotonic() < end and step < options.steps:
        rng = np.random.default_rng([1, step])
        warm = min(1.0, (step + 1) / 200)
        rate = (
            options.rate * warm * (0.02 + 0.98 * (1 + math.cos(math.pi * step / options.steps)) / 2)
        )
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = feed.batch(rng, options.batch, options.kinds, segments=0.3)
        loss = fast.glance(batch, probe) if step < LOOKING else fast.loss(batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        step += 1
        if step % 50 == 0:
            print(
                step,
                round(float(np.mean(losses[-50:])), 4),
                round((time.monotonic() - begun) / len(losses), 3),
                flush=True,
            )
    if options.state:
        torch.save(
            {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step},
            options.state,
        )
    finished = model.to(torch.bfloat16)
    finished.generation_config.eos_token_id = words.tokenizer.convert_tokens_to_ids("<|im_end|>")
    finished.generation_config.pad_token_id = words.tokenizer.pad_token_id
    finished.save_pretrained(options.out)
    words.save_pretrained(options.out)
    print(json.dumps(check(finished, words, options.check)))


if __name__ == "__main__":
    main()
