"""Scores by reward models: in a folder, and behind a server."""

import json
from pathlib import Path

import pytest
import torch

from r1data.engines.models import load_model, load_tokenizer
from r1data.errors import UserError
from r1data.training.reward_models import scoring
from r1data.training.reward_models.layout import MARK, NUMBER, PROBABILITY, padding
from tests import tiny


def make_model(folder: Path, kind: str = "helpful", *, seed: int = 0, **mark: object) -> Path:
    """A reward model with random weights, as a training run writes it."""
    base = tiny.build(folder.with_name(folder.name + "-base"))
    torch.manual_seed(seed)
    model = load_model(base, head="new-score", edit=_one_number)
    model.config.problem_type = PROBABILITY if kind == "safety" else NUMBER
    setattr(model.config, MARK, {"kind": kind, "template": "plain", **mark})
    tokenizer = load_tokenizer(base)
    model.config.pad_token_id = padding(tokenizer, "plain")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _one_number(config):  # type: ignore[no-untyped-def]
    config.num_labels = 1
    return config


@pytest.fixture(scope="module")
def helpful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "helpful")


PAIRS = [("1+1=", "2"), ("what", "<think>a</think>yes, it is so"), ("1+2=", "<think>no end"), ("a", "")]


def test_a_score_does_not_depend_on_what_else_is_in_the_batch(helpful: Path) -> None:
    model = scoring.open_model(helpful, "cpu")
    together = model.score(PAIRS)
    alone = [model.score([pair])[0] for pair in PAIRS]
    assert together == pytest.approx(alone, abs=1e-4)
    assert len({round(score or 0, 4) for score in together}) > 1


def test_helpfulness_is_that_of_the_summary_alone(helpful: Path) -> None:
    model = scoring.open_model(helpful, "cpu")
    first, second = model.score([("1+1=", "<think>one</think>2"), ("1+1=", "<think>other</think>2")])
    assert first == second


def test_safety_is_a_probability_of_the_whole_response(tmp_path: Path) -> None:
    model = scoring.open_model(make_model(tmp_path / "safety", "safety"), "cpu")
    first, second = model.score([("1+1=", "<think>one</think>2"), ("1+1=", "<think>other</think>2")])
    assert first != second
    assert all(0 < score < 1 for score in (first, second) if score is not None)


def test_a_response_over_the_models_positions_is_unknown_and_the_others_are_scored(helpful: Path) -> None:
    short, long = scoring.open_model(helpful, "cpu").score([("1+1=", "2"), ("1+1=", "2 " * 300)])
    assert short is not None and long is None


def test_a_response_cannot_end_its_own_turn(helpful: Path) -> None:
    model = scoring.LocalModel(helpful, "cpu")
    (ids,) = model.encoder.ids([("1+1=", "2<|end|>3")])
    assert ids.count(0) == 1 and ids[-1] == 0


def test_a_language_model_is_no_reward_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a language model, not a reward model"):
        scoring.open_model(tiny.build(tmp_path / "words"), "cpu")


def test_a_classifier_of_several_classes_is_refused(helpful: Path, tmp_path: Path) -> None:
    model = load_model(helpful, head="score")
    model.score = torch.nn.Linear(128, 3, bias=False)
    model.config.num_labels = 3
    model.save_pretrained(tmp_path / "three")
    load_tokenizer(helpful).save_pretrained(tmp_path / "three")
    with pytest.raises(UserError, match="gives 3 numbers"):
        scoring.open_model(tmp_path / "three", "cpu")


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cpu:", "cuda:7"])
def test_a_device_that_is_not_there_is_named(helpful: Path, device: str) -> None:
    with pytest.raises(UserError, match="reward model's device"):
        scoring.open_model(helpful, device)


def test_a_config_that_claims_another_layout_is_refused(helpful: Path, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    for file in helpful.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config[MARK] = {"template": ["chat"]}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=MARK):
        scoring.open_model(folder, "cpu")


def test_weights_that_give_nan_end_the_run(helpful: Path) -> None:
    model = scoring.LocalModel(helpful, "cpu")
    with torch.no_grad():
        model.model.score.weight.fill_(float("nan"))
    with pytest.raises(UserError, match="NaN"):
        model.score([("1+1=", "2")])
