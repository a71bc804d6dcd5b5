"""Balanced lengths: which of a pair is the longer one says nothing of which was chosen (R1 App.: comparable lengths).

Two steps, whose limits are ours. A pair of which one response is more than `ratio` times as long as the other is
dropped. The rest stand in bins by that ratio, and in each bin as many pairs are kept whose chosen response is longer as
such whose rejected one is; the surplus is dropped by a draw from the seed. So in each bin, and over the set, the longer
response is the chosen one in half of the pairs, and the mean lengths come out alike.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from r1data.engines.base import seed_of

BINS = 4
"""Bins of the logarithm of the ratio, of equal width up to the limit."""


@dataclass(frozen=True, slots=True)
class Length:
    """Characters of a pair's chosen and rejected response, and a name for it from which the draw follows."""

    chosen: int
    rejected: int
    name: str

    @property
    def log_ratio(self) -> float:
        """Above 0 where the chosen one is longer."""
        return math.log(max(1, self.chosen) / max(1, self.rejected))


def unbalanced(lengths: Sequence[Length], ratio: float, seed: int) -> dict[int, str]:
    """The pairs to drop, by their numbers: `length_ratio`, or `length_balance`."""
    limit = math.log(ratio)
    dropped: dict[int, str] = {}
    bins: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for number, length in enumerate(lengths):
        size = abs(length.log_ratio)
        if size > limit + 1e-12:
            dropped[number] = "length_ratio"
        elif size > 0:
            place = min(BINS - 1, int(size / limit * BINS)) if limit else 0
            bins[place][length.log_ratio > 0].append(number)
    for shorter, longer in bins.values():
        surplus = max(shorter, longer, key=len)
        few = min(len(shorter), len(longer))
        surplus = sorted(surplus, key=lambda number: seed_of(seed, lengths[number].name, 0))
        dropped |= dict.fromkeys(surplus[few:], "length_balance")
    return dropped
