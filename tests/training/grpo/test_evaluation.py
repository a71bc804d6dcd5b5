"""Evaluation of a GRPO run: it changes nothing of training, and stops it where the accuracy no longer rises."""

import json
import math
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.training import launch
from r1data.training.evaluation import history
from r1data.training.evaluation.history import History, Judged, Measurement, measured
from r1data.training.evaluation.rollouts import PolicyAnswers
from r1data.training.grpo import run
from r1data.training.loop import runtime
from r1data.training.settings import GrpoSettings
from tests.training import harness
from tests.training.loop.test_resume import interrupted_after, rollouts, told, weights
from tests.training.tiny import sums

SIX = replace(harness.GRPO, steps=6, beta=0.0, eval_every=2)


def train(model: Path, out: Path, chosen: GrpoSettings) -> dict[str, Any]:
    return launch.run(sums(), model=model, out=out, settings=chosen, command="train-grpo").manifest


def scores(out: Path) -> dict[int, float]:
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return {row["step"]: row["eval/accuracy"] for row in rows if "eval/accuracy" in row}


@pytest.fixture
def questions(qwen: Path) -> str:
    return str(harness.write_eval_prompts(qwen))


def scripted(monkeypatch: pytest.MonkeyPatch, accuracies: Sequence[float]) -> None:
    """Measurements of 100 prompts with these accuracies, one after the other."""

    remaining = iter(accuracies)

    def judged(self: PolicyAnswers) -> list[Judged]:
        right = round(100 * next(remaining))
        return [Judged(number, number < right, 3, False) for number in range(100)]

    monkeypatch.setattr(PolicyAnswers, "judged", judged)


def test_measuring_changes_nothing_of_training(qwen: Path, questions: str, tmp_path: Path) -> None:
    train(qwen, tmp_path / "without", SIX)
    manifest = train(qwen, tmp_path / "with", replace(SIX, eval_on=questions, eval_samples=3))
    assert weights(tmp_path / "with") == weights(tmp_path / "without")
    assert rollouts_rows(tmp_path / "with") == rollouts_rows(tmp_path / "without")
    assert list(scores(tmp_path / "with")) == [0, 2, 4, 6]
    assert manifest["summary"]["eval_prompts"] == 6
    assert manifest["summary"]["eval_accuracy"]["first"] == scores(tmp_path / "with")[0]


def rollouts_rows(out: Path) -> int:
    return int(json.loads((out / "r1.json").read_text())["summary"]["recorded_rollouts"]["rows"])


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_scores_and_weights(
    qwen: Path, questions: str, tmp_path: Path
) -> None:
    out = tmp_path / "broken"
    assert interrupted_after(5, "grpo-evaluated", qwen, out, signal.SIGKILL) == -signal.SIGKILL
    for folder in (out, tmp_path / "whole"):
        harness.main("grpo-evaluated", str(qwen), str(folder))
    assert weights(out) == weights(tmp_path / "whole")
    assert told(out) == told(tmp_path / "whole")
    assert rollouts(out) == rollouts(tmp_path / "whole")


def test_it_stops_where_the_score_rises_no_more_and_publishes_the_best_weights(
    qwen: Path, questions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [0.1, 0.2, 0.6, 0.5, 0.61, 0.4, 0.9])
    chosen = replace(SIX, steps=12, eval_on=questions, early_stop=3, save_steps=5)
    steps = train(qwen, tmp_path / "stopped", chosen)["summary"]["eval_steps"]
    # 0.61 is the best, and no more than its standard error above 0.6
    assert steps == {"best": 8, "published": 8, "stopped": 10}
    train(qwen, tmp_path / "eight", replace(SIX, steps=8))
    assert weights(tmp_path / "stopped") == weights(tmp_path / "eight")
    card = (tmp_path / "stopped/README.md").read_text()
    assert "| eval steps | best 8, published 8, stopped 10 |" in card


def test_a_run_that_stopped_and_was_killed_makes_no_step_more(
    qwen: Path, questions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [0.5, 0.6, 0.1, 0.1])
    chosen = replace(SIX, steps=12, eval_on=questions, early_stop=2)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(runtime, "finish", interrupt)
        train(qwen, tmp_path / "out", chosen)
    steps = train(qwen, tmp_path / "out", chosen)["summary"]["eval_steps"]
    assert steps == {"best": 2, "published": 2, "stopped": 6}
    assert list(scores(tmp_path / "out")) == [0, 2, 4, 6]
    train(qwen, tmp_path / "two", replace(SIX, steps=2))
    assert weights(tmp_path / "out") == weights(tmp_path / "two")


def test_at_temperature_0_the_likeliest_tokens_are_taken(
    qwen: Path, questions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    score = history.score

    def noted(rollouts: Any, *rest: Any) -> Any:
        texts.extend(one.response for one in rollouts)
        return score(rollouts, *rest)

    monkeypatch.setattr(history, "score", noted)
    train(
        qwen,
        tmp_path / "out",
        replace(SIX, steps=1, eval_on=questions, eval_samples=2, eval_temperature=0.0),
    )
    assert texts[::2] == texts[1::2] and len(texts) == 2 * 12


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"prompt": "3+1=", "truth": "4", "verifier": "exact"}], "trained on too"),
        ([{"prompt": "write a poem", "language": "en"}], "no prompt has a verifier with its truth"),
    ],
)
def test_prompts_that_cannot_measure_are_refused(
    rows: list[dict[str, Any]], said: str, qwen: Path, tmp_path: Path
) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UserError, match=said):
        train(qwen, tmp_path / "out", replace(SIX, eval_on=str(path)))
    assert not (tmp_path / "out").exists()


def test_without_prompts_nothing_stops_early() -> None:
    with pytest.raises(UserError, match="add --eval-on DS"):
        replace(SIX, early_stop=2).check()


def test_prompts_that_are_gone_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such"):
        run.check(replace(SIX, eval_on=str(tmp_path / "gone")))


@given(st.lists(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=4), min_size=1))
def test_the_score_is_the_mean_over_prompts_of_known_verdicts(prompts: list[list[bool | None]]) -> None:
    judged = [Judged(n, right, 1, False) for n, verdicts in enumerate(prompts) for right in verdicts]
    shares = [
        sum(known) / len(known)
        for verdicts in prompts
        if (known := [right for right in verdicts if right is not None])
    ]
    one = measured(judged, 3)
    if not shares:
        assert one.accuracy is None and one.error is None and one.unscored == 1
        return
    assert one.accuracy == pytest.approx(sum(shares) / len(shares))
    if len(shares) > 1:
        assert one.error is not None and one.accuracy is not None
        spread = sum((share - one.accuracy) ** 2 for share in shares) / (len(shares) - 1)
        assert one.error == pytest.approx(math.sqrt(spread / len(shares)))


def test_a_rise_within_the_standard_error_is_none() -> None:
    history = History()
    counted = []
    for step, accuracy in enumerate([0.5, 0.54, 0.56, 0.61, 0.61]):
        history.measurements.append(Measurement(step, accuracy, 0.05, 0.0, 1.0, 0.0))
        counted.append(history.since_improvement())
    assert counted == [0, 1, 0, 1, 2]
