"""What the numbers say of the paper's claims, in sentences computed from them.

A claim is `shown` only when the difference is on its side by more than two standard errors (those of both
numbers, added in squares); otherwise the sentence says that it is not, and by how much. What was not run is
`missing`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from r1data.recipe.report import pool
from r1data.recipe.report.measure import Estimate
from r1data.recipe.report.runs import Run
from r1data.recipe.report.text import duration, number
from r1data.recipe.roles import ROLES

State = Literal["shown", "not shown", "missing"]
ENOUGH = 2.0


@dataclass(frozen=True)
class Finding:
    """A sentence, whether it bears out the paper's claim, and what that claim is."""

    state: State
    text: str
    paper: str


def findings(runs: Sequence[Run]) -> list[Finding]:
    """One finding for each claim of the paper that the report looks at."""
    return [check(runs) for check in CLAIMS]


def zero_beats_base(runs: Sequence[Run]) -> Finding:
    """R1 2.2.4, figure 2."""
    paper = "Paper: pure RL takes AIME 2024 pass@1 from 15.6 % to 71.0 % (figure 2)."

    def say(zero: Estimate, base: Estimate) -> str:
        times = f", {zero.value / base.value:.1f} times the base" if base.value else ", the base"
        return f"R1-Zero solves {_share(zero)} of the problems at the first try{times} ({_share(base)})"

    return _compared(runs, "r1-zero", "base", "pass@1", say, paper)


def final_keeps_up(runs: Sequence[Run]) -> Finding:
    """R1 table 2 and 4: the readable model is not the weaker one."""
    paper = "Paper: R1, readable, ends above R1-Zero (AIME 2024: 79.8 % against 71.0 %)."

    def say(final: Estimate, zero: Estimate) -> str:
        return f"R1 solves {_share(final)}, R1-Zero {_share(zero)}: {_points(final, zero)}"

    return _compared(runs, "r1", "r1-zero", "pass@1", say, paper)


def language_holds(runs: Sequence[Run]) -> Finding:
    """R1 2.3.2, appendix B.6."""
    paper = (
        "Paper: without the language reward mixing grows during RL; with it consistency holds (appendix B.6)."
    )

    def say(reward: Estimate, plain: Estimate) -> str:
        part = f", {reward.value / plain.value:.2f} times as much" if plain.value else ""
        return (
            f"With the language reward {_share(reward)} of the responses mix languages, "
            f"without it {_share(plain)}{part}"
        )

    return _compared(runs, "reasoning-rl", "reasoning-rl-plain", "mixed_language", say, paper, lower=True)


def own_language(runs: Sequence[Run]) -> Finding:
    """The target of the reward is the language of the prompt."""
    paper = "Paper: the reward is the share of the target language's words in the thoughts (2.3.2)."

    def say(reward: Estimate, plain: Estimate) -> str:
        return (
            f"{_share(reward)} of the thoughts are in the prompt's language with the language reward, "
            f"{_share(plain)} without it"
        )

    return _compared(runs, "reasoning-rl", "reasoning-rl-plain", "prompt_language", say, paper)


def distilling_beats_rl(runs: Sequence[Run]) -> Finding:
    """R1 4.1, table 6."""
    paper = "Paper: distilled into 32B 72.6 %, RL alone on 32B 47.0 % on AIME 2024 (table 6)."

    def say(distilled: Estimate, alone: Estimate) -> str:
        return (
            f"The distilled student solves {_share(distilled)}, the same student after RL alone {_share(alone)}: "
            f"{_points(distilled, alone)}{_times(runs)}"
        )

    return _compared(runs, "student-distilled", "student-rl", "pass@1", say, paper)


def responses_grow(runs: Sequence[Run]) -> Finding:
    """R1 2.2.4, figure 3."""
    paper = "Paper: responses grow from hundreds to thousands of tokens during RL (figure 3)."
    return _over_training(runs, "completions/mean_length", "R1-Zero's responses", "tokens", paper)


def reflection_rises(runs: Sequence[Run]) -> Finding:
    """Figure 9 of version 2."""
    paper = "Paper: reflective words become five to seven times as frequent during RL."
    return _over_training(runs, "r1/reflective_words", "R1-Zero's responses", "reflective words", paper)


CLAIMS: tuple[Callable[[Sequence[Run]], Finding], ...] = (
    zero_beats_base,
    final_keeps_up,
    language_holds,
    own_language,
    distilling_beats_rl,
    responses_grow,
    reflection_rises,
)


def verdict(high: Estimate, low: Estimate) -> tuple[State, str]:
    """Whether `high` is above `low` by more than two standard errors, and how to say it when not."""
    if high.error is None or low.error is None:
        return "not shown", "no standard error, so nothing follows"
    apart, error = high.value - low.value, math.hypot(high.error, low.error)
    if apart > ENOUGH * error:
        return "shown", ""
    if apart < -ENOUGH * error:
        return "not shown", "the opposite of the paper"
    return "not shown", "less than two standard errors apart, so nothing follows"


def _compared(
    runs: Sequence[Run],
    role: str,
    other: str,
    name: str,
    say: Callable[[Estimate, Estimate], str],
    paper: str,
    lower: bool = False,
) -> Finding:
    one, two = pool.score(runs, role, name), pool.score(runs, other, name)
    lacking = [ROLES[r] for r, estimate in ((role, one), (other, two)) if estimate is None]
    if one is None or two is None:
        return Finding("missing", f"Not in this run: an evaluation of {' and of '.join(lacking)}.", paper)
    state, why = verdict(two, one) if lower else verdict(one, two)
    return Finding(state, f"{say(one, two)}{f' – {why}' if why else ''}.", paper)


def _over_training(runs: Sequence[Run], key: str, whose: str, what: str, paper: str) -> Finding:
    ends = pool.ends(runs, "r1-zero", key)
    if ends is None:
        return Finding(
            "missing", f"Not in this run: a training of R1-Zero long enough to compare {what}.", paper
        )
    first, last = ends
    state, why = verdict(last, first)
    times = f", {last.value / first.value:.1f} times as many" if first.value else ""
    text = (
        f"{whose} hold {_number(last, share=False)} {what} at the end of the training, "
        f"{_number(first, share=False)} at its beginning{times}{f' – {why}' if why else ''}."
    )
    return Finding(state, text, paper)


def _share(estimate: Estimate) -> str:
    return f"{_number(estimate)}\u00a0%"


def _number(estimate: Estimate, share: bool = True) -> str:
    """A number that no line break tears apart."""
    return number(estimate, share).replace(" ", "\u00a0")


def _points(one: Estimate, two: Estimate) -> str:
    difference = Estimate(one.value - two.value, math.hypot(one.error or 0, two.error or 0), one.n)
    sign = "+" if difference.value >= 0 else "−"
    size = Estimate(abs(difference.value), difference.error, one.n)
    return f"{sign}{_number(size)} points"


def _times(runs: Sequence[Run]) -> str:
    """How long the two students were trained; both, or nothing."""
    spent = [
        [run.seconds[role] for run in runs if role in run.seconds]
        for role in ("student-rl", "student-distilled")
    ]
    if not all(spent):
        return ""
    alone, distilled = (duration(sum(seconds) / len(seconds)) for seconds in spent)
    return f" (trained for {distilled}, that one for {alone})"
