"""The collector `accuracy`: one model's scores on the plan's tasks.

Runs under cardgen's own Python; vLLM and the harness run in the environments of the roles `serve`
and `evaluate`. One job is one model, with one server for all its tasks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Final

import harness
import results
import tasks
from harness import Call
from results import ResultsError

from cardgen.measuring.program import Session, main
from cardgen.measuring.server import Server, ServerError, run_against, serving
from cardgen.records import AccuracyMeasurement, Tool
from cardgen.spec.plan.accuracy import AccuracyPlan, TaskPlan

ROLE: Final = "evaluate"
UNKNOWN: Final = "Tasks not found:"
"""What lm-eval says of a name that it does not know."""


def measure(session: Session) -> Iterator[AccuracyMeasurement]:
    """Every task of the plan: scored, or failed with the reason."""
    plan = AccuracyPlan.model_validate(session.job.settings)
    session.tool = Tool(name="lm-eval")
    calls = []
    for call in harness.calls(plan):
        missing = _missing(session, call)
        left = []
        for task in call.tasks:
            reason = missing or _slip(session, plan, task)
            if reason is None:
                left.append(task)
            else:
                yield results.failed(session, task, reason)
        if left:
            calls.append(Call(call.harness, tuple(left)))
    while calls:
        answered = False
        try:
            if plan.asks_server:
                session.progress.stage("start the server")
            opened = serving(session, plan.server) if plan.asks_server else nullcontext()
            with opened as server:
                answered = True
                while calls:
                    yield from _call(session, plan, calls[0], server)
                    calls.pop(0)
        except ServerError as problem:
            # The tasks that ended the server have failed; the others get a server of their own.
            gone = [calls.pop(0)] if answered else calls
            for task in (task for call in gone for task in call.tasks):
                yield results.failed(session, task, problem.reason)
            if not answered:
                break


def _missing(session: Session, call: Call) -> str | None:
    """Why the call cannot be made; None where its harness is installed."""
    if call.harness == "lm-eval":
        return None
    argv = [session.python(ROLE), "-c", harness.INSTALLED, harness.MODULES[call.harness]]
    log = f"{call.harness}-installed.log"
    if session.run(ROLE, argv, timeout_s=120, log=log).ok:
        return None
    return harness.missing(call.harness)


def _slip(session: Session, plan: AccuracyPlan, task: TaskPlan) -> str | None:
    """Why lm-eval will not find the task, where that can be told without it."""
    if task.harness != "lm-eval" or plan.include_path is None:
        return None
    return tasks.slip(task.name, session.project, plan.include_path, session.python(ROLE))


def _call(
    session: Session, plan: AccuracyPlan, call: Call, server: Server | None
) -> Iterator[AccuracyMeasurement]:
    """One call of a harness; where it breaks, each of its tasks by itself."""
    try:
        yield from _scores(session, plan, call, server)
    except ResultsError as problem:
        if len(call.tasks) == 1:
            yield results.failed(session, call.first, str(problem))
            return
        session.progress.note(f"{problem}; each task by itself")
        for part in call.parts():
            yield from _call(session, plan, part, server)


def _scores(
    session: Session, plan: AccuracyPlan, call: Call, server: Server | None
) -> list[AccuracyMeasurement]:
    session.progress.stage(f"{call.harness}: {call.names}")
    number = len(session.steps)
    folder = session.scratch / f"{call.harness}-{number}"
    folder.mkdir(exist_ok=True)
    argv = harness.command(session.python(ROLE), call, plan, session.job, server, folder)
    log = f"{call.harness}-{number}.log"
    if server is None or plan.backend != "server":
        finished = session.run(ROLE, argv, timeout_s=plan.timeout_s, log=log)
    else:
        finished = run_against(session, server, ROLE, argv, timeout_s=plan.timeout_s, log=log)
    if not finished.ok:
        refused = results.refusal(finished.log)
        words = session.failure(finished, call.harness)
        if UNKNOWN in words:
            words = f"{words}; {tasks.mend(plan.include_path)}"
        raise ResultsError(f"{refused}; {words}" if refused else words)
    try:
        return list(results.measurements(session, call, folder))
    except ResultsError as problem:
        raise ResultsError(f"{problem}; log: {session.place(finished.log)}") from problem


if __name__ == "__main__":
    main(measure)
