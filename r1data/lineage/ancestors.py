"""Datasets that belong together: found below a folder, and joined to parents and children by their commits.

Nothing is read but commits. A dataset that has moved away from its children is not found again.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.locations import absolute, scheme
from r1data.data.plain import is_plain
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.errors import UserError

DEPTH = 4
"""Folders below the start in which datasets are looked for. Ours."""
MOST_FOLDERS = 20_000
"""Folders that a search enters. Ours: a project has some hundreds."""


Links = Mapping[str, Sequence[str]]
"""Place of a dataset → places of its parents, there or not."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be looked into, and why."""

    uri: str
    why: str


@dataclass(frozen=True, slots=True)
class Family:
    """Datasets by their absolute place, parents before children, and what could not be read of them."""

    members: Mapping[str, Dataset]
    unread: tuple[Unread, ...] = ()

    def parents(self, uri: str) -> list[str]:
        """The parents that are members, nearest first."""
        return [parent for parent in parents_of(self.members[uri]) if parent in self.members]

    def ancestors(self, uri: str) -> list[str]:
        """Members that it was made from, directly or not."""
        return _reached([uri], self.parents)[1:]


def gather(places: Sequence[str], around: str) -> Family:
    """The datasets at `places`, their ancestors, and whatever below the folder `around` was made from any of them.

    Without places: all that lie below `around`, and their ancestors.

    Raises:
        UserError: one of `places` cannot be opened, or there is no dataset at all.
    """
    opened: dict[str, Dataset] = {place_of(uri): Dataset(uri) for uri in places}
    failed: dict[str, str] = {}
    given = list(opened)
    found = dict.fromkeys(place_of(uri) for folder in _around(places, around) for uri in below(folder))
    for uri in found:
        _open(uri, opened, failed)
    if not opened:
        raise UserError(
            next(iter(failed.values()), f"{around}: no dataset in it, nor {DEPTH} folders down; name one")
        )
    related = _reached(given or list(opened), lambda uri: _climb(uri, opened, failed))
    links = {uri: parents_of(dataset) for uri, dataset in opened.items()}
    related = _reached(related, lambda uri: [child for child, parents in links.items() if uri in parents])
    members = {uri: opened[uri] for uri in _in_order(related, opened, links)}
    return Family(members, tuple(Unread(uri, why) for uri, why in failed.items()))


def below(folder: str, depth: int = DEPTH) -> Iterator[str]:
    """Datasets in a folder and down to `depth` below it; links are not followed, hidden folders not entered."""
    level, entered = [folder], 0
    for _ in range(depth + 1):
        following: list[str] = []
        for each in level:
            entered += 1
            if entered > MOST_FOLDERS:
                return
            if Path(each, LOG).is_dir():
                yield each
            else:
                following += _folders(each)
        level = following


def place_of(uri: str) -> str:
    """One spelling for each place."""
    return uri if scheme(uri) or uri.startswith("hf:") else os.path.normpath(absolute(uri))


def parents_of(dataset: Dataset) -> list[str]:
    """Places of the parents, whether they are there or not."""
    return [place_of(parent.uri) for parent in dataset.parents()]


def step_of(dataset: Dataset) -> tuple[str, str, tuple[str, ...]]:
    """What the outputs of one run share: command, parameters, parents."""
    command: Mapping[str, Any] = dataset.command
    return str(command["name"]), repr(command["parameters"]), tuple(parents_of(dataset))


def _around(places: Sequence[str], around: str) -> list[str]:
    beside = {str(Path(place_of(uri)).parent) for uri in places if not scheme(uri)}
    return [around, *sorted(beside - {place_of(around)})]


def _folders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                e.path for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []


def _open(uri: str, opened: dict[str, Dataset], failed: dict[str, str]) -> None:
    if uri in opened or uri in failed:
        return
    try:
        opened[uri] = Dataset(uri)
    except (UserError, OSError) as error:
        failed[uri] = str(error)


def _climb(uri: str, opened: dict[str, Dataset], failed: dict[str, str]) -> list[str]:
    """The parents of a dataset, opened where they are there."""
    parents = parents_of(opened[uri])
    for parent in parents:
        if not is_plain(parent) and _is_there(parent, failed):
            _open(parent, opened, failed)
    return [parent for parent in parents if parent in opened]


def _is_there(uri: str, failed: dict[str, str]) -> bool:
    try:
        return bool(open_store(uri).files(LOG))
    except (UserError, OSError) as error:
        failed[uri] = str(error)
        return False


def _reached(start: Iterable[str], neighbours: Callable[[str], Iterable[str]]) -> list[str]:
    """All that can be reached, the start first."""
    reached = dict.fromkeys(start)
    waiting = list(reached)
    while waiting:
        for other in neighbours(waiting.pop(0)):
            if other not in reached:
                reached[other] = None
                waiting.append(other)
    return list(reached)


def _in_order(related: Sequence[str], opened: Mapping[str, Dataset], links: Links) -> list[str]:
    """Parents before children, older before younger, those that are joined in one piece."""
    left = sorted(related, key=lambda uri: (opened[uri].commits[0].created, uri))
    ordered: list[str] = []
    while left:
        ready = [uri for uri in left if not any(p in left and p != uri for p in links[uri])]
        ordered += ready or left
        left = [uri for uri in left if uri not in ordered]
    families: dict[str, int] = {}
    for uri in ordered:
        if uri not in families:
            families |= dict.fromkeys(_reached([uri], lambda one: _joined(one, links)), len(families))
    return sorted(ordered, key=families.__getitem__)


def _joined(uri: str, links: Links) -> list[str]:
    return [*links.get(uri, ()), *(child for child, parents in links.items() if uri in parents)]
