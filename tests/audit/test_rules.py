"""What the audit finds: clean cards hold nothing, and one change in a clean card is found."""

from __future__ import annotations

import pytest
from audit.made_up import DRAWN, QUANTIZED, REPORT, SPECULATOR

from cardgen.audit import Finding, audit

CARDS = {"quantized": QUANTIZED, "report": REPORT, "speculator": SPECULATOR, "drawn": DRAWN}


def told(text: str) -> list[Finding]:
    return [f for f in audit(text) if f.severity != "note"]


@pytest.mark.parametrize("name", CARDS)
def test_a_clean_card_has_nothing_to_tell(name: str) -> None:
    assert [f.message for f in audit(CARDS[name])] == []


CHANGES = [
    # card, old, new, rule, kind, printed, expected
    ("quantized", "98.50%", "93.50%", "recovery", "recovery", "93.50%", "98.50%"),
    ("quantized", "| 59.10 |", "| 51.90 |", "recovery", "recovery", "98.50%", "86.50%"),
    ("quantized", "**70.00**", "**71.00**", "average", "average", "71.00", "70.00"),
    ("quantized", "**98.57%**", "**98.75%**", "recovery", "recovery", "98.75%", "98.57%"),
    (
        "quantized",
        "score of 69.00",
        "score of 68.00",
        "average-sentence",
        "average",
        "68.00",
        "69.00",
    ),
    (
        "quantized",
        "achieves 70.00",
        "achieves 71.00",
        "average-sentence",
        "average",
        "71.00",
        "70.00",
    ),
    (
        "quantized",
        "reaches 98.57%",
        "reaches 98.75%",
        "recovery-sentence",
        "recovery",
        "98.75%",
        "98.57%",
    ),
    (
        "quantized",
        "approximately 75%",
        "approximately 25%",
        "bits-reduction",
        "text-vs-metadata",
        "25%",
        "75%",
    ),
    ("quantized", "from 16 to 4", "from 16 to 8", "bits", "text-vs-metadata", "8 bits", "4 bits"),
    ("quantized", "up to 2.0x", "up to 2.4x", "headline", "speedup", "2.4x", "2.0x"),
    (
        "quantized",
        "<td>1.80</td>",
        "<td>1.40</td>",
        "average-cost",
        "cost-reduction",
        "1.40",
        "1.80",
    ),
    ("quantized", "<td>400</td>", "<td>440</td>", "queries-per-dollar", "qpd", "440", "399 to 401"),
    (
        "quantized",
        "512 samples",
        "521 samples",
        "calibration-samples",
        "text-vs-metadata",
        "521 samples",
        "512",
    ),
    (
        "quantized",
        "--num_fewshot 5",
        "--num_fewshot 0",
        "few-shot-count",
        "text-vs-metadata",
        "0",
        "5",
    ),
    (
        "quantized",
        "quantization:** INT4",
        "quantization:** FP8",
        "scheme",
        "text-vs-metadata",
        "FP8",
        "int4",
    ),
    ("quantized", "- int4\n", "- fp8\n", "scheme", "text-vs-metadata", "fp8", None),
    (
        "quantized",
        "quantization:** None",
        "quantization:** INT8",
        "activation-scheme",
        "text-vs-metadata",
        "INT8",
        "none",
    ),
    (
        "quantized",
        "base_model: acme/Foo-7B",
        "base_model: acme/Foo-70B",
        "base-in-header",
        "text-vs-metadata",
        "acme/Foo-70B-Chat",
        None,
    ),
    (
        "quantized",
        "Architecture:** Foo-7B",
        "Architecture:** Foo-13B",
        "architecture",
        "text-vs-metadata",
        "Foo-13B-Chat",
        "Foo-7B-Chat",
    ),
    (
        "quantized",
        "of [acme/Foo-7B-Chat](https://huggingface.co/acme/Foo-7B",
        "of [acme/Foo-9B-Chat](https://huggingface.co/acme/Foo-9B",
        "base-in-text",
        "text-vs-metadata",
        "acme/Foo-9B-Chat",
        None,
    ),
    (
        "quantized",
        "](https://huggingface.co/acme/Foo-7B-Chat).\nIt",
        "](https://huggingface.co/acme/Bar-3B).\nIt",
        "link-target",
        "text-vs-metadata",
        None,
        "acme/Foo-7B-Chat",
    ),
    (
        "quantized",
        'LLM(model="acme/Foo-7B-Chat-quantized.w4a16"',
        'LLM(model="acme/Bar-3B-quantized.w4a16"',
        "model-in-command",
        "wrong-model-in-command",
        "acme/Bar-3B-quantized.w4a16",
        "Foo-7B-Chat-quantized.w4a16",
    ),
    (
        "quantized",
        'LLM(model="acme/Foo-7B-Chat-quantized.w4a16"',
        'LLM(model="acme/Foo-7B-Chat"',
        "model-in-command",
        "wrong-model-in-command",
        "acme/Foo-7B-Chat",
        "Foo-7B-Chat-quantized.w4a16",
    ),
    (
        "quantized",
        'pretrained="acme/Foo-7B-Chat-quantized.w4a16"',
        'pretrained="acme/Foo-7B-Chat-quantized.w8a8"',
        "model-in-command",
        "wrong-model-in-command",
        "acme/Foo-7B-Chat-quantized.w8a8",
        None,
    ),
    (
        "quantized",
        'MODEL_ID = "acme/Foo-7B',
        'MODEL_ID = "acme/Foo-70B',
        "model-in-command",
        "wrong-model-in-command",
        "acme/Foo-70B-Chat",
        None,
    ),
    ("quantized", "llm = LLM(model=", "llm = LLM(model= =", "python-syntax", "format", None, None),
    (
        "quantized",
        "--num_fewshot 5",
        "--num fewshot 5",
        "torn-flag",
        "format",
        "--num fewshot",
        "--num-fewshot",
    ),
    ("quantized", "--tasks mmlu \\", "--tasks mmlu", "missing-backslash", "format", None, None),
    (
        "quantized",
        "<td>8.00</td><td>250</td>",
        "<td>8.00</td>",
        "row-width",
        "malformed-html",
        "6 cells",
        "7 cells",
    ),
    (
        "quantized",
        'rowspan="2"',
        'rowspan="3"',
        "rowspan-overrun",
        "malformed-html",
        'rowspan="3"',
        'rowspan="2"',
    ),
    (
        "quantized",
        "<th>QPD</th>\n      <th>Lat",
        "<th>QPD<th>\n      <th>Lat",
        "cell-closed-by-opening-tag",
        "malformed-html",
        None,
        None,
    ),
    (
        "quantized",
        "<th>Hardware</th>",
        "<th>Hardware</td>",
        "end-tag-of-another-kind",
        "malformed-html",
        None,
        None,
    ),
    (
        "quantized",
        "(s)</th><th>QPD</th>\n    </tr>",
        "(s)th><th>QPD</th>\n    </tr>",
        "broken-end-tag",
        "malformed-html",
        None,
        None,
    ),
    ("quantized", "2025-03-04", "2025-13-04", "date", "text-vs-metadata", "2025-13-04", None),
    ("quantized", "| 101.00% |", "| 101.00 |", "percent-sign", "format", "101.00", "101.00%"),
    ("report", "| 75.0 |", "| 77.0 |", "percent-of-original", "recovery", "77.0", "75.0"),
    (
        "report",
        "| 16 | 2.000",
        "| 16 | 2.100",
        "repeated-measurement",
        "text-vs-metadata",
        "2.000",
        "2.100",
    ),
    ("speculator", "| 2.80 |", "| 2.90 |", "acceptance-length", "average", "2.90", "2.80"),
    (
        "drawn",
        "| 98.0% | 99.0% |",
        "| 97.0% | 99.0% |",
        "recovery-below",
        "recovery",
        "97.0%",
        "98.0%",
    ),
    ("drawn", "97.6% |", "98.6% |", "recovery", "recovery", "98.6%", "97.6%"),
    (
        "drawn",
        "57.00 (95.0%)",
        "57.00 (96.0%)",
        "percent-in-cell",
        "recovery",
        "57.00 (96.0%)",
        "57.00 (95.0%)",
    ),
    ("drawn", "| 97.27 |", "| 97.72 |", "recovery-row", "recovery", "97.72", "97.27"),
    ("drawn", "| 53.50 |", "| 54.50 |", "average", "average", "54.50", "53.50"),
    (
        "drawn",
        "(98.5%)",
        "(99.5%)",
        "percent-in-cell",
        "recovery",
        "0.591 (99.5%)",
        "0.591 (98.5%)",
    ),
    ("drawn", "| b | 30.00", "| b | 33.00", "average-column", "average", "33.00", "30.00"),
    (
        "drawn",
        "| FP8-best | 98.0%",
        "| INT4-best | 98.0%",
        "scheme-label",
        "text-vs-metadata",
        "INT4-best",
        "FP8-best",
    ),
]


@pytest.mark.parametrize(
    ("card", "old", "new", "rule", "kind", "printed", "expected"),
    CHANGES,
    ids=[f"{c[0]}: {c[1][:24]!r} to {c[2][:24]!r}" for c in CHANGES],
)
def test_one_change_is_found(
    card: str,
    old: str,
    new: str,
    rule: str,
    kind: str,
    printed: str | None,
    expected: str | None,
) -> None:
    assert CARDS[card].count(old) >= 1
    findings = told(CARDS[card].replace(old, new, 1))
    found = [f for f in findings if f.rule == rule]
    assert found, [f"{f.rule}: {f.message}" for f in findings]
    assert {f.kind for f in found} == {kind}
    if printed is not None:
        assert printed in [f.printed for f in found]
    if expected is not None:
        assert expected in [f.expected for f in found]


def test_a_finding_stands_where_its_number_stands() -> None:
    text = QUANTIZED.replace("98.50%", "93.50%")
    (finding,) = told(text)
    line = text.split("\n")[finding.line - 1]
    assert line[finding.column - 1 :].startswith("93.50%")
    assert [i.text for i in finding.inputs] == ["60.00", "59.10"]
    base = finding.inputs[0]
    assert text.split("\n")[base.line - 1][base.column - 1 :].startswith("60.00")


def table(rows: list[tuple[str, str, str, str]], head: str = "Recovery") -> str:
    lines = [f"| Task | Foo-7B | Foo-7B-FP8 | {head} |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


RIGHT = [
    (
        "error rates by their complement",
        [
            ("WER en", "4.00%", "5.00%", "99.0%"),
            ("WER de", "10.00%", "9.10%", "101.0%"),
            ("WER fr", "5.00%", "5.95%", "99.0%"),
        ],
    ),
    (
        "perplexity the other way round",
        [
            ("wikitext ppl", "8.00", "8.08", "99.0%"),
            ("c4 ppl", "10.00", "10.10", "99.0%"),
            ("ptb ppl", "20.00", "20.20", "99.0%"),
        ],
    ),
    (
        "no baseline, no recovery",
        [("a", "50.0", "49.0", "98.0%"), ("b", "0.00", "0.00", "---"), ("c", "N/A", "50.0", "***")],
    ),
    (
        "a mean with its runs",
        [
            ("a", "50.0 (49.0 / 51.0)", "49.0 (48.9 / 49.1)", "98.0%"),
            ("b", "60.0", "57.0", "95.0%"),
        ],
    ),
    (
        "the mean of the recoveries",
        [
            ("a", "50.00", "49.00", "98.00"),
            ("b", "10.00", "10.00", "100.00"),
            ("**Average**", "30.00", "29.50", "99.00"),
        ],
    ),
    ("mixed decimals", [("a", "50", "49.0", "98%"), ("b", "66.667", "60", "90.0%")]),
    (
        "a recovery as a fraction",
        [
            ("a", "50.00", "49.00", "0.98"),
            ("b", "60.00", "57.00", "0.95"),
            ("c", "80.00", "72.00", "0.90"),
        ],
    ),
    (
        "numbers that are no shares at all",
        [("a", "50.0", "49.0", "12%"), ("b", "60.0", "57.0", "31%"), ("c", "80.0", "72.0", "7%")],
    ),
]


@pytest.mark.parametrize(("_name", "rows"), RIGHT, ids=[name for name, _ in RIGHT])
def test_what_is_right_or_not_understood_is_passed_over(
    _name: str, rows: list[tuple[str, str, str, str]]
) -> None:
    assert [f.message for f in told(table(rows))] == []


@pytest.mark.parametrize(
    ("task", "told_of"),
    [
        ("GSM8K (8-shot)", True),
        ("gsm8k_cot", True),
        ("GSM8K Symbolic (8-shot)", False),
        ("ARC-Challenge (25-shot)", True),
        ("ARC-Easy (25-shot)", False),
        ("MMLU", False),
        ("own task (n = 1319)", True),
        ("own task, mean of 5 runs (n = 1319)", False),
    ],
)
def test_a_share_of_answers_is_one_of_whole_answers(task: str, told_of: bool) -> None:
    """77.50 % is no whole number of 1319 answers, and none of 1172."""
    text = f"| Task | Foo-7B |\n|---|---|\n| {task} | 77.50 |\n| other | 50.00 |\n"
    assert [f.printed for f in audit(text) if f.rule == "whole-answers"] == ["77.50"] * told_of


def test_a_cut_number_is_a_note_in_a_card_that_cuts_and_a_warning_in_one_that_rounds() -> None:
    cut = table(
        [
            ("a", "93.00", "92.50", "99.4%"),
            ("b", "80.00", "79.02", "98.7%"),
            ("c", "50.00", "49.00", "98.0%"),
        ]
    )
    assert [f.severity for f in audit(cut)] == ["note", "note"]
    rounds = [(f"r{i}", "93.00", "92.50", "99.5%") for i in range(6)]
    mixed = table([*rounds, ("b", "80.00", "79.02", "98.7%")])
    assert [(f.severity, f.printed) for f in audit(mixed)] == [("warning", "98.7%")]


@pytest.mark.parametrize(
    ("label", "of_these"),
    [("Average", True), ("Avg.", True), ("Mean Score", True), ("Avg (12 tasks)", False)],
)
def test_an_average_says_what_it_is_of(label: str, of_these: bool) -> None:
    rows = [(f"t{i}", f"{50 + i}.00", f"{40 + i}.00", "x") for i in range(3)]
    wrong = table([*rows, (label, "51.00", "47.00", "x")], head="Note")
    assert bool(told(wrong)) is of_these


def test_a_row_outside_its_section_that_counts_into_its_average() -> None:
    text = (
        "<table><tr><th>Task</th><th>Foo-7B</th><th>Foo-7B-FP8</th><th>Recovery</th></tr>"
        "\n<tr><td>MMLU</td><td>90.0</td><td>81.0</td><td>90.0%</td></tr>"
        "\n<tr><td>Arena</td><td>20.0</td><td>20.0</td><td>100.0%</td></tr>"
        "\n<tr><td><b>Suite</b></td></tr>"
        "\n<tr><td>A</td><td>60.0</td><td>60.0</td><td>100.0%</td></tr>"
        "\n<tr><td>B</td><td>30.0</td><td>30.0</td><td>100.0%</td></tr>"
        "\n<tr><td>Average</td><td>60.0</td><td>57.0</td><td>95.0%</td></tr></table>"
    )
    assert [(f.rule, f.line, f.printed) for f in told(text)] == [
        ("row-outside-its-section", 2, "MMLU")
    ]


def test_two_rows_of_one_label_by_the_pattern_of_the_others() -> None:
    rows = [
        ("Eval (pass@1)", "50.0", "49.0", "98.0%"),
        ("Eval (pass@10)", "60.0", "57.0", "95.0%"),
        ("Eval+ (pass@10)", "40.0", "38.0", "95.0%"),
        ("Eval+ (pass@10)", "50.0", "45.0", "90.0%"),
    ]
    (finding,) = told(table(rows))
    assert (finding.rule, finding.line, finding.expected) == ("repeated-label", 5, "Eval+ (pass@1)")


def test_an_average_that_one_scenario_makes_is_a_note() -> None:
    head = (
        "| Hardware | Model | Average cost reduction | A latency | QPD | B latency | QPD "
        "| C latency | QPD |\n"
    )
    rows = [
        "| A100 | Foo-7B | | 9.00 | 100 | 9.00 | 100 | 9.00 | 100 |",
        "| A100 | Foo-7B-FP8 | 2.00 | 2.25 | 400 | 9.00 | 100 | 9.00 | 100 |",
    ]
    findings = audit(head + "|---" * 9 + "|\n" + "\n".join(rows) + "\n")
    assert [(f.severity, f.rule, f.expected) for f in findings] == [
        ("note", "outlying-scenario", "1.00")
    ]


def test_a_model_of_another_size_among_its_variants() -> None:
    rows = (
        "| Model | Speedup |\n|---|---|\n| foo-8b | |\n| foo-8b-FP8 | 1.20 |\n"
        "| foo-2b-quantized.w4a16 | 1.40 |\n"
    )
    (finding,) = told(rows)
    assert (finding.rule, finding.expected) == ("model-label", "foo-8b-quantized.w4a16")


SHARES = """\
Dataset: Set · Batch size: 4 · Image size: 112 · Sequence length: 32 · Device: CPU

| Optimization | Latency | % of original | FLOPs | % of original | Energy | % of original |
|---|---|---|---|---|---|---|
| fp32 | 0.200 | 100.00 | 352.83 M | 100.00 | — (a) | — (b) |
| bf16 | 0.175 | 87.50 | 352.83 M | 100.00 | — (a) | — (b) |
| SDPA | — (c) | — (c) | — (c) | — (c) | — (c) | — (b) |
| Compile | — (c) | — (c) | — (c) | — (c) | — (c) | — (b) |
| Flash | — (d) | — (d) | — (d) | — (d) | — (d) | — (b) |
"""


def test_columns_of_one_table_that_share_a_heading_are_no_repeats() -> None:
    assert audit(SHARES) == []
    assert audit(SHARES.replace("% of original", "Exact match")) == []
    (finding,) = told(SHARES.replace("87.50", "78.50"))
    assert (finding.rule, finding.expected) == ("percent-of-original", "87.50")


def test_one_setting_in_two_tables_is_still_a_repeat() -> None:
    again = "\n| Optimization | Latency |\n|---|---|\n| bf16 | 0.157 |\n"
    (finding,) = told(SHARES + again)
    assert (finding.rule, finding.printed, finding.expected) == (
        "repeated-measurement",
        "0.157",
        "0.175",
    )
