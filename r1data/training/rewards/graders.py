"""Models that grade responses for a run: reward models in folders or behind servers, and a judge with rubrics.

Each is opened once a run, and asked about all responses of a rollout together, in a thread of its own, beside the
verifiers. What it has not answered by the end of the rollout's time, or cannot answer, is unknown.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, TimeoutError
from dataclasses import dataclass
from typing import Protocol

from r1data.data.responses import split
from r1data.errors import UserError
from r1data.training.rewards.models import HELPFULNESS
from r1data.training.rewards.rollout import Grade, Rollout
from r1data.verifiers.failures import failed


class Grader(Protocol):
    """Grades responses: a `Grade` for each, in order. Raises UserError where its server is gone for good."""

    def __call__(self, rollouts: Sequence[Rollout], /) -> list[Grade]: ...


class RewardModel(Protocol):
    """What `reward_models.scoring.open_model` opens."""

    def score(self, pairs: list[tuple[str, str]]) -> list[float | None]:
        """A score of each (prompt, response); None where it cannot tell. Raises UserError: its server is gone."""
        ...


@dataclass(frozen=True)
class ByRewardModel:
    """Grades by a reward model. `helpfulness` shows it the final summary alone, any other reward the whole response.

    A response without a summary is scored as an empty one: the model's to judge, and the reward `format`'s.
    """

    name: str
    model: RewardModel

    def __call__(self, rollouts: Sequence[Rollout], /) -> list[Grade]:
        pairs = [(one.prompt, self._shown(one.response)) for one in rollouts]
        # Equal responses to a prompt are asked about once.
        distinct = list(dict.fromkeys(pairs))
        scores = dict(zip(distinct, self.model.score(distinct), strict=True))
        return [Grade(scores[pair]) for pair in pairs]

    def _shown(self, response: str) -> str:
        return split(response).answer or "" if self.name == HELPFULNESS else response


def grade_all(
    graders: Mapping[str, Grader],
    rollouts: Sequence[Rollout],
    concerned: Callable[[str, Rollout], bool],
) -> Callable[[float | None], list[dict[str, Grade]]]:
    """Start to grade the responses of a rollout by all graders that concern them.

    Args:
        graders: by the name of the reward.
        rollouts: the responses.
        concerned: whether a reward of that name concerns a response's prompt.

    Returns:
        A function of the seconds to wait at most that gives each response's grades by reward, in order. It raises
        UserError as a grader does.
    """
    started: dict[str, tuple[list[int], Future[list[Grade]]]] = {}
    for name, grader in graders.items():
        if numbers := [n for n, one in enumerate(rollouts) if concerned(name, one)]:
            grades: Future[list[Grade]] = Future()
            started[name] = numbers, grades
            work = (name, grader, [rollouts[n] for n in numbers], grades)
            threading.Thread(target=_grade, args=work, daemon=True, name=f"r1-{name}").start()

    def collect(seconds: float | None) -> list[dict[str, Grade]]:
        end = None if seconds is None else time.monotonic() + seconds
        graded: list[dict[str, Grade]] = [{} for _ in rollouts]
        for name, (numbers, grades) in started.items():
            try:
                values = grades.result(None if end is None else max(0.0, end - time.monotonic()))
            except TimeoutError:
                values = [Grade(None, "no grade within the time of a rollout")] * len(numbers)
            for number, value in zip(numbers, values, strict=True):
                graded[number][name] = value
        return graded

    return collect


def _grade(name: str, grader: Grader, rollouts: list[Rollout], grades: Future[list[Grade]]) -> None:
    try:
        grades.set_result(grader(rollouts))
    except UserError as error:
        grades.set_exception(error)
    except BaseException as error:  # noqa: BLE001  unknown, and said: a thread that died would be waited for in vain
        reason = failed(f"reward {name}", error).reason
        sys.stderr.write(f"{reason}; so for {len(rollouts):,} responses, which get no reward at all\n")
        grades.set_result([Grade(None, reason)] * len(rollouts))
