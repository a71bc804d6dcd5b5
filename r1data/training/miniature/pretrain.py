"""Bases from nothing: a Qwen2 (or Llama) of 0.6M parameters, and a smaller student, trained on the world's
documents.

Documents of one length share a batch, so that hardly anything is padding; only responses carry loss, since
a prompt is random. Sizes and settings are ours. The folder written is an ordinary model folder with weights
in bfloat16.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from r1data.training.miniature import tokenizer, world

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

SizeName = Literal["base", "student"]
VOCABULARY = 384
POOL = 8_192
TOKENS_PER_STEP = 4_096


@dataclass(frozen=True)
class ModelSize:
    """Layers, width, heads, and the steps that the shipped model was given."""

    layers: int
    width: int
    heads: int
    steps: int


SIZES: dict[str, ModelSize] = {"base": ModelSize(4, 128, 4, 750), "student": ModelSize(3, 64, 2, 700)}


def train(
    which: SizeName,
    out: Path,
    *,
    seed: int = 0,
    steps: int | None = None,
    learning_rate: float = 4e-3,
    architecture: Literal["qwen2", "llama"] = "qwen2",
    note: Callable[[int, float], None] | None = None,
) -> float:
    """Train a base model from nothing into the folder `out`; returns the seconds it took."""
    import torch

    start = time.perf_counter()
    torch.manual_seed(seed)
    size = SIZES[which]
    total = steps or size.steps
    words = tokenizer.build()
    model = new_model(size, words, architecture)
    optimizers = _optimizers(model, learning_rate)
    for step, (ids, labels) in enumerate(islice(batches(words, seed), total)):
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        # Warm up over 50 steps, hold, and fall to nearly nothing over the last half.
        pace = min(1.0, (step + 1) / 50, max(0.01, 2 * (total - step) / total))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * pace
            optimizer.step()
            optimizer.zero_grad()
        if note:
            note(step, loss.item())
    _save(model, words, out, seed, total, time.perf_counter() - start)
    return time.perf_counter() - start


def new_model(
    size: ModelSize, words: "PreTrainedTokenizerFast", architecture: Literal["qwen2", "llama"] = "qwen2"
) -> "PreTrainedModel":
    """An untrained model of this size for this tokenizer."""
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    shape: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": size.width,
        "intermediate_size": size.width * 5 // 2,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.heads // 2,
        "max_position_embeddings": 256,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }
    if architecture == "llama":
        return LlamaForCausalLM(LlamaConfig(**shape))
    return Qwen2ForCausalLM(Qwen2Config(**shape))


def batches(words: "PreTrainedTokenizerFast", seed: int) -> Iterator[tuple["torch.Tensor", "torch.Tensor"]]:
    """(ids, labels) without end, each about `TOKENS_PER_STEP` tokens of documents of like length."""
    import random

    rng = random.Random(seed)
    encode = tokenizer.fast_encoder(words)
    pairs = ((encode(prompt), encode(response)) for prompt, response in world.documents(seed))
    while True:
        rows = sorted(islice(pairs, POOL), key=lambda row: len(row[0]) + len(row[1]))
        groups: list[list[tuple[list[int], list[int]]]] = []
        start = 0
        while start < len(rows):
            # rows are sorted by length, and the first is the shortest: the others make a batch a little larger
            count = TOKENS_PER_STEP // (len(rows[start][0]) + len(rows[start][1]) + 1)
            groups.append(rows[start : start + count])
            start += count
        rng.shuffle(groups)
        # Shuffled, since sorted they would rise in length through every pool of documents.
        for group in groups:
            yield _padded(group, words)


def _padded(
    group: list[tuple[list[int], list[int]]], words: "PreTrainedTokenizerFast"
) -> tuple["torch.Tensor", "torch.Tensor"]:
    import torch

    end, padding = words.eos_token_id, words.pad_token_id
    longest = max(len(prompt) + len(response) for prompt, response in group) + 1
    ids = torch.full((len(group), longest), padding)
    labels = torch.full((len(group), longest), -100)
    for i, (prompt, response) in enumerate(group):
        tokens = [*prompt, *response, end]
        ids[i, : len(tokens)] = torch.tensor(tokens)
        labels[i, len(prompt) : len(tokens)] = torch.tensor([*response, end])
    return ids, labels


def _optimizers(model: "PreTrainedModel", learning_rate: float) -> list["torch.optim.Optimizer"]:
    """Muon for the matrices inside the layers, which it trains in half the steps, AdamW for the rest."""
    import torch

    inside = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    rest = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    muon = torch.optim.Muon(inside, lr=learning_rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(rest, lr=learning_rate, betas=(0.9, 0.98), weight_decay=0.0)]


def _save(
    model: "PreTrainedModel",
    words: "PreTrainedTokenizerFast",
    out: Path,
    seed: int,
    steps: int,
    seconds: float,
) -> None:
    import torch

    out.mkdir(parents=True, exist_ok=True)
    model.generation_config.pad_token_id = words.pad_token_id
    model.generation_config.eos_token_id = words.eos_token_id
    model.to(torch.bfloat16).save_pretrained(out)
    words.save_pretrained(out)
    facts = {
        "command": "miniature train",
        "seed": seed,
        "steps": steps,
        "seconds": round(seconds),
        "finished": True,
    }
    (out / "r1.json").write_text(json.dumps(facts, indent=2) + "\n")
