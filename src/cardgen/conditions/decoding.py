"""How answers were decoded, as conditions: one a setting, in one spelling, as it takes effect.

A task's own settings under what a call overrides are all that there are: what is not among them
is at its default. Overrides alone say nothing of the rest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from cardgen.conditions.condition import NOTHING, SEPARATOR, Pair

SPELLINGS: Mapping[str, str] = {
    "max_new_tokens": "max_gen_toks",
    "max_tokens": "max_gen_toks",
    "max_length_generation": "max_gen_toks",
    "stop": "until",
}
NAMES: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "max_gen_toks": "new tokens at most",
    "until": "stop sequences",
    "repetition_penalty": "repetition_penalty",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "num_beams": "num_beams",
    "n": "answers per prompt",
}
"""lm-eval's name of a setting -> the condition's."""
SAMPLING = frozenset({"temperature", "top_p", "top_k", "min_p"})
GENERATION = frozenset(NAMES) | frozenset(SPELLINGS) | {"do_sample"}
"""Settings of the decoding, wherever they stand."""
SEEDS = frozenset({"seed"})
"""What repeats differ in."""


def resolved(settings: Mapping[str, Any]) -> Iterator[Pair]:
    """All settings of a decoding; what they do not hold is at its default."""
    found = _effective(settings)
    if not found:
        return
    for name, label in NAMES.items():
        if name in found:
            yield label, text(found[name])
        elif not (name in SAMPLING and "temperature" in found and is_zero(found["temperature"])):
            yield label, NOTHING
    rest = {name: value for name, value in found.items() if name not in NAMES}
    yield "generation settings", whole(rest)


def given(settings: Mapping[str, Any]) -> Iterator[Pair]:
    """Overrides alone: the rest is the task's, which nobody recorded."""
    found = _effective(settings, alone=True)
    for name, label in NAMES.items():
        if name in found:
            yield label, text(found[name])
    rest = {name: value for name, value in found.items() if name not in NAMES}
    if rest:
        yield "generation settings", whole(rest)
    if not found:
        yield "generation settings given", NOTHING


def _effective(settings: Mapping[str, Any], *, alone: bool = False) -> dict[str, Any]:
    """The settings in one spelling; in greedy decoding those of sampling say nothing.

    Without a temperature and without `do_sample`, a whole decoding is greedy; overrides alone
    leave that to the task.
    """
    found = {
        SPELLINGS.get(name, name): _plain(value)
        for name, value in settings.items()
        if value is not None and name not in SEEDS
    }
    if "until" in found:
        found["until"] = _sequences(found["until"])
    sample = found.pop("do_sample", None)
    temperature = found.get("temperature")
    if temperature is None:
        greedy = bool(settings) and (is_off(sample) or (sample is None and not alone))
    else:
        greedy = is_zero(temperature) or is_off(sample)
    if greedy:
        found = {name: value for name, value in found.items() if name not in SAMPLING}
        found["temperature"] = 0
    return found


def _plain(value: object) -> object:
    """A number in one spelling."""
    if isinstance(value, str):
        try:
            read = float(value)
        except ValueError:
            return value
        value = read if math.isfinite(read) else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _sequences(value: object) -> object:
    """One stop sequence as the list of it, and a list that was written as JSON."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    return value if isinstance(value, list) else [value]


def is_zero(temperature: object) -> bool:
    """Whether a temperature is 0."""
    try:
        return float(str(temperature)) == 0
    except ValueError:
        return False


def is_on(value: object) -> bool:
    """Whether a setting is switched on."""
    return str(value).casefold() in ("true", "1", "yes", "on")


def is_off(value: object) -> bool:
    """Whether a setting is switched off."""
    return str(value).casefold() in ("false", "0", "no", "off")


THINKING = frozenset(
    {"enable_thinking", "thinking", "think", "reasoning_effort", "think_end_token",
     "thinking_budget"}
)  # fmt: skip
TEMPLATE_ARGUMENTS = frozenset({"chat_template_args", "chat_template_kwargs"})
"""Settings that hold others: what the chat template is given."""


def thinking(settings: Mapping[str, Any]) -> Iterator[Pair]:
    """Whether the model was told to think, and the other arguments of its chat template."""
    found = dict(settings)
    rest: dict[str, Any] = {}
    for name in TEMPLATE_ARGUMENTS:
        nested = as_object(found.get(name))
        found |= {key: value for key, value in nested.items() if key in THINKING}
        rest |= {key: value for key, value in nested.items() if key not in THINKING}
    for name in sorted(THINKING.intersection(found)):
        value = found[name]
        if value is not None:
            label = "thinking" if name in ("enable_thinking", "thinking", "think") else name
            yield label, "on" if is_on(value) else "off" if is_off(value) else text(value)
    if rest:
        yield "chat template arguments", whole(rest)


def as_object(value: object) -> dict[str, Any]:
    """A mapping, or the one that a JSON text holds; else an empty one."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            return {}
        return parsed if isinstance(parsed, dict) else {}
    return {}


def unfolded(value: object) -> dict[str, Any]:
    """`a=1,b=2` or a JSON object by name; a comma inside a value stays in it."""
    written = str(value)
    if isinstance(value, Mapping) or written.lstrip().startswith("{"):
        return as_object(value)
    found: dict[str, Any] = {}
    name = ""
    for part in written.split(","):
        before, equals, after = part.partition("=")
        if equals and before.strip().isidentifier():
            name = before.strip()
            found[name] = after
        elif name:
            found[name] += f",{part}"
    return found


def whole(settings: Mapping[str, Any]) -> str:
    """Several settings as one value, sorted by name."""
    parts = (
        name if is_on(value) else f"{name} {text(value)}"
        for name, value in sorted(settings.items())
    )
    return SEPARATOR.join(parts) or NOTHING


def number(value: object) -> str:
    """A number as people write it; null is `none`."""
    if value is None:
        return "none"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def text(value: object) -> str:
    """A value in words; what is not there is not stated."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return number(value)
