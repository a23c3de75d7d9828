"""The harnesses' command lines: which tasks go into one call, and what that call says.

Part of `measure.py`. Base and quantized model get the same lines but for the model's own name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cardgen.measuring.job import Job
from cardgen.measuring.server import Server
from cardgen.spec.plan.accuracy import AccuracyPlan, Harness, TaskPlan

MODULES: Final[dict[Harness, str]] = {
    "lm-eval": "lm_eval",
    "lmms-eval": "lmms_eval",
    "mistral-evals": "eval.run",
}
INSTALLED: Final = (
    "import importlib.util as u, sys\n"
    "try: found = u.find_spec(sys.argv[1])\n"
    "except ImportError: found = None\n"
    "sys.exit(found is None)"
)
REQUEST_TIMEOUT_S: Final = 600
"""For one answer: a CPU may take minutes over a large picture."""


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a harness: tasks that share every setting."""

    harness: Harness
    tasks: tuple[TaskPlan, ...]

    @property
    def first(self) -> TaskPlan:
        """Any of the tasks: what they share."""
        return self.tasks[0]

    @property
    def names(self) -> str:
        """The tasks, for logs and messages."""
        return ",".join(task.name for task in self.tasks)

    def parts(self) -> list[Call]:
        """A call for each task: what is tried where one of them ended the common call."""
        return [Call(self.harness, (task,)) for task in self.tasks]


def calls(plan: AccuracyPlan) -> list[Call]:
    """The plan's calls in the order of their first tasks; a harness starts slowly."""
    groups: dict[str, list[TaskPlan]] = {}
    for index, task in enumerate(plan.tasks):
        shared = task.model_dump(
            mode="json", exclude={"name", "metrics", "samples", "category", "language"}
        )
        alone = index if task.harness == "mistral-evals" else None
        groups.setdefault(json.dumps([shared, alone], sort_keys=True), []).append(task)
    return [Call(tasks[0].harness, tuple(tasks)) for tasks in groups.values()]


def command(
    python: str, call: Call, plan: AccuracyPlan, job: Job, server: Server | None, output: Path
) -> list[str]:
    """The call's command line."""
    if call.harness == "mistral-evals":
        assert server is not None
        return [
            python, "-m", MODULES[call.harness], "eval_vllm",
            "--model_name", server.model,
            "--url", server.url,
            "--eval_name", call.first.name,
            "--output_dir_str", str(output),
        ]  # fmt: skip
    if call.harness == "lmms-eval":
        assert server is not None
        return [
            python, "-m", MODULES[call.harness],
            "--model", "openai",
            "--model_args", _pairs(
                {
                    "model_version": server.model,
                    "base_url": f"{server.url}/v1",
                    "api_key": "EMPTY",
                    "timeout": REQUEST_TIMEOUT_S,
                    "num_concurrent": plan.concurrency,
                }
            ),
            "--tasks", call.names,
            *_common(call, plan, job),
            "--output_path", str(output),
        ]  # fmt: skip
    return [
        python, "-m", MODULES[call.harness], "run",
        *_backend(call, plan, job, server),
        "--tasks", *(task.name for task in call.tasks),
        *_common(call, plan, job),
        "--output_path", str(output),
    ]  # fmt: skip


def _backend(call: Call, plan: AccuracyPlan, job: Job, server: Server | None) -> list[str]:
    if plan.backend == "server":
        assert server is not None
        api = "local-chat-completions" if call.first.images else "local-completions"
        route = "chat/completions" if call.first.images else "completions"
        values: dict[str, object] = {
            "model": server.model,
            "base_url": f"{server.url}/v1/{route}",
            "num_concurrent": plan.concurrency,
            "max_retries": 3,
            "timeout": REQUEST_TIMEOUT_S,
            "seed": plan.seed,
        }
        if not call.first.images:
            # As tokens, which is the harness's default: as texts it cannot send a chat template.
            values["tokenizer"] = job.model.location
        length = plan.max_length or server.max_model_len
        if length is not None:
            values["max_length"] = length
        if job.trust_remote_code:
            values["trust_remote_code"] = True
        return ["--model", api, "--model_args", _pairs(values)]
    values = {"pretrained": job.model.location}
    if job.model.path is None and job.model.revision is not None:
        values["revision"] = job.model.revision
    if plan.max_length is not None:
        values["max_length"] = plan.max_length
    if plan.backend == "hf-multimodal":
        values["convert_img_format"] = True
    if job.trust_remote_code:
        values["trust_remote_code"] = True
    found = ["--model", plan.backend, "--model_args", _pairs(values)]
    if plan.backend != "vllm":
        found += ["--device", job.accelerator]
    return [*found, "--batch_size", str(plan.batch_size)]


def _common(call: Call, plan: AccuracyPlan, job: Job) -> list[str]:
    """What lm-eval and lmms-eval, its descendant, both take."""
    task = call.first
    found = ["--seed", str(plan.seed)]
    if task.num_fewshot is not None:
        found += ["--num_fewshot", str(task.num_fewshot)]
    chat = task.images if task.chat_template is None else task.chat_template
    if chat and call.harness == "lm-eval":
        found.append("--apply_chat_template")
    if task.limit is not None:
        found += ["--limit", str(task.limit)]
    if task.generation:
        found += ["--gen_kwargs", _pairs(task.generation)]
    if plan.include_path is not None:
        found += ["--include_path", str(Path(job.project) / plan.include_path)]
    if plan.samples:
        found.append("--log_samples")
    return found


def _pairs(values: dict[str, object] | dict[str, bool | int | float | str]) -> str:
    return ",".join(f"{name}={value}" for name, value in values.items())


def missing(harness: Harness) -> str:
    """Why a task has no score where its harness is not installed."""
    return (
        f"{harness} is not installed in the role `evaluate`; install it in an environment of your "
        "own and give that with `--python evaluate=PATH`"
    )
