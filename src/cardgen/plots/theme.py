"""Matplotlib's SVG made ours: small, accessible, escaped, and at home on light and dark pages.

Owns the SVG as written. Drawing is done: nothing here moves or measures anything.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from cardgen.plots import palette
from cardgen.plots.canvas import WIDTH, Written

FONTS = "DejaVu Sans, Verdana, Arial, sans-serif"

_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_LINK = "{http://www.w3.org/1999/xlink}href"
_GEOMETRY = frozenset({"d", "x", "y", "width", "height", "transform", "stroke-dasharray"})
# Said once on the root, or the default, or (the family) a machine's path to a font.
_SPARED = frozenset({"font-family", "stroke-dashoffset", "stroke-linejoin", "stroke-linecap"})
_DEFAULTS = {("transform", ""), ("text-anchor", "start"), ("stroke-width", "1")}


def dress(
    drawn: str, *, name: str, title: str, alt: str, height: int, written: Mapping[str, Written]
) -> bytes:
    """The finished file. The texts are cleaned already; `name` is unique to the plot.

    Colours stand as attributes, right for the light theme in any viewer; one style block scoped
    to this plot replaces them where the reader prefers dark.
    """
    # The input is matplotlib's own output, in which every text from data is cleaned and escaped.
    root = ET.fromstring(drawn)  # noqa: S314
    definitions: list[str] = []
    shapes: list[str] = []
    ids: dict[str, str] = {}
    for element, text in _leaves(root, written, None):
        parent = definitions if element.tag.endswith(("}pattern", "}defined")) else shapes
        parent.append(_write(element, text, ids, name))
    label = "" if not title else f"{name}-title "
    open_tag = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' id="{name}" role="img" aria-labelledby="{label}{name}-desc"'
        f' width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
        f' font-family="{FONTS}" stroke-linejoin="round">'
    )
    body = [
        *(["<defs>", *definitions, "</defs>"] if definitions else []),
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"'
        f' fill="{palette.PANEL.light}" stroke="{palette.BORDER.light}"/>',
        *shapes,
    ]
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        open_tag,
        *([f'<title id="{name}-title">{escape(title)}</title>'] if title else []),
        f'<desc id="{name}-desc">{escape(alt)}</desc>',
        f"<style>{_dark(name, ''.join(body))}</style>",
        *body,
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _dark(name: str, drawn: str) -> str:
    """The dark theme: for each colour that the drawing has, the one to show in its place."""
    rules = "".join(
        f"#{name} [{old}]{{{what}:{colour.dark}}}"
        for what in ("fill", "stroke")
        for colour in palette.ALL
        if (old := f'{what}="{colour.light}"') in drawn
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"


def _leaves(
    element: ET.Element, written: Mapping[str, Written], group: str | None
) -> Iterator[tuple[ET.Element, Written | None]]:
    """Every element that draws, definitions marked; matplotlib's groups say nothing and go."""
    for child in element:
        tag = _tag(child)
        if tag == "g":
            yield from _leaves(child, written, child.get("id") or group)
        elif tag == "defs":
            for defined in child:
                if _tag(defined) == "path":
                    defined.tag = defined.tag.replace("}path", "}defined")
                if _tag(defined) in {"defined", "pattern"}:
                    yield defined, None
        elif tag == "text":
            yield child, written[group or ""]
        elif tag in {"path", "use"} and child.get("id") is None:
            yield child, None


def _write(element: ET.Element, text: Written | None, ids: dict[str, str], name: str) -> str:
    tag = _tag(element).replace("defined", "path")
    attributes = "".join(
        f" {key}={quoteattr(value)}" for key, value in _attributes(element, ids, name)
    )
    inside = "".join(_write(child, None, ids, name) for child in element)
    if text is not None:
        inside = escape(text.text)
        if text.full is not None:
            inside += f"<title>{escape(text.full)}</title>"
    return f"<{tag}{attributes}>{inside}</{tag}>" if inside else f"<{tag}{attributes}/>"


def _attributes(element: ET.Element, ids: dict[str, str], name: str) -> Iterator[tuple[str, str]]:
    found = {key: value for key, value in element.attrib.items() if key != "style"}
    for part in filter(None, element.get("style", "").split(";")):
        key, _, value = part.partition(":")
        found[key.strip()] = value.strip()
    if _tag(element) == "defined":
        # A marker takes its colours from where it is used: rules do not reach into its copies.
        found = {key: value for key, value in found.items() if key not in {"fill", "stroke"}}
    elif _tag(element) == "text":
        found.setdefault("fill", "#000000")
        found["font-size"] = found.pop("font-size").removesuffix("px")
        if found.get("transform", "").startswith("rotate(-0"):
            del found["transform"]
    for key, value in found.items():
        if key == "id":
            yield "id", _short_id(value, ids, name)
        elif key == _LINK:
            yield "xlink:href", "#" + _short_id(value.removeprefix("#"), ids, name)
        elif key == "fill" and value.startswith("url(#"):
            yield "fill", f"url(#{_short_id(value[5:-1], ids, name)})"
        elif key in _GEOMETRY:
            rounded = _NUMBER.sub(_round, " ".join(value.split()))
            if (key, rounded) not in _DEFAULTS:
                yield key, rounded
        elif key not in _SPARED and (key, value) not in _DEFAULTS:
            yield key, value


def _short_id(old: str, ids: dict[str, str], name: str) -> str:
    return ids.setdefault(old, f"{name}-{len(ids)}")


def _round(match: re.Match[str]) -> str:
    text = f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
