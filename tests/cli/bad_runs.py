"""Faults of run files."""

from __future__ import annotations

from cli.bad_projects import INSIDE, TEXT, Bad, in_run, replaced, run

LATENCY = "/measurements/0/latency_s/value"
ABSENT = "what was not measured has the outcome `failed`"
RESTORE = "restore the file from version control, or make the run again"

RUNS = {
    "NaN": in_run("0.84", "NaN", LATENCY, "a finite number", "NaN", ABSENT),
    "Infinity": in_run("0.84", "-Infinity", LATENCY, "a finite number", "-Infinity", ABSENT),
    "too large for a float": in_run("0.84", "1e999", LATENCY, "a finite number", "1e999", ABSENT),
    "negative": in_run("0.84", "-0.84", LATENCY, "a number above 0", "-0.84", "mend the value"),
    "zero": in_run("0.84", "0.0", LATENCY, "a number above 0", "0.0", "`cardgen schema run`"),
    "number in quotes": in_run(
        "0.84", '"0.84"', LATENCY, "a number", "'0.84'", "write it without quotes: 0.84"
    ),
    "wrong unit": in_run(
        '"latency_s"',
        '"latency_ms"',
        "/measurements/0/latency_ms",
        "one of the keys kind, model,",
        "unknown key 'latency_ms'",
        "did you mean 'latency_s', in seconds?",
    ),
    "unknown key": in_run(
        '"tool"',
        '"tol"',
        "/provenance/tol",
        "one of the keys origin, tool,",
        "unknown key 'tol'",
        "did you mean 'tool'?",
    ),
    "unknown key named as a kind": in_run(
        '"dataset"',
        '"datasat"',
        "/measurements/0/datasat",
        "kind, model",
        "unknown key 'datasat'",
        "did you mean 'dataset'?",
    ),
    "missing key": in_run(
        '"dataset": "TextVQA",\n',
        "",
        "/measurements/0/dataset",
        "this key",
        "nothing",
        "add 'dataset'",
        at='{\n      "kind"',
    ),
    "unknown kind": in_run(
        '"kind": "device"',
        '"kind": "devise"',
        "/measurements/0/kind",
        "'accuracy', 'device', 'quantization', 'serving'",
        "'devise'",
        "did you mean 'device'?",
        at='"devise"',
    ),
    "no kind": in_run(
        '"kind": "device",\n',
        "",
        "/measurements/0/kind",
        "this key",
        "nothing",
        "add 'kind'",
        at='{\n            "model"',
    ),
    "truth for a number": in_run(
        '"batch_size": 1',
        '"batch_size": true',
        "/measurements/0/batch_size",
        "a whole number",
        "true",
        "mend the value",
        at="true",
    ),
    "no value": in_run(
        '"latency_s": {\n        "value": 0.84,\n        "decimals": 3\n      }',
        '"dtype": "fp16"',
        "/measurements/0",
        "at least one of: latency_s, energy",
        "none, though the outcome is `measured`",
        "`failed` or `skipped` with a `reason`",
        at='{\n      "kind"',
    ),
    "duplicate measurement": Bad(
        run(replaced('"batch_size": 4', '"batch_size": 1')),
        "cards/small/runs/a.json:28:5: /measurements/1",
        "each measurement once in a run",
        "a duplicate of /measurements/0: device of org/model (GPU, TextVQA, 1, fp16)",
        "remove one of the two",
    ),
    "newer format": in_run(
        '"format": 1',
        '"format": 99',
        "/format",
        "format 1 or older",
        "format 99, written by a newer cardgen",
        "upgrade cardgen",
        at="99",
    ),
    "unknown format": in_run(
        '"format": 1', '"format": "one"', "/format", "whole number", "'one'", "import", at='"one"'
    ),
    "format is true": in_run(
        '"format": 1', '"format": true', "/format", "a whole number", "True", "import", at="true"
    ),
    "no format": in_run(
        '"format": 1,', "", "/format", "a whole number", "nothing", "`cardgen import`", at="{"
    ),
    "huge whole number": in_run(
        '"batch_size": 1',
        '"batch_size": ' + "9" * 30,
        "/measurements/0/batch_size",
        "a number not above 9007199254740991",
        "999999999999999999999999999999",
        "mend the value",
        at="999",
    ),
    "number of 5000 digits": Bad(
        run(replaced("0.84", "9" * 5000)),
        "cards/small/runs/a.json:24:4319",
        "valid JSON",
        "number out of range",
        "mend the place",
    ),
    "cut in half": Bad(
        run(TEXT[: TEXT.index("0.84")]),
        "cards/small/runs/a.json:24:18",
        "whole, valid JSON",
        "expecting value, and the file ends",
        RESTORE,
    ),
    "empty": Bad(run(""), "cards/small/runs/a.json", "a run file", "an empty file", RESTORE),
    "a list": Bad(run("[]"), "cards/small/runs/a.json:1:1", "a JSON object", "a list", RESTORE),
    "null": Bad(run("null"), "cards/small/runs/a.json:1:1", "a JSON object", "null", RESTORE),
    "not UTF-8": Bad(
        run(TEXT.encode().replace(b"TextVQA", b"Text\xffVQA", 1)),
        "cards/small/runs/a.json:21:23",
        "UTF-8 text",
        "the byte 0xff",
        "save the file as UTF-8",
    ),
    "nested deeply": Bad(
        run(replaced('"TextVQA"', "[" * 100_000 + "]" * 100_000)),
        "cards/small/runs/a.json",
        "a run file",
        "JSON nested too deeply",
        RESTORE,
    ),
    "nested": in_run(
        '"TextVQA"', "[" * 150 + "]" * 150, "/measurements/0/dataset", "text", "a list", "mend"
    ),
    "lone surrogate": Bad(
        run(replaced("TextVQA", r"\ud800")),
        "cards/small/runs/a.json:21:25",
        "valid JSON",
        "half of a surrogate pair",
        "mend the place",
    ),
    "NUL escaped": in_run(
        '"TextVQA"',
        r'"\u0000"',
        "/measurements/0/dataset",
        "text without control characters",
        r"'\x00'",
        "remove the control characters",
    ),
    "NUL": in_run(
        "TextVQA", "\0", "", "valid JSON", r"a control character inside a text: '\x00'", RESTORE
    ),
    "path leads out": in_run(
        '"title": "a report"',
        '"title": "a report", "file": "../x"',
        "/provenance/source/file",
        INSIDE,
        "'../x'",
        "keep the file inside the project",
        at='"../x"',
    ),
}
