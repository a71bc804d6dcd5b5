"""A training process that is told how many prompts of its evaluation it gets right, and whose responses are given.

Each process is told of its own prompts alone: the score is known only where all processes' are put together.

`python -m tests.training.processes.scripted_scores OUT MODEL PARENT`, as the worker that it stands for.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from r1data.runtime.processes import end_with_parent
from r1data.training.evaluation.history import Judged
from r1data.training.evaluation.rollouts import PolicyAnswers
from r1data.training.processes import worker
from tests.training.processes import given_rollouts

RIGHT = (1, 2, 4, 7, 5, 3, 6)
"""Of seven prompts, at one measurement after the other."""


def script() -> None:
    """Judge by the script in the place of answers, in this process."""

    remaining = iter(RIGHT)
    judged = PolicyAnswers.judged

    def scripted(self: PolicyAnswers) -> list[Judged]:
        right = next(remaining)

        def answers(self: PolicyAnswers, numbers: Sequence[int]) -> list[Judged]:
            return [Judged(number, number < right, 3, False) for number in numbers]

        PolicyAnswers._answers = answers  # type: ignore[method-assign]
        return judged(self)

    PolicyAnswers.judged = scripted  # type: ignore[method-assign]


if __name__ == "__main__":
    end_with_parent(lambda: os._exit(1), int(sys.argv[3]))
    given_rollouts.give()
    script()
    worker.main(Path(sys.argv[1]), Path(sys.argv[2]))
