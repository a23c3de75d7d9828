"""Tables of latency, throughput and queries per dollar: a model on its hardware a row."""

from __future__ import annotations

import re
from typing import NamedTuple

from cardgen.publish.transcription.gathered import Gathered, Unread, key, lines, text
from cardgen.publish.transcription.printed import Data, is_nothing, reading
from cardgen.published import Cell, Document, Table
from cardgen.records import ServingMeasurement

LATENCY = re.compile(r"latency|задержка", re.I)
RATE = re.compile(r"throughput|qps|пропускн|запросов в секунду|requests", re.I)
PER_DOLLAR = re.compile(r"per dollar|qpd|доллар", re.I)
QUANTITIES = {"per_dollar": PER_DOLLAR, "latency": LATENCY, "rate": RATE}
HARDWARE = re.compile(r"hardware|оборудован|ускорител|gpu", re.I)
MODEL = re.compile(r"^(?:model|модель)\b", re.I)
SINGLE = re.compile(r"single|\bsynchronous|один поток|одного потока", re.I)
MULTI = re.compile(r"multi|async|много поток|множеств", re.I)
COUNT = re.compile(r"(?:(?P<before>\d+)\s*[x×]\s*)?(?P<name>.*?)(?:\s*[x×]\s*(?P<after>\d+))?")
SIZE = re.compile(r"(\d+)\s*W?\s*[x×]\s*(\d+)\s*H?\b", re.I)
TOKENS = re.compile(
    r"(?<![\d.])(\d+)\s*/\s*(\d+)(?![\d.])|prefill:?\s*(\d+).{1,12}decode:?\s*(\d+)", re.I
)
VERSION = re.compile(r"vLLM version\s+v?(\d[\w.+-]*\w)", re.I)


class Price(NamedTuple):
    """A price of one GPU for one hour that queries per dollar may rest on."""

    usd_per_gpu_hour: float
    source: str
    date: str


LISTED = "on-demand price list that published cards name (lambdalabs.com)"
PRICES = {
    "A6000": Price(0.80, LISTED, "2025-02-18"),
    "A100": Price(1.79, LISTED, "2025-02-18"),
    "H100": Price(3.29, LISTED, "2025-02-18"),
}
FIT = 0.75
"""Share of the cells of a table that must fit a price for it to be taken."""


class _Column(NamedTuple):
    kind: str
    scenario: str
    place: int


def read(document: Document, table: Table, gathered: Gathered, prices: dict[str, Price]) -> bool:
    """Take the table's windows; False where it is no such table."""
    heads = [table.heading(column) for column in range(table.width)]
    hardware = next((c for c, h in enumerate(heads) if h and HARDWARE.search(h[-1])), None)
    model = next((c for c, h in enumerate(heads) if h and MODEL.search(h[-1])), None)
    columns = [c for i, head in enumerate(heads) if len(head) > 1 for c in _kinds(head, i)]
    if hardware is None or model is None or not columns:
        return False
    place = " ".join(document.path(table.section)[-1:])
    mode = "single-stream" if SINGLE.search(place) else "multi-stream"
    if not (SINGLE.search(place) or MULTI.search(place)):
        mode = "single-stream" if columns[0].kind == "latency" else "multi-stream"
    version = next((m[1] for t in (place, *document.lines) if (m := VERSION.search(t))), None)
    scenarios = {c.scenario: _scenario(table, c.place) for c in columns}
    fitting = _fitting(table, columns, hardware, mode, prices)
    section: Data = gathered.specification.setdefault(
        "serving", {"modes": [], "hardware": [], "models": [], "scenarios": []}
    )
    _once(section["modes"], mode)
    for found in scenarios.values():
        _once(section["scenarios"], {"name": found["name"], "title": found.pop("title")})
    for row in table.body:
        name = text(row[model])
        if not name or not text(row[hardware]):
            continue
        kind, count = _hardware(text(row[hardware]))
        known = gathered.model_of(name) or name
        _once(section["models"], known)
        _once(section["hardware"], kind)
        for scenario in scenarios:
            data = {
                "kind": "serving",
                "model": known,
                "hardware": {"name": kind, "count": count},
                "engine": {"name": "vLLM", **({"version": version} if version else {})},
                "scenario": scenarios[scenario],
                "mode": mode,
            }
            own = [column for column in columns if column.scenario == scenario]
            _window(row, own, data, fitting.get(kind), gathered)
    return True


def _kinds(head: tuple[str, ...], index: int) -> list[_Column]:
    """What a column under two headings holds: the one says the quantity, the other what of."""
    for words, others in ((head[-1], head[:-1]), (head[0], head[1:])):
        for kind, pattern in QUANTITIES.items():
            if pattern.search(words):
                return [_Column(kind, " ".join(others), index)]
    return []


def _window(
    row: tuple[Cell | None, ...],
    columns: list[_Column],
    data: Data,
    price: Price | None,
    gathered: Gathered,
) -> None:
    values: dict[str, Data] = {}
    line = next((cell.line for cell in row if cell is not None), 0)
    for column in columns:
        cell = row[column.place]
        value = reading(text(cell))
        if value is not None and value["value"] > 0:
            values[column.kind] = value
        elif cell is not None and not is_nothing(text(cell)):
            gathered.unread.append(Unread(cell.line, f"no single number: {text(cell)!r}"))
    if "per_dollar" in values and price is not None:
        # The finer of the two is kept; latency and rate follow from it and the price.
        more: Data = {"queries_per_dollar": values["per_dollar"], "price": price._asdict()}
    elif "latency" in values:
        more = {"latency_s": values["latency"]}
    elif "rate" in values:
        more = {"requests_per_s": values["rate"]}
    else:
        return
    if "per_dollar" in values and price is None:
        where = data["hardware"]["name"]
        gathered.unread.append(
            Unread(line, f"queries per dollar on {where}: no known price fits; add it to prices")
        )
    gathered.add(ServingMeasurement, data | more, line)


def _fitting(
    table: Table, columns: list[_Column], hardware: int, mode: str, prices: dict[str, Price]
) -> dict[str, Price]:
    """The prices by which latency or rate and queries per dollar agree, by hardware."""
    counts: dict[str, list[bool]] = {}
    by_scenario: dict[str, dict[str, int]] = {}
    for column in columns:
        by_scenario.setdefault(column.scenario, {})[column.kind] = column.place
    for row in table.body:
        kind, count = _hardware(text(row[hardware]))
        price = prices.get(kind)
        for own in by_scenario.values():
            dollars = reading(text(row[own["per_dollar"]])) if "per_dollar" in own else None
            other = own.get("latency" if mode == "single-stream" else "rate")
            value = reading(text(row[other])) if other is not None else None
            if price is None or not dollars or not value or not dollars["value"]:
                continue
            hourly = price.usd_per_gpu_hour * count
            expected = (
                3600 / (dollars["value"] * hourly)
                if mode == "single-stream"
                else dollars["value"] * hourly / 3600
            )
            slack = 1.01 * 10.0 ** -value["decimals"]
            counts.setdefault(kind, []).append(abs(expected - value["value"]) <= slack)
    return {kind: prices[kind] for kind, fits in counts.items() if sum(fits) >= FIT * len(fits)}


def _scenario(table: Table, column: int) -> Data:
    cells = [row[column] for row in table.rows[: table.header_rows]]
    named = [c for c in cells if c is not None and c.text]
    quantities = QUANTITIES.values()
    others = [c for c in named if not any(pattern.search(c.text) for pattern in quantities)]
    cell = (others or named)[0]
    words = lines(cell)
    whole = " ".join(words)
    found: Data = {"name": key(words[0]), "title": words[0]}
    if size := SIZE.search(whole):
        found |= {"images": 1, "image_width": int(size[1]), "image_height": int(size[2])}
        whole = whole.replace(size[0], " ")
    if tokens := TOKENS.search(whole):
        prompt, output = tokens[1] or tokens[3], tokens[2] or tokens[4]
        found |= {"prompt_tokens": int(prompt), "output_tokens": int(output)}
    return found


def _hardware(printed: str) -> tuple[str, int]:
    found = COUNT.fullmatch(printed)
    assert found is not None
    return found["name"].strip() or printed, int(found["after"] or found["before"] or 1)


def _once(found: list[object], item: object) -> None:
    if item not in found:
        found.append(item)
