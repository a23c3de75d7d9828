"""Measures settings one after another: `sweep.py PLAN RESULTS`, both files; no cardgen needed.

PLAN is JSON: the model, how to measure, and `settings` with their numbers. Every finished setting
is one JSON line in RESULTS at once, so a killed sweep loses the one that it was at.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import energy
import formula
import torch
from counting import count
from quality import score
from rows import Row, rows
from subject import Batch, Subject, UnavailableError, unavailable


class Sweep:
    """One call: what is shared by its settings, and the file the results go to."""

    def __init__(self, plan: dict[str, Any], results: Path) -> None:
        self.plan = plan
        self.results = results
        self.subject: Subject | None = None
        self._loaded: tuple[str, str] | None = None
        self._rows: dict[str, list[Row]] = {}
        self._counters: dict[str, energy.Counter | str] = {}
        self._periods: dict[str, float] = {}
        self._idle: dict[tuple[str, str], float] = {}

    def say(self, **fields: Any) -> None:
        """One line for whoever reads the results."""
        with self.results.open("a") as file:
            file.write(json.dumps(fields) + "\n")
            file.flush()

    def run(self) -> None:
        """Every setting of the plan, each with its outcome."""
        told: set[str] = set()
        for setting in self.plan["settings"]:
            if setting["type"] not in told:
                told.add(setting["type"])
                self.say(event="device", type=setting["type"], **self.device(setting["type"]))
            self.say(event="began", index=setting["index"])
            try:
                found = {"outcome": "measured", **self.measure(setting)}
            except UnavailableError as problem:
                found = {"outcome": "skipped", "reason": str(problem)}
            except Exception as problem:  # noqa: BLE001 - one setting's failure is a record
                found = {"outcome": "failed", "reason": _reason(problem)}
                print(f"setting {setting['index']}: {found['reason']}", file=sys.stderr)  # noqa: T201
                if _is_memory(problem):
                    self._unload()
            self.say(event="result", index=setting["index"], **found)
        for type_ in told:
            self.say(event="device", type=type_, **self.device(type_))

    def device(self, type_: str) -> dict[str, Any]:
        """The product behind a device's type, and its state as far as it can be read."""
        if type_ != "cuda" or not torch.cuda.is_available():
            return {"model": None, "state": None}
        counter = self.counter("cuda")
        state = counter.state() if isinstance(counter, energy.Nvml) else None
        return {
            "model": torch.cuda.get_device_name(),
            "state": ", ".join(filter(None, (state, f"CUDA {torch.version.cuda} in torch"))),
        }

    def measure(self, setting: dict[str, Any]) -> dict[str, Any]:
        """One setting: warm-up, timed passes in one energy window, quality, operations."""
        reason = unavailable(setting["optimization"], setting["type"])
        if reason is not None:
            raise UnavailableError(reason)
        subject = self._load(setting)
        most = self.plan["max_new_tokens"]
        batches = subject.batches(
            self._of(setting["dataset"]),
            setting["batch_size"],
            setting["image_size"],
            setting["sequence_length"],
        )
        subject.use(timed=True)
        warm = time.perf_counter()
        for batch in {batch.shapes: batch for batch in batches}.values():
            subject.generate(batch, most)
        subject.synchronize()
        warm = time.perf_counter() - warm
        absent: dict[str, str] = {}
        counter, least_s = self._window(setting, absent)
        seconds, made, window = timed(
            subject, batches, most, self.plan["repetitions"], counter, least_s, absent
        )
        samples = [row for batch in batches for row in batch.rows]
        answers = [
            text
            for batch, tokens in zip(batches, made, strict=True)
            for text in subject.answers(batch, tokens)
        ]
        judged = score(setting["dataset"]["metric"], answers, [row.answers for row in samples])
        found: dict[str, Any] = {
            "seconds": seconds,
            "warmup_s": warm,
            "samples": len(samples),
            "answers": answers,
            "quality": judged._asdict(),
            "absent": absent,
        }
        if window is not None:
            found["window"] = {
                "joules": window.joules,
                "seconds": window.seconds,
                "samples": len(seconds) * setting["batch_size"],
                "method": counter.method,
                "period_s": self._periods[setting["type"]],
                "idle_w": self._idle.get(self._loaded or ("", "")),
            }
        else:
            samples_timed = len(seconds) * setting["batch_size"]
            found["window"] = {"seconds": sum(seconds), "samples": samples_timed}
        if self.plan["flops"]:
            found["operations"] = self.operations(subject, batches[0], most)
        return found

    def operations(self, subject: Subject, batch: Batch, most: int) -> dict[str, Any]:
        """The operations of the first batch's generation, counted and by formula."""
        subject.use(timed=False)
        try:
            counted = count(lambda n: subject.generate(batch, n), batch.prompt, most)
        finally:
            subject.use(timed=True)
        lengths = formula.Lengths(
            len(batch.rows), batch.prompt, counted.new, tuple(tuple(g) for g in batch.grids)
        )
        expected = formula.operations(subject.config, lengths)
        return {
            **counted._asdict(),
            "formula": None if expected is None else expected._asdict(),
            "kv_cache": bool(subject.model.generation_config.use_cache),
        }

    # What settings share.

    def _load(self, setting: dict[str, Any]) -> Subject:
        wanted = (setting["device"], json.dumps(setting["optimization"], sort_keys=True))
        if self.subject is None or self._loaded != wanted:
            self._unload()
            self.subject = Subject(
                self.plan["model"],
                self.plan["revision"],
                setting["optimization"],
                setting["type"],
                trust_remote_code=self.plan["trust_remote_code"],
            )
            self._loaded = wanted
        return self.subject

    def _unload(self) -> None:
        self.subject = self._loaded = None
        torch._dynamo.reset()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _of(self, dataset: dict[str, Any]) -> list[Row]:
        key = json.dumps(dataset, sort_keys=True)
        if key not in self._rows:
            self._rows[key] = rows(dataset, self.plan["samples"])
        return self._rows[key]

    def counter(self, type_: str) -> energy.Counter | str:
        """The device's energy counter; or why there is none."""
        if type_ not in self._counters:
            try:
                found: energy.Counter | str = (
                    energy.Nvml(f"GPU-{torch.cuda.get_device_properties(0).uuid}")
                    if type_ == "cuda"
                    else energy.Rapl()
                )
                self._periods[type_] = energy.period_s(found)
            except energy.NoCounterError as problem:
                found = str(problem)
            self._counters[type_] = found
        return self._counters[type_]

    def _window(
        self, setting: dict[str, Any], absent: dict[str, str]
    ) -> tuple[energy.Counter | None, float]:
        """The counter and how long it must be watched; without one, `absent` says why."""
        if not self.plan["energy"]:
            absent["energy"] = "not asked for"
            return None, 0.0
        type_ = setting["type"]
        counter = self.counter(type_)
        if isinstance(counter, str):
            absent["energy"] = counter
            return None, 0.0
        least = energy.PERIODS * self._periods[type_]
        try:
            if self._loaded is not None and self._loaded not in self._idle:
                self._idle[self._loaded] = energy.idle_w(counter, least)
        except energy.NoCounterError as problem:
            absent["energy"] = str(problem)
            return None, 0.0
        return counter, least


def timed(
    subject: Subject,
    batches: list[Batch],
    most: int,
    repetitions: int,
    counter: energy.Counter | None,
    least_s: float,
    absent: dict[str, str],
) -> tuple[list[float], list[torch.Tensor], energy.Window | None]:
    """Whole passes over the batches: seconds of every batch, the first pass's answers, joules.

    Passes go on until there are enough of them and the energy window is long enough. The clock is
    read with the device idle, before and after each batch.
    """
    seconds: list[float] = []
    made: list[torch.Tensor] = []
    subject.synchronize()
    meter = energy.Meter(counter) if counter is not None else None
    began = time.perf_counter()
    for number in itertools.count(1):
        for batch in batches:
            start = time.perf_counter()
            tokens = subject.generate(batch, most)
            subject.synchronize()
            seconds.append(time.perf_counter() - start)
            if number == 1:
                made.append(tokens)
            if meter is not None:
                meter.tick()
        if number >= repetitions and time.perf_counter() - began >= least_s:
            break
    window = None
    if meter is not None:
        try:
            window = meter.window()
        except energy.NoCounterError as problem:
            absent["energy"] = str(problem)
    return seconds, made, window


def _is_memory(problem: BaseException) -> bool:
    words = str(problem).casefold()
    return isinstance(problem, MemoryError | torch.OutOfMemoryError) or "allocate memory" in words


def _reason(problem: BaseException) -> str:
    text = " ".join(str(problem).split())[:600] or type(problem).__name__
    return f"out of memory: {text}" if _is_memory(problem) else f"{type(problem).__name__}: {text}"


def main() -> None:
    """Read the plan, measure it, end with 0 whatever became of single settings."""
    plan, results = Path(sys.argv[1]), Path(sys.argv[2])
    content = json.loads(plan.read_text())
    torch.manual_seed(content["seed"])
    if content["threads"]:
        torch.set_num_threads(content["threads"])
    Sweep(content, results).run()


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
