"""The result as users will load it: with transformers and vLLM, its answers beside the base's.

Catches the names in `ignore` that say no layer of the loaded model, and mends config.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, Literal

import layers  # beside this file, as the next
from refusal import Refused

from cardgen.imports.safetensors import read_weights
from cardgen.measuring.program import Session
from cardgen.records import QuantizationMeasurement
from cardgen.spec.plan.quantization import QuantizationPlan
from cardgen.store import files

CHECK_TIMEOUT_S: Final = 1800
HERE: Final = Path(__file__).resolve().parent


def run(
    session: Session,
    plan: QuantizationPlan,
    found: QuantizationMeasurement,
    output: Path,
    *,
    image: bool,
) -> None:
    """Load the result with each engine and compare its answers with the base model's."""
    if not plan.check.engines:
        return
    request = {
        "model": str(output),
        "base": session.job.base.location if session.job.base else "",
        "image": image,
        "prompts": list(plan.check.prompts),
        "images": [str(session.project / name) for name in plan.check.images],
        "max_tokens": plan.check.max_tokens,
        "max_model_len": None,
        "trust_remote_code": session.job.trust_remote_code,
        "device": session.job.accelerator,
    }
    asked, told = session.folder / "check.json", session.folder / "answers.json"
    files.replace(asked, json.dumps(request, indent=1).encode())
    answers = load_with_transformers(session, asked, told)
    if answers["unmatched"]:
        mend(session, found, output, answers)
        answers = load_with_transformers(session, asked, told)
        if answers["unmatched"]:
            raise Refused(
                f"{session.place(output)}/config.json: ignore names layers that transformers "
                f"{answers['transformers']} does not have: {', '.join(answers['unmatched'][:3])}"
            )
    if "transformers" in plan.check.engines:
        judged(session, plan, "transformers", answers["transformers"], answers["questions"])
    serve = session.job.roles.get("serve")
    if "vllm" in plan.check.engines and (serve is None or serve.python is None):
        session.note("Not loaded with vLLM: this job has no interpreter that has it.")
    elif "vllm" in plan.check.engines:
        served = load_with_vllm(session, asked, told)
        judged(session, plan, "vLLM", served["vllm"], served["questions"])


def load_with_transformers(session: Session, asked: Path, told: Path) -> dict[str, Any]:
    """The answers of base and result under transformers; or the names that say no layer."""
    session.progress.stage("load with transformers")
    told.unlink(missing_ok=True)
    argv = [session.python("check"), str(HERE / "check.py"), str(asked), str(told)]
    finished = session.run("check", argv, timeout_s=CHECK_TIMEOUT_S, log="check.log")
    if not finished.ok:
        raise Refused(session.failure(finished, "loading the result with transformers"))
    return dict(json.loads(told.read_bytes()))


def load_with_vllm(session: Session, asked: Path, told: Path) -> dict[str, Any]:
    """The ranks of the base's answers in the result under vLLM."""
    session.progress.stage("load with vLLM")
    ranks = session.folder / "served.json"
    ranks.unlink(missing_ok=True)
    argv = [session.python("serve"), str(HERE / "serve.py"), str(asked), str(told), str(ranks)]
    env = {"VLLM_NO_USAGE_STATS": "1"}
    if session.job.accelerator == "cpu":
        env["VLLM_CPU_KVCACHE_SPACE"] = "1"
    finished = session.run("serve", argv, timeout_s=CHECK_TIMEOUT_S, log="serve.log", env=env)
    if not finished.ok:
        raise Refused(session.failure(finished, "loading the result with vLLM"))
    return dict(json.loads(ranks.read_bytes()))


def judged(
    session: Session,
    plan: QuantizationPlan,
    engine: Literal["transformers", "vLLM"],
    version: str,
    questions: list[dict[str, Any]],
) -> None:
    """Keep the agreement as a note; refuse a model that does not know what its base would say."""
    first = sum(question["ranked_first"] for question in questions)
    tokens = sum(question["tokens"] for question in questions)
    if tokens == 0:
        raise Refused(f"{engine}: the base model answered none of {len(questions)} questions")
    told = (
        f"Loaded with {engine} {version}: of the base model's {tokens} answer tokens to "
        f"{len(questions)} questions, the quantized model ranks {first} first."
    )
    if first < plan.check.minimum_agreement * tokens:
        raise Refused(
            f"{told} At least {plan.check.minimum_agreement:.0%} are expected of a model that was "
            f"read rightly; answers: {session.place(session.folder / 'answers.json')}"
        )
    session.note(told)


def mend(
    session: Session, found: QuantizationMeasurement, output: Path, answers: dict[str, Any]
) -> None:
    """Give config.json an `ignore` whose names say the layers that were left alone."""
    place = output / "config.json"
    content = json.loads(place.read_bytes())
    stated = content["quantization_config"]
    marked = {
        name.rpartition(".")[0]
        for name in read_weights(output).tensors
        if name.endswith((".weight_packed", ".weight_scale"))
    }
    mended = layers.mended(stated["ignore"], found.ignore, answers["linear"], len(marked))
    lost = answers["unmatched"]
    if mended is None:
        raise Refused(
            f"{session.place(place)}: {len(lost)} names in ignore say no layer that transformers "
            f"{answers['transformers']} has ({', '.join(lost[:3])}), and neither the plan's "
            "patterns nor longer names say those layers: give `ignore` patterns such as "
            "re:.*visual.*"
        )
    session.note(
        f"llm-compressor saved {len(stated['ignore'])} layers to ignore; {len(lost)} of the names "
        f"say no layer that transformers {answers['transformers']} has ({lost[0]}…), which would "
        "take 16-bit layers for quantized ones. config.json was mended: ignore is now "
        + (", ".join(mended.ignore) if mended.planned else "the names that the loaded model has")
        + "."
    )
    stated["ignore"] = list(mended.ignore)
    files.replace(place, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
