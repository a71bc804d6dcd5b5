"""Students of the architectures that people distil into, with real tokenizers, in both engines.

`python -m benchmarks.students` does the same for all four, on more data, and prints a table.
"""

import importlib.util
import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, DeepseekV3Config

from r1data.engines.base import Completion
from r1data.engines.models import load_model, load_tokenizer
from r1data.training.output.saving import save_model
from tests.engines.agreement import differences
from tests.training import architectures
from tests.training.architectures import ARCHITECTURES, Problem
from tests.training.real_tokenizers import real_tokenizer

EXAMPLES, QUESTIONS, TOKENS = 16, 50, 16
ROUNDING = 1e-3
"""A difference of scores that another order of sums in float32 can make."""
PROBLEMS = [
    Problem(f"What is {a} + {b}?", f"{a} + {b} = {a + b}", str(a + b))
    for a, b in ((17 * i % 97 + 3, 29 * i % 89 + 5) for i in range(EXAMPLES + QUESTIONS))
]


@pytest.mark.slow
@pytest.mark.vllm
@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed")
@pytest.mark.parametrize("name", ["qwen3", "deepseek-v3"])
def test_a_distilled_student_answers_alike_in_both_engines(name: str, tmp_path: Path) -> None:
    rows = architectures.write_set(tmp_path / "set.jsonl", PROBLEMS[:EXAMPLES])
    base = architectures.build(name, tmp_path / "base", real_tokenizer(ARCHITECTURES[name].tokenizer))
    out = tmp_path / "student"
    steps = ("--batch-size", "8", "--max-tokens", "512", "--lr", "1e-3", "--epochs", "1", "--threads", "2")
    architectures.distil(base, rows, out, *steps)
    assert json.loads((out / "r1.json").read_text())["finished"] is True
    questions = [problem.question for problem in PROBLEMS[EXAMPLES:]]
    answers = [
        architectures.ask(out, questions, tmp_path / f"{engine}.json", engine, TOKENS)
        for engine in ("transformers", "vllm")
    ]
    mine, theirs = (
        {i: Completion("", ids, "stop", 0, len(ids)) for i, ids in enumerate(found)} for found in answers
    )
    requests = architectures.requests(load_tokenizer(out), questions)
    parted = differences(load_model(out, device="cpu"), requests, mine, theirs)
    assert len(parted) <= QUESTIONS // 25, parted
    assert all(one.gap < ROUNDING for one in parted), parted
    assert len({tuple(answer) for answer in answers[0]}) > QUESTIONS // 4, "the answers tell something"


def test_what_a_model_keeps_in_float32_is_saved_so(tmp_path: Path) -> None:
    sizes = architectures.SMALL | ARCHITECTURES["deepseek-v3"].sizes | {"vocab_size": 300}
    model = AutoModelForCausalLM.from_config(DeepseekV3Config(**sizes))
    bias = torch.tensor([1 / 3] * 8)
    for layer in model.model.layers[1:]:
        layer.mlp.gate.e_score_correction_bias.copy_(bias)
    tokenizer = load_tokenizer(real_tokenizer("deepseek_v3"))
    save_model(tmp_path / "out", model, model.state_dict(), tokenizer, torch.bfloat16, "plain")
    with safe_open(tmp_path / "out" / "model.safetensors", "pt") as file:
        kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
        kept = file.get_tensor("model.layers.1.mlp.gate.e_score_correction_bias")
    assert torch.equal(kept, bias)
    assert {kind for name, kind in kinds.items() if "e_score_correction_bias" not in name} == {"BF16"}
