"""`cardgen pull`: a published card becomes a project whose build gives the same tables."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hub.server import Hub
from hypothesis import HealthCheck, given, settings
from publish.readmes import readmes
from publish.samples import Desk
from samples_cards import BASE, MODEL, accuracy, call, device, run, serving, write_card

from cardgen.publish.pull import Origin, pull
from cardgen.publish.transcription.printed import finer, is_nothing, reading
from cardgen.published import read
from cardgen.spec.load import find_project

PUBLISHED = os.environ.get("CARDGEN_PUBLISHED_CARDS", "")

QUANTIZED = """\
---
license: mit
language:
- en
tags:
- vllm
base_model: example/tiny
library_name: transformers
---
# tiny-w4a16

## Model Overview
- **Model Architecture:** example/tiny
  - **Input:** Vision-Text
  - **Output:** Text
- **Release Date:** 2/24/2025
- **Version:** 1.10
- **Model Developers:** Somebody

A small model, made smaller.

## Deployment

```python
llm = LLM(model="example/tiny-w4a16", max_model_len=4096, trust_remote_code=True)
```

## Creation

```python
recipe = GPTQModifier(targets="Linear", num_bits=4, group_size=128, ignore=["lm_head"])
oneshot(model=model, recipe=recipe)
```

### Accuracy

<table>
  <tr><th>Category</th><th>Metric</th><th>example/tiny</th><th>tiny-w4a16 (this model)</th>
  <th>Recovery (%)</th></tr>
  <tr><td rowspan="3"><b>Vision</b></td><td>MMMU (val, CoT)<br><i>accuracy</i></td>
  <td>44.56</td><td>41.56</td><td>93.27%</td></tr>
  <tr><td>ChartQA (test)<br><i>anls</i></td><td>81.20</td><td>78.96</td><td>97.24%</td></tr>
  <tr><td><b>Average</b></td><td>62.88</td><td>60.26</td><td>95.83%</td></tr>
  <tr><td>Text</td><td>MMLU (5-shot)</td><td>65.32</td><td>N/A</td><td></td></tr>
</table>

## Inference Performance

### Single-stream performance (measured with vLLM version 0.7.2)

<table>
  <tr><th></th><th></th><th></th><th colspan="2">Captions<br>480W x 360H<br>0/128</th></tr>
  <tr><th>Hardware</th><th>Model</th><th>Average Cost Reduction</th>
  <th>Latency (s)</th><th>Queries Per Dollar</th></tr>
  <tr><th rowspan="2">A100x1</th><td>example/tiny</td><td></td><td>1.2</td><td>1636</td></tr>
  <tr><td>example/tiny-w4a16</td><td>1.23</td><td>1.0</td><td>2012</td></tr>
</table>

### Multi-stream asynchronous performance

<table>
  <tr><th></th><th></th><th></th><th colspan="2">Captions<br>480W x 360H<br>0/128</th></tr>
  <tr><th>Hardware</th><th>Model</th><th>Average Cost Reduction</th>
  <th>Maximum throughput (QPS)</th><th>Queries Per Dollar</th></tr>
  <tr><th rowspan="2">A100x1</th><td>example/tiny</td><td></td><td>4.4</td><td>8924</td></tr>
  <tr><td>example/tiny-w4a16</td><td>1.16</td><td>5.1</td><td>10318</td></tr>
</table>

## More

| One | Two |
|-----|-----|
| 1   | 2   |
"""

REPORT = """\
# example/tiny

Модель для картинок, о которой здесь рассказано по-русски и подробно.

## Device Tests

Dataset: TextVQA
BatchSize: 1
ImageSize:  224
SeqLen:  200
Optimization: fp16

| Device | Latency | Energy  | FLOPS    |
|--------|---------|---------|----------|
| GPU    | 0.840   | 129.212 | 617.84 G |
| CPU    | 4.561   | -       | 617.84 G |

## Batch Tests

Dataset: TextVQA
ImgSize: 224
SeqLen:  200
Optimization: fp16
Device: Cuda

| batch_size | Latency (per batch) | Energy (per sample) |
|------------|---------------------|---------------------|
| 1          | 0.840               | 129                 |
| 16         | 1.431               | 16                  |

## Image Size Tests

BatchSize: 16
SeqLen:  200
Optimization: fp16
Device: Cuda

| image_size | COCO  | COCO latency | TextVQA | TextVQA latency |
|------------|-------|--------------|---------|-----------------|
| 224        | 1.996 | 1.417        | 11.116  | 1.431           |
| 336        | 1.786 | 1.571        | 11.058  | 1.563           |

## Optimization Tests

Dataset: COCO
BatchSize: 16
ImageSize:  224
SeqLen:  200
Device: Cuda

| Optimization | Latency | % of original Latency | FLOPS  | % of original FLOPS |
|--------------|---------|-----------------------|--------|---------------------|
| fp16         | 1.417   | 100                   | 96.3 T | 100                 |
| Compile      | 1.400   | 98.80                 | 96.3 T | 100                 |
"""


def numbers(data: bytes) -> list[list[str]]:
    """The numbers of each table, in reading order; a cell with a span once."""
    found = []
    for table in read(data).tables:
        cells: list[str] = []
        for row in table.body:
            last = None
            for cell in row:
                if cell is not None and cell is not last and reading(cell.text):
                    cells.append(re.sub(r" \(\w\)$", "", cell.text).rstrip("%x"))
                last = cell
        found.append(cells)
    return found


def pulled(root: Path, text: str) -> tuple[Path, str]:
    """The folder of the card made of a published text, built; and what pull said."""
    (root / "cardgen.yaml").write_text("", encoding="utf-8")
    source = root / "given.md"
    source.write_text(text, encoding="utf-8")
    done = call(root, "pull", "given.md", "--as", "made")
    assert done.code == 0, done.err
    assert done.out == "cards/made\n"
    built = call(root, "build", "made")
    assert built.code == 0, built.err
    return root / "cards" / "made", done.err


def test_a_quantized_card(tmp_path: Path) -> None:
    """Scores with recovery and average, latency, throughput, queries per dollar: all again."""
    folder, told = pulled(tmp_path, QUANTIZED)
    built = numbers((folder / "README.md").read_bytes())
    published = numbers(QUANTIZED.encode())
    assert built == published[:3]
    assert told.count("not read") == 1
    assert "a table of no known layout, under More" in told
    card = (folder / "card.yaml").read_text(encoding="utf-8")
    assert 'version: "1.10"\n' in card
    assert 'release_date: "2025-02-24"\n' in card
    assert "developers: Somebody\n" in card
    assert "max_model_len: 4096\n" in card
    assert "A small model, made smaller." in (folder / "prose.en.md").read_text(encoding="utf-8")
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "MMMU (val, CoT)<br>accuracy" in text
    assert "INT4" in text
    assert call(tmp_path, "build", "made", "--check").code == 0


def test_the_records_say_where_they_are_from(tmp_path: Path) -> None:
    """Transcribed, of the file that is kept beside them, with its digest and what was not read."""
    folder, _ = pulled(tmp_path, QUANTIZED)
    kept = folder / "published" / "README.md"
    assert kept.read_text(encoding="utf-8") == QUANTIZED
    made = json.loads((folder / "runs/published.json").read_text(encoding="utf-8"))
    provenance = made["provenance"]
    assert provenance["origin"] == "transcribed"
    assert provenance["source"]["file"] == "cards/made/published/README.md"
    assert "no known layout" in provenance["notes"][0]
    first = next(m for m in made["measurements"] if m["kind"] == "accuracy")
    assert first["value"] == {"value": 44.56, "decimals": 2, "rounding": "unknown"}
    explained = call(tmp_path, "explain", "made", "accuracy/mmmu/recovery")
    assert "published" in explained.out


def test_a_device_report(tmp_path: Path) -> None:
    """Every table by its own settings; the finer of two printed values stays."""
    folder, told = pulled(tmp_path, REPORT)
    assert "not read" not in told
    built = numbers((folder / "README.md").read_bytes())
    assert [cells[:3] for cells in built[:1]] == [["0.840", "129.212", "617.84 G"]]
    for cells, published in zip(built, numbers(REPORT.encode()), strict=True):
        remaining = list(cells)
        for cell in published:
            match = next((c for c in remaining if _same(c, cell)), None)
            assert match is not None, (cell, cells)
            remaining.remove(match)
    prose = (folder / "prose.ru.md").read_text(encoding="utf-8")
    assert prose == "Модель для картинок, о которой здесь рассказано по-русски и подробно.\n"


def _same(one: str, other: str) -> bool:
    first, second = reading(one), reading(other)
    return first is not None and second is not None and finer(first, second) is not None


def test_there_and_back(desk: Desk) -> None:
    """Build, push, pull, build: the same numbers in the same tables."""
    runs = [
        run(
            *(
                serving(
                    model,
                    mode=mode,
                    hardware="A100",
                    queries_per_dollar=qpd,
                    price={"usd_per_gpu_hour": 1.79, "source": "a list", "date": "2025-02-18"},
                )
                for mode, pairs in (
                    ("single-stream", ((BASE, "1636"), (MODEL, "2012"))),
                    ("multi-stream", ((BASE, "8924"), (MODEL, "10318"))),
                )
                for model, qpd in pairs
            ),
            accuracy("mmmu", "44.56", BASE, category="Vision"),
            accuracy("mmmu", "41.56", category="Vision"),
            device(MODEL, latency_s="0.840", joules="129.212", wer="11.116"),
            device(MODEL, batch_size=4, latency_s="1.239", joules="48.000", wer="11.200"),
        )
    ]
    for name in (desk.root / "cards/tiny").glob("**/*"):
        if name.is_file():
            name.unlink()
    accuracy_tasks = [{"task": "mmmu", "title": "MMMU", "category": "Vision"}]
    write_card(desk.root, "tiny", *runs, kind="both", accuracy={"tasks": accuracy_tasks})
    assert call(desk.root, "build", "tiny").code == 0
    desk.pushed()
    done = call(desk.root, "pull", desk.repo, "--as", "back")
    assert done.code == 0, done.err
    assert call(desk.root, "build", "back").code == 0
    cards = desk.root / "cards"
    first, again = (numbers((cards / n / "README.md").read_bytes()) for n in ("tiny", "back"))
    assert again == first
    kept = (cards / "back/published/README.md").read_bytes()
    assert kept == desk.hub.file(desk.repo, "README.md")
    card = (cards / "back/card.yaml").read_text(encoding="utf-8")
    assert f"repo: {desk.repo}\n" in card


def test_words_of_others_come_back(desk: Desk) -> None:
    """What people wrote around the regions becomes prose; the text itself is kept."""
    desk.pushed()
    desk.hub.edit(desk.repo, {"README.md": (desk.text() + "\nBy *hand*.\n").encode()})
    done = call(desk.root, "pull", desk.repo, "--as", "back")
    assert done.code == 0
    back = desk.root / "cards/back"
    assert (back / "prose.en.md").read_text(encoding="utf-8") == "By *hand*.\n"
    assert "not read: README.md:1: the words that cardgen wrote" in done.err
    assert (back / "published/README.md").read_bytes() == desk.hub.file(desk.repo, "README.md")


@settings(
    deadline=None,
    max_examples=6,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(theirs=readmes())
def test_push_then_pull_keeps_every_byte(desk: Desk, theirs: str) -> None:
    """Whatever README stands there: after adoption, a new measurement and a pull, every byte
    outside cardgen's regions is what it was."""
    desk.hub.add(
        repo := f"example/any-{len(desk.hub.repositories)}", {"README.md": theirs.encode()}
    )
    other = Desk(desk.hub, desk.root, repo)
    desk.change("41.56")
    if other.push("--adopt").code != 0:
        assert desk.hub.file(repo, "README.md") == theirs.encode()
        return
    other.change("40.00")
    other.pushed()
    number = len(list((desk.root / "cards").iterdir()))
    done = call(desk.root, "pull", repo, "--as", f"any-{number}")
    assert done.code == 0, done.err
    kept = (desk.root / f"cards/any-{number}/published/README.md").read_bytes()
    assert kept == desk.hub.file(repo, "README.md")
    from cardgen.publish.header import split

    assert kept.decode().endswith(split(theirs).after)
    assert kept.startswith(b"\xef\xbb\xbf") == theirs.startswith("\ufeff")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A card of that name, or a folder, is refused; so is what is no card."""
    pulled(tmp_path, QUANTIZED)
    before = {p: p.read_bytes() for p in (tmp_path / "cards").rglob("*") if p.is_file()}
    again = call(tmp_path, "pull", "given.md", "--as", "made")
    assert again.code == 2
    assert "--as NAME" in again.err
    for source in ("nothing", "/", "example/"):
        assert "none of them" in call(tmp_path, "pull", source, "--as", "x").err
    (tmp_path / "empty.md").write_bytes(b"\n")
    assert "an empty file" in call(tmp_path, "pull", "empty.md", "--as", "x").err
    (tmp_path / "README.md").write_text(QUANTIZED, encoding="utf-8")
    assert "--as NAME" in call(tmp_path, "pull", "README.md").err
    assert call(tmp_path, "pull", "given.md", "--as", "../x").code == 2
    assert {p: p.read_bytes() for p in (tmp_path / "cards").rglob("*") if p.is_file()} == before


def test_from_the_hub(hub: Hub, tmp_path: Path) -> None:
    """One commit is read; the record names it. What is not there is one line."""
    (tmp_path / "cardgen.yaml").write_text("", encoding="utf-8")
    hub.add("example/tiny-w4a16", {"README.md": QUANTIZED.encode()})
    done = call(tmp_path, "pull", "example/tiny-w4a16")
    assert done.code == 0, done.err
    made = tmp_path / "cards/tiny-w4a16/runs/published.json"
    source = json.loads(made.read_text(encoding="utf-8"))["provenance"]["source"]
    head = hub.repositories["example/tiny-w4a16"].bare.resolve("main")
    assert source["url"] == f"{hub.endpoint}/example/tiny-w4a16/tree/{head}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", source["retrieved"])
    hub.add("example/no-card")
    assert "a published card" in call(tmp_path, "pull", "example/no-card").err
    missing = call(tmp_path, "pull", "example/nowhere")
    assert missing.code == 2
    assert missing.err.count("\n") == 1


def test_a_token_in_a_published_program_stays_out_of_the_record(tmp_path: Path) -> None:
    """Records never hold one; the kept text is what is public anyway."""
    token = "hf_" + "a" * 34
    folder, _ = pulled(tmp_path, QUANTIZED.replace("oneshot(", f"login('{token}')\noneshot("))
    for path in (folder / "runs").iterdir():
        assert token.encode() not in path.read_bytes()
    assert token not in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        ("41.56", 41.56, 2),
        ("93.28%", 93.28, 2),
        ("617.84 G", 617.84e9, -7),
        ("**1.57**", 1.57, 2),
        ("1,454", 1454, 0),
        ("0,840", 0.84, 3),
        ("28.216 (a)", 28.216, 3),
        ("−3.5", -3.5, 1),
        ("1.96x", 1.96, 2),
    ],
)
def test_printed_numbers(text: str, value: float, decimals: int) -> None:
    """Value and sharpness, as far as they were printed."""
    found = reading(text)
    assert found is not None
    assert (found["value"], found["decimals"]) == (pytest.approx(value), decimals)


@pytest.mark.parametrize("text", ["57.0 (55.8 / 58.2)", "MMLU", "", "1.2.3", "± 3", "3 5"])
def test_no_single_number(text: str) -> None:
    """Never a guess."""
    assert reading(text) is None


@pytest.mark.parametrize("text", ["", "-", "—", "N/A", "***", "— (c)", "\\-", "TBD"])
def test_said_to_be_nothing(text: str) -> None:
    """What stands for no number is not listed as unread."""
    assert is_nothing(text)


@pytest.mark.published_cards
@pytest.mark.parametrize(("file", "most"), [("quantized-card.md", 4), ("benchmark-card.ru.md", 1)])
def test_the_reference_cards(tmp_path: Path, file: str, most: int) -> None:
    """Every printed number but the few that do not follow from the others comes back.

    They stand beside the folder of published cards that CARDGEN_PUBLISHED_CARDS names.
    """
    assert PUBLISHED, "CARDGEN_PUBLISHED_CARDS names no folder of published cards"
    data = (Path(PUBLISHED).parent / file).read_bytes()
    (tmp_path / "cardgen.yaml").write_text("", encoding="utf-8")
    made = pull(find_project(tmp_path), "made", Origin(file, {"README.md": data}))
    assert made.unread == ()
    assert call(tmp_path, "build", "made").code == 0
    built = numbers((tmp_path / "cards/made/README.md").read_bytes())
    lost = 0
    for cells, published in zip(built, numbers(data), strict=True):
        remaining = list(cells)
        for cell in published:
            match = next((c for c in remaining if _same(c, cell)), None)
            lost += match is None
            if match is not None:
                remaining.remove(match)
    assert lost <= most
