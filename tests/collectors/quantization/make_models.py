"""Makes tiny models with random weights: `make_models.py FOLDER text|vision`.

Runs in the role `quantize`. The output layer is tied to large embeddings, so that a model's
choices of words are clear-cut: rounding its weights changes some of them, reading them wrongly all.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
)

SPECIAL = ["<|end|>", "<|pad|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
           "<|image_pad|>", "<|video_pad|>"]  # fmt: skip
CHAT = (
    "{% for message in messages %}{{ message['role'] }}: "
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}\n{% endfor %}"
)


def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE of 300 words with a chat template."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(["the quick brown fox", "user assistant"], trainer)
    bpe.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|end|>",
        pad_token="<|pad|>",
        chat_template=CHAT,
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )


DECODER: dict[str, Any] = {
    "vocab_size": 320, "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 2048,
    "initializer_range": 0.15, "tie_word_embeddings": True,
}  # fmt: skip


def text(words: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Two layers of a Llama."""
    config = LlamaConfig(**DECODER, head_dim=32, bos_token_id=None, eos_token_id=None)
    return LlamaForCausalLM(config)


def vision(words: PreTrainedTokenizerFast) -> Qwen2_5_VLForConditionalGeneration:
    """Two layers of a Qwen2.5-VL, with a vision part as small."""
    ids = {token: words.convert_tokens_to_ids(token) for token in SPECIAL}
    config = Qwen2_5_VLConfig(
        text_config={
            **DECODER,
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 6, 6]
            },
            "bos_token_id": None,
            "eos_token_id": None,
        },
        vision_config={
            "depth": 2, "hidden_size": 64, "intermediate_size": 128, "num_heads": 2,
            "out_hidden_size": 128, "window_size": 112, "fullatt_block_indexes": [1],
            "patch_size": 14, "spatial_merge_size": 2, "initializer_range": 0.1,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )  # fmt: skip
    return Qwen2_5_VLForConditionalGeneration(config)


def main() -> None:
    """Write the model, its tokenizer and what else it is loaded with."""
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    torch.manual_seed(0)
    words: Any = tokenizer()
    model = (text if kind == "text" else vision)(words).to(torch.bfloat16)
    model.save_pretrained(folder)
    if kind == "vision":
        sizes = {"shortest_edge": 56 * 56, "longest_edge": 112 * 112}
        words = Qwen2_5_VLProcessor(
            image_processor=Qwen2VLImageProcessor(size=sizes),
            tokenizer=words,
            video_processor=Qwen2VLVideoProcessor(),
            chat_template=CHAT,
        )
    words.save_pretrained(folder)


if __name__ == "__main__":
    main()
