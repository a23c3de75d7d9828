"""Random READMEs as people write them: headers of every kind, broken tables, odd line ends."""

from __future__ import annotations

from hypothesis import strategies as st

KEYS = ["license", "tags", "language", "library_name", "base_model", "note", "x-own", "widget"]
VALUES = [
    "mit",
    '"mit"',
    "'it''s'",
    "1.10",
    "no",
    "~",
    "&a text",
    "{a: 1, b: [2, 3]}",
    "[one,\n  two # inside\n]",
    "\n- a\n# between\n- 'no'",
    "\n  deep:\n    - {x: 1}\n    # a remark",
    "|\n  # not a remark\n  license: none",
    ">-\n  folded\n  text",
    '"two\n  lines"',
    "mit   # agreed with legal",
    "2024-01-01",
    "0o17",
]
REMARKS = ["# a remark\n", "\n", "  # indented\n", "#--- not a fence\n"]
BLOCKS = [
    "# A title\n",
    "Words of *mine*.\n",
    "<details>\n<summary>more</summary>\n\ninside\n",
    "```python\nprint('never closed')\n",
    "```\n---\nlicense: none\n---\n```\n",
    "| a | b |\n|---|\n| 1 | 2 | 3\n",
    "<table><tr><td>1<td>2</table>\n",
    "<!-- a comment of mine -->\n",
    "<!-- never closed\n",
    "---\nlicense: a second header\n---\n",
    "Setext\n---\n",
    "text with `<!-- cardgen:begin` in it\n",
    "\n\n\n",
    "trailing blanks   \n\ttab\n",
    "Слова по-русски, 中文, \u202eRTL, \x0b\n",
    "no newline at the end",
    "lone\rreturn\n",
]


@st.composite
def headers(draw: st.DrawFn) -> str:
    """The content of a header; often valid, not always."""
    names = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=5))
    lines = []
    for name in names:
        lines += draw(st.lists(st.sampled_from(REMARKS), max_size=1))
        lines.append(f"{name}: {draw(st.sampled_from(VALUES))}\n")
    text = "".join(lines)
    if "note" in names and "&a" in text:
        text += "again: *a\n"
    return text


@st.composite
def readmes(draw: st.DrawFn) -> str:
    """A whole README, or what somebody takes for one."""
    body = "".join(draw(st.lists(st.sampled_from(BLOCKS), max_size=5)))
    body += draw(st.text(max_size=20))
    text = body
    if draw(st.booleans()):
        text = f"---\n{draw(headers())}---\n{body}"
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    if draw(st.booleans()):
        text = f"\ufeff{text}"
    return text.encode("utf-8", "replace").decode()
