"""`measure.serving`: the scenarios both models serve, and under which load."""

from __future__ import annotations

import difflib
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from cardgen.records import Engine, Hardware, Scenario, ServingMeasurement
from cardgen.records.base import fault
from cardgen.spec.base import Name, Positive, Specification, Whole
from cardgen.spec.plan.server import ServerPlan
from cardgen.spec.plan.subject import NOT_YET, Accelerator, Subject

ENGINE: Final = "vLLM"

READY_MADE: Final[dict[str, dict[str, int]]] = {
    "document-vqa": {
        "prompt_tokens": 64, "output_tokens": 128, "image_width": 1680, "image_height": 2240
    },
    "visual-reasoning": {
        "prompt_tokens": 128, "output_tokens": 128, "image_width": 640, "image_height": 480
    },
    "image-captioning": {
        "prompt_tokens": 0, "output_tokens": 128, "image_width": 480, "image_height": 360
    },
    "chat": {"prompt_tokens": 512, "output_tokens": 256},
    "rag": {"prompt_tokens": 1024, "output_tokens": 128},
    "instruction": {"prompt_tokens": 256, "output_tokens": 128},
    "code_completion": {"prompt_tokens": 256, "output_tokens": 1024},
    "code_fixing": {"prompt_tokens": 1024, "output_tokens": 1024},
    "docstring": {"prompt_tokens": 768, "output_tokens": 128},
    "summarization": {"prompt_tokens": 4096, "output_tokens": 512},
    "long_rag": {"prompt_tokens": 10240, "output_tokens": 1536},
}  # fmt: skip
"""Scenarios that a plan may name: the vision ones and the text ones of published cards."""


class ScenarioPlan(Specification):
    """What one request looks like: a picture (or several) of so many pixels, and tokens."""

    name: Name
    prompt_tokens: Annotated[Whole, Field(ge=0)]
    output_tokens: Positive
    images: Annotated[Whole, Field(ge=0)] = 0
    image_width: Positive | None = None
    image_height: Positive | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_picture_by_its_size(cls, data: Any) -> Any:
        if isinstance(data, dict) and "images" not in data and "image_width" in data:
            return {**data, "images": 1}
        return data

    @model_validator(mode="after")
    def _asks_something(self) -> ScenarioPlan:
        pictures = (self.images > 0, self.image_width is not None, self.image_height is not None)
        if any(pictures) and not all(pictures):
            raise fault(
                "`image_width` and `image_height` of its `images`",
                found="only some of them",
                next_step="give both sizes in pixels, or neither for a scenario without pictures",
            )
        if self.prompt_tokens == 0 and self.images == 0:
            raise fault(
                "a prompt: tokens, a picture, or both",
                found="neither",
                next_step="give `prompt_tokens`, or `image_width` and `image_height`",
            )
        return self

    def record(self) -> Scenario:
        """The scenario as a record names it."""
        return Scenario(
            name=self.name,
            prompt_tokens=self.prompt_tokens,
            output_tokens=self.output_tokens,
            images=self.images or None,
            image_width=self.image_width,
            image_height=self.image_height,
        )


def _scenario(value: Any) -> Any:
    """A ready-made scenario's name as the scenario."""
    if not isinstance(value, str):
        return value
    found = READY_MADE.get(value)
    if found is None:
        close = difflib.get_close_matches(value, READY_MADE, n=1)
        raise fault(
            f"one of {', '.join(READY_MADE)}, or a scenario with `name`, `prompt_tokens` and "
            "`output_tokens`",
            found=repr(value),
            next_step=f"did you mean {close[0]!r}?" if close else "describe it by its tokens",
        )
    return {"name": value, **found}


class ServingPlan(Specification):
    """Scenarios and modes of one server. Windows and warm-ups are a level of load each."""

    scenarios: Annotated[
        tuple[
            Annotated[
                ScenarioPlan, BeforeValidator(_scenario, json_schema_input_type=ScenarioPlan | str)
            ],
            ...,
        ],
        Field(min_length=1),
    ]
    modes: Annotated[tuple[Literal["single-stream", "multi-stream"], ...], Field(min_length=1)] = (
        "single-stream",
        "multi-stream",
    )
    models: Literal["both", "base", "quantized"] = "both"
    window_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        30, description="Seconds of load that count, a level."
    )
    warmup_s: Annotated[float, Field(ge=0, le=3_600)] = Field(
        5, description="Seconds of load before them that do not."
    )
    concurrency: tuple[Positive, ...] | None = Field(
        None,
        description="Streams of the multi-stream sweep, rising; by default doubling from 2 to 16 "
        "on a CPU, to 256 on a GPU. It ends early where more streams bring no more.",
    )
    endpoint: Literal["chat", "completions"] = Field(
        "chat", description="`completions` for models without a chat template."
    )
    seed: Annotated[Whole, Field(ge=0, le=2**31)] = 42
    prefix_cache_limit: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="A window in which more of the prompt came from the cache has failed."
    )
    usage: Annotated[bool, Field(strict=True)] = Field(
        default=True, description="Run the card's usage snippet once."
    )
    server: ServerPlan = ServerPlan.model_construct()

    @model_validator(mode="after")
    def _consistent(self) -> ServingPlan:
        names = [scenario.name for scenario in self.scenarios]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise fault(
                    "each scenario once",
                    found=f"{name!r} again",
                    next_step="remove one of the two, or give it another name",
                    at=("scenarios", index),
                )
        levels = self.concurrency
        if levels is not None and (not levels or any(b <= a for a, b in pairwise(levels))):
            raise fault(
                "rising numbers of streams",
                found=", ".join(map(str, levels)) or "an empty list",
                at=("concurrency",),
            )
        return self


def levels(plan: ServingPlan, accelerator: Accelerator) -> tuple[int, ...]:
    """The streams of the multi-stream sweep, in rising order."""
    if plan.concurrency is not None:
        return plan.concurrency
    return (2, 4, 8, 16) if accelerator == "cpu" else (2, 4, 8, 16, 32, 64, 128, 256)


def promised(plan: ServingPlan, subject: Subject) -> tuple[ServingMeasurement, ...]:
    """What a run of the plan will hold, each as a skipped measurement without values.

    The levels of a sweep are not promised: it ends where the engine is saturated.
    """
    return tuple(
        ServingMeasurement(
            model=subject.model,
            hardware=Hardware(name=subject.hardware, count=plan.server.accelerators),
            engine=Engine(name=ENGINE),
            scenario=scenario.record(),
            mode=mode,
            outcome="skipped",
            reason=NOT_YET,
        )
        for scenario in plan.scenarios
        for mode in plan.modes
    )
