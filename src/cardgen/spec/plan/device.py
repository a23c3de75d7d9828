"""`measure.device`: the settings a model's cost is measured under, and what that expands to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator, Field, model_validator

from cardgen.records import Device, DeviceMeasurement
from cardgen.records.base import Positive as PositiveNumber
from cardgen.records.base import RelativePath, fault
from cardgen.spec.base import Name, Positive, Repo, Specification
from cardgen.spec.plan.subject import NOT_YET, Accelerator, Subject

DType = Literal["fp32", "bf16", "fp16"]
Attention = Literal["eager", "sdpa", "flash_attention_2", "flex_attention"]

DATASETS: Final[dict[str, dict[str, Any]]] = {
    "COCO": {
        "hub": "lmms-lab/COCO-Caption",
        "split": "val",
        "image": "image",
        "prompt": "question",
        "answer": "answer",
        "metric": "CIDEr",
    },
    "ScienceQA": {
        "hub": "derek-thomas/ScienceQA",
        "split": "test",
        "image": "image",
        "prompt": "question",
        "choices": "choices",
        "answer": "answer",
        "metric": "exact match",
    },
    "TextVQA": {
        "hub": "lmms-lab/textvqa",
        "split": "validation",
        "image": "image",
        "prompt": "question",
        "answer": "answers",
        "metric": "exact match",
    },
}
"""Data sets that are known by name; `path` takes one from a local folder instead of the Hub."""

OPTIMIZATIONS: Final[dict[str, dict[str, Any]]] = {
    "fp32": {"dtype": "fp32"},
    "bf16": {"dtype": "bf16"},
    "fp16": {"dtype": "fp16"},
    "SDPA": {"attention": "sdpa"},
    "Compile": {"compile": True},
    "Flash Attention 2": {"attention": "flash_attention_2"},
}
"""Optimizations that are known by name: what they change of eager attention in `dtype`."""


def _named(known: Mapping[str, Mapping[str, Any]], what: str, *, own: str) -> BeforeValidator:
    """A name alone stands for what is known under it; a mapping adds to that."""

    def read(value: object) -> object:
        if isinstance(value, str):
            if value not in known:
                names = ", ".join(known)
                raise fault(
                    f"one of the known {what} ({names}), or a mapping with `name`",
                    found=repr(value[:80]),
                    next_step=own,
                )
            return {"name": value, **known[value]}
        if isinstance(value, Mapping):
            return {**known.get(str(value.get("name")), {}), **value}
        return value

    return BeforeValidator(read, json_schema_input_type=dict[str, Any] | str)


class DeviceDataset(Specification):
    """Pictures and questions with their answers, and how answers to them are judged.

    The rows are a local file or folder (Parquet, JSON lines, CSV), or a Hub data set. `answer`
    names a column that holds one right answer or a list of them; with `choices` it may hold the
    number of the right choice, counted from 0.
    """

    name: Name
    path: RelativePath | None = None
    hub: Repo | None = None
    config: Name | None = None
    split: Name = "test"
    image: Name | None = Field(None, description="The column of the pictures; none: text only.")
    prompt: Name = "question"
    choices: Name | None = None
    answer: Name = "answer"
    instruction: Name | None = Field(None, description="Added after every prompt.")
    metric: Literal["exact match", "WER", "CIDEr"] = "exact match"

    @model_validator(mode="after")
    def _from_somewhere(self) -> DeviceDataset:
        if self.path is None and self.hub is None:
            raise fault(
                "where the data set is: `path` or `hub`",
                found="neither",
                next_step="name a file or folder of the project, or a data set of the Hub",
            )
        return self


class Optimization(Specification):
    """How the model is run; what is left out is eager attention in the plan's `dtype`."""

    name: Name
    dtype: DType | None = None
    attention: Attention = "eager"
    compile: Annotated[bool, Field(strict=True)] = False


AnyDataset = Annotated[
    DeviceDataset,
    _named(DATASETS, "data sets", own="give `name` with `path` or `hub`"),
]
AnyOptimization = Annotated[
    Optimization,
    _named(OPTIMIZATIONS, "optimizations", own="give `name` with `dtype`, `attention`, `compile`"),
]


class DevicePlan(Specification):
    """What is swept. The first entry of each list is the setting that the others vary.

    `grid: axes` varies one list at a time, as device reports do; `full` combines all of them.
    Without `devices` the job's hardware is the one device.
    """

    models: Literal["both", "base", "quantized"] = Field(
        "quantized", description="`quantized` is the card's own model, quantized or not."
    )
    datasets: Annotated[tuple[AnyDataset, ...], Field(min_length=1)]
    devices: dict[Name, Accelerator] = Field(
        default_factory=dict, description="The name that readers compare -> cpu or cuda."
    )
    batch_sizes: Annotated[tuple[Positive, ...], Field(min_length=1)] = (1,)
    image_sizes: tuple[Positive, ...] = Field(
        (), description="Pixels a side, square; none: pictures as they are."
    )
    sequence_lengths: tuple[Positive, ...] = Field(
        (), description="Tokens a prompt is cut to; none: prompts as they are."
    )
    optimizations: Annotated[tuple[AnyOptimization, ...], Field(min_length=1)] = (
        Optimization(name="fp16", dtype="fp16"),
    )
    dtype: DType = Field("fp16", description="Of the optimizations that name none.")
    grid: Literal["axes", "full"] = "axes"
    samples: Positive = Field(64, description="Of each data set.")
    max_new_tokens: Positive = 50
    repetitions: Positive = Field(1, description="Timed passes over the samples.")
    flops: Annotated[bool, Field(strict=True)] = True
    energy: Annotated[bool, Field(strict=True)] = True
    modelled_power_w: PositiveNumber | None = Field(
        None, description="Where joules cannot be measured: the power an estimate assumes."
    )
    setting_timeout_s: Positive = Field(1_800, description="How long one setting may take.")
    seed: Annotated[int, Field(strict=True, ge=0, le=2**31)] = 0


class DeviceSetting(NamedTuple):
    """One point of the plan: one measurement."""

    device: str
    type: Accelerator
    dataset: DeviceDataset
    batch_size: int
    image_size: int | None
    sequence_length: int | None
    optimization: Optimization

    def record(self, model: str, **fields: Any) -> DeviceMeasurement:
        """The setting as a measurement with these further fields."""
        device = fields.pop("device", None) or Device(name=self.device, type=self.type)
        return DeviceMeasurement(
            model=model,
            device=device,
            dataset=self.dataset.name,
            batch_size=self.batch_size,
            image_size=self.image_size,
            sequence_length=self.sequence_length,
            optimization=self.optimization.name,
            dtype=self.optimization.dtype,
            attention=self.optimization.attention,
            **fields,
        )


def expand(plan: DevicePlan, subject: Subject) -> tuple[DeviceSetting, ...]:
    """Every setting of the plan, once, those of one optimization and device together.

    Models are loaded once an optimization, so its settings stand side by side.
    """
    found = {
        (s.device, s.optimization.name, s.dataset.name, *s[3:6]): s for s in _points(plan, subject)
    }
    optimizations = [o.name for o in plan.optimizations]
    devices = list(_devices(plan, subject))
    return tuple(
        sorted(
            found.values(),
            key=lambda s: (devices.index(s.device), optimizations.index(s.optimization.name)),
        )
    )


def _devices(plan: DevicePlan, subject: Subject) -> dict[str, Accelerator]:
    return dict(plan.devices) or {subject.hardware: subject.accelerator}


def _points(plan: DevicePlan, subject: Subject) -> Iterator[DeviceSetting]:
    optimizations = [
        o if o.dtype is not None else o.model_copy(update={"dtype": plan.dtype})
        for o in plan.optimizations
    ]
    for dataset in plan.datasets:
        images = plan.image_sizes if dataset.image is not None else ()
        axes: list[list[Any]] = [
            list(_devices(plan, subject).items()),
            list(plan.batch_sizes),
            list(images) or [None],
            list(plan.sequence_lengths) or [None],
            optimizations,
        ]
        for (device, type_), *rest in _combined(axes, full=plan.grid == "full"):
            yield DeviceSetting(device, type_, dataset, *rest)


def _combined(axes: list[list[Any]], *, full: bool) -> Iterator[tuple[Any, ...]]:
    """Every combination; or the first of each, and each other value with the first of the rest."""
    import itertools

    if full:
        yield from itertools.product(*axes)
        return
    first = tuple(axis[0] for axis in axes)
    yield first
    for place, axis in enumerate(axes):
        for value in axis[1:]:
            yield (*first[:place], value, *first[place + 1 :])


def promised(plan: DevicePlan, subject: Subject) -> tuple[DeviceMeasurement, ...]:
    """What a run of the plan will hold, each as a skipped measurement without values."""
    return tuple(
        setting.record(subject.model, outcome="skipped", reason=NOT_YET)
        for setting in expand(plan, subject)
    )
