"""What to say of a fault: what was expected, what was found, and the next step."""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple

from pydantic import BaseModel

from cardgen.records.base import PRINTABLE, SHA256
from cardgen.store.faults import Fault
from cardgen.store.positions import Position

KEYS_LISTED_AT_MOST = 12
FOUND_AT_MOST = 80
UNITS = {"s": "seconds", "j": "joules", "bytes": "bytes", "w": "watts"}
TYPES = {
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
    "finite_number": "a finite number",
    "missing": "this key",
}
LIMITS = {
    "greater_than": ("a number above", "gt"),
    "greater_than_equal": ("a number not below", "ge"),
    "less_than": ("a number below", "lt"),
    "less_than_equal": ("a number not above", "le"),
}


class Words(NamedTuple):
    """What a message says; without a `next_step`, the usual one."""

    expected: str
    found: str | None = None
    next_step: str | None = None


def told(fault: Fault, position: Position | None) -> Words:
    """The words for a fault; `position` is the value's own, where the text could be read."""
    if fault.kind == "fault":
        context = fault.context
        return Words(context["expected"], context.get("found"), context.get("next_step"))
    if fault.kind == "extra_forbidden":
        return _unknown_key(fault)
    if fault.kind == "missing":
        return Words(_expected(fault), "nothing", f"add {fault.path[-1]!r}")
    if fault.kind == "string_too_long":
        return Words(_expected(fault), f"{len(str(fault.input))} characters", "shorten it")
    if fault.kind.endswith("too_short"):
        return Words(_expected(fault), "nothing in it")
    if fault.kind == "value_error" and isinstance(fault.input, dict):
        # A rule over several fields of a mapping: the mapping itself is no news.
        return Words(_expected(fault))
    if fault.on_key and not isinstance(fault.input, str):
        key = str(fault.path[-1])[:FOUND_AT_MOST]
        return Words("a key that is text", f"the key {key}", f'write it in quotes: "{key}"')
    expected = " or ".join(dict.fromkeys(_expected(one) for one in (fault, *fault.others)))
    found = _found(fault, position)
    if fault.kind == "string_type" and position is not None and position.plain and position.text:
        return _unquoted(fault, expected, position.text)
    return Words(expected, found, _next_step(fault))


def _expected(fault: Fault) -> str:
    kind, context = fault.kind, fault.context
    if kind in TYPES:
        return TYPES[kind]
    if kind in LIMITS:
        words, key = LIMITS[kind]
        return f"{words} {context[key]}".removesuffix(".0")
    if kind == "literal_error":
        return str(context["expected"])
    if kind.startswith(("date_", "datetime_")):
        return "a date such as 2025-02-24"
    if kind == "string_pattern_mismatch":
        named = {
            PRINTABLE: "text without control characters",
            SHA256: "a SHA-256: 64 lower-case hexadecimal digits",
        }
        return named.get(context["pattern"], f"text that matches {context['pattern']}")
    if kind == "string_too_long":
        return f"at most {context['max_length']} characters"
    if kind.endswith("too_short"):
        what = "character" if kind.startswith("string") else "item"
        return f"at least {context['min_length']} {what}"
    return fault.message.removeprefix("Value error, ").removeprefix("Input should be ")


def _next_step(fault: Fault) -> str | None:
    kind, value = fault.kind, fault.input
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", fault.context["expected"])
        close = difflib.get_close_matches(str(value), choices, n=1)
        return f"did you mean {close[0]!r}?" if close else None
    if kind == "finite_number" and fault.path[:1] == ("measurements",):
        return "leave it out: what was not measured has the outcome `failed` and a `reason`"
    if kind == "string_pattern_mismatch" and fault.context["pattern"] == PRINTABLE:
        return "remove the control characters"
    if kind in ("tuple_type", "list_type") and isinstance(value, str):
        return f"write a list: [{value[:FOUND_AT_MOST]}]"
    if kind in ("float_type", "int_type") and _is_number(value):
        return f"write it without quotes: {value}"
    return None


def _unquoted(fault: Fault, expected: str, text: str) -> Words:
    """A text that was written without quotes, and so read as something else."""
    if fault.input is None:
        return Words(expected, "nothing", "write a text, or remove the key")
    what = "true or false" if isinstance(fault.input, bool) else "a number"
    shown = text[:FOUND_AT_MOST]
    found = f"{shown} without quotes, which is read as {what}"
    return Words(expected, found, f'write it in quotes: "{shown}"')


def _unknown_key(fault: Fault) -> Words:
    key, close = str(fault.path[-1])[:FOUND_AT_MOST], fault.suggestion
    listed = ", ".join(fault.known[:KEYS_LISTED_AT_MOST])
    if len(fault.known) > KEYS_LISTED_AT_MOST:
        listed += f" and {len(fault.known) - KEYS_LISTED_AT_MOST} more"
    expected = f"one of the keys {listed}" if fault.known else "no such key"
    step = f"remove {key!r}"
    if close is not None:
        stem, _, unit = close.rpartition("_")
        in_unit = f", in {UNITS[unit]}" if unit in UNITS and key.rpartition("_")[0] == stem else ""
        step = f"did you mean {close!r}{in_unit}?"
    return Words(expected, f"unknown key {key!r}", step)


def _found(fault: Fault, position: Position | None) -> str:
    value = fault.input
    if fault.on_key:
        return f"the key {fault.path[-1]!r}"
    if value is None:
        return "nothing"
    if position is not None and position.text is not None:
        shown = position.text[:FOUND_AT_MOST]
        return shown if position.plain else repr(shown)
    if isinstance(value, BaseModel | dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else repr(value)[:FOUND_AT_MOST]


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, str) and float(value) == float(value)
    except ValueError:
        return False
