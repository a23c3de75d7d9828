"""GuideLLM against a server: its command line, its time-outs, its result file as measurements.

Part of `measure.py`. One call is one window of load: one scenario under one number of streams.
GuideLLM repeats its prompts and its pictures where one call runs several windows, and the prefix
cache would answer: so each window is a call of its own with a seed of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cardgen import imports
from cardgen.errors import CardgenError
from cardgen.imports import ImportOptions
from cardgen.imports.node import plain
from cardgen.imports.redaction import redacted
from cardgen.measuring.program import Session
from cardgen.measuring.server import Server, run_against
from cardgen.records import Run, ServingMeasurement
from cardgen.spec.plan.serving import ENGINE, ScenarioPlan, ServingPlan

ROLE: Final = "load"
STARTUP_S: Final = 300.0
"""What GuideLLM may need beside its window: imports, the tokenizer, making prompts, the file."""
STARTED: Final = "Starting benchmark for strategy"
ENDING_S: Final = 60.0
"""What GuideLLM may need from there on beside one and a half windows. Now and then it never ends:
its scheduler waits for a worker that has gone."""
ATTEMPTS: Final = 3
AGAIN: Final = 300_000
"""How far the seed of an attempt is from the one before: below that of the next repeat."""
KEPT_REQUESTS: Final = 3
"""Requests that GuideLLM's file keeps whole: pictures would make it megabytes."""
ENDPOINTS: Final = {"chat": "/v1/chat/completions", "completions": "/v1/completions"}
HITS_SAID: Final = 0.05
"""From this share of the prompt on a note says that the prefix cache answered."""
VISION: Final = "import importlib.util as u, sys; sys.exit(u.find_spec('PIL') is None)"


class WindowFailedError(Exception):
    """A window of load that gave no measurement: why, in one line."""


@dataclass(slots=True)
class Loads:
    """The windows of one job, numbered: no two share a seed."""

    session: Session
    plan: ServingPlan
    windows: int = 0
    version: str | None = None

    def window(self, server: Server, scenario: ScenarioPlan, streams: int) -> ServingMeasurement:
        """One window of load, measured. Raises WindowFailedError, or ServerError where the server
        went."""
        self.windows += 1
        job = self.session.job
        stem = f"guidellm-{scenario.name}-{streams}"
        path = self.session.scratch / f"{stem}-{self.windows}.json"
        place = self.plan.scenarios.index(scenario)
        # Base and quantized model get the same prompts; no window gets those of another.
        seed = self.plan.seed + 1_000_000 * job.repeat + 10_000 * place + streams
        for attempt in range(1, ATTEMPTS + 1):
            argv = command(
                self.session.python(ROLE),
                server,
                scenario,
                self.plan,
                streams=streams,
                seed=seed,
                tokenizer=job.model.location,
                output=path,
            )
            before = server.counters()
            finished = run_against(
                self.session,
                server,
                ROLE,
                argv,
                timeout_s=timeout_s(self.plan),
                log=f"{stem}-{self.windows}{'' if attempt == 1 else f'-{attempt}'}.log",
                env={"HF_HUB_OFFLINE": "1"} if job.model.path is not None else None,
                once=(STARTED, 1.5 * (self.plan.window_s + self.plan.warmup_s) + ENDING_S),
            )
            if not finished.timed_out or attempt == ATTEMPTS:
                break
            # Its prompts may be in the cache now: the next attempt has others.
            self.session.note("GuideLLM hung at a window's end and was run again.")
            seed += AGAIN
        if not finished.ok or not path.is_file():
            raise WindowFailedError(self.session.failure(finished, "GuideLLM"))
        run = self._read(path, scenario)
        found = run.measurements[0]
        assert isinstance(found, ServingMeasurement)
        self.version = run.provenance.tool.version
        for note in run.provenance.notes:
            # The numbers of a warning differ from window to window; its kind is what counts.
            self.session.note(f"{note.partition(' was ')[0].rstrip('.')}.")
        if found.outcome == "failed":
            log = self.session.place(finished.log)
            said = first_error(path)
            why = f"{found.reason}: {said}" if said else found.reason
            raise WindowFailedError(f"{why}; log: {log}")
        counted = server.counters()
        hits = counted.hit_rate(before)
        if hits is not None and hits > self.plan.prefix_cache_limit:
            raise WindowFailedError(
                f"{hits:.0%} of the prompts' tokens came from the prefix cache, more than the "
                f"{self.plan.prefix_cache_limit:.0%} of `prefix_cache_limit`"
            )
        if hits is not None and hits >= HITS_SAID:
            self.session.note(f"{scenario.name}: the prefix cache answered part of the prompts.")
        if counted.preempted(before) > 0:
            self.session.note(f"{scenario.name}: vLLM put requests back for want of cache memory.")
        return found.model_copy(
            update={
                "engine": server.engine,
                "scenario": scenario.record(),
                "prefix_cache_hit_rate": None if hits is None else round(hits, 6),
                "warmup_s": self.plan.warmup_s,
            }
        )

    def check_vision(self) -> None:
        """Raise WindowFailedError where GuideLLM cannot make pictures: it would hang, not fail."""
        argv = [self.session.python(ROLE), "-c", VISION]
        if not self.session.run(ROLE, argv, timeout_s=60, log="guidellm-vision.log").ok:
            raise WindowFailedError(
                "GuideLLM lacks its extra `vision`, without which it makes no pictures and hangs"
            )

    def _read(self, path: Path, scenario: ScenarioPlan) -> Run:
        job = self.session.job
        options = ImportOptions(
            model=job.model.name,
            revision=job.model.revision,
            hardware=job.hardware,
            hardware_count=self.plan.server.accelerators,
            engine=ENGINE,
            scenario=scenario.name,
            project_root=self.session.project,
        )
        try:
            run = imports.read("guidellm", path, options)
        except CardgenError as problem:
            said = " ".join(str(problem).split())[:500]
            raise WindowFailedError(f"GuideLLM's file cannot be used: {said}") from problem
        return run


def command(
    python: str,
    server: Server,
    scenario: ScenarioPlan,
    plan: ServingPlan,
    *,
    streams: int,
    seed: int,
    tokenizer: str,
    output: Path,
) -> list[str]:
    """GuideLLM's command line for one window; `synchronous` is its word for one stream."""
    profile = "kind=synchronous" if streams == 1 else f"kind=concurrent,streams={streams}"
    if plan.warmup_s:
        profile += f",warmup.value={plan.warmup_s:g},warmup.mode=duration"
    backend = f"kind=openai_http,target={server.url},model={server.model}"
    found = [
        python, "-m", "guidellm", "run",
        "--backend", f"{backend},request_format={ENDPOINTS[plan.endpoint]}",
        "--profile", profile,
        "--constraint", f"kind=max_duration,seconds={plan.window_s + plan.warmup_s:g}",
        "--tokenizer", f"kind=hf_auto,model={tokenizer}",
    ]  # fmt: skip
    tokens = f"output_tokens={scenario.output_tokens}"
    if scenario.prompt_tokens:
        found += [
            "--data", f"kind=synthetic_text,prompt_tokens={scenario.prompt_tokens},{tokens}",
        ]  # fmt: skip
    if scenario.images:
        size = f"width={scenario.image_width},height={scenario.image_height}"
        picture = f"kind=synthetic_image,{size},seed={seed}"
        if scenario.images > 1:
            picture += f",images_per_request={scenario.images}"
        found += ["--data", picture if scenario.prompt_tokens else f"{picture},{tokens}"]
    return [
        *found,
        "--seed", f"kind=static,value={seed}",
        "--metrics", f"kind=generative,sample_size={KEPT_REQUESTS}",
        "--output", f"kind=json,path={output}",
        "--disable-console",
    ]  # fmt: skip


def first_error(path: Path) -> str | None:
    """What the server said to the first request that failed, as far as GuideLLM kept it."""
    content = json.loads(path.read_text(encoding="utf-8"))
    stack: list[object] = [content["benchmarks"][0].get("requests")]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            said = item.get("error")
            if isinstance(said, str) and said:
                return redacted(" ".join(plain(said).split()))[:300]
            stack += item.values()
        elif isinstance(item, list):
            stack += item
    return None


def timeout_s(plan: ServingPlan) -> float:
    """How long one window may take before GuideLLM counts as hanging."""
    return 1.5 * (plan.window_s + plan.warmup_s) + STARTUP_S
