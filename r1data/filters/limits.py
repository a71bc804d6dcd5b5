"""Thresholds of filters: a `Limit` is declared beside the rule that reads it, `FilterLimits` holds what a user changed.

The paper (2.3.3) names the filters and gives no numbers: all defaults are ours. Which limits there are follows from
the filters' entries (`registry`); nothing here lists them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Limit(Generic[T]):
    """One threshold: its name, what it is unless a user says otherwise, and one line that says what it limits.

    A limit whose default is a number is set by `--limit NAME=VALUE`; any other by code alone.
    """

    name: str
    default: T
    summary: str

    @property
    def is_number(self) -> bool:
        """Whether `--limit` sets it."""
        return isinstance(self.default, int | float)


@dataclass(frozen=True)
class FilterLimits:
    """The thresholds of one run: `limits[PARAGRAPH]` is the value of that limit.

    `changed` holds, by name, the values that differ from their defaults, so that two runs with equal limits have equal
    `FilterLimits`. The names of other packages' limits begin with the package: `package:name`.
    """

    changed: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, limit: Limit[T]) -> T:
        value: T = self.changed.get(limit.name, limit.default)
        return value

    def replace(self, limit: Limit[T], value: T, package: str | None = None) -> "FilterLimits":
        """The same limits but for one.

        Args:
            limit: the one to set.
            value: what it is from now on.
            package: the distribution that registers the filter; None for one of ours.
        """
        name = qualified(limit.name, package)
        others = {key: other for key, other in self.changed.items() if key != name}
        return FilterLimits(others if value == limit.default else {**others, name: value})

    def of_package(self, package: str) -> "FilterLimits":
        """What the filters of another package read: their own limits, under the names that they gave them."""
        prefix = qualified("", package)
        own = {
            key.removeprefix(prefix): value for key, value in self.changed.items() if key.startswith(prefix)
        }
        return FilterLimits(own)


LIMITS = FilterLimits()
"""All limits as they are by default."""


def qualified(name: str, package: str | None) -> str:
    """A filter's or limit's name as users write it: `package:name` where another package registers it."""
    return f"{package}:{name}" if package else name
