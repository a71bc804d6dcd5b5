"""A training process whose responses are given: the same for a step's n-th response, however many processes there are.

What a model samples depends on the process's own random numbers. With the responses given, all that is left of a step
is computed from them: rewards, advantages over groups that belong to several processes, losses, gradients, the
reference. The prompts of an evaluation the model answers itself.

`python -m tests.training.processes.given_rollouts OUT MODEL PARENT`, as the worker that it stands for.
"""

import sys
from pathlib import Path
from random import Random
from typing import Any

from r1data.runtime.processes import end_with_parent
from r1data.training.loop import runtime
from r1data.training.processes import worker
from tests.training import harness

TOKENS = range(5, 60)


def give() -> None:
    """Give responses in the place of the model's own, in this process."""
    harness.settings_of("grpo")  # its rewards are known from here on
    runtime.import_trl()
    from trl import GRPOTrainer

    generate = GRPOTrainer._generate_single_turn

    def responses(self: Any, prompt_ids: list[list[int]], *rest: Any) -> Any:
        if not self.model.training:
            return generate(self, prompt_ids, *rest)
        first = self.accelerator.process_index * len(prompt_ids)
        return [response(self.state.global_step, first + n) for n in range(len(prompt_ids))], None

    GRPOTrainer._generate_single_turn = responses


def response(step: int, number: int) -> list[int]:
    """The tokens of a step's response."""
    draw = Random(f"{step} {number}")
    return [draw.choice(TOKENS) for _ in range(draw.randint(2, 12))]


if __name__ == "__main__":
    import os

    end_with_parent(lambda: os._exit(1), int(sys.argv[3]))
    give()
    worker.main(Path(sys.argv[1]), Path(sys.argv[2]))
