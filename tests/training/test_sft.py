"""Supervised training through TRL, on models of two layers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r1data.engines.models import load_tokenizer
from r1data.errors import UserError
from r1data.training import launch
from r1data.training.examples.encoding import IGNORED, Encoder
from r1data.training.settings import SftSettings
from tests.training import harness
from tests.training.tiny import END, build_model, lessons


def train(model: Path, out: Path, settings: SftSettings, rows: Any = None) -> dict[str, Any]:
    return launch.run(
        rows or lessons(), model=model, out=out, settings=settings, command="train-sft"
    ).manifest


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_both_architectures_learn(architecture: str, tmp_path: Path) -> None:
    model = build_model(tmp_path / "model", architecture)
    manifest = train(model, tmp_path / "out", replace(harness.SFT, template="plain"))
    rows = [json.loads(line) for line in (tmp_path / "out/metrics.jsonl").read_text().splitlines()]
    assert rows[-1]["loss"] < rows[0]["loss"] * 0.8
    assert manifest["summary"]["eval_loss"] < rows[0]["loss"]
    assert json.loads((tmp_path / "out/config.json").read_text())["model_type"] == architecture


def test_the_learning_rate_falls_to_its_tenth(qwen: Path, tmp_path: Path) -> None:
    train(qwen, tmp_path / "out", replace(harness.SFT, epochs=10))
    rates = [
        json.loads(line)["learning_rate"]
        for line in (tmp_path / "out/metrics.jsonl").read_text().splitlines()
    ]
    assert rates[0] == pytest.approx(1e-2) and 1e-3 <= rates[-1] < 1.2e-3
    assert rates == sorted(rates, reverse=True)


def test_the_loss_is_over_the_response_and_its_end(qwen: Path) -> None:
    words = load_tokenizer(qwen)
    example = next(Encoder("plain", words, SftSettings()).several([lessons(1)[0]["messages"]]))
    assert isinstance(example, dict)
    learnt = [label for label in example["labels"] if label != IGNORED]
    assert words.decode(learnt) == "<think>one more than 0</think>1" + END
    assert words.decode(example["input_ids"]) == "0+1=<think>one more than 0</think>1" + END


@pytest.mark.parametrize(
    ("response", "whole"),
    [
        ("<think>\na</think>b", "q<think>\na</think>b"),
        ("a</think>b", "q<think>\na</think>b"),
        ("hello", "q<think>\n\n</think>\n\nhello"),
    ],
)
def test_a_tag_that_the_prompt_writes_is_not_written_twice(response: str, whole: str, tmp_path: Path) -> None:
    template = "{% for m in messages %}{{ m['content'] }}{% endfor %}{{ '<think>\\n' }}"
    words = load_tokenizer(build_model(tmp_path / "m", chat_template=template))
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": response}]
    example = next(Encoder("chat", words, SftSettings()).several([messages]))
    assert isinstance(example, dict) and words.decode(example["input_ids"]) == whole + END


def test_every_row_left_out_is_counted(qwen: Path, tmp_path: Path) -> None:
    long = lessons(1, 0)[0] | {
        "messages": [{"role": "user", "content": "1"}, {"role": "assistant", "content": "x" * 700}]
    }
    silent = lessons(1, 0)[0] | {"messages": [{"role": "user", "content": "1"}]}
    turns = lessons(1, 0)[0]["messages"]
    talk = {"messages": [*turns, *turns], "split": "train"}
    test = lessons(1, 0)[0] | {"split": "test"}
    unasked = {"messages": turns[1:], "split": "train"}
    rows = [*lessons(4, 0), long, silent, talk, test, unasked]
    summary = train(qwen, tmp_path / "out", replace(harness.SFT, epochs=1), rows)["summary"]
    assert summary["examples"] == 4
    reasons = ("too_long", "no_response", "several_turns", "split test", "no_question")
    assert summary["dropped"] == dict.fromkeys(reasons, 1)


@pytest.mark.parametrize(
    ("rows", "settings", "said"),
    [
        ([], {}, "no row"),
        (lessons(3, 3), {}, "split 'train'"),
        ([{"text": "a"}], {}, "column 'messages'"),
        (lessons(3), {"max_tokens": 8, "too_long": "refuse"}, "tokens, over.* answers '.*--too-long drop"),
        (lessons(3), {"max_tokens": 8}, "too_long.*; raise --max-tokens"),
        ([{**row, "split": "validation"} for row in lessons(3)], {}, "split validation 3.*; make the set"),
        (lessons(3), {"epochs": 0.0}, "above 0"),
        (lessons(3), {"micro_batch": 3}, "divide"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    rows: Any, settings: dict[str, Any], said: str, qwen: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        launch.run(
            rows,
            model=qwen,
            out=tmp_path / "out",
            settings=replace(harness.SFT, **settings),
            command="train-sft",
        )
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_no_number_stops_the_run(qwen: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="diverged"):
        train(qwen, tmp_path / "out", replace(harness.SFT, lr=1e30, max_grad_norm=1e30, epochs=20))


def test_a_set_without_assistant_turns_is_said_to_be_one(qwen: Path, tmp_path: Path) -> None:
    silent = {"messages": [{"role": "user", "content": "1"}], "split": "train"}
    with pytest.raises(UserError, match=r"none of 3 rows has an assistant's turn .* role 'assistant'"):
        train(qwen, tmp_path / "out", harness.SFT, [silent] * 3)
    assert not (tmp_path / "out").exists()


def test_a_run_goes_on_with_the_day_on_which_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = "{{ strftime_now('%Y-%m-%d') }}{% for m in messages %}{{ m.content }}{% endfor %}"
    model = build_model(tmp_path / "model", chat_template=template)
    settings = replace(harness.SFT, epochs=1)
    first = train(model, tmp_path / "out", settings)
    monkeypatch.setattr(launch, "today", lambda: "2999-01-01")
    assert train(model, tmp_path / "out", settings) == first
    assert train(model, tmp_path / "later", settings)["parameters"]["date"] == "2999-01-01"
