"""The arms of an ablation: all filters, all but one, none.

The verdict counts as a filter of its own, `verdict`: it drops incorrect and unverifiable responses. An arm leaves
filters out by the options of `r1 filter`, `--skip` and `--verdict any`, so that copies and all that follows are decided
again among the rows that the arm has.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from r1data.errors import UserError
from r1data.selection.drop_reasons import BY_VERDICT
from r1data.selection.filtering import skippable

VERDICT = "verdict"
ALL, NONE = "all", "none"
_UNFIT = re.compile(r"[^a-z0-9._-]")


@dataclass(frozen=True)
class FilterOptions:
    """What a filter step lets run: its `--verdict` and its `--skip`."""

    verdict: str
    skip: tuple[str, ...]

    @property
    def filters(self) -> list[str]:
        """The filters that run, the verdict first."""
        verdict = [] if self.verdict == "any" else [VERDICT]
        return [*verdict, *(name for name in skippable() if name not in self.skip)]

    def without(self, names: Sequence[str]) -> FilterOptions:
        """The same with these filters left out too."""
        verdict = "any" if VERDICT in names else self.verdict
        more = [name for name in names if name != VERDICT and name not in self.skip]
        return FilterOptions(verdict, (*self.skip, *more))


@dataclass(frozen=True)
class Arm:
    """One way to filter. `left_out` are the filters that the recipe runs and this arm does not."""

    name: str
    options: FilterOptions
    left_out: tuple[str, ...]
    dropped: int = 0
    """Rows that `left_out` drop in the recipe's own step; a row that several filters drop counts for each."""


@dataclass(frozen=True)
class Arms:
    """The arms to train, and the filters that dropped nothing here and have none."""

    arms: tuple[Arm, ...]
    idle: tuple[str, ...]


def read_options(arguments: Sequence[str]) -> FilterOptions:
    """The options of a filter step's command line."""
    verdict, skip = "correct", []
    for flag, value in itertools.pairwise(arguments):
        if flag == "--verdict":
            verdict = value
        if flag == "--skip":
            skip.append(value)
    return FilterOptions(verdict, tuple(skip))


def choose(options: FilterOptions, dropped: Mapping[str, int]) -> Arms:
    """The arms for a filter step that dropped so many rows, by reason.

    Raises:
        UserError: nothing was dropped, so that all arms would be the same.
    """
    counts = {name: dropped.get(name, 0) for name in options.filters}
    if VERDICT in counts:
        counts[VERDICT] = sum(dropped.get(reason.name, 0) for reason in BY_VERDICT)
    active = [name for name, count in counts.items() if count]
    if not active:
        raise UserError(
            f"no filter dropped a row here ({', '.join(options.filters) or 'none runs'}): there is nothing to compare; "
            "take more samples, or another --filter-step"
        )
    without = [
        Arm(f"without-{_UNFIT.sub('-', name)}", options.without([name]), (name,), counts[name])
        for name in active
    ]
    none = Arm(NONE, options.without(options.filters), tuple(options.filters))
    return Arms(
        (Arm(ALL, options, ()), *without, none),
        tuple(name for name, count in counts.items() if not count),
    )
