"""The section `measure` as a whole, and the named plans that override parts of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from cardgen.records.base import RelativePath, fault
from cardgen.spec.base import Name, Positive, Specification
from cardgen.spec.plan.accuracy import AccuracyPlan
from cardgen.spec.plan.device import DevicePlan
from cardgen.spec.plan.quantization import QuantizationPlan
from cardgen.spec.plan.serving import ServingPlan
from cardgen.spec.plan.subject import Accelerator

PLANS = "plans"


class Measure(Specification):
    """What is measured of the card's model and its base model, and where."""

    accelerator: Accelerator | None = Field(
        None, description="By default cuda where an NVIDIA driver answers, else cpu."
    )
    hardware: Name | None = Field(None, description="The name that readers compare.")
    repeats: Annotated[int, Field(strict=True, ge=1, le=99)] = Field(
        3, description="Independent runs of serving and device jobs."
    )
    timeout_s: Positive = Field(21_600, description="How long one job may take.")
    models: dict[Name, RelativePath] = Field(
        default_factory=dict, description="Model name -> its checkpoint's folder in the project."
    )
    trust_remote_code: Annotated[bool, Field(strict=True)] = False
    quantization: QuantizationPlan | None = None
    accuracy: AccuracyPlan | None = None
    serving: ServingPlan | None = None
    device: DevicePlan | None = None
    plans: dict[Name, dict[str, Any]] = Field(
        default_factory=dict, description="Named partial overrides of this section."
    )
    _raw: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _plans_fit(cls, data: object, handler: ModelWrapValidatorHandler[Measure]) -> Measure:
        """Each named plan must make a whole section: its mistakes are told where they stand."""
        section = handler(data)
        if not isinstance(data, Mapping):
            return section
        section._raw = data
        mistakes: list[InitErrorDetails] = []
        for name, override in section.plans.items():
            try:
                cls.model_validate(_overridden(data, override))
            except ValidationError as problem:
                mistakes += _told(problem, name, override)
        if mistakes:
            raise ValidationError.from_exception_data("measure", mistakes)
        return section

    def plan(self, name: str) -> Measure:
        """The section with the named plan's overrides; KeyError where there is none so called."""
        return type(self).model_validate(_overridden(self._raw, self.plans[name]))


def _overridden(section: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    return _merged({key: value for key, value in section.items() if key != PLANS}, override)


def _merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings are merged key by key; all else, lists included, takes the place of what was."""
    merged = dict(base)
    for key, value in override.items():
        before = merged.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(before, value) if both else value  # type: ignore[arg-type]
    return merged


def _told(
    problem: ValidationError, name: str, override: Mapping[str, Any]
) -> list[InitErrorDetails]:
    """The mistakes of a section with its overrides, as mistakes of the named plan."""
    from cardgen.store.faults import faults
    from cardgen.store.wording import told

    found: list[InitErrorDetails] = []
    for mistake in faults(problem, Measure):
        words = told(mistake, None)
        found.append(
            InitErrorDetails(
                type=fault(words.expected, found=words.found, next_step=words.next_step),
                loc=(PLANS, name, *mistake.path),
                input=override,
            )
        )
    return found
