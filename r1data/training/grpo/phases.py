"""RL for all scenarios (R1 2.3.4, App. B.5): general prompts enter in the last steps, together with their rewards.

The paper trains 1,700 steps and switches general data and preference rewards on in the last 400: more of them leads to
reward hacking. Before, rollouts draw reasoning prompts alone; from then on all prompts, shuffled together, so that a
rollout has each kind in the share that the data has. A preference reward concerns general prompts only, so that it is
switched on with them.

A rollout has one sort of prompts throughout: the switch is at the beginning of the rollout that is nearest to where
the last steps begin. With the paper's 16 steps a rollout, 1,700 and 400, that is after step 1,296.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from r1data.errors import UserError
from r1data.training.rewards.models import PREFERENCES
from r1data.training.settings import GrpoSettings


def has_phases(settings: GrpoSettings) -> bool:
    """Whether general prompts wait for the last steps: where preferences are rewarded, in a run that is longer."""
    return any(settings.rewards.get(name) for name in PREFERENCES) and first_general_rollout(settings) > 0


def first_general_rollout(settings: GrpoSettings) -> int:
    """The number of the first rollout, from 0, that draws general prompts."""
    before = max(0, settings.steps - settings.general_steps)
    return (2 * before + settings.steps_per_rollout) // (2 * settings.steps_per_rollout)


def reasoning(preferences: Sequence[str | None]) -> list[int]:
    """Positions of the reasoning prompts, given each prompt's set."""
    return [position for position, preference in enumerate(preferences) if preference is None]


def check(preferences: Sequence[str | None], settings: GrpoSettings) -> None:
    """Raise UserError where there are no reasoning prompts for the steps before the last, or no rollout after them."""
    before = first_general_rollout(settings) * settings.steps_per_rollout
    if not reasoning(preferences):
        raise UserError(
            f"no prompt is a reasoning prompt, with a verifier and without a preference, for the first {before} steps; "
            f"give --general-steps {settings.steps}, or add such prompts"
        )
    if before >= settings.steps:
        raise UserError(
            f"--general-steps {settings.general_steps}: less than half of a rollout of {settings.steps_per_rollout} "
            f"steps, so that general prompts would never come; give {settings.steps_per_rollout} or more"
        )


def allows(preferences: Sequence[str | None], settings: GrpoSettings) -> Callable[[int, int], bool]:
    """Whether a prompt, by its position, may be drawn for a rollout that begins after so many steps.

    Args:
        preferences: each prompt's set; None for a reasoning prompt.
        settings: of the run.
    """
    first = set(reasoning(preferences))
    before = first_general_rollout(settings) * settings.steps_per_rollout
    return lambda row, step: step >= before or row in first
