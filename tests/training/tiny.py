"""Models of two layers that train in a second, of both architectures, over a byte vocabulary."""

from pathlib import Path
from typing import Any

END, PAD = "<|end|>", "<|pad|>"


def build_tokenizer(chat_template: str | None = None) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens([END, PAD])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token=END, pad_token=PAD, chat_template=chat_template
    )


def build_model(
    folder: Path, architecture: str = "qwen2", chat_template: str | None = None, **sizes: Any
) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    words = build_tokenizer(chat_template)
    shape: dict[str, Any] = {
        "vocab_size": 264,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": 1024,
        "bos_token_id": None,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
        **sizes,
    }
    torch.manual_seed(0)
    model = (
        LlamaForCausalLM(LlamaConfig(**shape))
        if architecture == "llama"
        else Qwen2ForCausalLM(Qwen2Config(**shape))
    )
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def sums(n: int = 8) -> list[dict[str, Any]]:
    """Prompt rows."""
    return [
        {"prompt": f"{i}+1=", "system": None, "truth": str(i + 1), "verifier": "exact", "language": "en"}
        for i in range(n)
    ]


def lessons(n: int = 12, validation: int = 2) -> list[dict[str, Any]]:
    """Rows of the sft schema."""
    return [
        {
            "messages": [
                {"role": "user", "content": f"{i}+1="},
                {"role": "assistant", "content": f"<think>one more than {i}</think>{i + 1}"},
            ],
            "split": "validation" if i >= n - validation else "train",
        }
        for i in range(n)
    ]


def preferences(n: int) -> list[dict[str, Any]]:
    """Rows of the schema `preference`, in which courtesy is preferred."""
    return [
        {
            "prompt": f"q{i}",
            "chosen": f"<think>{'ab'[i % 2]}</think>{'please' if i % 3 else 'yes please'}",
            "rejected": f"<think>{'ba'[i % 2]}</think>{'no' if i % 3 else 'no, no, no'}",
            "aspect": "helpfulness",
        }
        for i in range(n)
    ]


def labelled(n: int) -> list[dict[str, Any]]:
    """Responses with a label, which follows from the thoughts alone."""
    return [
        {
            "prompt": f"q{i}",
            "response": f"<think>{'ok' if i % 2 else 'bomb'}</think>{'xyz'[i % 3]}",
            "label": "safe" if i % 2 else "unsafe",
        }
        for i in range(n)
    ]
