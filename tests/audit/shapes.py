"""Texts of any size that a careless reader takes quadratic time over: each a pattern, repeated."""

from __future__ import annotations

from collections.abc import Callable

from audit.made_up import QUANTIZED

HEAD = "---\nbase_model: a/Qwen2.5-7B\ntags:\n- int8\n---\n# Qwen2.5-7B-quantized.w8a8\n"
COLUMNS = "| Task | Base | W8A8 | Recovery |\n|--|--|--|--|\n"
SERVING = (
    "<table><tr><th>Hardware</th><th>Model</th><th>Average Cost Reduction</th>"
    "<th>Latency (s)</th><th>QPD</th></tr>\n"
)

SERVED = "<tr><td>A100x{small}</td><td>a/m</td><td>1.2</td><td>{score}</td><td>9{i}</td></tr>\n"
COMMAND = "vllm serve a/Qwen2.5-7B-quantized.w8a8 --max seconds 3\n"
IGNORED = "<tr><td>1</td></tr>\n<!-- cardgen-audit: ignore recovery -->\n"


def _repeated(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda size: HEAD + before + unit * max(size // len(unit), 1) + after


def _counted(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """Each piece holds its own number."""

    def text(size: int) -> str:
        pieces = (
            unit.format(i=i, score=f"{20 + i % 70}.{i % 100:02}", small=i % 9 + 1)
            for i in range(max(size // len(unit), 1))
        )
        return HEAD + before + "".join(pieces) + after

    return text


def _longer_fences(size: int) -> str:
    """Each fence has a tick more than the one before."""
    return HEAD + "".join("`" * (3 + i) + "x\n## a\n" for i in range(int((2 * size) ** 0.5)))


SHAPES: dict[str, Callable[[int], str]] = {
    "whole cards": _repeated(QUANTIZED),
    "unclosed tags": _repeated("<td>1.5 <b><i", "<table><tr>"),
    "angle brackets": _repeated("<"),
    "backticks": _repeated("`"),
    "code spans": _repeated("`a ``b "),
    "stars": _repeated("*a **b "),
    "brackets": _repeated("["),
    "open links": _repeated("[a]("),
    "open images": _repeated("![a"),
    "open anchors": _repeated('<a href="x">y '),
    "nested tables": _repeated("<table><tr><td>"),
    "tables never closed": _repeated("<table>\n\n# h\n\n"),
    "many tables": _repeated("| Task | W8A8 |\n|--|--|\n| a | 70.1 |\n\n"),
    "wide line": _repeated(" 1.5 |", "| a |\n|--|\n|"),
    "wide table": _repeated("<tr>" + "<td>1.5</td>" * 900 + "</tr>\n", "<table>", "</table>"),
    "many headings of one row": _counted("<th>Recovery {i}</th>", "<table><tr>", "</tr></table>"),
    "rows of scores": _counted("| t{i} | {score} | {score} | 100.0 |\n", COLUMNS),
    "rows of averages": _counted("| Average | {score} | {score} | 100.0 |\n", COLUMNS),
    "rows of recoveries": _repeated("| t | 7.1 | 6.2 | |\n| Recovery | 100 | 98 | |\n", COLUMNS),
    "sections in a table": _repeated("| Vision | | | |\n| t | 70.11 | 69.23 | 98.74 |\n", COLUMNS),
    "short rows": _repeated("| a |\n", "| a |" + " b |" * 300 + "\n|" + "--|" * 301 + "\n"),
    "rowspans": _repeated('<tr><td rowspan="999999">a</td></tr>\n', "<table>\n"),
    "colspans": _repeated('<tr><td colspan="999999">1.5</td></tr>\n', "<table>\n"),
    "serving rows": _counted(SERVED, SERVING, "</table>"),
    "models": _counted("| org/Qwen2.5-{i}B-Instruct | {score} |\n", "| Model | MMLU |\n|--|--|\n"),
    "blanks in a cell": _repeated(" ", "<table><tr><td>a", "b</td></tr></table>"),
    "fences": _repeated("```\na\n```\n"),
    "fences never closed": _repeated("````x\n## a\n"),
    "fences of one tick more": _longer_fences,
    "drawn tables": _repeated("+---+---+\n| a | 1.5 |\n", "```\n", "```\n"),
    "sentences": _repeated("This model achieves an average score of 71.2 on the benchmark. "),
    "paragraphs": _repeated("It recovers 98.5% of 71.2, whereas the base achieves 72.3.\n\n"),
    "one paragraph": _repeated("word word word.\n"),
    "commands": _repeated(COMMAND, "```bash\n", "```\n"),
    "one command": _repeated("--flag value \\\n", "```bash\nlm_eval \\\n", "```\n"),
    "blocks of commands": _repeated("```bash\nlm_eval --tasks mmlu --num_fewshot 5\n```\n"),
    "open brackets in Python": _repeated("(", "```python\n", "\n```\n"),
    "Python": _repeated('model_id = "a/Qwen2.5-7B-quantized.w8a8"\n', "```python\n", "```\n"),
    "headings": _repeated("# Qwen2.5-7B-w8a8\n"),
    "headings never closed": _repeated("<h1>\n"),
    "comments in a line": _repeated("<!-- a -->"),
    "comments before words": _repeated("<!-- a --> text\n"),
    "suppressions": _repeated("<!-- cardgen-audit: ignore recovery -->\n\ntext\n\n"),
    "suppressions in a table": _repeated(IGNORED, "<table>\n", "</table>"),
    "links": _repeated("[Qwen2.5-7B](https://huggingface.co/a/Qwen2.5-14B) "),
    "lists in a header": lambda n: "---\n" + "- " * (n // 2) + "a\n---\n",
    "keys in a header": lambda n: "---\n" + "- a: b\n" * (n // 7) + "---\n",
    "digits": _repeated("1", "| a | b |\n|--|--|\n| ", " | 2 |\n"),
    "blanks": _repeated(" ", "a", "b"),
    "quotes": _repeated("> "),
    "dashes": _repeated("|-"),
    "zero bytes": _repeated("\x00`a`"),
    "carriage returns": _repeated("a\r"),
}  # fmt: skip
