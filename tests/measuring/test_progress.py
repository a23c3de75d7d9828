"""Progress: what is written arrives, what is garbage is passed over."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED

from cardgen.measuring.progress import VARIABLE, Event, Progress, Reader


def test_events_arrive() -> None:
    """A stage, how far it is, a note."""
    reading, writing = os.pipe()
    progress = Progress(writing)
    progress.stage("requests", total=3)
    for _ in range(3):
        progress.advance()
    progress.note("a note")
    os.close(writing)
    events = Reader().feed(os.read(reading, 65536))
    os.close(reading)
    assert events[0] == Event("stage", "requests", 3.0)
    assert events[-2:] == [Event("advance", done=3.0), Event("note", "a note")]


def test_many_small_steps_are_few_events() -> None:
    """A collector may advance at every token."""
    reading, writing = os.pipe()
    progress = Progress(writing)
    progress.stage("tokens", total=100_000)
    for _ in range(100_000):
        progress.advance()
    os.close(writing)
    assert len(Reader().feed(os.read(reading, 65536))) < 100
    os.close(reading)


def test_nobody_listens(monkeypatch: object) -> None:
    """Without a descriptor, or with a closed one, nothing happens."""
    Progress().stage("alone")
    reading, writing = os.pipe()
    os.close(reading)
    progress = Progress(writing)
    progress.stage("to nobody")
    progress.advance()
    os.close(writing)
    os.environ[VARIABLE] = "not a number"
    Progress.from_environment().note("x")
    assert VARIABLE not in os.environ


@RELAXED
@given(st.lists(st.binary(max_size=40)), st.integers(1, 7))
def test_any_bytes_are_read(chunks: list[bytes], size: int) -> None:
    """Whatever arrives, however cut: no error, and a whole line behind it is still heard."""
    reader = Reader()
    data = b"\n".join([*chunks, b'\n{"event": "advance", "done": 2}\n'])
    events = [e for at in range(0, len(data), size) for e in reader.feed(data[at : at + size])]
    assert events[-1] == Event("advance", done=2.0)


def test_what_is_no_event_is_passed_over() -> None:
    """Wrong types, unknown events, numbers that are none."""
    lines = (
        b'{"event": "stage"}\n{"event": "advance", "done": "many"}\n[1]\nnull\n'
        b'{"event": "advance", "done": -1}\n{"event": "advance", "done": NaN}\n'
        b'{"event": "dance"}\n{"event": "note", "text": "\\u001b[2J"}\n'
    )
    assert Reader().feed(lines) == [Event("stage", ""), Event("note", "\\x1b[2J")]
