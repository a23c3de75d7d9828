"""What a device plan expands to: which settings, in which order, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cardgen.spec.plan import Subject
from cardgen.spec.plan.device import DevicePlan, DeviceSetting, expand, promised

CPU = Subject("org/model", None, "Bench", "cpu")
PICTURES = {"name": "P", "path": "data/p.parquet", "image": "image"}
TEXTS = {"name": "T", "path": "data/t.jsonl"}


def plan(**fields: Any) -> DevicePlan:
    return DevicePlan.model_validate({"datasets": [PICTURES], **fields})


def points(found: tuple[DeviceSetting, ...]) -> list[tuple[Any, ...]]:
    return [(s.dataset.name, *s[3:6], s.optimization.name) for s in found]


SWEPT = {
    "batch_sizes": [4, 8],
    "image_sizes": [112, 224],
    "sequence_lengths": [32, 16],
    "optimizations": ["fp32", "SDPA"],
}


def test_axes_vary_one_list_at_a_time_from_the_first_entries() -> None:
    assert points(expand(plan(**SWEPT), CPU)) == [
        ("P", 4, 112, 32, "fp32"),
        ("P", 8, 112, 32, "fp32"),
        ("P", 4, 224, 32, "fp32"),
        ("P", 4, 112, 16, "fp32"),
        ("P", 4, 112, 32, "SDPA"),
    ]


def test_the_full_grid_combines_everything_once() -> None:
    found = points(expand(plan(**SWEPT, grid="full"), CPU))
    assert len(found) == len(set(found)) == 2**4


def test_texts_have_no_picture_size_and_nothing_is_measured_twice() -> None:
    found = points(expand(plan(datasets=[TEXTS], **SWEPT), CPU))
    assert {point[2] for point in found} == {None}
    assert len(found) == len(set(found)) == 4


def test_settings_of_one_optimization_stand_together_so_each_is_loaded_once() -> None:
    fields = {**SWEPT, "datasets": [PICTURES, TEXTS], "optimizations": ["SDPA", "fp32", "Compile"]}
    names = [s.optimization.name for s in expand(plan(**fields), CPU)]
    assert names == sorted(names, key=["SDPA", "fp32", "Compile"].index)


def test_the_plan_s_dtype_is_that_of_optimizations_that_name_none() -> None:
    found = expand(plan(optimizations=["bf16", "SDPA"], dtype="fp32"), CPU)
    assert [(s.optimization.dtype, s.optimization.attention) for s in found] == [
        ("bf16", "eager"),
        ("fp32", "sdpa"),
    ]


def test_devices_are_named_as_readers_compare_them() -> None:
    assert {(s.device, s.type) for s in expand(plan(), CPU)} == {("Bench", "cpu")}
    both = plan(devices={"GPU": "cuda", "CPU": "cpu"}, batch_sizes=[1, 4])
    assert [(s.device, s.type, s.batch_size) for s in expand(both, CPU)] == [
        ("GPU", "cuda", 1),
        ("GPU", "cuda", 4),
        ("CPU", "cpu", 1),
    ]


def test_every_promise_is_an_identity_of_its_own() -> None:
    found = promised(plan(**SWEPT, datasets=[PICTURES, TEXTS]), CPU)
    assert len({measurement.identity for measurement in found}) == len(found)
    assert {measurement.outcome for measurement in found} == {"skipped"}


def test_known_data_sets_come_from_the_hub_or_from_a_folder() -> None:
    coco, text = plan(datasets=["COCO", {"name": "TextVQA", "path": "data/textvqa"}]).datasets
    assert (coco.hub, coco.metric) == ("lmms-lab/COCO-Caption", "CIDEr")
    assert (text.path, text.answer, text.image) == ("data/textvqa", "answers", "image")


def test_a_plan_survives_the_way_through_a_job() -> None:
    given = plan(**SWEPT, datasets=["ScienceQA", TEXTS])
    assert DevicePlan.model_validate(given.model_dump(mode="json")) == given


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"datasets": []}, "at least 1"),
        ({"datasets": ["TextVqa"]}, "one of the known data sets (COCO, ScienceQA, TextVQA)"),
        ({"datasets": [{"name": "x"}]}, "where the data set is: `path` or `hub`"),
        ({"datasets": [{**TEXTS, "path": "../x"}]}, "inside the project"),
        ({"optimizations": ["Flash"]}, "Flash Attention 2"),
        ({"optimizations": [{"name": "x", "dtype": "int4"}]}, "fp32"),
        ({"batch_sizes": [0]}, "greater than or equal to 1"),
        ({"batch_size": [1]}, "Extra inputs"),
    ],
)
def test_what_makes_no_plan_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        plan(**fields)
    assert said in str(refused.value)
