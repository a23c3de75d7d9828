"""What card.yaml may say: the card's subject, its metadata, its sections and their order.

Only the shape and its defaults; reading the file is `spec.load`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cardgen.records import AccuracyMeasurement, DeviceMeasurement, Mode, Origin
from cardgen.records.base import RelativePath, fault
from cardgen.spec.base import (
    LanguageCode,
    Localized,
    Name,
    Positive,
    Repo,
    Specification,
    Whole,
)
from cardgen.spec.plan import Measure

Section = Literal[
    "overview",
    "optimizations",
    "deployment",
    "creation",
    "evaluation",
    "accuracy",
    "serving",
    "device",
    "methods",
]
Axis = Literal["device", "batch_size", "image_size", "sequence_length", "optimization"]
Kind = Literal["quantization", "accuracy", "serving", "device"]
Grouped = Literal["accuracy", "serving", "device"]
"""The kinds whose measurements a card groups by their conditions; of quantizations one speaks."""

QUANTIZED: tuple[Section, ...] = (
    "overview",
    "optimizations",
    "deployment",
    "creation",
    "evaluation",
    "accuracy",
    "serving",
    "methods",
)
BENCHMARK: tuple[Section, ...] = ("overview", "device", "methods")
BOTH: tuple[Section, ...] = (*QUANTIZED[:-1], "device", "methods")


class HubDataset(Specification):
    """The Hub dataset and task that a score is published under in `.eval_results/`."""

    id: Repo
    task_id: Name
    revision: Name | None = None


class TaskRow(Specification):
    """A row of the accuracy table: which scores it takes, and how they are called."""

    task: Name
    metric: Name | None = None
    split: Name | None = None
    variant: Name | None = None
    n_shot: Annotated[Whole, Field(ge=0)] | None = None
    language: Name | None = None
    title: Localized | None = None
    category: Localized | None = None
    hub_dataset: HubDataset | None = None

    def takes(self, score: AccuracyMeasurement) -> bool:
        """Whether the score is one of this row's: what the row names, the score has."""
        named = ("task", "metric", "split", "variant", "n_shot", "language")
        wanted = ((getattr(self, name), getattr(score, name)) for name in named)
        return all(mine is None or mine == other for mine, other in wanted)


class AccuracySection(Specification):
    """The accuracy table: its rows, in order; without `tasks`, every task there is a score for."""

    tasks: tuple[TaskRow, ...] = ()
    average: tuple[Name, ...] | Literal["all"] = Field(
        (), description="Categories that get an average row (by their `en` title), or `all`."
    )
    average_recovery: Literal["ratio-of-averages", "mean-of-recoveries"] = "ratio-of-averages"


class ScenarioColumn(Specification):
    """A use case of the serving tables and its title."""

    name: Name
    title: Localized | None = None


class ServingSection(Specification):
    """The serving tables: order of modes, hardware, models and scenarios.

    Without `modes`, every mode that was measured.
    """

    modes: tuple[Mode, ...] | None = None
    hardware: tuple[Name, ...] = ()
    models: tuple[Name, ...] = ()
    scenarios: tuple[ScenarioColumn, ...] = ()


class Settings(Specification):
    """The settings that a sweep holds fixed."""

    device: Name | None = None
    dataset: Name | None = None
    batch_size: Positive | None = None
    image_size: Positive | None = None
    sequence_length: Positive | None = None
    optimization: Name | None = None


class Sweep(Specification):
    """One table and plot of the device section: what varies and what is held."""

    over: Axis
    at: Settings
    values: tuple[Whole | Name, ...] = ()
    datasets: tuple[Name, ...] = ()
    baseline: Name | None = Field(None, description="The optimization that 100 % stands for.")

    def takes(self, measurement: DeviceMeasurement) -> bool:
        """Whether the sweep shows this setting."""
        fixed = self.at.model_dump(exclude_none=True)
        if any(setting(measurement, axis) != value for axis, value in fixed.items()):
            return False
        value = setting(measurement, self.over)
        return (
            value is not None
            and (not self.values or value in self.values or value == self.baseline)
            and (not self.datasets or measurement.dataset in self.datasets)
        )


def setting(measurement: DeviceMeasurement, axis: str) -> int | str | None:
    """The measurement's setting on an axis, `dataset` included."""
    if axis == "device":
        return measurement.device.name
    value: int | str | None = getattr(measurement, axis)
    return value


class DeviceSection(Specification):
    """The device report: its sweeps, in order; without them, the ones the records show."""

    sweeps: tuple[Sweep, ...] = ()


class Deployment(Specification):
    """The settings of the usage snippet."""

    engine: Name = "vLLM"
    minimum_version: Name | None = None
    max_model_len: Positive | None = None
    max_num_seqs: Positive | None = None
    temperature: Annotated[float, Field(ge=0)] | None = None
    max_tokens: Positive = 64
    prompt: Name = "What is the content of this image?"
    trust_remote_code: bool = False


class CardSpecification(Specification):
    """cards/NAME/card.yaml: one card."""

    kind: Literal["quantized", "benchmark", "both"]
    title: Name
    model: Name
    base_model: Name | None = None
    repo: Repo | None = None
    languages: tuple[LanguageCode, ...] = Field(
        ("en", "ru"), description="The first one's card is README.md."
    )
    license: Name | None = None
    license_name: Name | None = None
    license_link: Name | None = None
    base_license: Name | None = Field(None, description="The base model's licence, if known.")
    base_license_name: Name | None = None
    developers: Localized | None = None
    version: Name | None = None
    release_date: date | None = None
    library_name: Name | None = "transformers"
    pipeline_tag: Name | None = None
    tags: tuple[Name, ...] = ()
    model_languages: tuple[LanguageCode, ...] = Field(
        (), description="The languages the model itself speaks: the header's `language`."
    )
    datasets: tuple[Repo, ...] = ()
    inputs: tuple[Literal["text", "image", "video", "audio"], ...] = ("text",)
    outputs: tuple[Literal["text", "image", "video", "audio"], ...] = ("text",)
    uses: tuple[Name, ...] = Field((), description="Cards whose runs this card may draw on.")
    aliases: dict[Name, Name] = Field(
        default_factory=dict, description="Model name in a record -> the name to show it under."
    )
    prefer: tuple[Origin, ...] = Field(
        ("measured", "imported", "transcribed"),
        description="Which origin wins where several have a value of one identity.",
    )
    sections: tuple[Section, ...] = ()
    conditions: dict[Grouped, dict[Name, Name]] = Field(
        default_factory=dict,
        description="Where runs were made under several: kind -> condition -> the value to show.",
    )
    deployment: Deployment | None = None
    accuracy: AccuracySection = AccuracySection.model_construct()
    serving: ServingSection = ServingSection.model_construct()
    device: DeviceSection = DeviceSection.model_construct()
    measure: Measure | None = Field(None, description="What `cardgen collect` measures.")
    plots: Literal["svg", "png"] = "svg"
    numbers: Literal["point", "locale"] | None = Field(
        None, description="The card's number style; by default the project's, else `point`."
    )
    runs: RelativePath = Field("runs", description="The folder of run files, in the card's own.")

    @model_validator(mode="after")
    def _consistent(self) -> CardSpecification:
        if self.base_model == self.model:
            raise fault(
                "another model than the card's own in `base_model`",
                found=repr(self.base_model),
                next_step="name the model that was quantized, or leave `base_model` out",
                at=("base_model",),
            )
        if not self.languages:
            raise fault("at least one language", found="an empty list", at=("languages",))
        for name in ("languages", "sections", "uses", "prefer"):
            values = getattr(self, name)
            for index, value in enumerate(values):
                if value in values[:index]:
                    raise fault(
                        f"each of `{name}` once",
                        found=f"{value!r} again",
                        next_step="remove one of the two",
                        at=(name, index),
                    )
        if self.kind in ("quantized", "both") and self.base_model is None:
            raise fault(
                "the `base_model` of a quantized card: recovery is measured against it",
                found="none",
                next_step="add `base_model`, or make it `kind: benchmark`",
            )
        if self.license == "other" and self.license_name is None:
            raise fault(
                "a `license_name` where the licence is `other`",
                found="none",
                next_step="add `license_name`",
                at=("license",),
            )
        return self

    @property
    def ordered_sections(self) -> tuple[Section, ...]:
        """The sections in order: as given, else the kind's own."""
        return (
            self.sections
            or {"quantized": QUANTIZED, "benchmark": BENCHMARK, "both": BOTH}[self.kind]
        )
