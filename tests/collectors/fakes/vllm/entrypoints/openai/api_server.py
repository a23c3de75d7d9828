"""A fake vLLM server over real HTTP: health, version, metrics, completions; and ways to fail."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from collectors.fakes import behaviour

ENDINGS = {
    "memory": "ValueError: To serve at least one request with the model's max seq len (8192), "
    "9.0 GiB KV cache is needed, which is larger than the available KV cache memory (1.0 GiB).",
    "missing": "OSError: nowhere/model is not a local folder and is not a valid model identifier",
    "unsupported": "ValueError: Model architectures ['Odd'] are not supported for now.",
    "port": "OSError: [Errno 98] Address already in use",
}

parser = argparse.ArgumentParser()
parser.add_argument("--host")
parser.add_argument("--port", type=int)
parser.add_argument("--served-model-name")
options, rest = parser.parse_known_args()
told = behaviour.of("vllm")
served = 0
hits = 0.0


def fail(kind: str) -> None:
    print(f"(EngineCore pid=7) ERROR 11-22 01:02:03 [core.py:1] {ENDINGS[kind]}", flush=True)
    print("RuntimeError: Engine core initialization failed. See root cause above.", flush=True)
    sys.exit(1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        return

    def answer(self, content: object, kind: str = "application/json") -> None:
        data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer("")
        elif self.path == "/version":
            self.answer({"version": "0.32.0"})
        elif self.path == "/v1/models":
            self.answer({"data": [{"id": options.served_model_name}]})
        else:
            queries = 100.0 * served
            share = told.get("hit_rate", 0.0)
            self.answer(
                f'vllm:prefix_cache_queries_total{{engine="0",model_name="m"}} {queries}\n'
                f'vllm:prefix_cache_hits_total{{engine="0",model_name="m"}} {queries * share}\n'
                f'vllm:num_preemptions_total{{engine="0"}} 0.0\n',
                "text/plain",
            )

    def do_POST(self) -> None:
        global served
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        served += 1
        dies = served == told.get("dies_at")
        if dies and (not told.get("dies_once") or behaviour.first_time("died")):
            os.kill(os.getpid(), signal.SIGKILL)
        self.answer({"choices": [{"text": "4", "message": {"content": "4"}}]})


print(f"INFO 11-22 01:02:03 [core.py:1] Initializing, device_config={told.get('device', 'cpu')}")
sys.stdout.flush()
ending = told.get("ending")
if ending == "port-once":
    ending = "port" if behaviour.first_time("port") else None
if ending == "never":
    time.sleep(600)
if ending:
    fail(ending)
server = ThreadingHTTPServer((options.host, options.port), Handler)
signal.signal(signal.SIGINT, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
