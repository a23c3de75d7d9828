"""What an lm-eval results file says of its own run: the model's names and the settings."""

from __future__ import annotations

import hashlib
import json

from cardgen.imports.node import Node, plain
from cardgen.imports.redaction import redacted, redacted_value
from cardgen.records import Setting

SETTINGS = (
    "model",
    "model_args",
    "gen_kwargs",
    "batch_size",
    "limit",
    "bootstrap_iters",
    "random_seed",
    "numpy_seed",
    "torch_seed",
    "fewshot_seed",
)
RUN_SETTINGS = (
    "chat_template_sha",
    "system_instruction_sha",
    "fewshot_as_multiturn",
    "max_length",
)
LONGEST_INSTRUCTION = 500
"""A longer system instruction is recorded by its sha256, as lm-eval computes it."""
_MODEL_KEYS = ("peft", "delta", "pretrained", "model", "path", "engine")
"""An adapter's name goes before that of the model it sits on: the adapter is what was scored."""


def models(config: Node) -> list[Node | None]:
    """The names of the model in its arguments; the file's own `model_name` may be made up."""
    arguments = config.get("model_args")
    found: list[Node | None] = []
    if arguments is not None and isinstance(arguments.value, dict):
        found += [arguments.get(key) for key in _MODEL_KEYS]
    elif arguments is not None and isinstance(arguments.value, str):
        pairs = dict(
            part.split("=", 1) for part in arguments.value.split(",") if part.count("=") >= 1
        )
        found += [
            Node(pairs[key], arguments.file, arguments.steps) for key in _MODEL_KEYS if key in pairs
        ]
    return found


def is_served(config: Node) -> bool:
    """Whether an API gave the answers: then the harness's machine is not the model's."""
    model = config.get("model")
    if model is None or not isinstance(model.value, str):
        return False
    return model.value.endswith(("-completions", "-chat", "-chat-completions"))


def settings_of(root: Node, config: Node) -> dict[str, Setting]:
    """The harness's settings as plain values, without secrets and without the device.

    `device` is left out: a run against an API records `cuda:0` whatever served it.
    """
    values = {key: config.get(key) for key in SETTINGS}
    values |= {key: root.get(key) for key in RUN_SETTINGS}
    settings = {
        key: setting
        for key, node in values.items()
        if node is not None and (setting := _setting(key, node.value)) is not None
    }
    return settings | _prompt(root)


def _prompt(root: Node) -> dict[str, Setting]:
    """What was put around the questions: the chat template, the system instruction.

    lm-eval writes a template, if only an empty one for an API, where it applied one; else null.
    """
    found: dict[str, Setting] = {}
    if root.get("chat_template") is not None or root.get("chat_template_sha") is not None:
        found["apply_chat_template"] = True
    instruction = root.get("system_instruction")
    if instruction is None or not isinstance(instruction.value, str) or not instruction.value:
        return found
    text = instruction.value
    if len(text) <= LONGEST_INSTRUCTION and text == plain(redacted(text)):
        found["system_instruction"] = text
    elif root.get("system_instruction_sha") is None:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        found["system_instruction_sha"] = digest
    return found


def _setting(key: str, value: object) -> Setting:
    value = redacted_value(value, name=key)
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return value if isinstance(value, str | int | float | bool) else None
