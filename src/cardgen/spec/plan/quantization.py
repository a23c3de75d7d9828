"""`measure.quantization`: how the card's model is made from its base model.

The plan and the measurement it stands for before anything ran; running it is the collector's.
"""

from __future__ import annotations

import keyword
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from cardgen.records import QuantizationArguments, QuantizationMeasurement
from cardgen.records.base import RelativePath, fault
from cardgen.records.quantization import Calibration
from cardgen.spec.base import Name, Positive, Repo, Specification, Whole
from cardgen.spec.plan.subject import NOT_YET, Subject

Scheme = Literal["W4A16", "W8A8", "FP8_DYNAMIC"]
Algorithm = Literal["GPTQ", "round-to-nearest"]
Share = Annotated[float, Field(ge=0, le=1)]

IGNORED: Final = ("lm_head",)
IGNORED_WITH_IMAGES: Final = (
    "lm_head",
    "re:.*visual.*",
    "re:.*vision.*",
    "re:.*multi_modal_projector.*",
)
"""What stays as it is unless the plan says otherwise: the output layer, and what sees pictures."""
GROUP_SIZE: Final = 128


def _importable(path: str) -> bool:
    """Whether a Python file can be imported under its own name."""
    stem, dot, suffix = path.rpartition("/")[2].partition(".")
    return dot + suffix == ".py" and stem.isidentifier() and not keyword.iskeyword(stem)


class CalibrationPlan(Specification):
    """The data the algorithm sees: from one of the Hub, a file, or the project's own generator."""

    dataset: Repo | None = Field(None, description="A data set on the Hub.")
    config: Name | None = None
    split: Name | None = None
    file: RelativePath | None = Field(
        None, description="A .parquet, .jsonl or .json file of the project, or a folder of them."
    )
    generator: RelativePath | None = Field(
        None,
        description="A Python file of the project with `samples(count, seed)`, which returns an "
        "iterable of dictionaries, one a sample.",
    )
    samples: Positive = 512
    max_sequence_length: Positive = 2048
    seed: Annotated[Whole, Field(ge=0, lt=2**32)] = 42
    text: Name | None = Field(
        None, description="The column of texts; with pictures, of what is asked of each."
    )
    messages: Name | None = Field(
        None, description="The column of conversations, which the chat template turns into text."
    )
    image: Name | None = Field(None, description="The column of pictures.")
    answer: Name | None = Field(None, description="With pictures: the column of answers.")
    prompt: Name | None = Field(None, description="What is asked of every picture.")

    @model_validator(mode="after")
    def _one_source(self) -> CalibrationPlan:
        named = [n for n in ("dataset", "file", "generator") if getattr(self, n) is not None]
        if len(named) != 1:
            raise fault(
                "one of `dataset`, `file` and `generator`",
                found=" and ".join(f"`{name}`" for name in named) or "none",
                next_step="say where the calibration data comes from, once",
            )
        if self.generator is not None and not _importable(self.generator):
            raise fault(
                "a Python file whose name can be imported, such as calibration.py",
                found=repr(self.generator),
                next_step="rename it with letters, digits and underscores",
                at=("generator",),
            )
        for name in ("config", "split"):
            if getattr(self, name) is not None and self.dataset is None:
                raise fault(
                    f"no `{name}` without `dataset`",
                    found=f"`{name}: {getattr(self, name)}`",
                    next_step="remove it",
                    at=(name,),
                )
        if self.messages is not None and (self.text is not None or self.image is not None):
            raise fault(
                "`messages` alone, or `text` and `image`",
                found="both",
                next_step="name the columns that the data has",
                at=("messages",),
            )
        for name in ("prompt", "answer"):
            if getattr(self, name) is not None and self.image is None:
                raise fault(
                    f"an `image` column with `{name}`",
                    found="none",
                    next_step=f"name the column of pictures, or remove `{name}`",
                    at=(name,),
                )
        if self.prompt is not None and self.text is not None:
            raise fault(
                "`prompt` for all pictures or `text` for each",
                found="both",
                next_step="remove one of the two",
                at=("prompt",),
            )
        return self

    @property
    def name(self) -> str:
        """The data set's name, or the path in the project."""
        return self.dataset or self.file or self.generator or ""

    def record(self) -> Calibration:
        """The calibration as the record keeps it."""
        source: Literal["hub", "file", "generator"] = (
            "hub" if self.dataset else "file" if self.file else "generator"
        )
        return Calibration(
            dataset=self.name,
            source=source,
            split=self.split,
            config=self.config,
            samples=self.samples,
            max_sequence_length=self.max_sequence_length,
            seed=self.seed,
            prompt=self.prompt,
        )


class CheckPlan(Specification):
    """How the result is tried before it counts: answers compared with the base model's."""

    engines: tuple[Literal["transformers", "vllm"], ...] = ("transformers", "vllm")
    prompts: tuple[Name, ...] = Field((), description="What is asked; by default a few sentences.")
    images: tuple[RelativePath, ...] = Field(
        (), description="Pictures of the project that are asked about, in turn."
    )
    max_tokens: Annotated[int, Field(strict=True, ge=1, le=1024)] = 24
    minimum_agreement: Share = Field(
        0.2,
        description="The least share of the base model's answer tokens that the result, given the "
        "same words before, must rank first as well.",
    )


class QuantizationPlan(Specification):
    """One quantization."""

    scheme: Scheme
    algorithm: Algorithm | None = Field(
        None, description="By default GPTQ, for FP8_DYNAMIC round-to-nearest."
    )
    smoothquant: Share | None = Field(
        None, description="SmoothQuant's strength; W8A8 only, off by default."
    )
    group_size: Positive | None = Field(None, description="W4A16 only; 128 by default.")
    symmetric: Annotated[bool, Field(strict=True)] = True
    actorder: Literal["weight", "static", "group"] | None = Field(
        "static", description="GPTQ's order of columns; null for none."
    )
    dampening_frac: Share = 0.01
    targets: Annotated[tuple[Name, ...], Field(min_length=1)] = ("Linear",)
    ignore: tuple[Name, ...] | None = Field(
        None,
        description="Layers left alone, by name or as re:PATTERN; by default the output "
        "layer and, of a model that sees pictures, its vision part.",
    )
    sequential_targets: tuple[Name, ...] = Field(
        (), description="Classes of layers that are calibrated one at a time."
    )
    calibration: CalibrationPlan | None = None
    check: CheckPlan = CheckPlan.model_construct()
    timeout_s: Annotated[float, Field(gt=0)] | None = Field(
        None, description="Of the quantizing program."
    )

    @model_validator(mode="after")
    def _fits(self) -> QuantizationPlan:
        if self.scheme != "W4A16" and self.group_size is not None:
            raise fault(
                f"no `group_size` with {self.scheme}, whose scales are one a channel",
                found=f"{self.group_size}",
                next_step="remove it, or quantize to W4A16",
                at=("group_size",),
            )
        if self.scheme != "W4A16" and not self.symmetric:
            raise fault(
                f"symmetric weights with {self.scheme}",
                found="`symmetric: false`",
                next_step="remove it, or quantize to W4A16",
                at=("symmetric",),
            )
        if self.scheme != "W8A8" and self.smoothquant is not None:
            raise fault(
                f"no `smoothquant` with {self.scheme}",
                found=f"{self.smoothquant}",
                next_step="remove it, or quantize to W8A8",
                at=("smoothquant",),
            )
        if self.scheme == "FP8_DYNAMIC" and self.chosen_algorithm == "GPTQ":
            raise fault(
                "round-to-nearest with FP8_DYNAMIC",
                found="GPTQ",
                next_step="remove `algorithm`",
                at=("algorithm",),
            )
        if self.needs_calibration and self.calibration is None:
            raise fault(
                f"`calibration` data for {self.algorithm_name}",
                found="none",
                next_step="add `calibration` with `dataset`, `file` or `generator`",
                at=("calibration",),
            )
        if not self.needs_calibration and self.calibration is not None:
            raise fault(
                f"no `calibration` with {self.algorithm_name}: it looks at no data",
                found=f"{self.calibration.name!r}",
                next_step="remove it",
                at=("calibration",),
            )
        return self

    @property
    def chosen_algorithm(self) -> Algorithm:
        """The algorithm that gives the weights their values."""
        return self.algorithm or ("round-to-nearest" if self.scheme == "FP8_DYNAMIC" else "GPTQ")

    @property
    def algorithm_name(self) -> str:
        """The algorithms as a record names them."""
        names = ("SmoothQuant",) if self.smoothquant is not None else ()
        return " + ".join((*names, self.chosen_algorithm))

    @property
    def needs_calibration(self) -> bool:
        """Whether the algorithm looks at data."""
        return self.chosen_algorithm == "GPTQ" or self.smoothquant is not None

    def weights(self) -> QuantizationArguments:
        """What becomes of the weights."""
        gptq = self.chosen_algorithm == "GPTQ"
        four = self.scheme == "W4A16"
        return QuantizationArguments(
            num_bits=4 if four else 8,
            type="float" if self.scheme == "FP8_DYNAMIC" else "int",
            strategy="group" if four else "channel",
            group_size=(self.group_size or GROUP_SIZE) if four else None,
            symmetric=self.symmetric,
            actorder=self.actorder if gptq else None,
        )

    def activations(self) -> QuantizationArguments | None:
        """What becomes of the activations; None where they stay."""
        if self.scheme == "W4A16":
            return None
        return QuantizationArguments(
            num_bits=8,
            type="float" if self.scheme == "FP8_DYNAMIC" else "int",
            strategy="token",
            symmetric=True,
            dynamic=True,
        )

    def measurement(
        self, model: str, base_model: str, *, image: bool, reason: str = NOT_YET
    ) -> QuantizationMeasurement:
        """The measurement before it was made: skipped, with all that is settled beforehand."""
        ignored = IGNORED_WITH_IMAGES if image else IGNORED
        return QuantizationMeasurement(
            model=model,
            base_model=base_model,
            scheme=self.scheme,
            outcome="skipped",
            reason=reason,
            algorithm=self.algorithm_name,
            dampening_frac=self.dampening_frac if "GPTQ" in self.algorithm_name else None,
            smoothing_strength=self.smoothquant,
            weights=self.weights(),
            activations=self.activations(),
            targets=self.targets,
            ignore=ignored if self.ignore is None else self.ignore,
            sequential_targets=self.sequential_targets,
            calibration=self.calibration.record() if self.calibration else None,
        )


def promised(plan: QuantizationPlan, subject: Subject) -> tuple[QuantizationMeasurement, ...]:
    """What a run of the plan will hold, as a skipped measurement."""
    return (plan.measurement(subject.model, subject.base_model or subject.model, image=False),)
