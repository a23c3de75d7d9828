"""The model under measurement: loaded one way, fed with batches, asked for greedy answers."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from rows import Row
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
)

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class UnavailableError(Exception):
    """Why an optimization or a device cannot be had here: the setting is skipped."""


class Batch(NamedTuple):
    """What is generated from at a time, on the device: tensors and the shapes they have."""

    inputs: dict[str, Any]
    rows: Sequence[Row]

    @property
    def prompt(self) -> int:
        """Tokens of one sample, padding included."""
        return int(self.inputs["input_ids"].shape[1])

    @property
    def shapes(self) -> tuple[Any, ...]:
        """What a program compiled or tuned for one batch must fit for another."""
        return tuple(
            (name, tuple(value.shape)) for name, value in sorted(self.inputs.items())
        ) + tuple(map(tuple, self.grids))

    @property
    def grids(self) -> list[list[int]]:
        """Patches of every picture: frames, rows, columns."""
        grid = self.inputs.get("image_grid_thw")
        return [] if grid is None else grid.tolist()


def unavailable(optimization: dict[str, Any], device: str) -> str | None:
    """Why the optimization cannot be had on the device; None where it can be tried."""
    if device == "cuda" and not torch.cuda.is_available():
        return "torch sees no CUDA device"
    if optimization["attention"] == "flash_attention_2":
        from transformers.utils import is_flash_attn_2_available

        if device != "cuda":
            return "Flash Attention 2 needs a CUDA device"
        if not is_flash_attn_2_available():
            return "Flash Attention 2 is not installed (package flash-attn)"
    compiler = any(shutil.which(name) for name in ("g++", "c++", "clang++"))
    if optimization["compile"] and device == "cpu" and not compiler:
        return "torch.compile needs a C++ compiler, and none is on the PATH"
    return None


class Subject:
    """One model, loaded with one optimization on one device."""

    def __init__(
        self,
        location: str,
        revision: str | None,
        optimization: dict[str, Any],
        device: str,
        *,
        trust_remote_code: bool,
    ) -> None:
        options: dict[str, Any] = {"revision": revision, "trust_remote_code": trust_remote_code}
        config = AutoConfig.from_pretrained(location, **options)
        self.sees = getattr(config, "vision_config", None) is not None
        kind = AutoModelForImageTextToText if self.sees else AutoModelForCausalLM
        try:
            self.model = kind.from_pretrained(
                location,
                dtype=DTYPES[optimization["dtype"]],
                attn_implementation=optimization["attention"],
                **options,
            )
        except ImportError as problem:
            raise UnavailableError(_line(problem)) from problem
        self.model.to(device).eval()
        self.device = device
        self.attention = optimization["attention"]
        self.config: dict[str, Any] = self.model.config.to_dict()
        self.processor = AutoProcessor.from_pretrained(location, **options) if self.sees else None
        self.tokenizer = (
            self.processor.tokenizer
            if self.processor is not None
            else AutoTokenizer.from_pretrained(location, **options)
        )
        self.tokenizer.padding_side = "left"
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        self._greedy()
        # The decoder alone: a vision part works through lists, which breaks a compiled graph
        # into dozens, and it runs once where the decoder runs for every token.
        self._part = self.model.get_decoder() if self.sees else self.model
        self._plain = self._part.forward
        self._compiled = None
        if optimization["compile"]:
            self._compiled = torch.compile(self._plain, dynamic=True)
        self.use(timed=True)

    def _greedy(self) -> None:
        settings = self.model.generation_config
        settings.do_sample, settings.num_beams = False, 1
        for name in ("temperature", "top_p", "top_k", "min_p", "typical_p"):
            if hasattr(settings, name):
                setattr(settings, name, None)
        settings.pad_token_id = self.tokenizer.pad_token_id

    def use(self, *, timed: bool) -> None:
        """The optimization as asked for; or, to count, the plain model under eager attention."""
        if self._compiled is not None:
            self._part.forward = self._compiled if timed else self._plain
        wanted = self.attention if timed else "eager"
        if self.model.config._attn_implementation != wanted:
            self.model.set_attn_implementation(wanted)

    def batches(
        self, rows: Sequence[Row], size: int, image_size: int | None, sequence_length: int | None
    ) -> list[Batch]:
        """The rows in whole batches on the device; what is left over is left out."""
        found = []
        for start in range(0, len(rows) - size + 1, size):
            part = rows[start : start + size]
            texts = [self._prompt(row, sequence_length) for row in part]
            pictures = [
                _resized(row.picture, image_size) for row in part if row.picture is not None
            ]
            if pictures and self.processor is None:
                raise ValueError("the data set has pictures, and the model reads only text")
            inputs = (
                self.processor(text=texts, images=pictures, return_tensors="pt", padding=True)
                if pictures and self.processor is not None
                else self.tokenizer(
                    texts, return_tensors="pt", padding=True, add_special_tokens=False
                )
            )
            found.append(Batch(dict(inputs.to(self.device)), part))
        if not found:
            raise ValueError(f"{len(rows)} samples make no batch of {size}")
        return found

    def _prompt(self, row: Row, length: int | None) -> str:
        text = row.prompt
        if length is not None:
            ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
            text = text if len(ids) <= length else self.tokenizer.decode(ids[:length])
        speaker = self.processor or self.tokenizer
        if getattr(speaker, "chat_template", None) is None:
            return text
        content: Any = text
        if self.sees:
            content = [{"type": "text", "text": text}]
            if row.picture is not None:
                content.insert(0, {"type": "image"})
        asked = [{"role": "user", "content": content}]
        made: str = speaker.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
        return made

    def generate(self, batch: Batch, most: int) -> torch.Tensor:
        """Greedy answers of at most so many tokens, after the prompt: (batch, prompt + new)."""
        with torch.inference_mode():
            made: torch.Tensor = self.model.generate(**batch.inputs, max_new_tokens=most)
        return made

    def answers(self, batch: Batch, made: torch.Tensor) -> list[str]:
        """The new tokens as texts."""
        new = made[:, batch.prompt :]
        return [text.strip() for text in self.tokenizer.batch_decode(new, skip_special_tokens=True)]

    def synchronize(self) -> None:
        """Wait until the device has done all it was given."""
        if self.device == "cuda":
            torch.cuda.synchronize()


def _resized(picture: Any, side: int | None) -> Any:
    return picture if side is None else picture.resize((side, side))


def _line(problem: BaseException) -> str:
    text = " ".join(str(problem).split()) or type(problem).__name__
    return text[:400]
