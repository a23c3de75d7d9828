"""Loads a quantized model with vLLM and ranks the base model's answers, as `check.py` did.

Runs in the role `serve` and knows nothing of cardgen: `serve.py REQUEST ANSWERS RESULT`. ANSWERS
is what `check.py` wrote: the questions, and the base model's answers as tokens.
"""

import json
import sys
from pathlib import Path


def main():
    import vllm
    from vllm import LLM, SamplingParams

    request = json.loads(Path(sys.argv[1]).read_text())
    answers = json.loads(Path(sys.argv[2]).read_text())
    longest = max(len(q["prompt_ids"]) + len(q["answer_ids"]) for q in answers["questions"])
    llm = LLM(
        model=request["model"],
        max_model_len=request["max_model_len"] or max(256, 2 * longest),
        max_num_seqs=1,
        enforce_eager=True,
        enable_prefix_caching=False,
        trust_remote_code=request["trust_remote_code"],
    )
    questions = []
    for index, question in enumerate(answers["questions"]):
        ids, said = question["prompt_ids"], question["answer_ids"]
        prompt = {"prompt_token_ids": [*ids, *said]}
        if answers.get("pictures"):
            from PIL import Image

            place = answers["pictures"][index % len(answers["pictures"])]
            prompt["multi_modal_data"] = {"image": Image.open(place).convert("RGB")}
        settings = SamplingParams(temperature=0, max_tokens=1, prompt_logprobs=1)
        output = llm.generate([prompt], settings, use_tqdm=False)[0]
        ranks = [
            found is not None and token in found and found[token].rank == 1
            for token, found in zip(said, output.prompt_logprobs[-len(said) :], strict=True)
        ]
        questions.append({"ranked_first": sum(ranks), "tokens": len(said)})
    Path(sys.argv[3]).write_text(json.dumps({"vllm": vllm.__version__, "questions": questions}))


if __name__ == "__main__":
    main()
