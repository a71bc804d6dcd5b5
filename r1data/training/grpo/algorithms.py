"""Algorithms of GRPO's family by name: what each asks of TRL, and which settings it has another default for.

An entry is what the paper that names it does in its loss, clip, KL term, scale of rewards, overlong responses and
sampling. All else (learning rate, batch, lengths) stays this project's: R1's. A setting that a user gives wins over an
entry's; a run's request records what was taken. Nothing heavy is imported here.

Not here: `bnpo`, TRL's mean over the tokens of a micro-batch, because its result depends on how a step is split.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from r1data.errors import UserError

PAPER: dict[str, Any] = {
    "beta": 0.001,
    "epsilon": 10.0,
    "epsilon_high": None,
    "scale_rewards": "group",
    "overlong": "none",
    "resample_limit": 1,
}
"""Settings that algorithms decide, and R1's values of them (R1 2.2.1, 2.3.2, App.)."""
DAPO = {"beta": 0.0, "epsilon": 0.2, "epsilon_high": 0.28, "overlong": "punish"}


@dataclass(frozen=True)
class Algorithm:
    """An algorithm.

    Args:
        summary: what it is, in one line.
        paper: where it is from, with its section.
        trl: the arguments of TRL's `GRPOConfig` that make its loss.
        changes: its defaults where they differ from `PAPER`.
    """

    summary: str
    paper: str
    trl: Mapping[str, Any]
    changes: Mapping[str, Any]

    @property
    def defaults(self) -> dict[str, Any]:
        """Its default of every setting that algorithms decide."""
        return {**PAPER, **self.changes}


ALGORITHMS: dict[str, Algorithm] = {
    "grpo": Algorithm(
        "mean over each response's tokens, then over responses",
        "R1 2.2.1, eq. 1-3",
        {"loss_type": "grpo"},
        {},
    ),
    "dr-grpo": Algorithm(
        "sum over tokens divided by a constant length; advantages are not divided by a deviation",
        "arXiv 2503.20783, 3.2",
        {"loss_type": "dr_grpo"},
        {"beta": 0.0, "epsilon": 0.2, "scale_rewards": "none"},
    ),
    "dapo": Algorithm(
        "mean over all tokens, a wider clip above, overlong responses punished, groups without signal sampled anew",
        "arXiv 2503.14476, 3.1-3.4",
        {"loss_type": "dapo"},
        {**DAPO, "resample_limit": 4},
    ),
    "dapo-no-resampling": Algorithm(
        "`dapo` without its dynamic sampling",
        "arXiv 2503.14476, 3.1, 3.3, 3.4",
        {"loss_type": "dapo"},
        DAPO,
    ),
    "gspo": Algorithm(
        "one ratio a response: the geometric mean of its tokens' ratios",
        "arXiv 2507.18071, 4.1 and 5.1",
        {"loss_type": "grpo", "importance_sampling_level": "sequence"},
        {"beta": 0.0, "epsilon": 3e-4, "epsilon_high": 4e-4},
    ),
}
GONE = {
    "dr_grpo": "it is dr-grpo now",
    "bnpo": "it depended on the micro-batch; dapo-no-resampling weighs all tokens of a rollout equally",
}
"""Names of earlier releases, and what to give in their place."""


def algorithm(name: str) -> Algorithm:
    """The algorithm of that name. Raises UserError where there is none."""
    if name in GONE:
        raise UserError(f"--loss {name}: {GONE[name]}")
    if name not in ALGORITHMS:
        raise UserError(f"--loss {name}: not known; choose one of {', '.join(ALGORITHMS)}")
    return ALGORITHMS[name]
