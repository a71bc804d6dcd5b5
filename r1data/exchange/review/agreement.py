"""How far reviewers agree on rows that several of them read: Cohen's kappa, Krippendorff's alpha, the share of equals.

Decisions are compared as names (accept, edit, reject), the texts of two edits are not. A figure that is not defined,
such as that of reviewers who only ever said one thing, is None: it says nothing, neither 0 nor 1.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two reviewers on the rows that both read: how many, how many equal, Cohen's kappa."""

    first: str
    second: str
    rows: int
    equal: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement over all reviewers.

    `rows`: read by two or more; `share_equal`: of these, on which all said the same; `alpha`: Krippendorff's.
    """

    rows: int
    share_equal: float | None
    alpha: float | None
    pairs: tuple[PairAgreement, ...]

    def as_json(self) -> dict[str, Any]:
        pairs = [
            {
                "reviewers": [each.first, each.second],
                "rows": each.rows,
                "equal": each.equal,
                "kappa": each.kappa,
            }
            for each in self.pairs
        ]
        figures = {"rows": self.rows, "share_equal": self.share_equal, "krippendorff_alpha": self.alpha}
        return {**figures, "pairs": pairs}


def agreement(decisions_by_row: Iterable[Mapping[str, str]]) -> Agreement:
    """The agreement of reviewers.

    Args:
        decisions_by_row: of each row the decisions by reviewer; rows with fewer than two are left out.
    """
    rows = [row for row in decisions_by_row if len(row) > 1]
    equal = sum(len(set(row.values())) == 1 for row in rows)
    by_pair: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in rows:
        for first, second in combinations(sorted(row), 2):
            by_pair.setdefault((first, second), []).append((row[first], row[second]))
    pairs = tuple(
        PairAgreement(first, second, len(both), sum(a == b for a, b in both), cohen_kappa(both))
        for (first, second), both in sorted(by_pair.items())
    )
    alpha = krippendorff_alpha([list(row.values()) for row in rows])
    return Agreement(len(rows), equal / len(rows) if rows else None, alpha, pairs)


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two reviewers: (p_o - p_e) / (1 - p_e).

    p_o is the share of equal decisions, p_e the share expected of two who decide independently, each with the own
    shares of the categories (J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological
    Measurement 20, 1960, 37-46).

    Args:
        pairs: both decisions on each row.

    Returns:
        At most 1; None without rows, or where both only ever said the same one thing (p_e = 1).
    """
    rows = len(pairs)
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    # whole numbers up to the last division, so that 1 is 1 and what is undefined is so exactly
    by_chance = sum(count * seconds[category] for category, count in firsts.items())
    if rows * rows == by_chance:
        return None
    equal = sum(first == second for first, second in pairs)
    return (rows * equal - by_chance) / (rows * rows - by_chance)


def krippendorff_alpha(units: Iterable[Sequence[str]]) -> float | None:
    """Krippendorff's alpha for nominal data: 1 - D_o / D_e, any number of reviewers, values may be missing.

    With the coincidence matrix o, in which a unit of m values adds 1 / (m - 1) for each ordered pair of its values,
    and its margins n_c with the sum n: alpha = 1 - (n - 1) * sum(o_ck, c != k) / sum(n_c * n_k, c != k)
    (K. Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, section C).

    Args:
        units: the values that each row got; a row with fewer than two pairs with nothing and counts for nothing.

    Returns:
        At most 1; None where nothing is paired, or only one category was ever used (D_e = 0).
    """
    margins: Counter[str] = Counter()
    observed = 0.0
    for values in units:
        if len(values) < 2:
            continue
        counts = Counter(values)
        margins.update(counts)
        equal_pairs = sum(count * (count - 1) for count in counts.values())
        observed += (len(values) * (len(values) - 1) - equal_pairs) / (len(values) - 1)
    total = sum(margins.values())
    expected = total * total - sum(count * count for count in margins.values())
    return 1 - (total - 1) * observed / expected if expected else None
