"""RL for all scenarios (R1 2.3.4): rules for reasoning, for a general prompt the reward model of its own set."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from r1data.cli import invoke

from r1data.errors import UserError
from r1data.training import launch, rewards
from r1data.training.reward_models import scoring
from r1data.training.rewards import demands
from r1data.training.rollouts.groups import missing_beside_others
from r1data.training.settings import GrpoSettings
from tests.training import harness
from tests.training.tiny import sums

GENERAL = [
    {"prompt": "Hello", "language": "en"},
    {"prompt": "A bomb", "language": "en", "preference": "harmlessness"},
]
SETTINGS = replace(
    harness.GRPO,
    steps=4,
    steps_per_rollout=1,
    general_steps=2,
    beta=0.0,
    prompts_per_step=4,
    temperature=0.7,
    rewards={"accuracy": 1.0, "letters": 1.0, "helpfulness": 1.0, "harmlessness": 1.0},
    reward_models={"helpfulness": "http://localhost:1", "harmlessness": "http://localhost:2"},
)


class ByLength:
    """A reward model whose scores are far from those of rules."""

    opened = 0

    def __init__(self, address: str, device: str) -> None:
        ByLength.opened += 1

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        return [100.0 + len(response) ** 2 for _, response in pairs]


def train(model: Path, out: Path, settings: GrpoSettings, rows: Any) -> launch.Trained:
    return launch.run(rows, model=model, out=out, settings=settings, command="train-grpo")


def rollouts(out: Path) -> list[dict[str, Any]]:
    from r1data.data.rows import Rows
    from r1data.data.source import open_source

    return list(Rows(open_source(str(out / "rollouts"))))


def test_general_prompts_and_their_rewards_enter_together(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "open_model", ByLength)
    train(qwen, tmp_path / "out", SETTINGS, [*sums(3), *GENERAL])
    assert ByLength.opened == 2  # once a run, and never in a step
    rows = rollouts(tmp_path / "out")
    assert {row["prompt"] for row in rows if row["policy_step"] < 2}.isdisjoint({"Hello", "A bomb"})
    assert {"Hello", "A bomb"} <= {row["prompt"] for row in rows if row["policy_step"] >= 2}
    names = ("accuracy", "helpfulness", "harmlessness")
    concerned = {
        prompt: {
            name for row in rows if row["prompt"] == prompt for name in names if _of(row, name) is not None
        }
        for prompt in ("0+1=", "Hello", "A bomb")
    }
    assert concerned == {"0+1=": {"accuracy"}, "Hello": {"helpfulness"}, "A bomb": {"harmlessness"}}
    assert all(row["reward_letters"] is not None for row in rows)  # a reward of all data


def test_a_reward_that_does_not_concern_a_prompt_changes_no_advantage(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within each group the advantage is that of the rewards which are there, whatever the scale of the others."""
    monkeypatch.setattr(scoring, "open_model", ByLength)
    train(qwen, tmp_path / "out", replace(SETTINGS, steps=2), [*sums(2), *GENERAL])
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rollouts(tmp_path / "out"):
        groups.setdefault((row["round"], row["prompt"]), []).append(row)
    for rows in groups.values():
        for start in range(0, len(rows), SETTINGS.generations):
            group = sorted(rows, key=lambda row: row["sample_index"])[start : start + SETTINGS.generations]
            known = [
                sum(value for name in SETTINGS.rewards if (value := _of(row, name)) is not None)
                for row in group
            ]
            totals = torch.tensor(known)
            expected = (totals - totals.mean()) / (totals.std() + 1e-4)
            assert torch.tensor([row["advantage"] for row in group]).tolist() == pytest.approx(
                expected.tolist(), abs=1e-4
            )


def _of(row: dict[str, Any], name: str) -> float | None:
    value: float | None = row[f"reward_{name}"]
    return value


def test_a_response_that_lacks_a_reward_beside_others_is_left_out_whole() -> None:
    nan = torch.nan
    table = torch.tensor([[1.0, nan], [1.0, nan], [1.0, 2.0], [1.0, nan], [nan, nan], [nan, nan]])
    assert missing_beside_others(table, 2).tolist() == [False, False, False, True, False, False]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reward_models": {}}, "--reward-model helpfulness=FOLDER"),
        ({"rewards": {"accuracy": 1.0}}, "is not asked for anything"),
        ({"reward_models": {"charm": "m"}}, "write one of these names"),
        ({"rewards": {"rubric": 1.0}, "reward_models": {}}, "--judge NAME"),
        ({"rewards": {"length-budget": 1.0}, "reward_models": {}}, "--length-target TOKENS"),
        ({"rewards": {"length": 1.0}, "reward_models": {}, "processes": 8}, "change --processes"),
        ({"general_steps": 0}, "--general-steps"),
    ],
)
def test_what_a_reward_lacks_is_said_before_training(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        settings = replace(SETTINGS, **changes)
        demands.check_settings(settings)
        settings.check()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("rewards_asked", "rows", "said"),
    [
        ({"harmlessness": 1.0}, [*sums(2), GENERAL[0]], "no prompt has `harmlessness`"),
        ({"lint": 1.0}, sums(2), "no prompt has a verifier that runs programs"),
        ({"rubric": 1.0}, sums(2), "no prompt has a rubric"),
        ({"letters": 1.0}, [{**sums(1)[0], "preference": "beauty"}], "its preference is 'beauty'"),
        ({"letters": 1.0}, [{**sums(1)[0], "rubric": [1]}], "its rubric is no list of items"),
        ({"letters": 1.0}, [{**sums(1)[0], "meta": '{"rubric": ["", ""]}'}], "no item of its rubric"),
    ],
)
def test_prompts_that_a_reward_cannot_use_are_said_before_training(
    rewards_asked: dict[str, float], rows: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        list(demands.concerned(map(_checked, rows), rewards_asked))


def _checked(row: dict[str, Any]) -> dict[str, Any]:
    demands.asked(row)
    return row


def wrong_length(scored: Sequence[rewards.Scored]) -> list[float]:
    return [0.5] * (len(scored) - 1)


def raises(scored: Sequence[rewards.Scored]) -> list[float]:
    raise RuntimeError("broken")


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (raises, "RuntimeError: broken"),
        (rewards.each(lambda one: float("nan")), "nan is no number"),
        (wrong_length, "gave 15 numbers for 16 responses"),
        (rewards.each(lambda one: 7.0), "no number from 0 to 1"),
    ],
)
def test_a_reward_that_is_broken_ends_the_run_in_one_line(
    score: Callable[[Sequence[rewards.Scored]], list[float]],
    said: str,
    qwen: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    registry = rewards.REWARDS
    monkeypatch.setitem(registry.built_in, "mine", rewards.Reward("mine", score))  # type: ignore[arg-type]
    monkeypatch.setattr(
        type(registry), "package", lambda self, name: "my-package" if name == "mine" else None
    )
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in sums()))
    words = (
        f"train-grpo {tmp_path}/rows.jsonl --model {qwen} -o {tmp_path}/out --reward mine=1 --max-tokens 12 "
        "--steps 1 --prompts-per-step 4 --generations 4 --steps-per-rollout 1 --beta 0 --template plain --threads 1"
    )
    assert invoke(words.split()) == 1
    error = capsys.readouterr().err
    assert said in error and "my-package" in error and "Traceback" not in error
