"""The mapping file of vlm-profiling: what its folder names and numbers mean.

The benchmark's files hold four bare values; the model, the dataset, the device and the way of
measuring are said here, once for all files.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cardgen.records import EnergyMethod

Name = Annotated[str, Field(min_length=1, max_length=500)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Metric(_Closed):
    """The quality metric of the files: under which key it stands and which way is better."""

    name: Name
    higher_is_better: bool
    key: Name = "wer_value"


class MappedDevice(_Closed):
    """What a folder name's device is, and how its joules were got."""

    name: Name
    type: Literal["cpu", "cuda", "rocm", "xpu", "mps"]
    model: Name | None = None
    energy: EnergyMethod


class MappedMachine(_Closed):
    """The machine that all files come from."""

    cpu: Name | None = None
    gpu: Name | None = None
    gpu_count: Annotated[int, Field(ge=0)] | None = None
    driver: Name | None = None
    cuda: Name | None = None
    operating_system: Name | None = None


class Optimization(_Closed):
    """How an optimisation of the folder names is called, and what the model ran with."""

    label: Name
    dtype: Name | None = None
    attention: Name | None = None


OPTIMIZATIONS = {
    "fp16": Optimization(label="fp16"),
    "compile": Optimization(label="Compile"),
    "flash_attn": Optimization(label="Flash Attention 2"),
}


class Mapping(_Closed):
    """The whole file. `datasets` is keyed by the folder name of each result."""

    metric: Metric
    devices: dict[Name, MappedDevice]
    models: dict[Name, Name] = Field(description="Model as the folder names it -> id on the Hub.")
    datasets: dict[Name, Name] = Field(description="Folder name -> dataset of that run.")
    samples: Annotated[int, Field(ge=1)] | None = None
    max_new_tokens: Annotated[int, Field(ge=1)] | None = None
    optimizations: dict[Name, Optimization] = Field(default_factory=dict)
    machine: MappedMachine | None = None
    notes: list[Name] = Field(default_factory=list)
