"""A registry: the entries of one kind by name, built-in ones and those of installed packages.

Each kind (verifier, filter, reward, engine, student, export, benchmark) has one registry and one frozen dataclass
for its entries. An entry describes itself; lists in help and docs, choices, checks of recipes and explanations are
derived from the entries. Another package adds one by an entry point in the registry's group:

    [project.entry-points."r1.filters"]
    shouting = "my_package.filters:SHOUTING"

The entry point's name is the entry's name, and its object is the entry. Names are listed without importing the
packages; a package is imported when its entry is used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from r1data.errors import UserError

Entry = TypeVar("Entry")


@dataclass(eq=False)
class Registry(Generic[Entry]):
    """The entries of one kind, in the order in which they are listed: ours first, then other packages' by name.

    Args:
        kind: what an entry is called in messages, "filter" say.
        group: the group of entry points by which other packages add entries, "r1.filters" say.
        type: the class of the entries.
        built_in: our own entries by name.
    """

    kind: str
    group: str
    type: type[Entry]
    built_in: Mapping[str, Entry]
    _loaded: dict[str, Entry] = field(default_factory=dict, init=False, repr=False)

    def names(self) -> list[str]:
        """Every name. Raises UserError where two packages register one, or a package one of ours."""
        return [*self.built_in, *sorted(self._points)]

    def __contains__(self, name: object) -> bool:
        return name in self.built_in or name in self._points

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __getitem__(self, name: str) -> Entry:
        """The entry of that name.

        Raises:
            UserError: no such name (the known ones are listed), or the package that registers it cannot be imported or
                registers something else; the message names the package.
        """
        if name in self.built_in:
            return self.built_in[name]
        if name not in self._points:
            raise UserError(
                f"no {self.kind} called {name}{self._suggestion(name)}; choose one of {', '.join(self.names())}"
            )
        if name not in self._loaded:
            self._loaded[name] = self._load(self._points[name])
        return self._loaded[name]

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Names and entries; imports every package that registers one. Raises UserError as `[]` does."""
        for name in self.names():
            yield name, self[name]

    def package(self, name: str) -> str | None:
        """The distribution that registers an entry of another package; None for one of ours."""
        return None if name in self.built_in else _package(self._points[name])

    def version(self, name: str) -> str | None:
        """The version of the distribution that registers an entry of another package; None for one of ours."""
        if name in self.built_in:
            return None
        distribution = self._points[name].dist
        return distribution.version if distribution else "unknown"

    @cached_property
    def _points(self) -> dict[str, EntryPoint]:
        points: dict[str, EntryPoint] = {}
        for point in entry_points(group=self.group):
            if point.name in self.built_in:
                raise UserError(
                    f"package {_package(point)} registers a {self.kind} called {point.name}, which r1 has itself; "
                    f"rename it in the package's entry points ({self.group}), or uninstall the package"
                )
            other = points.get(point.name)
            if other is not None and (other.value, _package(other)) != (point.value, _package(point)):
                raise UserError(
                    f"packages {_package(other)} and {_package(point)} both register a {self.kind} called "
                    f"{point.name}; uninstall one of them"
                )
            points[point.name] = point
        return points

    def _load(self, point: EntryPoint) -> Entry:
        where = f"package {_package(point)}: its {self.kind} {point.name} ({point.value})"
        try:
            entry = point.load()
        except Exception as error:
            raise UserError(
                f"{where} cannot be imported: {type(error).__name__}: {error}; mend or uninstall the package"
            ) from error
        if not isinstance(entry, self.type):
            raise UserError(
                f"{where} is a {type(entry).__name__}, not a {self.type.__module__}.{self.type.__name__}; "
                "see docs/extending.md"
            )
        own = getattr(entry, "name", point.name)
        if own != point.name:
            raise UserError(f"{where} calls itself {own}; give the entry point that name")
        return entry

    def failure(self, name: str, error: Exception) -> UserError | None:
        """What to raise where an entry of another package failed at its work, so that the error names the package.

        None for one of ours, whose failure is a fault of this package and keeps its traceback.
        """
        package = self.package(name)
        if package is None:
            return None
        return UserError(
            f"package {package}: its {self.kind} {name} failed with {type(error).__name__}: {error}; "
            "mend or uninstall the package"
        )

    def _suggestion(self, name: str) -> str:
        close = get_close_matches(name[:100], self.names(), n=1)
        return f" (did you mean {close[0]}?)" if close else ""


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "of unknown name"
