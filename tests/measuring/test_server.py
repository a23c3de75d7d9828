"""The server that collectors measure against: why it failed, what it counted, whose it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cardgen.measuring import server, serverlog
from cardgen.measuring.counters import Counters, counters
from cardgen.measuring.job import Job, Model, Role
from cardgen.measuring.program import Session
from cardgen.measuring.progress import Progress
from cardgen.measuring.server import ServerError
from cardgen.spec.plan.server import ServerPlan

CAUSES = [
    # the log's end -> what is said of it
    ("OSError: [Errno 98] Address already in use", "the port was taken"),
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "out of memory"),
    ("RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory", "out of memory"),
    (
        "ValueError: No available memory for the cache blocks. Try increasing memory",
        "out of memory",
    ),
    (
        "ValueError: To serve at least one request with the models's max seq len (131072), (14.00 "
        "GiB KV cache is needed, which is larger than the available KV cache memory (1.0 GiB)",
        "out of memory",
    ),
    ("OSError: a/b is not a local folder and is not a valid model identifier", "missing"),
    ("OSError: x does not appear to have a file named config.json", "missing"),
    ("ValueError: Model architectures ['X'] are not supported for now", "does not support"),
    ("api_server.py: error: unrecognized arguments: --nonsense", "does not support"),
]


@pytest.mark.parametrize(("line", "words"), CAUSES)
def test_a_logs_end_says_why_the_server_ended(tmp_path: Path, line: str, words: str) -> None:
    log = tmp_path / "server.log"
    log.write_text(
        "INFO fine\n"
        f"(EngineCore pid=77) ERROR 11-22 01:48:10 [core.py:101] {line}\n"
        "(APIServer pid=7) RuntimeError: Engine core initialization failed. See root cause.\n"
    )
    said = serverlog.cause(log)
    assert words in said
    assert "pid=77" not in said


@pytest.mark.parametrize("text", ["", "INFO all is well\n", "\x00\xff"])
def test_a_log_that_says_nothing_gives_nothing(tmp_path: Path, text: str) -> None:
    log = tmp_path / "server.log"
    log.write_text(text, encoding="latin-1")
    assert serverlog.cause(log) == ""
    assert serverlog.cause(tmp_path / "none.log") == ""


def test_an_error_of_no_known_kind_is_told_as_it_stands(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("ZeroDivisionError: division by zero\nRuntimeError: Engine core proc died\n")
    assert serverlog.cause(log) == "ZeroDivisionError: division by zero"


def metrics(queries: float, hits: float) -> str:
    return (
        "# HELP vllm:prefix_cache_queries_total Prefix cache queries\n"
        f'vllm:prefix_cache_queries_total{{engine="0",model_name="a"}} {queries / 2}\n'
        f'vllm:prefix_cache_queries_total{{engine="1",model_name="a"}} {queries / 2}\n'
        f'vllm:prefix_cache_hits_total{{engine="0",model_name="a"}} {hits}\n'
        f'vllm:external_prefix_cache_hits_total{{engine="0"}} 999.0\n'
        'vllm:num_preemptions_total{engine="0"} 1.0\n'
    )


def test_the_hit_rate_is_that_of_the_time_between_two_looks() -> None:
    before = counters(metrics(1000, 900))
    after = counters(metrics(1100, 925))
    assert after.hit_rate(before) == 0.25
    assert after.preempted(before) == 0
    assert before.hit_rate(before) == 0.0


def test_a_server_that_counts_nothing_has_no_hit_rate() -> None:
    assert counters("") == Counters()
    assert Counters().hit_rate(Counters()) is None


@contextmanager
def running(models: list[str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            bodies = {
                "/version": {"version": "0.9.2"},
                "/v1/models": {"data": [{"id": name} for name in models]},
            }
            body = bodies.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
            thread.join()


def session(folder: Path, target: str) -> Session:
    job = Job(
        key="0" * 64,
        kind="serving",
        collector="serving",
        card="card",
        project=str(folder),
        folder=str(folder / "job"),
        model=Model(name="org/model"),
        hardware="CPU",
        roles={"serve": Role(target=target)},
    )
    return Session(job, Progress())


@pytest.mark.parametrize("suffix", ["", "/", "/v1"])
def test_a_running_server_is_used_as_it_is(tmp_path: Path, suffix: str) -> None:
    with (
        running(["org/model"]) as url,
        server.serving(session(tmp_path, url + suffix), ServerPlan()) as found,
    ):
        assert (found.url, found.model, found.version) == (url, "org/model", "0.9.2")
        assert found.startup_s is None
        assert found.counters() == Counters()


def test_a_running_server_of_another_model_is_refused(tmp_path: Path) -> None:
    with (
        running(["org/other"]) as url,
        pytest.raises(ServerError, match=r"does not serve org/model, but: org/other"),
        server.serving(session(tmp_path, url), ServerPlan()),
    ):
        pass


def test_a_target_that_does_not_answer_is_told(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{server.free_port()}"
    with (
        pytest.raises(ServerError, match="does not answer"),
        server.serving(session(tmp_path, url), ServerPlan()),
    ):
        pass
