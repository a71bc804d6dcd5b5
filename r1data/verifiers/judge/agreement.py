"""Measures the agreement of a judge and the rules, on rows that both decided.

The share of agreement with Wilson's interval at 95% (Wilson 1927, J. Am. Stat. Assoc. 22, p. 209), and Cohen's kappa,
what is left of it beyond chance (Cohen 1960, Educ. Psychol. Meas. 20, p. 37). Rows that the judge left undecided are
counted and in neither.

Neither says anything of a class of which there are no rows: a judge that calls everything correct agrees with rules
that do. So a class that is missing is told, and how many answers that are known to be wrong (`probes`) the judge found.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from r1data.verifiers.verdict import WORDS

DECIDED = ("correct", "incorrect")
Z = 1.959964
_PREFIX, _BETWEEN = "rule_", "_judge_"
_PROBE = "probe_judge_"
FEW = 5
"""Rows of a class with fewer than which the agreement says little of it. Ours."""
MISSED = 0.1
"""A judge that calls a larger share of wrong answers correct than this is warned of. Ours."""


def counts(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Counts of (rule's, judge's) verdict pairs, by name, so that they can be added up over shards."""
    counts_by_pair: dict[str, float] = {}
    for rule, judge in pairs:
        name = f"{_PREFIX}{rule}{_BETWEEN}{judge}"
        counts_by_pair[name] = counts_by_pair.get(name, 0) + 1
    return counts_by_pair


def probe_counts(verdicts: Iterable[str]) -> dict[str, float]:
    """Counts of a judge's verdicts on answers that are known to be wrong, by name."""
    return {f"{_PROBE}{word}": number for word, number in Counter(verdicts).items()}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a judge and rules agree.

    Attributes:
        table: rule's verdict → judge's verdict → rows.
        probes: the judge's verdict on answers that are known to be wrong → how many.
    """

    table: Mapping[str, Mapping[str, int]]
    probes: Mapping[str, int] = field(default_factory=dict)

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
        rows = {k: dict(v) for k, v in self.table.items()}
        more = {"probes": dict(self.probes), "warnings": self.warnings()}
        return {**same, "interval_95": self.interval, "table": rows, **more}

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

    def probe_line(self) -> str | None:
        """For people: what the judge made of answers that are known to be wrong; None where there were none."""
        if not (asked := sum(self.probes.values())):
            return None
        found = self.probes.get("incorrect", 0)
        return f"of {asked:,} answers known to be wrong the judge called {found:,} incorrect, {self._missed:,} correct"

    def warnings(self) -> list[str]:
        """For people: why the agreement may say less than it seems to, a line each."""
        lines = []
        for word in DECIDED if self.both else ():
            rows = sum(self.table[word][judge] for judge in DECIDED)
            if rows < FEW:
                lines.append(
                    f"the rules call {rows} of the {self.both:,} compared rows {word}: the agreement says nothing of "
                    f"answers that are {word}; compare more rows, of harder prompts or another model"
                )
            if not any(self.table[rule][word] for rule in DECIDED):
                lines.append(f"the judge called no answer {word}: it may say the same of everything")
        asked = sum(self.probes.values())
        if asked and self._missed > MISSED * asked:
            lines.append(
                f"the judge called {self._missed:,} of {asked:,} wrong answers correct: do not trust it; take another "
                "model, or several --votes"
            )
        if self.both and not asked:
            lines.append("no answer known to be wrong could be made of these rows to try the judge with")
        return lines

    @property
    def _missed(self) -> int:
        """Wrong answers that the judge called correct."""
        return self.probes.get("correct", 0)


def of(details: Mapping[str, Any]) -> Agreement | None:
    """The agreement in a summary's counts; None if no row was compared."""
    table: dict[str, dict[str, int]] = {
        rule: {word: int(details.get(f"{_PREFIX}{rule}{_BETWEEN}{word}", 0)) for word in WORDS}
        for rule in DECIDED
    }
    probes: dict[str, int] = {
        word: int(details[name]) for word in WORDS if (name := f"{_PROBE}{word}") in details
    }
    return Agreement(table, probes) if any(n for row in table.values() for n in row.values()) else None
