"""A model small enough to make in a test: real architecture, random weights, numbers 0-99 as one token each."""

from pathlib import Path

WORDS = [
    "<|end|>",
    "<|pad|>",
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "\\boxed{",
    "}",
    "+",
    "-",
    "=",
    "?",
]
LETTERS = [" ", "\n", *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,:"]


def build(
    folder: Path, architecture: str = "qwen2", *, seed: int = 0, context: int = 256, **config: object
) -> Path:
    """Writes a model folder as a training run would and returns it."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    tokenizer = make_tokenizer()
    torch.manual_seed(seed)
    shape: dict[str, object] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 128,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": context,
        "initializer_range": 0.3,
        "eos_token_id": 0,
        "pad_token_id": 1,
        "bos_token_id": None,
        **config,
    }
    if architecture == "llama":
        model = LlamaForCausalLM(LlamaConfig(**shape))
    else:
        model = Qwen2ForCausalLM(Qwen2Config(**shape))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_tokenizer():  # type: ignore[no-untyped-def]
    """One token a word, letter or number; no chat template."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = [*WORDS, *LETTERS, *map(str, range(100)), "<unk>"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    pieces = Regex(r"</?think>|</?answer>|\\boxed\{|\d\d?|[^\d]")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(pieces, "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(["<|end|>", "<|pad|>"])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|pad|>", unk_token="<unk>"
    )
