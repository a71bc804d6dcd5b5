"""Tiny students of the architectures that people distil into, with real tokenizers: distilled, then asked by engines.

A vocabulary of 130,000 and more makes up most of them: 10 to 20M parameters at a width of 64.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1data.engines.base import EngineOptions, Request, Sampling, load_engine
from r1data.engines.models import load_tokenizer
from r1data.engines.templates import encode
from tests.training.real_tokenizers import FILES

ROOT = Path(__file__).parents[2]

SMALL: Mapping[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 2048,
    # wide enough that the scores of tokens differ by more than rounding
    "initializer_range": 0.2,
}


@dataclass(frozen=True)
class Problem:
    """What a student learns: a question, the working, and its answer."""

    question: str
    working: str
    answer: str


@dataclass(frozen=True)
class Architecture:
    """A student: its tokenizer, the library's config class, and what its config says beside `SMALL`."""

    tokenizer: str
    config: str
    sizes: Mapping[str, Any]


ARCHITECTURES: Mapping[str, Architecture] = {
    "qwen2": Architecture("qwen3", "Qwen2Config", {"vocab_size": 151_936, "tie_word_embeddings": True}),
    "qwen3": Architecture("qwen3", "Qwen3Config", {"vocab_size": 151_936, "head_dim": 32}),
    "llama": Architecture(
        "llama3_1",
        "LlamaConfig",
        {
            "vocab_size": 128_256,
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 500_000.0,
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 256,
            },
        },
    ),
    "deepseek-v3": Architecture(
        "deepseek_v3",
        "DeepseekV3Config",
        {
            "vocab_size": 129_280,
            "num_hidden_layers": 3,
            "num_key_value_heads": 2,
            "first_k_dense_replace": 1,
            "moe_intermediate_size": 32,
            "n_routed_experts": 8,
            "num_experts_per_tok": 2,
            "n_group": 2,
            "topk_group": 1,
            "q_lora_rank": 32,
            "kv_lora_rank": 512,
            "qk_rope_head_dim": 64,
            # as published; with plain RoPE, latent attention is rotated wrongly by vLLM on a CPU (`engines.vllm`)
            "rope_parameters": {
                "rope_type": "yarn",
                "rope_theta": 10_000.0,
                "factor": 8.0,
                "original_max_position_embeddings": 256,
                "beta_fast": 32,
                "beta_slow": 1,
                "mscale": 1.0,
                "mscale_all_dim": 1.0,
            },
            "topk_method": "noaux_tc",
            "scoring_func": "sigmoid",
        },
    ),
}


def build(name: str, folder: Path, tokenizer: Path) -> Path:
    """Write a base of an architecture with the tokenizer's files, as they are published."""
    import torch
    import transformers

    architecture = ARCHITECTURES[name]
    folder.mkdir(parents=True)
    for file in FILES:
        shutil.copy(tokenizer / file, folder / file)
    words = load_tokenizer(folder)
    torch.manual_seed(0)
    ids = {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id}
    config = getattr(transformers, architecture.config)(**{**SMALL, **ids, **architecture.sizes})
    transformers.AutoModelForCausalLM.from_config(config).to(torch.bfloat16).save_pretrained(folder)
    return folder


def write_set(path: Path, problems: Sequence[Problem]) -> Path:
    """Write problems as rows of the sft schema."""
    rows = []
    for problem in problems:
        response = f"<think>\n{problem.working}\n</think>\n\nThe answer is \\boxed{{{problem.answer}}}."
        messages = [
            {"role": "user", "content": problem.question},
            {"role": "assistant", "content": response},
        ]
        rows.append({"messages": messages, "split": "train"})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def distil(base: Path, rows: Path, out: Path, *options: str) -> None:
    """`r1 distill` in a process of its own."""
    _python(
        "-c", "from r1data.cli import main; main()", "distill", rows, "--student", base, "-o", out, *options
    )


def ask(model: Path, questions: Sequence[str], out: Path, engine: str, tokens: int) -> list[list[int]]:
    """The token ids of greedy answers, by an engine in a process of its own."""
    out.write_text(json.dumps({"questions": questions, "tokens": tokens}))
    _python("-m", "tests.training.architectures", engine, model, out)
    answers: list[list[int]] = json.loads(out.read_text())
    return answers


def requests(tokenizer: Any, questions: Sequence[str]) -> list[Request]:
    """The questions as the model's chat template has them."""
    return [
        Request(str(index), encode("chat", question, None, tokenizer), index)
        for index, question in enumerate(questions)
    ]


def _answer(engine: str, model: Path, file: Path) -> None:
    asked = json.loads(file.read_text())
    loaded = load_engine(engine, model, EngineOptions(threads=2, device="cpu", max_batch=64))
    sampling = Sampling(temperature=0, max_tokens=asked["tokens"])
    completions = dict(loaded.generate(requests(load_tokenizer(model), asked["questions"]), sampling))
    failed = [completion.error for completion in completions.values() if completion.error]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(completions)} failed: {failed[0]}")
    file.write_text(json.dumps([completions[index].token_ids for index in range(len(completions))]))


def _python(*arguments: str | Path) -> None:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, env=environment, cwd=ROOT
    )
    if done.returncode:
        raise RuntimeError(f"{arguments} ended with {done.returncode}: {done.stderr[-3000:]}")


if __name__ == "__main__":
    _answer(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
