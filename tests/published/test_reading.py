"""Reading a published card: what stands in it and where, however it is written."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cardgen.published import Table, read


def grid(table: Table) -> list[list[str | None]]:
    return [[cell.text if cell is not None else None for cell in row] for row in table.rows]


def test_front_matter_gives_each_scalar_its_place() -> None:
    document = read(
        "---\ntags:\n- vllm\n- int4\nlicense_link: >-\n  https://a.example/b\n"
        "base_model: org/Name\n"
        "model-index:\n- name: X\n  results:\n  - dataset:\n      name: 'Set: one'\n    metrics:\n"
        "    - type: acc\n      value: 12.50 # note\nlanguage: [en, de]\n---\n# Title\n"
    )
    front = document.front
    assert front is not None
    assert [(e.value, e.line, e.column) for e in front.values("tags")] == [
        ("vllm", 3, 3),
        ("int4", 4, 3),
    ]
    assert [(e.value, e.line) for e in front.values("license_link")] == [("https://a.example/b", 6)]
    assert [(e.value, e.line, e.column) for e in front.values("base_model")] == [
        ("org/Name", 7, 13)
    ]
    results = ("model-index", "[]", "results", "[]")
    assert [e.value for e in front.values(*results, "dataset", "name")] == ["Set: one"]
    assert [e.value for e in front.values(*results, "metrics", "[]", "value")] == ["12.50"]
    assert [e.value for e in front.values("language")] == ["en", "de"]
    assert [s.title for s in document.sections] == ["Title"]


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", [["a", "b"], ["1", "2"]]),
        ("a | b\n--|--\n1 | 2\n", [["a", "b"], ["1", "2"]]),
        ("| a | b \n|:-:|--:\n| 1 | 2\n", [["a", "b"], ["1", "2"]]),
        ("> | a | b |\n> |---|---|\n> | **1** | `x|y` |\n", None),
        ("  | a | b |   \n  |---|---|\n  | 1 | \\- |\n", [["a", "b"], ["1", "-"]]),
        (
            "| a | b |\n|---|---|\n| x \\| y | [t](https://u.example) |\n",
            [["a", "b"], ["x | y", "t"]],
        ),
        ("| a | b |\n|---|---|\n| 1 |\n\nafter | all\n", [["a", "b"], ["1", None]]),
        ("| a | b |\n|---|---|\n| <b>1</b><br>2 | *i* |\n", [["a", "b"], ["1 2", "i"]]),
    ],
)
def test_markdown_tables(source: str, rows: list[list[str | None]] | None) -> None:
    (table,) = read(source).tables
    assert table.kind == "markdown"
    if rows is not None:
        assert grid(table) == rows


def test_an_html_table_is_a_grid_with_its_spans() -> None:
    text = (
        "words\n<table>\n<thead>\n<tr><th rowspan=2>A</th><th colspan='2'>B</th></tr>\n"
        '<tr><th>b1</th><th>b2</th></tr></thead>\n<tbody><tr><td rowspan="2">x</td>\n'
        "  <td>1</td><td>2</td></tr>\n<tr><td>3<td>4\n</tbody></table> tail"
    )
    document = read(text)
    (table,) = document.tables
    assert grid(table) == [["A", "B", "B"], ["A", "b1", "b2"], ["x", "1", "2"], ["x", "3", "4"]]
    assert table.header_rows == 2
    assert table.heading(2) == ("B", "b2")
    cell = table.rows[2][1]
    assert cell is not None
    assert text.split("\n")[cell.line - 1][cell.column - 1] == "1"
    assert document.faults == ()
    assert [s.text for s in document.sentences] == ["words", "tail"]


FAULTS = [
    (
        "<table><tr><th>Latency<th>\n<th>QPD</th></tr><tr><td>1</td><td>2</td></tr></table>",
        "cell-closed-by-opening-tag",
        [["Latency", "QPD"], ["1", "2"]],
    ),
    (
        "<table><tr><th>Latency (s)th>\n<th>QPD</th></tr><tr><td>1</td><td>2</td></tr></table>",
        "broken-end-tag",
        [["Latency (s)", "QPD"], ["1", "2"]],
    ),
    (
        "<table><tr><th>A</td><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>",
        "end-tag-of-another-kind",
        [["A", "B"], ["1", "2"]],
    ),
    (
        "<table><tr><th>A</th><th>B</th></tr><tr><td rowspan=3>1</td><td>2</td></tr></table>",
        "rowspan-overrun",
        [["A", "B"], ["1", "2"]],
    ),
    (
        "<table><tr><th>A</th><th>B</th></tr><tr>\n<tr><td>1</td><td>2</td></tr></table>",
        "empty-row",
        [["A", "B"], ["1", "2"]],
    ),
    (
        "<table><tr><th>A</th><th>B</th></tr>\n<tr><td>1</td><td>2</td></tr>\n\n## Next\n",
        "table-open",
        [["A", "B"], ["1", "2"]],
    ),
    (
        "<table><tr><th>A</th><th>B</th></tr>\n<tr>loose<td>1</td><td>2</td></tr></table>",
        "text-outside-cells",
        [["A", "B"], ["1", "2"]],
    ),
]


@pytest.mark.parametrize(("source", "rule", "rows"), FAULTS, ids=[f[1] for f in FAULTS])
def test_a_repair_is_made_and_said(source: str, rule: str, rows: list[list[str | None]]) -> None:
    document = read(source)
    assert [fault.rule for fault in document.faults] == [rule]
    assert grid(document.tables[0]) == rows


def test_a_header_narrower_than_its_body_moves_over_the_numbers() -> None:
    document = read(
        "<table><tr><td>Task</td><td>Base</td><td>New</td></tr>\n"
        "<tr><td rowspan=2>Suite</td><td>A</td><td>1.0</td><td>2.0</td></tr>\n"
        "<tr><td>B</td><td>3.0</td><td>4.0</td></tr></table>"
    )
    (table,) = document.tables
    assert [fault.rule for fault in document.faults] == ["header-width"]
    assert grid(table)[0] == [None, "Task", "Base", "New"]


def test_a_row_that_lacks_one_cell_is_set_right_where_only_one_place_suits() -> None:
    rows = "".join(
        f"<tr><td>{name}</td><td>{cost}</td><td>{a}</td><td>{b}</td></tr>\n"
        for name, cost, a, b in (
            ("m", "", "2.5", "400"),
            ("q", "1.25", "2.0", "500"),
            ("m", "", "1.5", "300"),
        )
    )
    short = "<tr><td>m</td><td>1.8</td><td>350</td></tr>\n"
    head = "<tr><th>Model</th><th>Cost</th><th>Latency</th><th>QPD</th></tr>\n"
    document = read(f"<table>{head}{rows}{short}</table>")
    assert [fault.rule for fault in document.faults] == ["row-width"]
    assert grid(document.tables[0])[-1] == ["m", None, "1.8", "350"]


def test_drawn_tables_in_code() -> None:
    text = (
        "```\n+---+-----+\n| a | b   |\n+---+-----+\n| 1 | *2* |\n+---+-----+\n\n| no rule |\n```\n"
    )
    (table,) = read(text).tables
    assert (table.kind, grid(table), table.header_rows) == ("ascii", [["a", "b"], ["1", "*2*"]], 1)
    cell = table.rows[1][1]
    assert cell is not None
    assert (cell.line, cell.column) == (5, 7)


def test_code_prose_lists_and_headings() -> None:
    document = read(
        "Top\n===\n\nFirst sentence has 12.5. Second one\ngoes on, e.g. here.\n\n"
        "- item one\n- item two\n\n"
        "1. Start:\n   ```bash\n   vllm serve x\n   ```\n\n<h2 align=center>\n"
        "  Two <img src=a>\n</h2>\n\n"
        "~~~py\n```\n~~~\n<!-- a\ncomment --> end\n"
    )
    assert [(s.level, s.title, s.line) for s in document.sections] == [
        (1, "Top", 1),
        (2, "Two", 15),
    ]
    assert [(s.text, s.line) for s in document.sentences] == [
        ("First sentence has 12.5.", 4),
        ("Second one goes on, e.g. here.", 4),
        ("item one", 7),
        ("item two", 8),
        ("Start:", 10),
        ("end", 23),
    ]
    assert [(f.language, f.text, f.line) for f in document.fences] == [
        ("bash", "   vllm serve x", 12),
        ("py", "```", 20),
    ]
    assert [c.text for c in document.comments] == ["a comment"]
    sentence = document.sentences[1]
    assert sentence.place(sentence.text.index("goes")) == (5, 1)


def test_code_that_is_never_closed_ends_where_text_goes_on() -> None:
    document = read("```\ncode\n\n## Results\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert [fault.rule for fault in document.faults] == ["code-open"]
    assert [s.title for s in document.sections] == ["Results"]
    assert len(document.tables) == 1
    twice = read("```python\na = 1\n\n```python\nb = 2\n```\n")
    assert [f.text for f in twice.fences] == ["a = 1\n", "b = 2"]


PLAIN = st.text(alphabet="abc 12.%", min_size=1, max_size=12).filter(lambda t: t.strip())


@given(
    st.lists(st.lists(PLAIN, min_size=3, max_size=3), min_size=1, max_size=6),
    st.lists(PLAIN, min_size=3, max_size=3),
)
def test_well_formed_tables_read_as_a_markdown_library_reads_them(
    rows: list[list[str]], head: list[str]
) -> None:
    lines = [f"| {' | '.join(row)} |" for row in [head, ["---"] * 3, *rows]]
    text = "\n".join(lines) + "\n"
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    cells = [t.content for t in tokens if t.type == "inline"]
    (table,) = read(text).tables
    assert [" ".join(c.split()) for c in cells] == [c for row in grid(table) for c in row]


PIECES = st.sampled_from(
    [
        "<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<th rowspan=9>"
        "", "<td colspan=99>",
        "|", "|---|", "---", "```", "~~~", "\n", "\n\n"
        "", "# ", "<!--", "-->", "[a](", "](b)", "1.25%",
        "Recovery", "Average", "Foo-7B-FP8", " ", "<a href=\"", "*", "`", "\\", "<h1>"
        "", "</h1>", "+---+",
        "up to 2x speedup", "\x00", "é", "average score of 12", "vllm serve a/b-8B-FP8", "- ", "> ",
    ]
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_whatever_comes_in_a_document_comes_out(text: str) -> None:
    document = read(text)
    lines = text.split("\n")
    for table in document.tables:
        for row in table.rows:
            assert len(row) == table.width
            for cell in row:
                assert cell is None or 1 <= cell.line <= len(lines)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_card(data: bytes) -> None:
    read(data)


def test_a_table_of_many_spans_stays_bounded() -> None:
    started = time.process_time()
    text = (
        "<table><tr>" + "<td rowspan=60000 colspan=1000>1</td>" * 400 + "</tr>" + "<tr></tr>" * 400
    )
    read(text + "</table>")
    assert time.process_time() - started < 60
