"""pydantic's complaints turned into cardgen's errors: place, expected, found, next step."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, ValidationError

from cardgen.errors import CardgenError, CombinedError
from cardgen.records.base import PRINTABLE, SHA256
from cardgen.store import positions
from cardgen.store.faults import Fault, faults
from cardgen.store.positions import Position, Step

SHOWN_AT_MOST = 10
KEYS_LISTED_AT_MOST = 12
FOUND_AT_MOST = 80
UNITS = {"s": "seconds", "j": "joules", "bytes": "bytes", "w": "watts"}


class Finder(Protocol):
    """`positions.find` or `positions.find_json`."""

    def __call__(
        self, text: str, path: Sequence[Step], *, key: bool = False
    ) -> Position | None: ...


def translate(
    problem: ValidationError,
    *,
    path: Path | str,
    text: str,
    model: type[BaseModel],
    error: type[CardgenError],
    find: Finder = positions.find,
    reference: str | None = None,
) -> CardgenError:
    """One cardgen error a mistake that pydantic found in `text`, with line, column and next step.

    `reference` says where the reader can look up what a field takes.
    """
    found = faults(problem, model)
    errors = [_error(fault, str(path), text, error, find, reference) for fault in found]
    if len(errors) == 1:
        return errors[0]
    return CombinedError(errors[:SHOWN_AT_MOST], more=max(0, len(errors) - SHOWN_AT_MOST))


def _error(
    fault: Fault,
    path: str,
    text: str,
    error: type[CardgenError],
    find: Finder,
    reference: str | None,
) -> CardgenError:
    if fault.kind == "json_invalid":
        return _broken_json(fault, path, error)
    position = find(text, fault.path, key=fault.on_key)
    where = f"{path}:{position.line}:{position.column}" if position else path
    pointer = positions.pointer(fault.path)
    # A value without quotes shows as it was written; that of a container above it says nothing.
    own = position if position is not None and position.path == fault.path else None
    expected, found, next_step = _told(fault, own)
    if next_step is None:
        next_step = f"mend the value; {reference}" if reference else "mend the value"
    place = f"{where}: {pointer}" if pointer else where
    return error(place, expected=expected, found=found, next_step=next_step)


def _broken_json(fault: Fault, path: str, error: type[CardgenError]) -> CardgenError:
    """What pydantic's own parser refuses although Python's reads it."""
    reason = str(fault.context["error"])
    found = re.fullmatch(r"(.*) at line (\d+) column (\d+)", reason)
    words = found[1] if found else reason
    if "hex escape" in words or "surrogate" in words:
        words = "an escape that is half of a surrogate pair, and no character"
    return error(
        f"{path}:{found[2]}:{found[3]}" if found else path,
        expected="whole, valid JSON",
        found=words,
        next_step="mend the place, or make the file again",
    )


class _Told(NamedTuple):
    """What was expected, what was found, and the next step (None: the usual one)."""

    expected: str
    found: str | None
    next_step: str | None = None


def _told(fault: Fault, position: Position | None) -> _Told:
    found = _found(fault, position)
    special = _SPECIAL.get(fault.kind)
    if special is not None and not fault.others:
        return special(fault, position, found)
    expected = " or ".join(dict.fromkeys(_expected(one) for one in (fault, *fault.others)))
    step = None
    if fault.kind == "string_type" and position is not None and position.plain and position.text:
        if fault.input is None:
            return _Told(expected, "nothing", "write a text in quotes, or remove the key")
        what = "true or false" if isinstance(fault.input, bool) else "a number"
        found = f"{found} without quotes, which is read as {what}"
        step = f'write it in quotes: "{position.text}"'
    elif fault.kind in ("tuple_type", "list_type") and isinstance(fault.input, str):
        step = f"write a list: [{fault.input[:FOUND_AT_MOST]}]"
    elif fault.kind in ("float_type", "int_type") and _is_number(fault.input):
        step = f"write it without quotes: {fault.input}"
    return _Told(expected, found, step)


_TYPES = {
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "invalid_key": "a key that is text",
}
_LIMITS = {
    "greater_than": ("a number above", "gt"),
    "greater_than_equal": ("a number not below", "ge"),
    "less_than": ("a number below", "lt"),
    "less_than_equal": ("a number not above", "le"),
}


def _expected(fault: Fault) -> str:
    if fault.kind in _TYPES:
        return _TYPES[fault.kind]
    if fault.kind in _LIMITS:
        words, key = _LIMITS[fault.kind]
        return f"{words} {fault.context[key]}"
    if fault.kind == "literal_error":
        return str(fault.context["expected"])
    if fault.kind.startswith(("date_", "datetime_")):
        return "a date such as 2025-02-24"
    return fault.message.removeprefix("Value error, ").removeprefix("Input should be ")


def _found(fault: Fault, position: Position | None) -> str | None:
    if fault.on_key:
        return f"the key {fault.path[-1]!r}"
    value = fault.input
    if position is not None and position.text is not None:
        if value is None:
            return "nothing"
        shown = position.text[:FOUND_AT_MOST]
        return shown if position.plain else repr(shown)
    if isinstance(value, BaseModel | dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else repr(value)[:FOUND_AT_MOST]


def _unknown_key(fault: Fault, position: Position | None, found: str | None) -> _Told:
    key, close = str(fault.path[-1])[:FOUND_AT_MOST], fault.suggestion
    listed = ", ".join(fault.known[:KEYS_LISTED_AT_MOST])
    if len(fault.known) > KEYS_LISTED_AT_MOST:
        listed += f" and {len(fault.known) - KEYS_LISTED_AT_MOST} more"
    expected = f"one of the keys {listed}" if fault.known else "no such key"
    step = f"remove {key!r}"
    if close is not None:
        unit = UNITS.get(close.rsplit("_", 1)[-1]) if "_" in close else None
        other_unit = unit and key.rsplit("_", 1)[0] == close.rsplit("_", 1)[0]
        step = f"did you mean {close!r}{f', in {unit}' if other_unit else ''}?"
    return _Told(expected, f"unknown key {key!r}", step)


def _missing(fault: Fault, position: Position | None, found: str | None) -> _Told:
    return _Told("this key", "nothing", f"add {fault.path[-1]!r}")


def _literal(fault: Fault, position: Position | None, found: str | None) -> _Told:
    choices = re.findall(r"'([^']*)'", fault.context["expected"])
    close = difflib.get_close_matches(str(fault.input), choices, n=1)
    return _Told(_expected(fault), found, f"did you mean {close[0]!r}?" if close else None)


def _not_finite(fault: Fault, position: Position | None, found: str | None) -> _Told:
    if fault.path[:1] == ("measurements",):
        step = "leave it out: what was not measured has the outcome `failed` and a `reason`"
        return _Told("a finite number", found, step)
    return _Told("a finite number", found)


def _pattern(fault: Fault, position: Position | None, found: str | None) -> _Told:
    if fault.context["pattern"] == PRINTABLE:
        step = "remove the control characters"
        return _Told("text without control characters", found, step)
    if fault.context["pattern"] == SHA256:
        return _Told("a SHA-256: 64 lower-case hexadecimal digits", found)
    return _Told(f"text that matches {fault.context['pattern']}", found)


def _too_long(fault: Fault, position: Position | None, found: str | None) -> _Told:
    expected = f"at most {fault.context['max_length']} characters"
    return _Told(expected, f"{len(str(fault.input))} characters", "shorten it")


def _too_short(fault: Fault, position: Position | None, found: str | None) -> _Told:
    least = fault.context["min_length"]
    if fault.kind == "string_too_short":
        return _Told("a text that is not empty", "an empty text")
    return _Told(f"at least {least} {'item' if least == 1 else 'items'}", "an empty list")


def _own(fault: Fault, position: Position | None, found: str | None) -> _Told:
    """What a record refuses by `records.base.fault`, which says it all itself."""
    context: dict[str, Any] = fault.context
    return _Told(context["expected"], context.get("found"), context.get("next_step"))


def _rule(fault: Fault, position: Position | None, found: str | None) -> _Told:
    """A rule over several fields of a mapping: the mapping itself is no news."""
    return _Told(_expected(fault), None if isinstance(fault.input, dict) else found)


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, str) and float(value) == float(value)
    except ValueError:
        return False


_SPECIAL: dict[str, Callable[[Fault, Position | None, str | None], _Told]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "literal_error": _literal,
    "finite_number": _not_finite,
    "string_pattern_mismatch": _pattern,
    "string_too_long": _too_long,
    "string_too_short": _too_short,
    "too_short": _too_short,
    "value_error": _rule,
    "fault": _own,
}
