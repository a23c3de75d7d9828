"""Checks a header and a results file offline, in the Hub's own words where they are known.

Owns the rules of each field. Must not ask the network: whether a model, dataset or benchmark
exists is for the server to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cardgen.frontmatter.licenses import DOCUMENTED, LICENSES
from cardgen.frontmatter.model_index import check_model_index, check_source
from cardgen.frontmatter.problems import Findings, Problem, suggestion
from cardgen.frontmatter.vocabulary import (
    EVAL_RESULT_KEYS,
    HEADER_KEYS,
    PIPELINE_TAGS,
    RELATIONS,
    SPECIAL_LANGUAGES,
    TWO_LETTER_LANGUAGES,
)

__all__ = ["Problem", "eval_results_problems", "header_problems", "license_problem"]

EMPTY = "empty or missing yaml metadata in repo card"
_MODEL_ADVICE = "Use a model id from https://hf.co/models."
_DATASET_ADVICE = "If possible, use a dataset id from https://hf.co/datasets."
_LANGUAGE_ADVICE = (
    "It must be an ISO 639-1, 639-2 or 639-3 code (two/three letters), or a special value like "
    '"code", "multilingual". If you want to use BCP-47 identifiers, you can specify them in '
    "language_bcp47."
)
_THREE_LETTERS = re.compile(r"[a-z]{3}")
_LICENSE_ID = re.compile(r"[a-z0-9][a-z0-9.+_-]*")


def header_problems(data: object) -> list[Problem]:
    """Everything wrong with a parsed header: `data` is what the YAML parser gave.

    Errors are what the Hub refuses or cannot use; warnings what it accepts at a loss. A key whose
    value is None counts as absent. Keys without a documented meaning are accepted, as the Hub
    does, unless they look like a misspelt one. An empty list means that nothing was found
    offline, not that every name exists.
    """
    findings = Findings()
    if data is None or data == {}:
        findings.warning("", EMPTY)
        return findings.problems
    if not isinstance(data, Mapping):
        findings.error("", "repo card metadata block should be a dict")
        return findings.problems
    for key in data:
        _check_key(findings, key, data[key])
    present = {key: value for key, value in data.items() if value is not None}
    _check_license(findings, present)
    _check_language(findings, present)
    _check_task_and_library(findings, present)
    _check_names(findings, present)
    _check_emissions(findings, present)
    if "model-index" in present:
        check_model_index(findings, present["model-index"])
    return findings.problems


def eval_results_problems(data: object) -> list[Problem]:
    """Everything wrong with a parsed `.eval_results/*.yaml`, which the Hub would skip whole.

    The Hub's words are not known here, so the header's are used. Whether the dataset is a
    benchmark and has the task is for the server to say.
    """
    findings = Findings()
    if not isinstance(data, list | tuple):
        findings.error("", "the file must be an array of results")
        return findings.problems
    for index, value in enumerate(data):
        path = f"[{index}]"
        entry = findings.mapping(path, value)
        if entry is not None:
            _check_eval_result(findings, path, entry)
    return findings.problems


def license_problem(
    license: str | None,  # noqa: A002 - the header's own key
    license_name: str | None,
    base_license: str | None,
    base_license_name: str | None,
) -> Problem | None:
    """A warning that names both licences where the card's is not the base model's.

    `other` stands for its name. Nothing is said where either is unknown: absence is no finding.
    """
    own = _effective_license(license, license_name)
    base = _effective_license(base_license, base_license_name)
    if own is None or base is None or own.casefold() == base.casefold():
        return None
    message = (
        f'the card\'s license "{own}" is not the base model\'s "{base}"; '
        "check that the base model's terms allow it"
    )
    return Problem("warning", "license", message)


def _effective_license(identifier: str | None, name: str | None) -> str | None:
    chosen = name if identifier == "other" else identifier
    if chosen is None or not chosen.strip() or chosen.strip().lower() == "unknown":
        return None
    return chosen.strip()


def _check_key(findings: Findings, key: object, value: object) -> None:
    if not isinstance(key, str):
        findings.error("", f"the key {key!r} is not text: put it in quotes")
    elif key in HEADER_KEYS:
        if value is None:
            findings.warning(key, f'"{key}" is empty and counts as missing')
    elif meant := suggestion(key, HEADER_KEYS, cutoff=0.85):
        findings.warning(key, f'"{key}" has no meaning for the Hub{meant}')


def _check_license(findings: Findings, data: Mapping[Any, Any]) -> None:
    if "license" not in data:
        findings.warning("license", '"license" is missing: the model page shows no license')
        return
    for path, value in findings.texts("license", data["license"]):
        if value not in LICENSES:
            # the Hub's list ends with the other type that the field may have
            ending = ", array]" if path == "license" else "]"
            listed = ", ".join(DOCUMENTED) + ending
            meant = suggestion(value, LICENSES)
            findings.error(path, f'"{path}" must be one of [{listed}. Found "{value}"{meant}')
        if value == "other":
            for key, reason in (
                ("license_name", "with an identifier for the license"),
                ("license_link", "with its address, or LICENSE for a file in the repository"),
            ):
                if key not in data:
                    findings.warning(key, f'"license: other" needs "{key}" {reason}')
    if "license_name" in data and findings.text("license_name", data["license_name"]):
        name = data["license_name"]
        if not _LICENSE_ID.fullmatch(name):
            findings.warning(
                "license_name",
                f'"license_name" is an identifier like "my-license-1.0", not "{name}"',
            )
    if "license_link" in data:
        findings.text("license_link", data["license_link"])


def _check_language(findings: Findings, data: Mapping[Any, Any]) -> None:
    for path, value in findings.texts("language", data.get("language", [])):
        if value != value.lower():
            findings.error(path, f'"{path}" must only contain lowercase characters')
        elif not (
            value in TWO_LETTER_LANGUAGES
            or value in SPECIAL_LANGUAGES
            or _THREE_LETTERS.fullmatch(value)
        ):
            findings.error(path, f'"{path}" with value "{value}" is not valid. {_LANGUAGE_ADVICE}')


def _check_task_and_library(findings: Findings, data: Mapping[Any, Any]) -> None:
    if "library_name" not in data:
        findings.warning(
            "library_name",
            '"library_name" is missing: for repositories made after August 2024 the Hub no '
            "longer infers transformers",
        )
    else:
        findings.text("library_name", data["library_name"])
    if "pipeline_tag" in data and findings.text("pipeline_tag", data["pipeline_tag"]):
        tag = data["pipeline_tag"]
        if tag not in PIPELINE_TAGS:
            listed = ", ".join(PIPELINE_TAGS) + suggestion(tag, PIPELINE_TAGS)
            message = f'The pipeline tag "{tag}" is not in the official list: {listed}'
            findings.warning("pipeline_tag", message)


def _check_names(findings: Findings, data: Mapping[Any, Any]) -> None:
    if isinstance(data.get("tags"), str):
        findings.warning("tags", '"tags" must be an array; a single string is read as one tag')
    else:
        findings.texts("tags", data.get("tags", []))
    findings.texts("metrics", data.get("metrics", []))
    for key, advice in (("datasets", _DATASET_ADVICE), ("base_model", _MODEL_ADVICE)):
        for path, value in findings.texts(key, data.get(key, [])):
            findings.repository(path, value, advice=advice)
    if "new_version" in data and findings.text("new_version", data["new_version"]):
        findings.repository("new_version", data["new_version"], advice=_MODEL_ADVICE)
    if "base_model_relation" in data:
        relation = data["base_model_relation"]
        if relation not in RELATIONS:
            listed = ", ".join(RELATIONS)
            findings.error(
                "base_model_relation", f'"base_model_relation" must be one of [{listed}]'
            )
        if not data.get("base_model"):
            findings.warning("base_model", '"base_model_relation" needs "base_model"')


def _check_emissions(findings: Findings, data: Mapping[Any, Any]) -> None:
    path = "co2_eq_emissions"
    value = data.get(path)
    if isinstance(value, Mapping):
        if value.get("emissions") is None:
            findings.error(f"{path}.emissions", f'"{path}.emissions" is required')
        else:
            findings.number(f"{path}.emissions", value["emissions"], text_allowed=False)
        keys = ["source", "training_type", "geographical_location", "hardware_used"]
        findings.optional_text(path, value, keys)
    elif value is not None:
        findings.number(path, value, text_allowed=False)


def _check_eval_result(findings: Findings, path: str, entry: Mapping[Any, Any]) -> None:
    for key in entry:
        if key not in EVAL_RESULT_KEYS:
            meant = suggestion(str(key), EVAL_RESULT_KEYS)
            findings.warning(f"{path}.{key}", f'"{path}.{key}" is not in the format{meant}')
    where = f"{path}.dataset"
    if entry.get("dataset") is None:
        findings.error(where, f'"{where}" is required')
    elif (dataset := findings.mapping(where, entry["dataset"])) is not None:
        if findings.required_text(where, dataset, "id"):
            findings.repository(f"{where}.id", dataset["id"], advice=_DATASET_ADVICE)
        findings.required_text(where, dataset, "task_id")
        findings.optional_text(where, dataset, ["revision"])
    if entry.get("value") is None:
        findings.error(f"{path}.value", f'"{path}.value" is required')
    else:
        findings.number(f"{path}.value", entry["value"], text_allowed=False)
    if entry.get("date") is not None:
        _check_date(findings, f"{path}.date", entry["date"])
    if entry.get("source") is not None:
        check_source(findings, f"{path}.source", entry["source"], texts=["name", "user", "org"])
    findings.optional_text(path, entry, ["verifyToken", "evaluation_framework", "notes"])


def _check_date(findings: Findings, path: str, value: object) -> None:
    if not isinstance(value, str):
        findings.error(path, f'"{path}" must be a string: put the date in quotes')
        return
    try:
        datetime.fromisoformat(value)
    except ValueError:
        findings.error(path, f'"{path}" must be in ISO 8601 date format')
