"""What GRPO's trainer measures beside TRL: groups that teach nothing, and where a step's seconds go.

A group teaches nothing where all its responses get the same reward. `groups/no_signal` is the share of those,
`groups/all_right` and `groups/all_wrong` that of groups whose known verdicts are all correct, or none of them. TRL's
`frac_reward_zero_std` is the first one only where the deviation is the group's (with `--scale-rewards batch` it is 0).
With dynamic sampling they are those of the first round. `groups/majority` is the share of groups whose most frequent
answer is correct: cons@k of figure 2, k the responses of a group, on the prompts of the training.

`seconds/generation`, `seconds/verification` and `seconds/training` are the main process's, and add up to `step_time`.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from accelerate.utils import gather_object
from trl import GRPOTrainer

from r1data.data.responses import split
from r1data.evaluation.voting import vote, vote_text
from r1data.training.rewards import Scored
from r1data.training.rollouts.measures import Scorer

SAME = 1e-6
"""Rewards that differ by less are the same: they are float32."""


class Measuring(GRPOTrainer):  # type: ignore[misc]
    """Measures each rollout; `scorer` holds the verdicts of the last one."""

    scorer: Scorer | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._seconds = {"generation": 0.0, "verification": 0.0}
        super().__init__(*args, **kwargs)

    def _generate(self, prompts: list[Any]) -> tuple[Any, ...]:
        with self._timed("generation"):
            generated: tuple[Any, ...] = super()._generate(prompts)
        return generated

    def _calculate_rewards(
        self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any
    ) -> torch.Tensor:
        with self._timed("verification"):
            rewards: torch.Tensor = super()._calculate_rewards(
                inputs, prompts, completions, completion_ids_list
            )
        if self.model.training and self.scorer is not None:
            known = [math.nan if one.correct is None else float(one.correct) for one in self.scorer.scored]
            correct = self.accelerator.gather(torch.tensor(known, device=rewards.device))
            weights = self.reward_weights.to(rewards.device)
            for name, share in group_shares(rewards * weights, correct, self.num_generations).items():
                self._metrics["train"][f"groups/{name}"].append(share)
            votes = gather_object([_answer(one) for one in self.scorer.scored])
            if (majority := majority_share(votes, self.num_generations)) is not None:
                self._metrics["train"]["groups/majority"].append(majority)
        return rewards

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        metrics = self._metrics["train"]
        if self.model.training and metrics["step_time"]:
            for name, seconds in self._seconds.items():
                metrics[f"seconds/{name}"].append(seconds)
            metrics["seconds/training"].append(sum(metrics["step_time"]) - sum(self._seconds.values()))
            self._seconds = dict.fromkeys(self._seconds, 0.0)
        super().log(logs, start_time)

    @contextlib.contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            if self.model.training:
                self._seconds[name] += time.perf_counter() - start


def group_shares(rewards: torch.Tensor, correct: torch.Tensor, generations: int) -> dict[str, float]:
    """The shares of groups without signal, all right and all wrong; the last two of those with a known verdict.

    Args:
        rewards: weighted [responses, rewards]; NaN where there is none.
        correct: 1, 0 or NaN (unknown) [responses].
        generations: responses of a group, one after the other.
    """
    totals = rewards.nansum(dim=1).masked_fill(rewards.isnan().all(dim=1), torch.nan).view(-1, generations)
    # Against infinities, a group without any reward is one of no difference.
    most, least = totals.nan_to_num(-torch.inf).amax(dim=1), totals.nan_to_num(torch.inf).amin(dim=1)
    shares = {"no_signal": _mean(~(most - least > SAME))}
    verdicts = correct.view(-1, generations)
    verdicts = verdicts[~verdicts.isnan().all(dim=1)]
    if len(verdicts):
        shares["all_right"] = _mean(verdicts.nan_to_num(1.0).amin(dim=1) == 1)
        shares["all_wrong"] = _mean(verdicts.nan_to_num(0.0).amax(dim=1) == 0)
    return shares


Vote = tuple[str | None, bool]
"""What votes for a response, and whether it is correct."""


def majority_share(votes: Sequence[Vote | None], generations: int) -> float | None:
    """The share of groups with a known verdict whose majority is correct; None where there is no such group.

    Args:
        votes: of each response; None where the verdict is unknown.
        generations: responses of a group, one after the other.
    """
    groups = [votes[start : start + generations] for start in range(0, len(votes), generations)]
    known = [[one for one in group if one is not None] for group in groups]
    shares = [vote(*zip(*group, strict=True)) for group in known if group]
    return math.fsum(shares) / len(shares) if shares else None


def _answer(one: Scored) -> Vote | None:
    verdict = one.verdict
    if one.correct is None or verdict is None:
        return None
    answer = split(one.rollout.response).answer
    return vote_text(verdict.verdict, verdict.cause, verdict.extracted, answer), one.correct


def _mean(flags: torch.Tensor) -> float:
    return float(flags.float().mean())
