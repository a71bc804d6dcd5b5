"""Related datasets: those below a folder, linked to parents and children by the parents that their commits record.

Reads commits only. A dataset that was moved away from its children is not found, and one that lies elsewhere than
beside or below a place that was named, or below the search folder, is not opened (`data.parents`).
"""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.locations import absolute, scheme
from r1data.data.parents import why_unopened
from r1data.data.plain import is_plain
from r1data.data.stores import open_store
from r1data.data.stores.entries import FOLDER, kind_of
from r1data.data.stores.layout import LOG
from r1data.errors import UserError

DEPTH = 4
"""Levels of folders below the start that are searched for datasets. Ours."""
MAX_FOLDERS = 20_000
"""Maximum folders that a search enters. Ours: a project has some hundreds."""


Links = Mapping[str, Sequence[str]]
"""URI of a dataset → URIs of its parents, whether they exist or not."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A dataset that could not be read, and why."""

    uri: str
    why: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """Datasets by their absolute URI, parents before children, and those that could not be read."""

    members: Mapping[str, Dataset]
    unreadable: tuple[Unreadable, ...] = ()

    def parents(self, uri: str) -> list[str]:
        """The parents that are members, nearest first."""
        return [parent for parent in parents_of(self.members[uri]) if parent in self.members]

    def ancestors(self, uri: str) -> list[str]:
        """The members that it was made from, directly or not."""
        return _reachable([uri], self.parents)[1:]


def gather(places: Sequence[str], root: str) -> Lineage:
    """The datasets at `places`, their ancestors, and the datasets below `root` that were made from any of them.

    Without places: all datasets below `root`, and their ancestors.

    Raises:
        UserError: one of `places` cannot be opened, or there is no dataset at all.
    """
    datasets: dict[str, Dataset] = {place_of(uri): Dataset(uri) for uri in places}
    errors: dict[str, str] = {}
    start = list(datasets)
    siblings = {str(Path(place_of(uri)).parent) for uri in places if not scheme(uri)}
    folders = [root, *sorted(siblings - {place_of(root)})]
    for uri in dict.fromkeys(place_of(uri) for folder in folders for uri in below(folder)):
        _open(uri, datasets, errors)
    if not datasets:
        raise UserError(
            next(iter(errors.values()), f"{root}: no dataset in it, nor {DEPTH} folders down; name one")
        )
    # Up first, which opens parents outside the folder too, and only then down: children of the ancestors belong to the
    # lineage, since a row that a command dropped is shown by the command's other output.
    named = [*places, *folders]
    related = _reachable(start or list(datasets), lambda uri: _open_parents(uri, datasets, errors, named))
    links = {uri: parents_of(dataset) for uri, dataset in datasets.items()}
    children = _children(links)
    related = _reachable(related, lambda uri: children.get(uri, ()))
    members = {uri: datasets[uri] for uri in _ordered(related, datasets, links)}
    return Lineage(members, tuple(Unreadable(uri, why) for uri, why in errors.items()))


def below(folder: str, depth: int = DEPTH) -> Iterator[str]:
    """Datasets in a folder and down to `depth` below it; links are not followed, hidden folders not entered."""
    folders, entered = [folder], 0
    for _ in range(depth + 1):
        next_level: list[str] = []
        for subfolder in folders:
            entered += 1
            if entered > MAX_FOLDERS:
                return
            if kind_of(Path(subfolder, LOG)) == FOLDER:
                yield subfolder
                continue
            # A folder that is gone by now, or may not be read, is no dataset of this lineage.
            with contextlib.suppress(OSError), os.scandir(subfolder) as entries:
                next_level += sorted(
                    e.path for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)
                )
        folders = next_level


def place_of(uri: str) -> str:
    """A URI or path in one canonical spelling."""
    return uri if scheme(uri) or uri.startswith("hf:") else os.path.normpath(absolute(uri))


def parents_of(dataset: Dataset) -> list[str]:
    """URIs of the parents, whether they exist or not."""
    return [place_of(parent.uri) for parent in dataset.parents()]


def step_of(dataset: Dataset) -> tuple[str, str, tuple[str, ...]]:
    """What identifies the run that made a dataset: command, parameters, parents. Its outputs share it."""
    command: Mapping[str, Any] = dataset.command
    return str(command["name"]), repr(command["parameters"]), tuple(parents_of(dataset))


def _open(uri: str, datasets: dict[str, Dataset], errors: dict[str, str]) -> None:
    if uri in datasets or uri in errors:
        return
    try:
        datasets[uri] = Dataset(uri)
    except (UserError, OSError) as error:
        errors[uri] = str(error)


def _open_parents(
    uri: str, datasets: dict[str, Dataset], errors: dict[str, str], named: Sequence[str]
) -> list[str]:
    """The parents of a dataset that exist and may be opened, opened; of the others, the members are known already."""
    parents = parents_of(datasets[uri])
    for parent in parents:
        if parent in datasets or why_unopened(parent, named) or is_plain(parent):
            continue
        try:
            exists = bool(open_store(parent).files(LOG))
        except (UserError, OSError) as error:
            errors[parent] = str(error)
            continue
        if exists:  # a parent that was removed since is no error: it is only named
            _open(parent, datasets, errors)
    return [parent for parent in parents if parent in datasets]


def _children(links: Links) -> dict[str, list[str]]:
    """The datasets that name each one as a parent, in the order of `links`."""
    children: dict[str, list[str]] = {}
    for child, parents in links.items():
        for parent in dict.fromkeys(parents):
            children.setdefault(parent, []).append(child)
    return children


def _reachable(start: Iterable[str], neighbours: Callable[[str], Iterable[str]]) -> list[str]:
    """Everything reachable through `neighbours`, the start first (breadth first)."""
    reached = dict.fromkeys(start)
    queue = deque(reached)
    while queue:
        for neighbour in neighbours(queue.popleft()):
            if neighbour not in reached:
                reached[neighbour] = None
                queue.append(neighbour)
    return list(reached)


def _ordered(related: Sequence[str], datasets: Mapping[str, Dataset], links: Links) -> list[str]:
    """Parents before children, older before younger, linked datasets next to each other."""
    children = _children(links)
    by_age = {
        uri: place
        for place, uri in enumerate(sorted(related, key=lambda uri: (datasets[uri].commits[0].created, uri)))
    }
    waiting = {uri: sum(p in by_age and p != uri for p in dict.fromkeys(links[uri])) for uri in by_age}
    ordered: dict[str, None] = {}
    ready = [uri for uri in by_age if not waiting[uri]]
    while len(ordered) < len(by_age):
        # In a circle of parents none is ready: then all that are left, so that the loop ends.
        ready = ready or [uri for uri in by_age if uri not in ordered]
        ordered |= dict.fromkeys(ready)
        freed: set[str] = set()
        for child in (child for uri in ready for child in children.get(uri, ()) if child != uri):
            if child in waiting:
                waiting[child] -= 1
                if not waiting[child] and child not in ordered:
                    freed.add(child)
        ready = sorted(freed, key=by_age.__getitem__)
    families: dict[str, int] = {}
    for uri in ordered:
        if uri not in families:
            members = _reachable([uri], lambda uri: [*links.get(uri, ()), *children.get(uri, ())])
            families |= dict.fromkeys(members, len(families))
    return sorted(ordered, key=families.__getitem__)
