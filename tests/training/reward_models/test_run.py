"""Training a reward model: what it learns, what is left out, what it says of itself, and that it resumes."""

import json
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from r1data.errors import UserError
from r1data.training import launch
from r1data.training.reward_models import scoring
from r1data.training.settings import RewardModelSettings
from tests.training.harness import RM
from tests.training.loop.test_resume import interrupted_after, weights
from tests.training.small_models import ARCHITECTURES, small_model
from tests.training.tiny import build_model, build_tokenizer, labelled, preferences


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("base") / "model")


def train(rows: list[dict[str, Any]], base: Path, out: Path, **changes: Any) -> dict[str, Any]:
    settings = RewardModelSettings(**{**SMALL, **changes})
    return launch.run(rows, model=base, out=out, settings=settings, command="train-rm").manifest


SMALL: dict[str, Any] = {
    "epochs": 8, "lr": 3e-3, "batch_size": 8, "max_tokens": 100, "threads": 1, "held_out": 0.25, "template": "plain",
}  # fmt: skip


def test_a_model_of_pairs_learns_what_is_preferred(base: Path, tmp_path: Path) -> None:
    manifest = train(preferences(80), base, tmp_path / "rm")
    figures = manifest["summary"]["held_out_figures"]
    assert figures["accuracy"] > 0.9 and figures["rows"] >= 10
    good, bad = scoring.open_model(tmp_path / "rm", "cpu").score(
        [("new 7", "<think>a</think>please"), ("new 7", "<think>a</think>no")]
    )
    assert good is not None and bad is not None and good > bad


def test_a_model_of_labels_gives_probabilities_of_the_whole_response(base: Path, tmp_path: Path) -> None:
    manifest = train(labelled(120), base, tmp_path / "rm", reads="safety")
    figures = manifest["summary"]["held_out_figures"]
    assert figures["accuracy"] > 0.9 and figures["auc"] > 0.9
    safe, unsafe = scoring.open_model(tmp_path / "rm", "cpu").score(
        [("new 7", "<think>ok</think>x"), ("new 7", "<think>bomb</think>x")]
    )
    assert safe is not None and unsafe is not None and 0 < unsafe < 0.5 < safe < 1


def test_the_micro_batch_changes_nothing(base: Path, tmp_path: Path) -> None:
    losses = []
    for size in (8, 2):
        out = tmp_path / str(size)
        train(preferences(40), base, out, micro_batch=size, epochs=2)
        losses.append([json.loads(line)["loss"] for line in (out / "metrics.jsonl").read_text().splitlines()])
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rm", "rm-labels", "rm-lora"])
def test_a_killed_run_goes_on_to_the_same_bits(kind: str, base: Path, tmp_path: Path) -> None:
    from tests.training import harness

    out = tmp_path / "broken"
    assert interrupted_after(5, kind, base, out, signal.SIGKILL) == -signal.SIGKILL
    for folder in (out, tmp_path / "whole"):
        harness.main(kind, str(base), str(folder))
    assert weights(out) == weights(tmp_path / "whole")
    figures = [
        json.loads((folder / "r1.json").read_text())["summary"]["held_out_figures"]
        for folder in (out, tmp_path / "whole")
    ]
    assert figures[0] == figures[1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rm-by-two", "rm-sharded"])
def test_two_processes_train_and_measure_what_one_does(kind: str, base: Path, tmp_path: Path) -> None:
    from tests.training import harness

    for each in ("rm", kind):
        harness.main(each, str(base), str(tmp_path / each))
    one, two = (
        [json.loads(line)["loss"] for line in (tmp_path / each / "metrics.jsonl").read_text().splitlines()]
        for each in ("rm", kind)
    )
    assert two == pytest.approx(one, abs=1e-4)
    alone, together = (
        json.loads((tmp_path / each / "r1.json").read_text())["summary"]["held_out_figures"]
        for each in ("rm", kind)
    )
    assert together["margin"] == pytest.approx(alone["margin"], abs=1e-3)


def test_adapters_leave_a_whole_model_with_a_trained_head(base: Path, tmp_path: Path) -> None:
    manifest = train(preferences(80), base, tmp_path / "rm", lora=8, lr=2e-2)
    assert manifest["summary"]["held_out_figures"]["accuracy"] > 0.9
    assert (tmp_path / "rm" / "adapter").is_dir()
    good, bad = scoring.open_model(tmp_path / "rm", "cpu").score([("new", "please"), ("new", "no")])
    assert good is not None and bad is not None and good > bad


def test_no_prompt_is_on_both_sides(base: Path, tmp_path: Path) -> None:
    rows = [row for row in preferences(30) for _ in range(3)]
    summary = train(rows, base, tmp_path / "rm", epochs=0.1)["summary"]
    assert summary["held_out"] % 3 == 0 and summary["examples"] % 3 == 0


def test_rows_that_cannot_be_learned_from_are_counted_by_reason(base: Path, tmp_path: Path) -> None:
    rows = preferences(20)
    more = [
        {**rows[0], "chosen": "x" * 300},
        {**rows[0], "chosen": "<think>never closed"},
        {**rows[0], "chosen": "<think>a</think>b", "rejected": "<think>c</think>b"},
        {**rows[0], "aspect": "harmlessness"},
    ]
    summary = train(rows + more, base, tmp_path / "rm", epochs=0.1)["summary"]
    assert summary["dropped"] == {"too_long": 1, "no_summary": 1, "same": 1, "aspect": 1}


def test_the_card_and_the_config_say_what_the_model_rates(base: Path, tmp_path: Path) -> None:
    train(preferences(20), base, tmp_path / "rm", epochs=0.1)
    card = (tmp_path / "rm" / "README.md").read_text()
    assert "pipeline_tag: text-classification" in card and "accuracy" in card
    config = json.loads((tmp_path / "rm" / "config.json").read_text())
    assert config["problem_type"] == "regression" and config["r1_reward_model"]["kind"] == "helpful"
    assert config["pad_token_id"] != config["eos_token_id"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no rows"),
        ([{"prompt": "a", "response": "b"}], "neither `chosen` and `rejected` nor `response` and `label`"),
        ([{"prompt": "a", "response": "b", "label": "maybe"}], "a label is safe or unsafe"),
        ([{"prompt": "a", "response": "b", "label": "safe"}] * 3, "nothing to tell apart"),
        ([{"prompt": "a", "chosen": "b", "rejected": "b"}], "the same text"),
    ],
)
def test_rows_that_teach_nothing_are_refused_before_training(
    rows: list[dict[str, Any]], message: str, base: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        train(
            rows,
            base,
            tmp_path / "rm",
            held_out=0.0,
            reads="safety" if rows and "label" in rows[0] else "helpful",
        )
    assert not (tmp_path / "rm").exists()


def test_the_order_of_settings_is_recorded_for_resuming(base: Path, tmp_path: Path) -> None:
    train(preferences(20), base, tmp_path / "rm", epochs=0.1)
    with pytest.raises(UserError, match="lr"):
        train(preferences(20), base, tmp_path / "rm", epochs=0.1, lr=1e-4)


def test_length_that_is_preferred_shows_in_the_figures(base: Path, tmp_path: Path) -> None:
    draw = random.Random(0)
    rows = [
        {"prompt": f"q{n}", "chosen": "a" * draw.randint(20, 40), "rejected": "a" * draw.randint(1, 10)}
        for n in range(60)
    ]
    figures = train(rows, base, tmp_path / "rm", epochs=8)["summary"]["held_out_figures"]
    assert figures["longer_is_chosen"] == 1 and figures["longer_scores_higher"] > 0.9


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_gets_a_head_and_takes_steps(architecture: str, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    words = build_tokenizer()
    small_model(
        architecture, eos_token_id=words.eos_token_id, pad_token_id=words.eos_token_id
    ).save_pretrained(folder)
    words.save_pretrained(folder)
    summary = train(preferences(24), folder, tmp_path / "rm", epochs=1, lora=0)["summary"]
    figures = summary["held_out_figures"]
    again = scoring.open_model(tmp_path / "rm", "cpu").score([("q1", "please"), ("q1", "no")])
    assert figures["rows"] and all(score is not None for score in again)


def test_settings_name_the_paper() -> None:
    settings = RewardModelSettings()
    assert (settings.lr, settings.batch_size, settings.epochs, settings.max_tokens) == (6e-6, 256, 1.0, 8_192)
    assert RM.kind == "reward-model"
