"""Push and pull: copies a dataset to or from the hub, a store, a folder."""

import sys
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.hub import hub_errors
from r1data.data.locations import absolute
from r1data.data.references import Announcer, stdout_is_pipe
from r1data.data.stores import open_store
from r1data.errors import UserError
from r1data.exchange import copies, hub
from r1data.exchange.copies import Original


def push(
    uri: str,
    to: str,
    *,
    private: bool = True,
    revision: str | None = None,
    message: str | None = None,
    incomplete: bool = False,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Copies a dataset to a repository on the hub, a URL or a folder.

    Args:
        to: `org/name` or `hf:org/name` for the hub, else a path or URL.
        private: for a repository that is made now; one that is public is refused.
        revision: the branch on the hub, made where it is missing; main by default.
        message: of the commit on the hub.
        incomplete: also a dataset whose command has not finished.
        dry_run: only tell what would be copied.

    Returns:
        The summary: where from and to, rows, digest, `copied` shards and their `bytes`.
    """
    name = hub.repository(to)
    if name is None:
        if revision or message or not private:
            raise UserError(f"{to}: --revision, --message and --public are for the hub; write hf:ORG/NAME")
        return _copy(copies.open_original(uri, incomplete=incomplete), to, dry_run)
    hub.refuse_without_token(name)
    original = copies.open_original(uri, incomplete=incomplete)
    state = hub.repository_state(name, revision)
    items = hub.missing_files(original, name, state, private=private)
    shards = [item for item in items if item.rows]
    size = sum(item.size for item in shards)
    place = {"dataset": original.dataset.uri, "to": f"hf:{name}", "page": hub.address(name)}
    facts = {**place, **original.as_json()}
    if dry_run:
        return {**facts, "would_copy": len(shards), "bytes": size, "new": state is None}
    head = state.head if state else None
    if items:
        text = message or f"r1 push: {original.dataset.rows} rows, digest {original.dataset.digest[:12]}"
        head = hub.upload(items, name, state, private=private, revision=revision, message=text)
    return {**facts, "commit": head, "copied": len(shards), "bytes": size}


def pull(
    source: str, out: str, *, revision: str | None = None, incomplete: bool = False, dry_run: bool = False
) -> dict[str, Any]:
    """Copies a dataset from a repository on the hub, a URL or a folder to `out`; prints references into a pipe.

    Args:
        revision: a branch, tag or commit of the hub.
        incomplete: also a dataset whose command has not finished.
        dry_run: only tell what would be copied.

    Returns:
        The summary, as for `push`.
    """
    name = hub.repository(source)
    if name is None:
        if revision:
            raise UserError(f"{source}: --revision is for the hub; write hf:ORG/NAME")
        summary = _copy(copies.open_original(source, incomplete=incomplete), out, dry_run)
    else:
        uri = hub.snapshot(name, revision)
        with hub_errors(name):
            summary = _copy(copies.open_original(uri, incomplete=incomplete), out, dry_run)
    if not dry_run:
        _announce(Dataset(out))
    return summary


def _copy(original: Original, to: str, dry_run: bool) -> dict[str, Any]:
    target = open_store(to)
    facts = {"dataset": original.dataset.uri, "to": target.uri, **original.as_json()}
    if dry_run:
        shards, _ = copies.missing(original, target)
        return {**facts, "would_copy": len(shards), "bytes": sum(one.entry.bytes for one in shards)}
    return {**facts, **copies.make(original, target)}


def _announce(dataset: Dataset) -> None:
    announcer = Announcer(absolute(dataset.uri), sys.stdout if stdout_is_pipe() else None)
    for entry in dataset.entries:
        announcer.shard(entry)
    announcer.end(complete=dataset.complete)
