"""The commands behind serving windows, rebuilt from what their records hold.

A block a load generator and server, with that generator's own windows only: a command for a
window that nobody measured would claim a run that never was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from cardgen.conditions.serving import cap_of
from cardgen.imports.redaction import REDACTED
from cardgen.records import Engine, Mode, Run, Scenario, ServingMeasurement
from cardgen.store.runs import Stored
from cardgen.tables.model import slug, unique

VLLM: Final = "vllm"
GUIDELLM: Final = "guidellm"
VLLM_BENCH: Final = "vllm-bench"
GENERATORS: Final = frozenset({GUIDELLM, VLLM_BENCH})
"""Load generators that cardgen has a template for, by their tools' names."""
NAMED = re.compile(r"The load generator was ([^,.;]+)")
"""The note by which a transcription names the program behind its windows."""
BURSTINESS = re.compile(r"burstiness ([0-9.]+)")
PLACE: Final = ("--model", "--served-model-name", "--host", "--port")
"""What a server was told of where it is and of what it serves: the block names both itself."""
OPTION = re.compile(r"-(?![.\d])")
"""No negative number."""

Options = tuple[tuple[str, ...], ...]
"""Options of a command line, each with its values."""


class Window(NamedTuple):
    """One window of load, as a template of `commands/` gets it; `result` names its file."""

    scenario: Scenario
    mode: Mode
    load: int | float | None
    arrivals: str | None
    endpoint: str | None
    cap: int | None
    prompts: int | None
    window_s: float | None
    result: str

    @property
    def is_chat(self) -> bool:
        """Whether requests were conversations: they go through the model's chat template."""
        return self.endpoint is not None and "chat" in self.endpoint

    @property
    def burstiness(self) -> str | None:
        """What `--burstiness` takes; None at random, which is the usual."""
        found = BURSTINESS.search(self.arrivals or "")
        return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Load:
    """The windows of one generator against one server.

    `serve` are the options of `vllm serve`; None where the server was no vLLM.
    """

    generator: str
    serve: Options | None
    windows: tuple[Window, ...]

    def context(self, model: str) -> dict[str, Any]:
        """What the generator's template gets."""
        return {"model": model, "serve": self.serve, "windows": self.windows}


def loads(stored: Iterable[Stored], modes: Sequence[Mode]) -> list[Load]:
    """The windows by generator and server, by scenario and mode; a repeat is the same window."""
    groups: dict[tuple[str, Options | None], dict[object, Window]] = {}
    for item in stored:
        measurement = item.measurement
        assert isinstance(measurement, ServingMeasurement)
        generator = generator_of(item.run)
        window = _window(measurement, item.run)
        if window is None or (generator == GUIDELLM and not _is_synthetic(window.scenario)):
            continue
        # GuideLLM ends a window by its time; what ends it by a number of prompts had that number.
        count = None if generator == GUIDELLM else window.prompts
        load = (window.load, window.arrivals, window.cap, window.endpoint)
        key = (window.scenario, window.mode, *load, count)
        windows = groups.setdefault((generator, _serve(measurement.engine)), {})
        windows.setdefault(key, window)
    return [
        Load(generator, serve, _ordered(list(windows.values()), modes))
        for (generator, serve), windows in groups.items()
    ]


def generator_of(run: Run) -> str:
    """The program that made the load: the run's tool, or the one that a transcription names."""
    provenance = run.provenance
    name = provenance.tool.name
    if provenance.origin == "transcribed":
        name = next((m[1].strip() for n in provenance.notes if (m := NAMED.match(n))), name)
    known = "-".join(name.lower().split())
    return known if known in GENERATORS else name


def _window(measurement: ServingMeasurement, run: Run) -> Window | None:
    """The window, where the record says under how much load it was."""
    mode, load, requests = measurement.mode, measurement.level, measurement.requests
    if load is None and mode in ("concurrent", "constant-rate"):
        return None
    whole = int(load) if load is not None and load.is_integer() else load
    prompts = None
    if requests is not None:
        prompts = requests.successful + requests.failed + requests.incomplete
    return Window(
        measurement.scenario,
        mode,
        whole,
        measurement.arrivals,
        measurement.endpoint if (measurement.endpoint or "").startswith("/") else None,
        cap_of(measurement, run),
        prompts or None,
        measurement.window_s,
        "-".join(str(p) for p in (slug(measurement.scenario.name), mode, whole) if p is not None),
    )


def _is_synthetic(scenario: Scenario) -> bool:
    """Whether GuideLLM can make such requests itself: their lengths and pictures are known."""
    lengths = scenario.prompt_tokens is not None and scenario.output_tokens is not None
    sized = scenario.image_width is not None and scenario.image_height is not None
    return lengths and (sized or not scenario.images)


def _serve(engine: Engine) -> Options | None:
    """The options that vLLM was started with, but for its place and secrets; None of others."""
    if engine.name.lower() != VLLM:
        return None
    found: list[list[str]] = []
    for word in engine.arguments:
        if OPTION.match(word):
            found.append([word])
        elif found:  # a value; what comes before all options is the model
            found[-1].append(word)
    return tuple(
        tuple(option)
        for option in found
        if option[0].partition("=")[0] not in PLACE and REDACTED not in "".join(option)
    )


def _ordered(windows: list[Window], modes: Sequence[Mode]) -> tuple[Window, ...]:
    """By scenario as they came, then by mode and load; each with a file of its own."""
    scenarios = list(dict.fromkeys(window.scenario for window in windows))
    places = {scenario: place for place, scenario in enumerate(scenarios)}
    order = {mode: place for place, mode in enumerate(modes)}
    windows.sort(key=lambda w: (places[w.scenario], order.get(w.mode, len(order)), w.load or 0))
    names = unique([window.result for window in windows])
    return tuple(w._replace(result=f"{n}.json") for w, n in zip(windows, names, strict=True))
