"""The registry of filters, built-in ones and those of other packages, and what is derived from their entries.

A built-in filter is one file that ends in its `Filter`, and one line in `_ENTRIES`. A filter of another package is an
entry point in the group `r1.filters`; its reason in `drop_reasons` is `package:reason`. Nothing else lists filters or
limits.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from r1data.errors import UserError
from r1data.filters import bad_format, code_block, long_paragraph, mixed_language, repetition, truncated
from r1data.filters.entry import Filter
from r1data.filters.limits import LIMITS, FilterLimits, Limit, qualified
from r1data.runtime.registry import Registry

_ENTRIES = (
    bad_format.FILTER,
    truncated.FILTER,
    mixed_language.FILTER,
    long_paragraph.FILTER,
    code_block.FILTER,
    repetition.FILTER,
)
FILTERS = Registry("filter", "r1.filters", Filter, {each.reason: each for each in _ENTRIES})
"""By name, in the order in which `drop_reasons` lists them."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def reasons() -> list[str]:
    """The reasons of all filters in order, `package:reason` for filters of other packages."""
    return [qualified(name, FILTERS.package(name)) for name in FILTERS.names()]


def installed(skip: Iterable[str] = ()) -> dict[str, str]:
    """The installed filters of other packages that are not skipped: reason → version of the package."""
    versions = {
        qualified(name, package): FILTERS.version(name) or ""
        for name in FILTERS.names()
        if (package := FILTERS.package(name))
    }
    return {reason: version for reason, version in versions.items() if reason not in set(skip)}


def find(reason: str) -> Filter:
    """The filter with a given reason.

    Raises:
        UserError: there is no such filter, or its package cannot be imported or registers something that is not a
            filter; the message names the package.
    """
    package, _, name = reason.rpartition(":")
    if name not in FILTERS or reason != qualified(name, FILTERS.package(name)):
        raise UserError(unknown(reason, reasons(), "filter"))
    entry = FILTERS[name]
    if package and (entry.reason != name or not _NAME.fullmatch(name)):
        raise UserError(
            f"package {package}: its filter {name} gives the reason {entry.reason!r}; give "
            f"the entry point ({FILTERS.group}) and `Filter.reason` the same word of small letters, digits and _"
        )
    return entry


def unknown(name: str, names: Sequence[str], kind: str) -> str:
    """The error message for the name of a filter or limit that is not in `names`."""
    package, colon, _ = name.rpartition(":")
    if colon and not any(each.startswith(f"{package}:") for each in names):
        return f"{name}: no installed package called {package} has a {kind}; known: {', '.join(names)}"
    close = [each for each in names if each.endswith(f":{name}")] or get_close_matches(name, names, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    owner = f"package {package} has no such {kind}" if colon else f"no such {kind}"
    return f"{name}: {owner}{hint}; known: {', '.join(names)}"


def limits_of(chosen: Iterable[str]) -> Iterator[tuple[str, Limit[Any], str | None]]:
    """The limits of the filters with these reasons: name as users write it, limit, package (None if built in)."""
    for reason in chosen:
        package = reason.rpartition(":")[0] or None
        for limit in find(reason).limits:
            yield qualified(limit.name, package), limit, package


def parse_limits(settings: Sequence[str], layout: str = "r1", *, think_opened: bool = False) -> FilterLimits:
    """Parses the limits that a user sets.

    Args:
        settings: `name=value`, or `package:name=value` for a limit of another package's filter.
        layout: the tags that a response must have, one of `r1data.data.responses.FORMATS`.
        think_opened: whether the prompts of the responses wrote their `<think>`.

    Raises:
        UserError: the layout has no tags to open; the name is unknown (the message lists the known ones), or the value
            is not a number.
    """
    if think_opened and layout == "any":
        raise UserError(
            "--think-opened says where thoughts begin, and --format any asks for none; leave one out"
        )
    limits = LIMITS.replace(bad_format.LAYOUT, f"{layout}-opened" if think_opened else layout)
    for setting in settings:
        name, _, value = setting.partition("=")
        settable = {
            own: (limit, package)
            for own, limit, package in limits_of(FILTERS.built_in if ":" not in name else reasons())
            if limit.is_number
        }
        if name not in settable:
            # Only now those of other packages too: a limit of our own does not take the import of theirs.
            names = [own for own, limit, _ in limits_of(reasons()) if limit.is_number]
            raise UserError(f"--limit {unknown(name, names, 'limit')}; write NAME=VALUE")
        limit, package = settable[name]
        try:
            limits = limits.replace(limit, type(limit.default)(value), package)
        except ValueError:
            kind = "whole number" if isinstance(limit.default, int) else "number"
            raise UserError(f"--limit {setting}: {name} takes a {kind}, such as {limit.default}") from None
    return limits


def recorded_limits(limits: FilterLimits, others: Iterable[str] = ()) -> dict[str, Any]:
    """Every limit of the built-in filters and of the `others` that run, as commits record them."""
    values = {name: limits[limit] for name, limit, _ in limits_of(FILTERS.built_in)}
    for name, limit, package in limits_of(others):
        values[name] = limits.of_package(package or "")[limit]
    return values


def read_limits(values: Mapping[str, Any], others: Iterable[str] = ()) -> FilterLimits:
    """The limits that a commit recorded. Raises UserError if no installed filter has a limit of that name."""
    known_limits = {
        name: (limit, package) for name, limit, package in limits_of([*FILTERS.built_in, *others])
    }
    limits = LIMITS
    for name, value in values.items():
        if name not in known_limits:
            raise UserError(f"limit {name}: no filter here has it; install the package whose filter had it")
        limit, package = known_limits[name]
        limits = limits.replace(limit, value, package)
    return limits
