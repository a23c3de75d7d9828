"""Device reports: latency, energy, operations and quality over one varying setting a table."""

from __future__ import annotations

import re

from cardgen.publish.transcription.gathered import Gathered, Unread, above, headings, text
from cardgen.publish.transcription.printed import Data, finer, is_nothing, reading
from cardgen.published import Document, Table
from cardgen.records import DeviceMeasurement

SETTINGS = {
    "dataset": r"data\s?set|датасет",
    "batch_size": r"batch[\s_]?size|размер батча",
    "image_size": r"im(?:a)?ge?[\s_]?size|размер изображения",
    "sequence_length": r"seq(?:uence)?[\s_]?len(?:gth)?|длина последовательности",
    "optimization": r"optimi[sz]ation|оптимизация",
    "device": r"device|устройство",
}
NAMES = {name: re.compile(pattern, re.I) for name, pattern in SETTINGS.items()}
PAIR = re.compile(
    rf"(?P<name>{'|'.join(SETTINGS.values())})\**\s*:\**\s*"
    rf"(?P<value>.+?)(?=\s*(?:·|;|$|(?:{'|'.join(SETTINGS.values())})\**\s*:))",
    re.I,
)
OF_ORIGINAL = re.compile(r"^%|% (?:of|от)", re.I)
LATENCY = re.compile(r"[\s:,]*\b(?:latency|задержка)\b(?:\s*\(.*\))?", re.I)
ENERGY = re.compile(r"energy|энергия", re.I)
FLOPS = re.compile(r"flops?", re.I)
QUALITY = re.compile(r"^(?P<dataset>.*?)(?::\s*(?P<metric>\w[\w .-]*?))?\s*(?P<arrow>[↓↑])?$")
PRODUCT = re.compile(r"(?P<name>[^()]+?)(?:\s*\((?P<model>.*)\))?")
WHOLE = ("batch_size", "image_size", "sequence_length")
CUDA = ("gpu", "cuda")


class Reports:
    """The device tables of one card: one measurement a setting, whichever tables print it."""

    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered
        self._found: dict[tuple[object, ...], Data] = {}
        self._lines: dict[tuple[object, ...], int] = {}
        self._sweeps: list[Data] = []

    def read(self, document: Document, table: Table) -> bool:
        """Take the table's values; False where it is no device table."""
        names = headings(table)
        over = _setting(names[0]) if names else None
        if over is None or not any(LATENCY.search(n) or ENERGY.search(n) for n in names[1:]):
            return False
        fixed = _fixed(" ".join(above(document, table)))
        fixed.pop(over, None)
        columns: list[Data] = [{}, *(self._column(name) for name in names[1:])]
        datasets = list(dict.fromkeys(c["dataset"] for c in columns if c.get("dataset")))
        self._sweep(table, over, fixed, datasets, names)
        for row in table.body:
            value = _value(over, text(row[0]))
            for column, kind in enumerate(columns):
                cell = row[column]
                if column == 0 or not kind or cell is None:
                    continue
                number = reading(text(cell))
                if number is not None:
                    own = {"dataset": kind["dataset"]} if kind.get("dataset") else {}
                    self._take({**fixed, over: value, **own}, kind, number, cell.line)
                elif not is_nothing(text(cell)):
                    self.gathered.unread.append(
                        Unread(cell.line, f"no single number: {text(cell)!r}")
                    )
        return True

    def finish(self) -> None:
        """Make the measurements and the sweeps of the card."""
        for place, data in self._found.items():
            self.gathered.add(DeviceMeasurement, data, self._lines[place])
        if self._sweeps:
            self.gathered.specification["device"] = {"sweeps": self._sweeps}

    def _column(self, name: str) -> Data:
        """What a column holds: the field, and the data set where the column names it."""
        if OF_ORIGINAL.search(name):
            return {}
        if LATENCY.search(name):
            dataset = LATENCY.sub("", name).strip(" :,")
            return {"field": "latency_s", "dataset": dataset if _setting(name) is None else ""}
        if ENERGY.search(name):
            return {"field": "energy"}
        if FLOPS.search(name):
            return {"field": "flops_generation"}
        found = QUALITY.fullmatch(name)
        if found is None or not found["dataset"]:
            return {}
        # The published layout prints word error rates under the data set's bare name.
        return {
            "field": "quality",
            "dataset": found["dataset"].strip(),
            "metric": found["metric"] or "WER",
            "higher_is_better": found["arrow"] == "↑",
        }

    def _sweep(
        self, table: Table, over: str, fixed: Data, datasets: list[str], names: list[str]
    ) -> None:
        at = {name: value for name, value in fixed.items() if name != "device_model"}
        if len(datasets) > 1:
            at.pop("dataset", None)
        values = list(dict.fromkeys(_value(over, text(row[0])) for row in table.body))
        if over == "device":
            values = [_device(value)[0] for value in values]
        sweep: Data = {"over": over, "at": at, "values": values}
        if len(datasets) > 1:
            sweep["datasets"] = datasets
        share = next((c for c, name in enumerate(names) if OF_ORIGINAL.search(name)), None)
        for row in () if share is None else table.body:
            number = reading(text(row[share or 0]))
            if number is not None and number["value"] == 100:
                sweep["baseline"] = _value(over, text(row[0]))
                break
        self._sweeps.append(sweep)

    def _take(self, setting: Data, kind: Data, number: Data, line: int) -> None:
        name, model = _device(setting.pop("device", None))
        if name is None or "dataset" not in setting or "batch_size" not in setting:
            missing = [n for n in ("dataset", "batch_size") if n not in setting]
            missing += ["device"] if name is None else []
            found = f"a number of no stated {' and '.join(missing)}"
            if Unread(line, found) not in self.gathered.unread:
                self.gathered.unread.append(Unread(line, found))
            return
        place = (name, *(setting.get(n) for n in ("dataset", *WHOLE, "optimization")))
        device: Data = {"name": name, "type": "cuda" if name.lower() in CUDA else "cpu"}
        data = self._found.setdefault(
            place, {"kind": "device", "model": self.gathered.model, "device": device, **setting}
        )
        self._lines.setdefault(place, line)
        if model:
            data["device"]["model"] = model
        field = kind["field"]
        before = data.get(field)
        holder = before or _holder(kind, number)
        old = _number(holder, field)
        kept = finer(old, number)
        if kept is None:
            what = f"{field} {number['value']:g}, elsewhere {old['value']:g}"
            self.gathered.unread.append(Unread(line, f"two values of one quantity: {what}"))
            return
        data[field] = _holder(kind, kept)


def _holder(kind: Data, number: Data) -> Data:
    if kind["field"] == "energy":
        return {"method": "unknown", "joules_per_sample": number}
    if kind["field"] == "quality":
        return {
            "metric": kind["metric"],
            "reading": number,
            "higher_is_better": kind["higher_is_better"],
        }
    return number


def _number(holder: Data, field: str) -> Data:
    inner = {"energy": "joules_per_sample", "quality": "reading"}.get(field)
    found: Data = holder if inner is None else holder[inner]
    return found


def _setting(words: str) -> str | None:
    for name, pattern in NAMES.items():
        if pattern.match(words.strip()):
            return name
    return None


def _fixed(words: str) -> Data:
    """The settings that the lines above a table state."""
    found: Data = {}
    for pair in PAIR.finditer(words):
        name = _setting(pair["name"])
        if name is not None:
            found[name] = _value(name, pair["value"].strip(" .·"))
    return found


def _value(name: str, words: str) -> object:
    if name in WHOLE and re.fullmatch(r"\d+", words.strip()):
        return int(words)
    if name == "device":
        return _device(words)[0] if "(" not in words else words
    return words.strip()


def _device(words: object) -> tuple[str | None, str | None]:
    """The device's name and product; `Cuda` is the GPU of the report."""
    found = PRODUCT.fullmatch(str(words).strip()) if words else None
    if found is None:
        return None, None
    name = found["name"].strip()
    return ("GPU" if name.lower() in CUDA else name), found["model"]
