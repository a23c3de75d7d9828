"""The record kind `quantization`: how a checkpoint's weights were changed, and what that gave."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cardgen.records.base import (
    LARGEST,
    Count,
    LongText,
    NonNegative,
    PositiveCount,
    Record,
    RelativePath,
    Text,
)
from cardgen.records.measurement import Measurement


class QuantizationArguments(Record):
    """One tensor group's arguments, in the terms of compressed-tensors."""

    num_bits: Annotated[int, Field(ge=1, le=64)]
    type: Literal["int", "float"] = "int"
    strategy: Literal["tensor", "channel", "group", "block", "token", "tensor_group", "attn_head"]
    group_size: Annotated[int, Field(ge=-1, le=LARGEST)] | None = None
    symmetric: bool | None = None
    dynamic: bool | Literal["local"] | None = None
    actorder: Literal["weight", "group", "static", "dynamic"] | None = None
    observer: Text | None = None

    @property
    def format_name(self) -> str:
        """INT4, INT8, FP8…: the name the field prints."""
        return f"{'INT' if self.type == 'int' else 'FP'}{self.num_bits}"


class Calibration(Record):
    """The data the algorithm saw."""

    dataset: Text
    source: Literal["hub", "file", "generator"] | None = Field(
        None,
        description="What `dataset` names: a data set on the Hub, a file or folder of the "
        "project, or the project's program that made the samples.",
    )
    split: Text | None = None
    config: Text | None = None
    samples: PositiveCount | None = None
    max_sequence_length: PositiveCount | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**64)] | None = None
    prompt: Text | None = Field(None, description="The text put to each calibration picture.")


class Code(Record):
    """The program that did it, as it ran."""

    language: Text = "python"
    text: LongText
    file: RelativePath | None = None


class QuantizationMeasurement(Measurement):
    """One quantization of one model under one scheme. Identity: model, scheme."""

    kind: Literal["quantization"] = "quantization"
    base_model: Text
    scheme: Text = Field(description="W4A16, W8A8, FP8_DYNAMIC…")
    method: Text | None = Field(None, description="compressed-tensors, gptq, awq…")
    format: Text | None = Field(None, description="pack-quantized, int-quantized…")
    algorithm: Text | None = Field(None, description="GPTQ, round-to-nearest, SmoothQuant…")
    dampening_frac: NonNegative | None = None
    smoothing_strength: NonNegative | None = None
    weights: QuantizationArguments | None = None
    activations: QuantizationArguments | None = None
    activation_dtype: Text | None = Field(
        None, description="What unquantized activations are computed in: FP16, BF16."
    )
    kv_cache: QuantizationArguments | None = None
    targets: tuple[Text, ...] = ()
    ignore: tuple[Text, ...] = ()
    sequential_targets: tuple[Text, ...] = ()
    unquantized_layers: tuple[Text, ...] = ()
    calibration: Calibration | None = None
    code: Code | None = None
    size_bytes: Count | None = Field(None, description="Tensor bytes of the result.")
    base_size_bytes: Count | None = Field(None, description="Tensor bytes of the base model.")
    parameters: Count | None = Field(None, description="Weights of the model, as unpacked.")
    duration_s: NonNegative | None = None
    peak_memory_bytes: Count | None = None

    def key(self) -> tuple[object, ...]:
        return (self.scheme,)
