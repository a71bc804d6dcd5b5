"""Loss by position: what is measured after training, and when it warns."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from r1data.engines.models import load_model, load_tokenizer
from r1data.training import launch
from r1data.training.examples.encoding import Encoder
from r1data.training.models import position_loss
from r1data.training.settings import SftSettings
from tests.training import harness
from tests.training.tiny import build_model, lessons

NAN = float("nan")


def test_buckets_end_at_powers_of_two_and_leave_out_tokens_without_loss() -> None:
    example = [NAN] * 100 + [1.0] * 156 + [2.0] * 256 + [4.0] * 10
    assert position_loss.by_bucket([example, [NAN] * 300]) == {"256": 1.0, "512": 2.0, "1024": 4.0}


def test_only_examples_that_reach_beyond_the_base_are_compared() -> None:
    short, long = [1.0] * 90, [0.0] * 50 + [1.0] * 50 + [1.5] * 30
    measured = position_loss.beyond([short, long, long, long], 100)
    assert measured == {"difference": 0.5, "error": 0.0, "examples": 3}
    assert position_loss.beyond([short], 100) == {"examples": 0}


@pytest.mark.parametrize(
    ("measured", "warns"),
    [
        ({"difference": 0.5, "error": 0.01, "examples": 9}, True),
        ({"difference": 0.5, "error": 0.3, "examples": 9}, False),
        ({"difference": 0.02, "error": 0.001, "examples": 9}, False),
        ({"difference": 0.5, "error": None, "examples": 1}, False),
        ({"difference": -0.5, "error": 0.01, "examples": 9}, False),
        ({"examples": 0}, False),
    ],
)
def test_a_warning_needs_a_clear_difference(measured: dict[str, float], warns: bool) -> None:
    line = position_loss.in_words({"beyond_base": measured})
    assert (line is not None) is warns
    assert position_loss.in_words({}) is None


def test_the_summary_of_an_extended_base_has_the_models_own_loss(tmp_path: Path) -> None:
    model = build_model(tmp_path / "m")
    config = json.loads((model / "config.json").read_text()) | {"max_position_embeddings": 16}
    (model / "config.json").write_text(json.dumps(config))
    chosen = replace(harness.SFT, template="plain", epochs=1, context=64, rope="yarn=4")
    rows = lessons(14, 4)
    summary = launch.run(
        rows, model=model, out=tmp_path / "out", settings=chosen, command="train-sft"
    ).manifest["summary"]
    assert summary["beyond_base"]["examples"] == 4
    student, words = load_model(tmp_path / "out", dtype="float32"), load_tokenizer(tmp_path / "out")
    losses = []
    for example in Encoder("plain", words, SftSettings()).several([row["messages"] for row in rows[-4:]]):
        assert isinstance(example, dict)
        ids = torch.tensor([example["input_ids"]])
        labels = torch.tensor(example["labels"])[1:]
        with torch.no_grad():
            scores = student(ids).logits[0, :-1]
        token_losses = torch.nn.functional.cross_entropy(scores, labels, reduction="none", ignore_index=-100)
        losses += token_losses[labels != -100].tolist()
    assert summary["loss_by_position"] == {"256": pytest.approx(sum(losses) / len(losses), abs=1e-3)}
