"""Measures the agreement of a judge and the rules, on rows that both decided.

The share of agreement with Wilson's interval at 95% (Wilson 1927, J. Am. Stat. Assoc. 22, p. 209), and Cohen's kappa,
what is left of it beyond chance (Cohen 1960, Educ. Psychol. Meas. 20, p. 37). Rows that the judge left undecided are
counted and in neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from r1data.verifiers.verdict import WORDS

DECIDED = ("correct", "incorrect")
Z = 1.959964
_PREFIX, _BETWEEN = "rule_", "_judge_"


def counts(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Counts of (rule's, judge's) verdict pairs, by name, so that they can be added up over shards."""
    counts_by_pair: dict[str, float] = {}
    for rule, judge in pairs:
        name = f"{_PREFIX}{rule}{_BETWEEN}{judge}"
        counts_by_pair[name] = counts_by_pair.get(name, 0) + 1
    return counts_by_pair


@dataclass(frozen=True, slots=True)
class Agreement:
    """`table`: rule's verdict → judge's verdict → rows."""

    table: Mapping[str, Mapping[str, int]]

    @property
    def both(self) -> int:
        """Rows that both decided."""
        return sum(self.table[rule][judge] for rule in DECIDED for judge in DECIDED)

    @property
    def share(self) -> float | None:
        """The share of `both` with the same verdict; None if there are no such rows."""
        return sum(self.table[word][word] for word in DECIDED) / self.both if self.both else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95% interval of `share`."""
        if self.share is None:
            return None
        n, z = self.both, Z
        middle = (self.share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(self.share * (1 - self.share) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; None without rows, or if chance alone would agree on all of them."""
        if self.share is None:
            return None
        rule = sum(self.table["correct"][judge] for judge in DECIDED) / self.both
        judge = sum(self.table[rule_word]["correct"] for rule_word in DECIDED) / self.both
        chance = rule * judge + (1 - rule) * (1 - judge)
        return None if chance == 1 else (self.share - chance) / (1 - chance)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        compared = sum(n for row in self.table.values() for n in row.values())
        same = {"rows": compared, "both_decided": self.both, "agreement": self.share, "kappa": self.kappa}
        return {**same, "interval_95": self.interval, "table": {k: dict(v) for k, v in self.table.items()}}

    def rows(self) -> dict[str, dict[str, str]]:
        """For people: a line a verdict of the rules, a column a verdict of the judge."""
        words = [word for word in WORDS if any(self.table[rule][word] for rule in DECIDED) or word in DECIDED]
        return {
            f"rule: {rule}": {f"judge: {word}": f"{self.table[rule][word]:,}" for word in words}
            for rule in DECIDED
        }

    def line(self) -> str:
        """For people: the figures in one line."""
        if self.share is None or self.interval is None:
            return "the judge decided no row that a rule decided"
        low, high = self.interval
        kappa = "–" if self.kappa is None else f"{self.kappa:.3f}"
        return f"agreement {self.share:.1%} ({low:.1%} to {high:.1%}) on {self.both:,} rows, kappa {kappa}"


def of(details: Mapping[str, Any]) -> Agreement | None:
    """The agreement in a summary's counts; None if no row was compared."""
    table: dict[str, dict[str, int]] = {
        rule: {word: int(details.get(f"{_PREFIX}{rule}{_BETWEEN}{word}", 0)) for word in WORDS}
        for rule in DECIDED
    }
    return Agreement(table) if any(n for row in table.values() for n in row.values()) else None
