"""Compares the numbers with the paper's claims, in sentences computed from them.

A claim is `shown` only when the difference is on its side by more than two standard errors (those of both
numbers, added in quadrature); otherwise the sentence says that it is not, and why. A claim whose steps were not run is
`missing`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from r1data.recipe.load import ROLES
from r1data.recipe.report import pool
from r1data.recipe.report.runs import RecipeRun, ReportedMean
from r1data.recipe.report.text import duration, number

State = Literal["shown", "not shown", "missing"]
STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class ClaimCheck:
    """A sentence, whether it supports the paper's claim, that claim, and the roles it is about."""

    state: State
    text: str
    paper: str
    roles: tuple[str, ...] = ()


def check_claims(runs: Sequence[RecipeRun]) -> list[ClaimCheck]:
    """One check for each of `CLAIMS`."""
    return [check(runs) for check in CLAIMS]


def zero_beats_base(runs: Sequence[RecipeRun]) -> ClaimCheck:
    """R1 2.2.4, figure 2."""
    paper = "Paper: pure RL takes AIME 2024 pass@1 from 15.6 % to 71.0 % (figure 2)."

    def say(zero: ReportedMean, base: ReportedMean) -> str:
        times = f", {zero.value / base.value:.1f} times the base" if base.value else ", the base"
        return f"R1-Zero solves {_share(zero)} of the problems at the first try{times} ({_share(base)})"

    return _compared(runs, "r1-zero", "base", "pass@1", say, paper)


def final_keeps_up(runs: Sequence[RecipeRun]) -> ClaimCheck:
    """R1 table 2 and 4: the readable model is not the weaker one."""
    paper = "Paper: R1, readable, ends above R1-Zero (AIME 2024: 79.8 % against 71.0 %)."

    def say(final: ReportedMean, zero: ReportedMean) -> str:
        return f"R1 solves {_share(final)}, R1-Zero {_share(zero)}: {_points(final, zero)}"

    return _compared(runs, "r1", "r1-zero", "pass@1", say, paper)


def language_holds(runs: Sequence[RecipeRun]) -> ClaimCheck:
    """R1 2.3.2, appendix B.6."""
    paper = (
        "Paper: without the language reward mixing grows during RL; with it consistency holds (appendix B.6)."
    )

    def say(reward: ReportedMean, plain: ReportedMean) -> str:
        part = f", {reward.value / plain.value:.2f} times as much" if plain.value else ""
        return (
            f"With the language reward {_share(reward)} of the responses mix languages, "
            f"without it {_share(plain)}{part}"
        )

    return _compared(runs, "reasoning-rl", "reasoning-rl-plain", "mixed_language", say, paper, lower=True)


def own_language(runs: Sequence[RecipeRun]) -> ClaimCheck:
    """The target of the reward is the language of the prompt."""
    paper = "Paper: the reward is the share of the target language's words in the thoughts (2.3.2)."

    def say(reward: ReportedMean, plain: ReportedMean) -> str:
        return (
            f"{_share(reward)} of the thoughts are in the prompt's language with the language reward, "
            f"{_share(plain)} without it"
        )

    return _compared(runs, "reasoning-rl", "reasoning-rl-plain", "prompt_language", say, paper)


def distilling_beats_rl(runs: Sequence[RecipeRun]) -> ClaimCheck:
    """R1 4.1, table 6."""
    paper = "Paper: distilled into 32B 72.6 %, RL alone on 32B 47.0 % on AIME 2024 (table 6)."

    def say(distilled: ReportedMean, alone: ReportedMean) -> str:
        return (
            f"The distilled student solves {_share(distilled)}, the same student after RL alone {_share(alone)}: "
            f"{_points(distilled, alone)}{_times(runs)}"
        )

    return _compared(runs, "student-distilled", "student-rl", "pass@1", say, paper)


def responses_grow(runs: Sequence[RecipeRun]) -> ClaimCheck:
    """R1 2.2.4, figure 3."""
    paper = "Paper: responses grow from hundreds to thousands of tokens during RL (figure 3)."
    return _over_training(runs, "completions/mean_length", "R1-Zero's responses", "tokens", paper)


def reflection_rises(runs: Sequence[RecipeRun]) -> ClaimCheck:
    """Figure 9 of version 2."""
    paper = "Paper: reflective words become five to seven times as frequent during RL."
    return _over_training(runs, "r1/reflective_words", "R1-Zero's responses", "reflective words", paper)


CLAIMS: tuple[Callable[[Sequence[RecipeRun]], ClaimCheck], ...] = (
    zero_beats_base,
    final_keeps_up,
    language_holds,
    own_language,
    distilling_beats_rl,
    responses_grow,
    reflection_rises,
)


def compare(high: ReportedMean, low: ReportedMean) -> tuple[State, str]:
    """Whether `high` is above `low` by more than two standard errors, and the reason if it is not."""
    if high.error is None or low.error is None:
        return "not shown", "no standard error, so nothing follows"
    difference, error = high.value - low.value, math.hypot(high.error, low.error)
    if difference > STANDARD_ERRORS * error:
        return "shown", ""
    if difference < -STANDARD_ERRORS * error:
        return "not shown", "the opposite of the paper"
    return "not shown", "less than two standard errors apart, so nothing follows"


def _compared(
    runs: Sequence[RecipeRun],
    role: str,
    other_role: str,
    name: str,
    say: Callable[[ReportedMean, ReportedMean], str],
    paper: str,
    lower: bool = False,
) -> ClaimCheck:
    first, second = pool.score(runs, role, name), pool.score(runs, other_role, name)
    missing_roles = [ROLES[r] for r, estimate in ((role, first), (other_role, second)) if estimate is None]
    roles = (role, other_role)
    if first is None or second is None:
        return ClaimCheck(
            "missing", f"Not in this run: an evaluation of {' and of '.join(missing_roles)}.", paper, roles
        )
    state, why = compare(second, first) if lower else compare(first, second)
    return ClaimCheck(state, f"{say(first, second)}{f' – {why}' if why else ''}.", paper, roles)


def _over_training(
    runs: Sequence[RecipeRun], key: str, subject: str, quantity: str, paper: str
) -> ClaimCheck:
    ends = pool.ends(runs, "r1-zero", key)
    if ends is None:
        text = f"Not in this run: a training of R1-Zero long enough to compare {quantity}."
        return ClaimCheck("missing", text, paper, ("r1-zero",))
    first, last = ends
    state, why = compare(last, first)
    times = f", {last.value / first.value:.1f} times as many" if first.value else ""
    text = (
        f"{subject} hold {_number(last, share=False)} {quantity} at the end of the training, "
        f"{_number(first, share=False)} at its beginning{times}{f' – {why}' if why else ''}."
    )
    return ClaimCheck(state, text, paper, ("r1-zero",))


def _share(estimate: ReportedMean) -> str:
    return f"{_number(estimate)}\u00a0%"


def _number(estimate: ReportedMean, share: bool = True) -> str:
    """A number without breakable spaces."""
    return number(estimate, share).replace(" ", "\u00a0")


def _points(first: ReportedMean, second: ReportedMean) -> str:
    # The sign is set by hand: a true minus, and also a plus.
    difference = ReportedMean(
        first.value - second.value, math.hypot(first.error or 0, second.error or 0), first.n
    )
    sign = "+" if difference.value >= 0 else "−"
    size = ReportedMean(abs(difference.value), difference.error, first.n)
    return f"{sign}{_number(size)} points"


def _times(runs: Sequence[RecipeRun]) -> str:
    """The training times of the two students; empty unless both are known."""
    training_seconds = [
        [run.seconds[role] for run in runs if role in run.seconds]
        for role in ("student-rl", "student-distilled")
    ]
    if not all(training_seconds):
        return ""
    alone, distilled = (duration(sum(seconds) / len(seconds)) for seconds in training_seconds)
    return f" (trained for {distilled}, that one for {alone})"
