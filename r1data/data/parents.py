"""Which of the parents that a commit names may be opened.

A commit may come from a stranger, and what it names (`/etc/passwd`, a pipe, a URL) is not opened or fetched because it
says so. A parent is, where it lies beside or below a place that the user named, or below the working folder, and the
way there leads over no symbolic link. The rule is ours.
"""

import os
import posixpath
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from r1data.data.hub import is_hub
from r1data.data.locations import absolute, local, scheme
from r1data.data.stores.entries import FILE, FOLDER, LINK, kind_of


def why_unopened(uri: str, places: Iterable[str]) -> str | None:
    """Why a parent must not be opened, in words that follow `it`; None where it may be.

    Args:
        uri: the parent, as `Dataset.parents` gives it.
        places: the datasets, files and folders that the user named.
    """
    if uri.startswith("hf:"):
        return "is on a hub, which is not asked because a commit names it"
    if scheme(uri):
        return None if any(_is_beside(uri, place) for place in places) else _ELSEWHERE
    path = os.path.normpath(absolute(uri))
    roots = [root for root in _roots(places) if path == root or path.startswith(f"{root.rstrip('/')}/")]
    if not roots:
        return _ELSEWHERE
    return next((None for root in roots if not _trap(path, root)), _trap(path, roots[0]))


def may_be_allowed(why: str) -> bool:
    """Whether a parent that is not opened for this reason is, where the user trusts all parents; a pipe never is."""
    return not why.endswith(_NEVER)


_NEVER = ", and is never opened"
_ELSEWHERE = "lies elsewhere, and is not opened because a commit names it"


def _roots(places: Iterable[str]) -> list[str]:
    """The folders that parents may lie in."""
    named = [os.path.normpath(absolute(place)) for place in places if not scheme(place) and not is_hub(place)]
    folders = dict.fromkeys([*map(os.path.dirname, named), str(Path.cwd())])
    # everything lies below `/`: who names a place there, or works there, has not named the rest of the disk
    return [folder for folder in folders if folder != "/"] + named


def _is_beside(url: str, place: str) -> bool:
    """Whether a URL lies in the folder of the URL that the user named, or below it."""
    theirs, ours = urlsplit(url), urlsplit(place)
    if (theirs.scheme, theirs.netloc) != (ours.scheme, ours.netloc) or ".." in theirs.path.split("/"):
        return False
    folder = posixpath.dirname(ours.path.rstrip("/")).rstrip("/")
    return theirs.path.startswith(f"{folder}/")


def _trap(path: str, root: str) -> str | None:
    """What on the way from a folder of the user's down to `path` is none of what a dataset or a file may lie behind."""
    way = root
    for part in os.path.relpath(path, root).split("/") if path != root else []:
        way = f"{way.rstrip('/')}/{part}"
        kind = kind_of(local(way))
        if kind == LINK:
            return "lies behind a symbolic link, and none is followed because a commit names it"
        if kind not in (FILE, FOLDER, None):
            return f"is {kind}{_NEVER}"
    return None
