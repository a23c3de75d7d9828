"""card.yaml's section `measure`: what `cardgen collect` is to measure.

One module a kind, each with its plan's model and `promised`: what a plan will have measured.
"""

from cardgen.spec.plan.accuracy import AccuracyPlan
from cardgen.spec.plan.device import DevicePlan
from cardgen.spec.plan.measure import Measure
from cardgen.spec.plan.quantization import QuantizationPlan
from cardgen.spec.plan.serving import ServingPlan
from cardgen.spec.plan.subject import Subject

__all__ = [
    "AccuracyPlan",
    "DevicePlan",
    "Measure",
    "QuantizationPlan",
    "ServingPlan",
    "Subject",
]
