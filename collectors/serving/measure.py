"""The collector `serving`: one model on one vLLM server under GuideLLM's load.

Runs under cardgen's own Python; vLLM and GuideLLM run in the environments of the roles `serve` and
`load`. One job is one model and one repeat, with one server for all its scenarios.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import usage
from load import Loads, WindowFailedError

from cardgen.measuring.program import Session, main
from cardgen.measuring.server import Server, ServerError, serving
from cardgen.records import Engine, Hardware, ServingMeasurement, Tool
from cardgen.spec.plan.serving import ENGINE, ScenarioPlan, ServingPlan, levels

GAIN: Final = 1.05
"""A level of load that brings less than this times the best one before has saturated the engine."""

PlanMode = Literal["single-stream", "multi-stream"]


def measure(session: Session) -> Iterator[ServingMeasurement]:
    """Every mode of every scenario: measured, or failed with the reason."""
    plan = ServingPlan.model_validate(session.job.settings)
    session.tool = Tool(name="guidellm")
    loads = Loads(session, plan)
    left = list(plan.scenarios)
    while left:
        answered = False
        open_modes = list(plan.modes)
        try:
            session.progress.stage("start the server")
            with serving(session, plan.server) as server:
                answered = True
                while left:
                    open_modes = list(plan.modes)
                    for found in _scenario(session, loads, server, left[0]):
                        if found.mode in open_modes:
                            open_modes.remove(found.mode)
                        yield found
                    left.pop(0)
        except ServerError as problem:
            # A scenario that ended the server has failed; the others get a server of their own.
            gone = [left.pop(0)] if answered else left
            for index, scenario in enumerate(gone):
                modes = open_modes if index == 0 else list(plan.modes)
                for mode in modes:
                    yield _failed(session, scenario, mode, problem.reason)
            if not answered:
                break
    if loads.version is not None:
        session.tool = Tool(name="guidellm", version=loads.version)
    if plan.usage:
        usage.run(session, plan)


def _scenario(
    session: Session, loads: Loads, server: Server, scenario: ScenarioPlan
) -> Iterator[ServingMeasurement]:
    """One scenario in the plan's modes; a mode without a measurement is a failed one."""
    plan = loads.plan
    best: ServingMeasurement | None = None
    try:
        if scenario.images:
            loads.check_vision()
    except WindowFailedError as problem:
        for mode in plan.modes:
            yield _failed(session, scenario, mode, str(problem), server)
        return
    if "single-stream" in plan.modes:
        session.progress.stage(f"{scenario.name}: single-stream")
        try:
            best = loads.window(server, scenario, 1)
            yield best
        except WindowFailedError as problem:
            yield _failed(session, scenario, "single-stream", str(problem), server)
    if "multi-stream" in plan.modes:
        yield from _sweep(session, loads, server, scenario, best)


def _sweep(
    session: Session,
    loads: Loads,
    server: Server,
    scenario: ScenarioPlan,
    best: ServingMeasurement | None,
) -> Iterator[ServingMeasurement]:
    """More and more streams until they bring no more requests a second; then the best level.

    Each level is a measurement of the mode `concurrent`; the one with the most requests a second
    is the scenario's `multi-stream` one. It counts as saturated where the last level brought less
    than `GAIN` times the best before it.
    """
    steps = levels(loads.plan, session.job.accelerator)
    session.progress.stage(f"{scenario.name}: multi-stream", total=len(steps))
    saturated = False
    reasons = []
    for streams in steps:
        try:
            found = loads.window(server, scenario, streams)
        except WindowFailedError as problem:
            reasons.append(f"{streams} streams: {problem}")
            break
        finally:
            session.progress.advance()
        yield found.model_copy(update={"mode": "concurrent", "load": float(streams)})
        saturated = best is not None and _rate(found) < GAIN * _rate(best)
        if best is None or _rate(found) > _rate(best):
            best = found
        if saturated:
            break
    if best is None:
        yield _failed(session, scenario, "multi-stream", "; ".join(reasons), server)
        return
    for reason in reasons:
        session.note(f"{scenario.name}: the sweep broke off at {reason}")
    if not saturated and not reasons:
        session.note(
            f"{scenario.name}: the sweep ended at {steps[-1]} streams before the engine was "
            "saturated: more streams may bring more."
        )
    yield best.model_copy(update={"mode": "multi-stream", "load": None, "saturated": saturated})


def _rate(found: ServingMeasurement) -> float:
    return found.requests_per_s.value if found.requests_per_s is not None else 0.0


def _failed(
    session: Session,
    scenario: ScenarioPlan,
    mode: PlanMode,
    reason: str,
    server: Server | None = None,
) -> ServingMeasurement:
    job = session.job
    plan = ServingPlan.model_validate(job.settings)
    return ServingMeasurement(
        model=job.model.name,
        revision=job.model.revision,
        hardware=Hardware(name=job.hardware, count=plan.server.accelerators),
        engine=server.engine if server is not None else Engine(name=ENGINE),
        scenario=scenario.record(),
        mode=mode,
        outcome="failed",
        reason=reason[:2_000],
    )


if __name__ == "__main__":
    main(measure)
