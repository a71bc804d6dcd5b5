"""What sways the judge besides what answers say: their place, their length, their Markdown.

Position: both orders of a match are asked, so the answer shown first wins half of them unless its place helps it; that
cancels in a match's result. Length and Markdown: how often the answer with more of it wins; and its coefficient in
the regression of `control`, where the model, or in published pairs people's choice, and the other features are held
equal. Better answers may be longer: the first figure says what happens, the second what is left beyond the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from r1data.evaluation.statistics import Estimate, estimate_share
from r1data.evaluation.win_rate.control import PRIOR, Fit, fit, logistic
from r1data.evaluation.win_rate.matches import Row
from r1data.evaluation.win_rate.style import FEATURES, LONGER, Numbers, differences, length_unit, varying

ONE_SIDED = 0.9
"""A feature of which one model has more in a larger share of its matches is not told apart from the model. Ours."""
LEANING = 0.8
"""From this share on, the regression's form decides much, and that is said. Ours."""
Rate = tuple[float, float, float]
"""A figure and the ends of its 95% interval."""
CHOICES = {"a": 1.0, "b": -1.0, "tie": 0.0}


@dataclass(frozen=True, slots=True)
class Position:
    """How the judge treats the answer that is shown first.

    Attributes:
        first_wins: its share of wins over both orders; one half is fair.
        disagree: matches whose two orders name different winners.
        a_first: A's share of wins where it is shown first; `b_first` where it is shown second.
    """

    first_wins: Estimate
    disagree: Estimate
    a_first: Estimate
    b_first: Estimate

    def as_json(self) -> dict[str, Any]:
        names = ("first_wins", "disagree", "a_first", "b_first")
        return {name: getattr(self, name).as_json() for name in names}

    def line(self) -> str:
        """For people: one sentence."""
        leaning = _leaning(self.first_wins.low, self.first_wins.high, 0.5)
        verdict = {1: "it favours the first", -1: "it favours the second", 0: "no bias is seen"}[leaning]
        return (
            f"the answer shown first wins {percent(self.first_wins)}, where 50% is fair: {verdict}; the two orders "
            f"disagree on {percent(self.disagree)} of the matches, which are ties"
        )


@dataclass(frozen=True, slots=True)
class Preference:
    """How the judge treats the answer with more of a feature.

    Attributes:
        feature: `length`, `headings`, `lists` or `bold`.
        more_wins: the share of wins of the answer that has more; None where no match differs in it.
        coefficient: the log-odds of the answer that has more by the usual difference, all else equal; None where that
            is not told apart.
        interval: its 95% interval.
        a_more: the share of all matches in which A's answer has more; `b_more` in which B's has.
    """

    feature: str
    more_wins: Estimate | None
    coefficient: float | None
    interval: tuple[float, float] | None
    a_more: float
    b_more: float

    def as_json(self) -> dict[str, Any]:
        wins = None if self.more_wins is None else self.more_wins.as_json()
        return {
            "more_wins": wins, "coefficient": self.coefficient, "interval_95": self.interval, "a_more": self.a_more,
            "b_more": self.b_more,
        }  # fmt: skip

    def line(self) -> str:
        """For people: one sentence."""
        name = (
            "the longer answer" if self.feature == "length" else f"the answer with more {NAMES[self.feature]}"
        )
        if self.more_wins is None:
            return f"no two answers differ in {NAMES.get(self.feature, self.feature)}"
        raw = f"{name} wins {percent(self.more_wins)} of {self.more_wins.prompts:,} matches"
        if self.coefficient is None or self.interval is None:
            return f"{raw}; what that is worth all else equal cannot be told"
        low, high = self.interval
        verdict = {1: "it is favoured", -1: "it is held against it", 0: "no bias is seen"}[
            _leaning(low, high, 0.0)
        ]
        return (
            f"{raw}; all else equal {verdict} (log-odds {self.coefficient:+.2f}, {low:+.2f} to {high:+.2f})"
        )


NAMES = {"headings": "headings", "lists": "list items", "bold": "bold text"}


@dataclass(frozen=True, slots=True)
class Styled:
    """The regressions of a set's matches.

    Attributes:
        length: A's win rate where lengths do not differ; `style` where Markdown does not either; None where the
            data do not tell, `reasons` says why.
        preferences: by feature.
    """

    length: Rate | None
    style: Rate | None
    reasons: Mapping[str, str]
    preferences: Mapping[str, Preference]
    length_unit: float


def position(rows: Sequence[Row]) -> Position | None:
    """The judge's bias for a place, over matches with scores in both orders; None without one."""
    scored = [row for row in rows if row["a_first_a"] is not None and row["b_first_a"] is not None]
    if not scored:
        return None
    prompts = [row["prompt_id"] for row in scored]
    first = [_wins(row["a_first_a"], row["a_first_b"]) for row in scored]
    second = [_wins(row["b_first_a"], row["b_first_b"]) for row in scored]
    shown_first = [(a + 1 - b) / 2 for a, b in zip(first, second, strict=True)]
    disagree = [float(row["result"] == "orders_disagree") for row in scored]
    return Position(*(estimate_share(values, prompts) for values in (shown_first, disagree, first, second)))


def style(rows: Sequence[Row]) -> Styled:
    """The judge's bias for length and Markdown, and A's win rate without it, over matches with a result.

    Where people's choices are known, these are held equal instead of the models, and there are no win rates.
    """
    texts = [(row["a"], row["b"]) for row in rows]
    gaps = differences(texts)
    present = varying(gaps)
    published = bool(rows) and all(row["choice"] is not None for row in rows)
    data = _Data(rows, np.array([row["win"] for row in rows], float), published)
    fitted = {
        "length": data.fit({k: v for k, v in present.items() if k == "length"}),
        "style": data.fit(present),
    }
    reasons = {name: each for name, each in fitted.items() if isinstance(each, str)}
    rates = {
        name: None if isinstance(each, str) or published else _rate(each) for name, each in fitted.items()
    }
    coefficients = _coefficients(fitted["style"], present)
    preferences = {name: data.preference(name, gaps[name], coefficients.get(name)) for name in FEATURES}
    return Styled(rates["length"], rates["style"], reasons, preferences, length_unit(texts))


@dataclass(frozen=True, slots=True)
class _Data:
    """What is regressed: A's results; in `published` pairs A and B are no models."""

    rows: Sequence[Row]
    wins: Numbers
    published: bool

    def fit(self, features: Mapping[str, Numbers]) -> Fit | str:
        """The regression on these features, or why there is none."""
        if reason := self._unfit(features):
            return reason
        base = [CHOICES[row["choice"]] if self.published else 1.0 for row in self.rows]
        design = np.column_stack([base, *features.values()])
        priors = [math.inf, *[PRIOR] * len(features)]
        prompts = [row["prompt_id"] for row in self.rows]
        return fit(self.wins, design, priors, prompts) or f"{len(set(prompts)):,} prompts are too few"

    def preference(self, name: str, gaps: Numbers, coefficient: Rate | None) -> Preference:
        """What the judge prefers in a feature, of which A has more by `gaps`."""
        different = np.flatnonzero(gaps)
        wins = [float(self.wins[n] if gaps[n] > 0 else 1 - self.wins[n]) for n in different]
        share = estimate_share(wins, [self.rows[n]["prompt_id"] for n in different]) if wins else None
        more = [float(np.mean(each)) if len(gaps) else 0.0 for each in (gaps > 0, gaps < 0)]
        if coefficient is None:
            return Preference(name, share, None, None, *more)
        return Preference(name, share, coefficient[0], coefficient[1:], *more)

    def _unfit(self, features: Mapping[str, Numbers]) -> str | None:
        """Why the results do not tell what the features are worth."""
        if not len(self.wins):
            return "no match has a result"
        if self.published:
            return None
        if self.wins.min() == self.wins.max() != 0.5:
            return "all matches end alike"
        for name, gaps in features.items():
            a_more, b_more = float(np.mean(gaps > 0)), float(np.mean(gaps < 0))
            if max(a_more, b_more) > ONE_SIDED:
                owner, share = ("A", a_more) if a_more > b_more else ("B", b_more)
                what = "longer" if name not in NAMES else f"the one with more {NAMES[name]}"
                return f"{owner}'s answer is {what} in {share:.0%} of the matches"
        return None


def _rate(fitted: Fit) -> Rate:
    middle, low, high = (float(each) for each in logistic(np.array(fitted.interval({0: 1.0}), np.float64)))
    return middle, low, high


def _coefficients(fitted: Fit | str, features: Mapping[str, Numbers]) -> dict[str, Rate]:
    """What each feature is worth where answers differ in it as they mostly do, in log-odds."""
    if isinstance(fitted, str):
        return {}
    # of length there are two shapes, and a longer answer is longer in both
    shapes = {name: (name, LONGER) if name == "length" else (name,) for name in features if name != LONGER}
    order = list(features)
    return {
        name: fitted.interval({1 + order.index(each): _usual(features[each]) for each in parts})
        for name, parts in shapes.items()
    }


def _usual(gaps: Numbers) -> float:
    """The mean difference of answers that differ."""
    return float(np.mean(np.abs(gaps[gaps != 0])))


def _wins(a: float, b: float) -> float:
    return 0.5 if a == b else float(a > b)


def _leaning(low: float | None, high: float | None, fair: float) -> int:
    """1 where an interval lies above what is fair, -1 below, else 0."""
    if low is None or high is None:
        return 0
    return (low > fair) - (high < fair)


def percent(estimate: Estimate) -> str:
    """For people: a share with its interval."""
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.1%}"
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"
