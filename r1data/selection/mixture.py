"""The mixture: what the set should contain (R1 2.3.3, App. B.3.3).

The paper fixes "several samples a prompt, only correct ones" and the rows of each domain. The selection policies,
the similarity threshold, and which rows go if a domain has too many are this project's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from r1data.errors import UserError
from r1data.selection.contamination import N

POLICIES = ("shortest", "random", "diverse", "all")
NEAR = 0.7
"""Likeness from which two responses are nearly the same: one word in seventeen changed, or a sixth of the text cut."""
NEAR_QUESTIONS = 0.8
"""Likeness from which two questions with the same numbers and signs are one prompt: a word in thirty changed."""
PRESETS: Mapping[str, Mapping[str, int]] = {
    "r1-800k": {"math": 395_285, "code": 211_129, "stem": 10_124, "logic": 10_395, "general": 177_812}
}
"""Quotas by name; those of the paper's table (App. B.3.3)."""


@dataclass(frozen=True)
class Mixture:
    """What the set is to be.

    `max_per_prompt`: samples of one prompt, by `policy`: the shortest, drawn, or as unlike one another as can be had.
    `quotas`: rows by domain, or by `domain:language`; what has none keeps all. `validation` and `test`: shares of the
    prompts, 0 to 1. `near`: similarity from which two responses count as copies, above 1 for exact copies alone.
    `licenses`: the only ones that may go in; empty for any. `ngram`: words in a row that must not be an evaluation's.
    """

    max_per_prompt: int | None = None
    policy: str = "random"
    quotas: Mapping[str, int] = field(default_factory=dict)
    validation: float = 0.0
    test: float = 0.0
    near: float = NEAR
    licenses: tuple[str, ...] = ()
    ngram: int = N
    seed: int = 0

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise UserError(f"--selection {self.policy}: no such policy; choose one of {', '.join(POLICIES)}")
        for name in ("validation", "test"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"--{name} {getattr(self, name)}: give a share from 0 to less than 1")
        if self.validation + self.test >= 1:
            raise UserError(
                f"--validation {self.validation} --test {self.test}: nothing is left to train on; give "
                "smaller shares"
            )
        if self.near < 0.5:
            raise UserError(
                f"--dedup-threshold {self.near}: give 0.5 or more, as copies below are not found; "
                "above 1: exact ones alone"
            )
        if self.ngram < 1:
            raise UserError(f"--ngram {self.ngram}: give a number of words, 1 or more")


def preset(name: str, scale: float = 1.0) -> dict[str, int]:
    """The quotas of a preset, times `scale`, rounded. Raises UserError."""
    if name not in PRESETS:
        raise UserError(f"--preset {name}: no such preset; choose one of {', '.join(PRESETS)}")
    if scale <= 0:
        raise UserError(f"--scale {scale:g}: give a number above 0")
    return {domain: round(rows * scale) for domain, rows in PRESETS[name].items()}
