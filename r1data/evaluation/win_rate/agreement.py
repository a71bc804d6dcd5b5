"""How far a judge agrees with people's published choices, over all pairs and by subset.

The share of the same choice and Cohen's kappa (Cohen 1960) are over pairs that both decided; where the judge's orders
disagree, or people call it a tie, there is no decision to compare. `accuracy` is over all pairs that people decided,
and a tie of the judge is worth half: what a set's own papers mostly report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r1data.evaluation.statistics import Estimate, estimate_share
from r1data.evaluation.win_rate.biases import percent
from r1data.evaluation.win_rate.matches import Row

ALL = "all"
JUDGED = {1.0: "a", 0.0: "b", 0.5: "tie"}


@dataclass(frozen=True, slots=True)
class Agreement:
    """A judge and people on some pairs.

    Attributes:
        table: people's choice → the judge's → pairs.
        share: of the pairs that both decided, those with the same choice; None without any.
        accuracy: of the pairs that people decided, with a half for each tie of the judge.
        kappa: what is left of `share` beyond chance; None without pairs, or where chance alone would agree on all.
    """

    table: Mapping[str, Mapping[str, int]]
    share: Estimate | None
    accuracy: Estimate | None
    kappa: float | None

    @property
    def pairs(self) -> int:
        """Pairs that have both a choice and a judgement."""
        return sum(sum(row.values()) for row in self.table.values())

    def as_json(self) -> dict[str, Any]:
        shares = {"share": self.share, "accuracy": self.accuracy}
        figures = {name: None if each is None else each.as_json() for name, each in shares.items()}
        table = {word: dict(row) for word, row in self.table.items()}
        return {"pairs": self.pairs, **figures, "kappa": self.kappa, "table": table}

    def texts(self) -> dict[str, str]:
        """For people: the figures as columns."""
        kappa = "–" if self.kappa is None else f"{self.kappa:.3f}"
        share = "–" if self.share is None else percent(self.share)
        decided = 0 if self.share is None else self.share.prompts
        return {"pairs": f"{self.pairs:,}", "decided": f"{decided:,}", "agreement": share, "kappa": kappa}


def by_subset(rows: Sequence[Row]) -> dict[str, Agreement]:
    """The agreement over all rows that have a choice and a result, and by subset where there are several.

    Subsets are named as in the rows; those whose name starts alike up to a slash are joined under it too.
    """
    compared = [row for row in rows if row["choice"] is not None and row["win"] is not None]
    if not compared:
        return {}
    groups: dict[str, list[Row]] = {}
    for row in compared:
        parts = str(row["subset"] or "").split("/")
        for depth in range(1, len(parts) + 1):
            groups.setdefault("/".join(parts[:depth]), []).append(row)
    groups.pop("", None)
    distinct = {name: group for name, group in sorted(groups.items()) if len(group) < len(compared)}
    return {ALL: measure(compared), **{name: measure(group) for name, group in distinct.items()}}


def measure(rows: Sequence[Row]) -> Agreement:
    """The agreement over rows that have a choice and a result."""
    both = [(row["choice"], JUDGED[row["win"]], row["prompt_id"]) for row in rows]
    pairs = Counter((people, judge) for people, judge, _ in both)
    table = {
        people: {judge: pairs[people, judge] for judge in ("a", "b", "tie")} for people in ("a", "b", "tie")
    }
    decided = [(people, judge, prompt) for people, judge, prompt in both if "tie" not in (people, judge)]
    known = [(people, judge, prompt) for people, judge, prompt in both if people != "tie"]
    accuracy = [0.5 if judge == "tie" else float(people == judge) for people, judge, _ in known]
    return Agreement(
        table,
        _share([float(people == judge) for people, judge, _ in decided], [prompt for *_, prompt in decided]),
        _share(accuracy, [prompt for *_, prompt in known]),
        _kappa(table),
    )


def _share(values: Sequence[float], prompts: Sequence[str]) -> Estimate | None:
    return estimate_share(values, prompts) if values else None


def _kappa(table: Mapping[str, Mapping[str, int]]) -> float | None:
    number = sum(table[people][judge] for people in "ab" for judge in "ab")
    if not number:
        return None
    same = (table["a"]["a"] + table["b"]["b"]) / number
    people = (table["a"]["a"] + table["a"]["b"]) / number
    judge = (table["a"]["a"] + table["b"]["a"]) / number
    chance = people * judge + (1 - people) * (1 - judge)
    return None if chance == 1 else (same - chance) / (1 - chance)
