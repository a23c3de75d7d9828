"""What of a task's configuration in an lm-eval results file decides what was asked, as one digest.

lm-eval's own `task_hashes` are empty unless it logged samples. This digest is of the configuration,
not of the prompts: it tells two configurations apart, and says nothing across lm-eval's versions,
which write the same task in different ways.
"""

from __future__ import annotations

import hashlib
import json
import re

from cardgen.imports.node import Node

QUESTION = (
    "custom_dataset",
    "dataset_path",
    "dataset_name",
    "dataset_kwargs",
    "test_split",
    "validation_split",
    "process_docs",
    "doc_to_text",
    "doc_to_target",
    "doc_to_choice",
    "doc_to_image",
    "doc_to_audio",
    "doc_to_visual",
    "doc_to_messages",
    "lmms_eval_specific_kwargs",
    "use_prompt",
    "description",
    "target_delimiter",
    "fewshot_delimiter",
    "gen_prefix",
    "output_type",
    "process_results",
)
"""The data, how a question is made of it, and how the answer is held against it."""
EXAMPLES = ("training_split", "fewshot_split", "fewshot_config")
"""What a prompt without examples does not depend on."""
TELLING = ("doc_to_text", "dataset_path", "custom_dataset", "use_prompt")
"""One of these is in every configuration that says what is asked."""
LOADING = frozenset(
    {
        "cache_dir", "download_config", "download_mode", "force_download", "ignore_verifications",
        "keep_in_memory", "local_files_only", "num_proc", "save_infos", "storage_options",
        "streaming", "token", "trust_remote_code", "use_auth_token", "verification_mode",
    }
)  # fmt: skip
"""Arguments of a data set that say how it is fetched, not what is in it."""
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
_ABSOLUTE = re.compile(r"\A(?:/|~|file:|[A-Za-z]:[\\/]).*[\\/](?=[^\\/])", re.DOTALL)
"""A path of one machine, up to its last part."""


def config_digest(config: Node, *, shots: int | None) -> str | None:
    """The sha256 of what a task's configuration asks; None where it does not say.

    The place of a function in memory and the folder that a local file lies in count for nothing.
    """
    if not any(config.get(key) is not None for key in TELLING):
        return None
    keys = QUESTION if shots == 0 else QUESTION + EXAMPLES
    kept = {key: _portable(key, node.value) for key in keys if (node := config.get(key))}
    return _sha256({key: value for key, value in kept.items() if value != {}})


def group_digest(digests: dict[str, str]) -> str:
    """The digest of a group of tasks."""
    return _sha256(digests)


def _sha256(value: object) -> str:
    text = _ADDRESS.sub("", json.dumps(value, sort_keys=True))
    return hashlib.sha256(text.encode()).hexdigest()


def _portable(key: str, value: object) -> object:
    """The value of a key without what another machine would have otherwise."""
    if key == "dataset_path":
        return _without_folder(value)
    if key == "dataset_kwargs" and isinstance(value, dict):
        return {name: _without_folder(item) for name, item in value.items() if name not in LOADING}
    return value


def _without_folder(value: object) -> object:
    if isinstance(value, str):
        return _ABSOLUTE.sub("", value)
    if isinstance(value, dict):
        return {name: _without_folder(item) for name, item in value.items()}
    return [_without_folder(item) for item in value] if isinstance(value, list) else value
