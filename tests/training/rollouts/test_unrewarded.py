"""A run in which nobody can tell what responses are worth says so; one in which none got a reward stops."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from r1data.cli import invoke

from r1data.errors import UserError
from r1data.training import launch, rewards
from r1data.training.grpo import prompts
from r1data.training.rollouts import unrewarded
from r1data.training.settings import GrpoSettings
from r1data.verifiers.verdict import CAUSES
from tests.training import harness
from tests.training.tiny import sums

FOUR = replace(harness.GRPO, steps=8, beta=0.0, prompts_per_step=4, steps_per_rollout=1)
"""16 responses a step."""


def train(model: Path, out: Path, settings: GrpoSettings, rows: Any = None) -> launch.Trained:
    return launch.run(rows or sums(), model=model, out=out, settings=settings, command="train-grpo")


def only(which: Callable[[rewards.Scored], bool]) -> rewards.Reward:
    return rewards.Reward("some", rewards.each(lambda scored: 1.0 if which(scored) else None))


def test_a_run_in_which_no_response_gets_a_reward_stops_early(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rewards.REWARDS.built_in, "some", only(lambda scored: False))
    with pytest.raises(UserError, match="none of the first 64 responses got a reward") as stopped:
        train(qwen, tmp_path / "out", replace(FOUR, rewards={"some": 1.0}, save_steps=100))
    assert "\n" not in str(stopped.value)
    assert not (tmp_path / "out").exists()


def test_a_run_in_which_most_responses_get_none_says_so_at_its_end(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        rewards.REWARDS.built_in, "some", only(lambda scored: scored.rollout.prompt == "0+1=")
    )
    summary = train(qwen, tmp_path / "out", replace(FOUR, rewards={"some": 1.0})).manifest["summary"]
    assert (summary["responses"], summary["unrewarded"]) == (128, 112)
    assert str(unrewarded.in_words(summary)).startswith("112 of 128 responses got no reward")
    row = json.loads((tmp_path / "out/metrics.jsonl").read_text().splitlines()[0])
    assert 0 < row["r1/unrewarded"] <= 1


def test_a_run_whose_responses_all_get_one_has_nothing_to_say(qwen: Path, tmp_path: Path) -> None:
    summary = train(qwen, tmp_path / "out", replace(FOUR, steps=1)).manifest["summary"]
    assert (summary["responses"], summary["unrewarded"]) == (16, 0)
    assert unrewarded.in_words(summary) is None


@pytest.mark.parametrize("verifier", ["math", "choice"])
def test_truths_that_no_rule_reads_are_refused_before_the_first_step(
    verifier: str, qwen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{**row, "truth": "see the figure above", "verifier": verifier} for row in sums()]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = f"train-grpo {tmp_path}/rows.jsonl --model {qwen} -o {tmp_path}/out --reward accuracy=1 --max-tokens 64"
    assert invoke(words.split()) == 1
    said = capsys.readouterr().err
    assert "no prompt has a truth that its verifier can read" in said and "Traceback" not in said
    assert not (tmp_path / "out").exists()


def test_one_truth_that_can_be_read_is_enough_to_begin() -> None:
    rows = [{**row, "truth": "see the figure above", "verifier": "math"} for row in sums(3)]
    good = {**rows[0], "truth": "12"}
    settings = GrpoSettings(rewards={"accuracy": 1.0})
    assert len(list(prompts._check_rows([*rows, good], settings))) == 4
    with pytest.raises(UserError, match="can read"):
        list(prompts._check_rows(rows, settings))


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_has_its_remedy(cause: str) -> None:
    line = unrewarded.in_words({"responses": 10, "unrewarded": 9, cause: 9})
    assert line and f"({cause}): " in line
