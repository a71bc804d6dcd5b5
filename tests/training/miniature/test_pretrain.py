"""Pretraining: a few steps from nothing give a model folder that loads, for both architectures."""

import math
from pathlib import Path
from typing import Literal

import pytest
import torch
from transformers import AutoModelForCausalLM

from r1data.training.miniature import pretrain, tokenizer


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_a_few_steps_give_a_folder_that_loads(
    tmp_path: Path, architecture: Literal["qwen2", "llama"]
) -> None:
    losses: list[float] = []
    pretrain.train(
        "student", tmp_path, steps=2, architecture=architecture, note=lambda _, loss: losses.append(loss)
    )
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert model.config.model_type == architecture
    assert model.dtype == torch.bfloat16
    assert losses[0] == pytest.approx(math.log(pretrain.VOCABULARY), rel=0.1)
    assert not list(tmp_path.glob("*.bin"))


def test_only_responses_carry_loss() -> None:
    words = tokenizer.build()
    ids, labels = next(pretrain.batches(words, seed=0))
    row, marks = ids[0].tolist(), labels[0]
    said = [token for token, mark in zip(row, marks, strict=True) if mark != -100]
    assert said[-1] == words.eos_token_id
    assert words.decode(row[: row.index(said[0])]).rstrip()[-1] in ".?。？"
    assert len(set(labels[labels != -100].tolist())) > 1
