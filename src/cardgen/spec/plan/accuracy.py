"""`measure.accuracy`: the tasks both models are scored on, under one set of settings."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from cardgen.records import AccuracyMeasurement
from cardgen.records.base import PRINTABLE, RelativePath, fault
from cardgen.spec.base import Name, Positive, Specification, Whole
from cardgen.spec.plan.server import ServerPlan
from cardgen.spec.plan.subject import NOT_YET, Subject

Harness = Literal["lm-eval", "lmms-eval", "mistral-evals"]
HARNESSES: Final[tuple[Harness, ...]] = get_args(Harness)
Backend = Literal["server", "hf", "hf-multimodal", "vllm"]
Scalar = bool | int | float | Annotated[str, StringConstraints(max_length=1_000, pattern=PRINTABLE)]

READY_MADE: Final[dict[str, dict[str, Any]]] = {
    "mmmu": {"harness": "mistral-evals", "images": True, "samples": 900, "category": "Vision"},
    "vqav2": {"harness": "mistral-evals", "images": True, "samples": 214_354, "category": "Vision"},
    "docvqa": {"harness": "mistral-evals", "images": True, "samples": 5_349, "category": "Vision"},
    "chartqa": {"harness": "mistral-evals", "images": True, "samples": 2_500, "category": "Vision"},
    "mathvista": {
        "harness": "mistral-evals", "images": True, "samples": 1_000, "category": "Vision"
    },
    "mmlu": {"harness": "lm-eval", "num_fewshot": 5, "category": "Text"},
    "mgsm": {
        "harness": "lm-eval", "name": "mgsm_cot_native", "num_fewshot": 0, "chat_template": True,
        "category": "Text",
    },
}  # fmt: skip
"""The tasks of published vision cards by one word each. `samples` is what mistral-evals, which
writes no number, asks: the validation sets of MMMU, VQAv2 and DocVQA, the test set of ChartQA,
MathVista's testmini."""


class TaskPlan(Specification):
    """One task of a harness. What is left out is the task's own."""

    name: Name = Field(description="The harness's name of the task or group.")
    harness: Harness = "lm-eval"
    num_fewshot: Annotated[Whole, Field(ge=0)] | None = None
    chat_template: Annotated[bool, Field(strict=True)] | None = Field(
        None, description="By default where pictures are asked about."
    )
    images: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Whether its questions hold pictures."
    )
    limit: Positive | None = Field(None, description="At most so many questions: a partial run.")
    generation: dict[Name, Scalar] = Field(
        default_factory=dict, description="Generation settings: temperature, max_gen_toks…"
    )
    metrics: tuple[Name, ...] = Field((), description="Those to keep; by default all.")
    samples: Positive | None = Field(
        None, description="How many questions it asks, for a harness that does not say."
    )
    category: Name | None = None
    language: Name | None = None

    @model_validator(mode="after")
    def _harness_takes_it(self) -> TaskPlan:
        if self.harness == "mistral-evals" and self.samples is None:
            raise fault(
                "`samples`: how many questions the task asks, which mistral-evals does not write",
                found="none",
                next_step="add `samples`",
            )
        if self.harness == "mistral-evals" and (self.num_fewshot or self.limit or self.generation):
            raise fault(
                "nothing but `name`, `samples` and `category` for mistral-evals",
                found="settings that it has no flag for",
                next_step="leave out `num_fewshot`, `limit` and `generation`",
            )
        return self


def _task(value: Any) -> Any:
    """A ready-made task by its name; any other name is one of lm-eval's."""
    return {"name": value, **READY_MADE.get(value, {})} if isinstance(value, str) else value


class AccuracyPlan(Specification):
    """The tasks of one server, the same for both models."""

    tasks: Annotated[
        tuple[
            Annotated[TaskPlan, BeforeValidator(_task, json_schema_input_type=TaskPlan | str)], ...
        ],
        Field(min_length=1),
    ]
    models: Literal["both", "base", "quantized"] = "both"
    backend: Backend = Field("server", description="What answers: a vLLM server, or lm-eval's own.")
    include_path: RelativePath | None = Field(
        None, description="A folder of task definitions of your own, from the project's root."
    )
    concurrency: Positive = Field(8, description="Questions in flight at once.")
    batch_size: Positive = Field(1, description="Of lm-eval's own backends.")
    seed: Annotated[Whole, Field(ge=0, le=2**31)] = 1234
    max_length: Positive | None = Field(None, description="Longest prompt, tokens.")
    timeout_s: Positive = Field(6 * 3600, description="Of one call of a harness.")
    samples: Annotated[bool, Field(strict=True)] = Field(
        default=True, description="Keep each question's score: what a paired interval needs."
    )
    server: ServerPlan = ServerPlan.model_construct()

    @model_validator(mode="after")
    def _each_task_once(self) -> AccuracyPlan:
        seen: set[tuple[object, ...]] = set()
        for index, task in enumerate(self.tasks):
            key = (task.name, task.num_fewshot, task.harness, task.language)
            if key in seen:
                raise fault(
                    "each task once",
                    found=f"{task.name!r} again",
                    next_step="remove one of the two",
                    at=("tasks", index),
                )
            seen.add(key)
        return self

    @property
    def asks_server(self) -> bool:
        """Whether any task needs the vLLM server."""
        return self.backend == "server" or any(t.harness != "lm-eval" for t in self.tasks)


def promised(plan: AccuracyPlan, subject: Subject) -> tuple[AccuracyMeasurement, ...]:
    """What a run of the plan will hold, each as a skipped measurement without values.

    The metric's name is the harness's to say; a failed task is recorded under this one.
    """
    return tuple(
        AccuracyMeasurement(
            model=subject.model,
            task=task.name,
            metric=task.metrics[0] if task.metrics else "score",
            n_shot=task.num_fewshot,
            language=task.language,
            category=task.category,
            scale="points",
            higher_is_better=True,
            outcome="skipped",
            reason=NOT_YET,
        )
        for task in plan.tasks
    )
