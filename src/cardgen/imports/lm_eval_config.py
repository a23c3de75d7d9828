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
TEMPLATES = ("chat_template", "chat_template_sha")
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

    A null that the file states is kept: lm-eval writes it for what was not asked for. A key that
    is not there states nothing. `device` is left out: a run against an API records `cuda:0`
    whatever served it.
    """
    stated = {key: config.members()[key] for key in SETTINGS if key in config}
    stated |= {key: root.members()[key] for key in RUN_SETTINGS if key in root}
    return {key: setting(key, value) for key, value in stated.items()} | _prompt(root)


def _prompt(root: Node) -> dict[str, Setting]:
    """What was put around the questions: the chat template, the system instruction.

    lm-eval writes a template, if only an empty one for an API, where it applied one; else null.
    """
    found: dict[str, Setting] = {}
    templates = [root.members()[key] for key in TEMPLATES if key in root]
    if templates:
        found["apply_chat_template"] = any(template is not None for template in templates)
    if "system_instruction" not in root:
        return found
    instruction = root.get("system_instruction")
    if instruction is None or instruction.value == "":
        return found | {"system_instruction": None}
    if not isinstance(instruction.value, str):
        return found
    text = instruction.value
    if len(text) <= LONGEST_INSTRUCTION and text == plain(redacted(text)):
        found["system_instruction"] = text
    elif root.get("system_instruction_sha") is None:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        found["system_instruction_sha"] = digest
    return found


def setting(key: str, value: object) -> Setting:
    """A setting as a record holds it: what is no plain value as JSON text, secrets taken out."""
    value = redacted_value(value, name=key)
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return value if isinstance(value, str | int | float | bool) else None
