"""Loads a quantized model with transformers, as users do, and compares its answers with its base's.

Runs in the role `check` and knows nothing of cardgen: `check.py REQUEST ANSWERS`, both JSON. The
base model answers each question greedily; given the same question and the answer so far, how often
does the quantized model rank the base's next token first? A model whose weights were read wrongly
ranks it first about never.

Before any weight is read, the names in `quantization_config.ignore` are held against the modules
that transformers builds: a name that says no module means that layers kept in 16 bits would be
taken for quantized ones.
"""

import copy
import json
import re
import sys
from pathlib import Path

import torch
import transformers
from PIL import Image, ImageDraw

QUESTIONS = (
    "What is the capital of Italy?",
    "Count from one to ten.",
    "Name three colours of the rainbow.",
    "Write one sentence about the sea.",
)
ASKED_OF_PICTURES = ("Describe the image.", "What shape is shown?", "Which colour is the shape?")


def matches(name, entry):
    return re.match(entry[3:], name) is not None if entry.startswith("re:") else entry == name


def pictures(request):
    """The user's pictures, else three plain ones."""
    if request["images"]:
        return [Image.open(path).convert("RGB") for path in request["images"]]
    found = []
    for shape, colour in (("ellipse", "red"), ("rectangle", "blue"), ("ellipse", "green")):
        picture = Image.new("RGB", (224, 224), "white")
        getattr(ImageDraw.Draw(picture), shape)((50, 50, 174, 174), fill=colour)
        found.append(picture)
    return found


class Asker:
    """Questions as the model's own processor writes them."""

    def __init__(self, request):
        self.image = request["image"]
        loader = transformers.AutoProcessor if self.image else transformers.AutoTokenizer
        trust = request["trust_remote_code"]
        self.processor = loader.from_pretrained(request["model"], trust_remote_code=trust)
        self.tokenizer = self.processor.tokenizer if self.image else self.processor
        self.pictures = pictures(request) if self.image else []
        usual = ASKED_OF_PICTURES if self.image else QUESTIONS
        self.questions = request["prompts"] or usual
        self.chat = bool(getattr(self.processor, "chat_template", None))

    def picture(self, index):
        return self.pictures[index % len(self.pictures)] if self.image else None

    def text(self, index):
        question = self.questions[index]
        if not self.chat:
            return question
        content = question
        if self.image:
            content = [{"type": "image"}, {"type": "text", "text": question}]
        messages = [{"role": "user", "content": content}]
        return self.processor.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )

    def unexpanded(self, index):
        """The tokens before a picture takes its many places, as an engine is given them."""
        special = not self.chat
        return list(self.tokenizer(self.text(index), add_special_tokens=special)["input_ids"])

    def inputs(self, index, model):
        if not self.image:
            ids = torch.tensor([self.unexpanded(index)])
            found = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        else:
            found = dict(
                self.processor(
                    text=[self.text(index)], images=[self.picture(index)], return_tensors="pt"
                )
            )
        for name, tensor in found.items():
            if tensor.is_floating_point():
                tensor = tensor.to(model.dtype)
            found[name] = tensor.to(model.device)
        return found


def load(request, place):
    loader = (
        transformers.AutoModelForImageTextToText
        if request["image"]
        else transformers.AutoModelForCausalLM
    )
    model, info = loader.from_pretrained(
        place,
        dtype="auto",
        trust_remote_code=request["trust_remote_code"],
        output_loading_info=True,
    )
    return model.to(request["device"]).eval(), info


def ignored_names(request):
    """The model's linear layers by their names, and the `ignore` entries that say no module."""
    trust = request["trust_remote_code"]
    config = transformers.AutoConfig.from_pretrained(request["model"], trust_remote_code=trust)
    stated = getattr(config, "quantization_config", None) or {}
    if not isinstance(stated, dict):
        stated = stated.to_dict()
    config = copy.deepcopy(config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    loader = (
        transformers.AutoModelForImageTextToText
        if request["image"]
        else transformers.AutoModelForCausalLM
    )
    with torch.device("meta"):
        model = loader.from_config(config, trust_remote_code=trust)
    modules = dict(model.named_modules())
    classes = {type(module).__name__ for module in modules.values()}
    linear = [name for name, module in modules.items() if isinstance(module, torch.nn.Linear)]
    lost = [
        entry
        for entry in stated.get("ignore", [])
        if entry not in classes and not any(matches(name, entry) for name in modules)
    ]
    return linear, lost


@torch.inference_mode()
def answered(model, asker, index, max_tokens):
    inputs = asker.inputs(index, model)
    output = model.generate(**inputs, max_new_tokens=max_tokens, do_sample=False)
    return output[0, inputs["input_ids"].shape[1] :].tolist()


@torch.inference_mode()
def ranked_first(model, asker, index, answer):
    """For each token of the answer, whether the model would have said it there."""
    inputs = asker.inputs(index, model)
    ids = inputs["input_ids"]
    said = torch.tensor([answer], device=ids.device, dtype=ids.dtype)
    for name in ("input_ids", "attention_mask", "mm_token_type_ids", "token_type_ids"):
        if name in inputs:
            more = said if name == "input_ids" else torch.full_like(said, name == "attention_mask")
            inputs[name] = torch.cat([inputs[name], more.to(inputs[name].dtype)], dim=1)
    logits = model(**inputs).logits[0, ids.shape[1] - 1 : -1]
    if not bool(torch.isfinite(logits).all()):
        return [False] * len(answer)
    return (logits.argmax(-1) == said[0]).tolist()


def main():
    request = json.loads(Path(sys.argv[1]).read_text())
    found = {"transformers": transformers.__version__}
    linear, lost = ignored_names(request)
    found |= {"linear": linear, "unmatched": lost}
    if lost:
        Path(sys.argv[2]).write_text(json.dumps(found, indent=1))
        return
    asker = Asker(request)
    number = range(len(asker.questions))
    base, _ = load(request, request["base"])
    answers = [answered(base, asker, index, request["max_tokens"]) for index in number]
    del base
    model, info = load(request, request["model"])
    missing = sorted(str(name) for name in info.get("missing_keys", ()))
    first = [ranked_first(model, asker, index, answers[index]) for index in number]
    own = [answered(model, asker, index, request["max_tokens"]) for index in number]
    say = lambda ids: asker.tokenizer.decode(ids, skip_special_tokens=True)  # noqa: E731
    found["missing"] = missing[:20]
    found["questions"] = [
        {
            "question": asker.questions[index],
            "base_answer": say(answers[index]),
            "answer": say(own[index]),
            "ranked_first": sum(first[index]),
            "tokens": len(answers[index]),
            "prompt_ids": asker.unexpanded(index),
            "answer_ids": answers[index],
        }
        for index in number
    ]
    if asker.image:
        folder = Path(sys.argv[2]).parent
        for index, picture in enumerate(asker.pictures):
            picture.save(folder / f"picture-{index}.png")
        found["pictures"] = [str(folder / f"picture-{i}.png") for i in range(len(asker.pictures))]
    Path(sys.argv[2]).write_text(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
