"""What an lm-eval results file says of its own run: the model's names and the settings."""

from __future__ import annotations

import json

from cardgen.imports.node import Node
from cardgen.imports.redaction import redacted_value
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
    return {
        key: setting
        for key, node in values.items()
        if node is not None and (setting := _setting(key, node.value)) is not None
    }


def _setting(key: str, value: object) -> Setting:
    value = redacted_value(value, name=key)
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return value if isinstance(value, str | int | float | bool) else None
