"""The figures of judged matches: A's win rate, raw and controlled, the judge's biases, its agreement with people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r1data.evaluation.statistics import Estimate, estimate_share
from r1data.evaluation.win_rate import agreement, biases
from r1data.evaluation.win_rate.agreement import Agreement
from r1data.evaluation.win_rate.asking import UNDECIDED, WINS
from r1data.evaluation.win_rate.biases import LEANING, Position, Styled, percent
from r1data.evaluation.win_rate.matches import Row

DISAGREEING = 0.3
"""A judge whose two orders disagree on a larger share of the matches is warned of. Ours."""
LOST = 0.05
"""A larger share of matches without a readable reply is warned of. Ours."""
FEW = 100
"""Prompts below which an interval is said to be wide. Ours."""


@dataclass(frozen=True, slots=True)
class Report:
    """What judged matches say.

    Attributes:
        results: number of matches by result, those that were left out by their reason.
        win_rate: A's, a tie being half a win, over matches with a result; None in published pairs, whose A is no
            model, and without any.
        position: the judge's bias for a place.
        styled: its bias for length and Markdown, and the controlled win rates.
        agreements: with people, by subset; empty where their choices are not known.
    """

    results: Mapping[str, int]
    win_rate: Estimate | None
    prompts: int
    position: Position | None
    styled: Styled
    agreements: Mapping[str, Agreement]

    @property
    def judged(self) -> int:
        """Matches with a result."""
        return sum(number for name, number in self.results.items() if name in WINS)

    def as_json(self) -> dict[str, Any]:
        """Plain data; rates with `value`, `low` and `high`, the ends of the 95% interval."""
        styled = {"length_controlled": self.styled.length, "style_controlled": self.styled.style}
        controlled = {name: _named(each) for name, each in styled.items()}
        preferences = {name: each.as_json() for name, each in self.styled.preferences.items()}
        place = None if self.position is None else self.position.as_json()
        return {
            "matches": sum(self.results.values()),
            "judged": self.judged,
            "prompts": self.prompts,
            "results": dict(self.results),
            "win_rate": None if self.win_rate is None else self.win_rate.as_json(),
            **controlled,
            "biases": {"position": place, **preferences},
            "agreement": {name: each.as_json() for name, each in self.agreements.items()},
            "warnings": list(self.warnings()),
        }

    def lines(self) -> dict[str, str]:
        """For people: a figure, or a sentence, by name."""
        texts: dict[str, str] = {}
        if self.win_rate is not None:
            texts["win rate"] = percent(self.win_rate)
            texts["length-controlled"] = self._controlled("length", self.styled.length)
            texts["style-controlled"] = self._controlled("style", self.styled.style)
        if self.position is not None:
            texts["position"] = self.position.line()
        for name, preference in self.styled.preferences.items():
            if preference.more_wins is not None or name == "length":
                texts[name] = preference.line()
        return texts

    def warnings(self) -> Iterator[str]:
        """For people: why the figures may say less than they seem to, a line each."""
        asked = self.judged + sum(self.results.get(name, 0) for name in UNDECIDED)
        lost = asked - self.judged
        if not self.judged:
            most = max(self.results, key=lambda name: self.results[name], default="none")
            yield f"no match has a result, most of them as {most}; docs/judge.md says what the reasons mean"
        if asked and lost > LOST * asked:
            yield (
                f"the judge gave no readable reply to {lost:,} of {asked:,} matches; take another model, or more "
                "--judge-max-tokens"
            )
        if self.position is not None and self.position.disagree.value > DISAGREEING:
            yield (
                f"the judge's two orders disagree on {self.position.disagree.value:.0%} of the matches: it decides "
                "by their place, which draws the win rate towards 50%; take another judge"
            )
        if self.win_rate is not None and self.prompts < FEW:
            yield f"{self.prompts:,} prompts have a result: judge more for narrower intervals"
        for name, preference in self.styled.preferences.items() if self.win_rate is not None else ():
            share = max(preference.a_more, preference.b_more)
            if LEANING < share <= biases.ONE_SIDED:
                yield (
                    f"one model's answers have more {name} in {share:.0%} of the matches: what that is worth follows "
                    "from few others"
                )

    def _controlled(self, name: str, rate: tuple[float, float, float] | None) -> str:
        if rate is None:
            return f"unknown: {self.styled.reasons.get(name, 'no match tells')}"
        middle, low, high = rate
        return f"{middle:.1%} ({low:.1%} to {high:.1%})"


def report(rows: Sequence[Row]) -> Report:
    """The figures of rows of matches that were judged."""
    decided = [row for row in rows if row["win"] is not None]
    published = any(row["choice"] is not None for row in rows)
    prompts = [row["prompt_id"] for row in decided]
    rated = decided and not published
    return Report(
        results=dict(sorted(Counter(row["result"] for row in rows).items())),
        win_rate=estimate_share([row["win"] for row in decided], prompts) if rated else None,
        prompts=len(set(prompts)),
        position=biases.position(rows),
        styled=biases.style(decided),
        agreements=agreement.by_subset(rows),
    )


def _named(rate: tuple[float, float, float] | None) -> dict[str, float] | None:
    return None if rate is None else dict(zip(("value", "low", "high"), rate, strict=True))
