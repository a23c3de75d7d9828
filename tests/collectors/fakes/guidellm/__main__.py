"""A fake GuideLLM: asks the server for real, writes a file of GuideLLM 0.8's layout.

A rate of 10 requests a second and stream up to `streams` 4, no more from there on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from collectors.fakes import behaviour


def pairs(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(","))


arguments: dict[str, list[str]] = {}
for flag, value in zip(sys.argv[2::1], sys.argv[3::1], strict=False):
    if flag.startswith("--"):
        arguments.setdefault(flag, []).append(value)
profile = pairs(arguments["--profile"][0])
backend = pairs(arguments["--backend"][0])
streams = int(profile.get("streams", 1))
told = behaviour.of("guidellm")
told |= told.get("at", {}).get(str(streams), {})
fixture = Path(told["fixture"])
with Path("asked.jsonl").open("a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\n")
for _ in range(3):
    body = json.dumps({"model": backend["model"], "messages": []}).encode()
    url = backend["target"] + backend["request_format"]
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=5) as answer:
            answer.read()
    except OSError:
        time.sleep(told.get("patience", 60))
        sys.exit("Error: the server is gone")
if told.get("ending") == "crash":
    print("ValueError: no requests")
    sys.exit(1)
if told.get("ending") == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
hangs_once = told.get("ending") == "hang-once" and behaviour.first_time("hang")
if hangs_once:
    print("Starting benchmark for strategy", flush=True)
if told.get("ending") == "hang" or hangs_once:
    # An orphan in a session of its own, as GuideLLM's workers are.
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    Path("orphan").write_text(str(child.pid))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(600)
report: dict[str, Any] = json.loads(fixture.read_text())
report["benchmarks"] = report["benchmarks"][:1]
benchmark = report["benchmarks"][0]
kind = profile["kind"]
benchmark["config"]["strategy"] = {"type_": kind, "streams": streams}
rate = 10.0 * min(streams, 4) * told.get("factor", 1.0)
benchmark["metrics"]["requests_per_second"]["successful"]["mean"] = rate
if told.get("ending") == "nan":
    benchmark["metrics"]["request_latency"]["successful"]["mean"] = float("nan")
path = Path(pairs(arguments["--output"][0])["path"])
path.write_text(json.dumps(report))
