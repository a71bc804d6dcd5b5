"""Thresholds of filters: a `Limit` is declared next to the rule that reads it; `FilterLimits` holds the user's changes.

The paper (2.3.3) names the filters and gives no numbers: all defaults are this project's. The list of limits is
derived from the filters' entries (`registry`); nothing here lists them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Limit(Generic[T]):
    """One threshold: its name, its default, and one line on what it limits.

    A limit whose default is a number can be set with `--limit NAME=VALUE`; others only from Python.
    """

    name: str
    default: T
    summary: str

    @property
    def is_number(self) -> bool:
        """Whether `--limit` can set it."""
        return isinstance(self.default, int | float)


@dataclass(frozen=True)
class FilterLimits:
    """The thresholds of one run: `limits[PARAGRAPH]` is the value of that limit.

    `changed` maps names to the values that differ from their defaults, so that two runs with equal limits have equal
    `FilterLimits`. Limits of other packages are named `package:name`.
    """

    changed: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, limit: Limit[T]) -> T:
        value: T = self.changed.get(limit.name, limit.default)
        return value

    def replace(self, limit: Limit[T], value: T, package: str | None = None) -> "FilterLimits":
        """A copy with one limit changed.

        Args:
            limit: the limit to set.
            value: its new value.
            package: the distribution that registers the filter; None for a built-in filter.
        """
        name = qualified(limit.name, package)
        others = {key: other for key, other in self.changed.items() if key != name}
        return FilterLimits(others if value == limit.default else {**others, name: value})

    def of_package(self, package: str) -> "FilterLimits":
        """The limits that the filters of another package see: their own, without the `package:` prefix."""
        prefix = qualified("", package)
        own = {
            key.removeprefix(prefix): value for key, value in self.changed.items() if key.startswith(prefix)
        }
        return FilterLimits(own)


LIMITS = FilterLimits()
"""All limits at their defaults."""


def qualified(name: str, package: str | None) -> str:
    """The name of a filter or limit as users write it: `package:name` if another package registers it."""
    return f"{package}:{name}" if package else name
