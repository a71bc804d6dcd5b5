"""The Hugging Face hub: a dataset as a repository of its own, with its commit log and a card.

Shards are uploaded a few at a time and named by commits of the hub of `FILES` files each: shards first, then the log
in order, the card last. An interrupted push is incomplete; the next one uploads what is missing.

The token comes from the hub library's own places (HF_TOKEN, the login file). Not covered: how the library moves the
bytes (LFS or Xet), and manual changes in the repository.
"""

import hashlib
import itertools
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from r1data.data.hub import hub_errors
from r1data.data.secrets import redact
from r1data.data.stores import open_store
from r1data.data.stores.layout import DATA, LOG
from r1data.errors import DamagedShard, UserError
from r1data.exchange.card import README, card, is_untouched
from r1data.exchange.copies import AT_ONCE, Original
from r1data.runtime.progress import track

FILES = 100
"""Files in one commit of the hub; its docs recommend no more."""
REPO_TYPE = "dataset"
_NAME = re.compile(r"(hf:|hf://datasets/)?(\w[\w.-]*/\w[\w.-]*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Item:
    """A file of the repository: `read` gives its verified bytes, `sha256` is their hash."""

    path: str
    size: int
    sha256: str
    rows: int
    read: Callable[[], bytes]

    def is_same(self, entry: Any) -> bool:
        """Whether an entry of the hub's listing has the same bytes."""
        if entry is None or entry.size != self.size:
            return False
        if entry.lfs:
            return bool(entry.lfs.sha256 == self.sha256)
        # Of a small file the listing has no SHA-256, only git's name for it: SHA-1 over a header and the bytes.
        content = self.read()
        blob_id = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        return bool(entry.blob_id == blob_id)


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """A repository at one revision; `branch` is False where that is main because the branch is still to be made."""

    private: bool
    head: str
    files: dict[str, Any]
    branch: bool


def repository(text: str) -> str | None:
    """`org/name` where `text` is that of a repository on the hub, None where it is a path or a URL.

    Raises:
        UserError: it could be both.
    """
    match = _NAME.fullmatch(text)
    if not match:
        if text.startswith("hf:"):
            raise UserError(f"{text}: write hf:ORG/NAME")
        return None
    if not match[1] and Path(text).parent.is_dir():
        raise UserError(f"{text}: write hf:{text} for the hub, or ./{text} for the folder here")
    return match[2]


def snapshot(name: str, revision: str | None) -> str:
    """URL of a repository as it is now, whatever is pushed there meanwhile.

    Raises:
        UserError: the hub or the repository cannot be reached, or it holds no dataset of r1.
    """
    with hub_errors(name):
        head = _api().repo_info(name, repo_type=REPO_TYPE, revision=revision).sha
    # By the commit's hash, so that a push in the middle of a pull does not mix two states.
    uri = f"hf://datasets/{name}@{head}"
    with hub_errors(name):
        if not open_store(uri).files(LOG):
            raise UserError(f"{name}: not a dataset of r1; `r1 ingest hf:{name} -o DS` reads its rows")
    return uri


def repository_state(name: str, revision: str | None) -> RepositoryState | None:
    """What is on the hub; None where there is no such repository. A branch that is not there starts as main."""
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    api = _api()
    with hub_errors(name):
        try:
            head = api.repo_info(name, repo_type=REPO_TYPE, revision=revision)
        except RevisionNotFoundError:
            main = repository_state(name, None)
            return main and replace(main, branch=False)
        except RepositoryNotFoundError:
            return None
        tree = api.list_repo_tree(name, repo_type=REPO_TYPE, revision=head.sha, recursive=True)
        files = {entry.path: entry for entry in tree if hasattr(entry, "blob_id")}
        return RepositoryState(bool(head.private), head.sha, files, branch=True)


def missing_files(
    original: Original, name: str, state: RepositoryState | None, *, private: bool
) -> list[Item]:
    """The files that the repository lacks, in upload order.

    Raises:
        UserError: it holds something else, or is public and should not be.
    """
    files = state.files if state else {}
    if state and private and not state.private:
        raise UserError(f"{name}: is public; push there with --public, or choose another name")
    shards = [
        Item(shard.entry.path, shard.entry.bytes, shard.sha256, shard.rows, shard.checked_bytes)
        for shard in original.shards
    ]
    log = [_item(path, content) for path, content in original.log.items()]
    _refuse_other(name, files, shards, log)
    lacking = [item for item in (*shards, *log) if not item.is_same(files.get(item.path))]
    if README not in files:
        lacking.append(_item(README, card(original.dataset, name).encode()))
    elif lacking and state:
        with hub_errors(name):
            existing_card = open_store(f"hf://datasets/{name}@{state.head}").read(README)
        # A card that somebody has edited is theirs.
        if is_untouched(existing_card.decode("utf-8", "replace")):
            lacking.append(_item(README, card(original.dataset, name).encode()))
    return lacking


def _item(path: str, content: bytes) -> Item:
    return Item(path, len(content), hashlib.sha256(content).hexdigest(), 0, partial(bytes, content))


def _refuse_other(name: str, files: dict[str, Any], shards: list[Item], log: list[Item]) -> None:
    own_items = {item.path: item for item in (*shards, *log)}
    for path, entry in files.items():
        in_log, in_data = path.startswith(f"{LOG}/"), path.startswith(f"{DATA}/")
        is_own = path in own_items
        if (in_log and not (is_own and own_items[path].is_same(entry))) or (in_data and not is_own):
            raise UserError(
                f"{name}: its {path} is not of this dataset: another one, or one that went its own way; "
                "choose another name"
            )
    # With a commit of ours there, a shard that differs is one that was damaged: it is sent again. Without one, nothing
    # says that the shard was ever ours, and overwriting it could destroy another dataset.
    if not any(item.path in files for item in log):
        strange = [item.path for item in shards if item.path in files and not item.is_same(files[item.path])]
        if strange:
            raise UserError(f"{name}: its {strange[0]} is not of this dataset; choose another name")


def upload(
    items: Sequence[Item],
    name: str,
    state: RepositoryState | None,
    *,
    private: bool,
    revision: str | None,
    message: str,
) -> str:
    """Sends files, and makes the repository and the branch where they are missing.

    Returns:
        The hub's name of the commit.

    Raises:
        DamagedShard: a shard is damaged here; no commit of the hub names it.
        UserError: the hub refuses, or a file is not there afterwards as it was sent.
    """
    api = _api()
    with hub_errors(name), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if state is None:
            api.create_repo(name, repo_type=REPO_TYPE, private=private, exist_ok=True)
        if revision and not (state and state.branch):
            api.create_branch(name, branch=revision, repo_type=REPO_TYPE, exist_ok=True)
        head = api.repo_info(name, repo_type=REPO_TYPE, revision=revision).sha
        # `items` is what was missing at `state`; a commit since then may have brought or removed any file. One that
        # comes while shards are uploaded is refused by `parent_commit`.
        if state and head != state.head:
            raise UserError(f"{name}: somebody pushed there at the same time; run the command again")
        with track("push", total=sum(item.rows for item in items)) as bar:
            for chunk in _chunks(items, FILES):
                additions = [
                    _upload_files(api, name, revision, part, bar) for part in _chunks(chunk, AT_ONCE)
                ]
                head = api.create_commit(
                    name,
                    list(itertools.chain.from_iterable(additions)),
                    commit_message=redact(message),
                    repo_type=REPO_TYPE,
                    revision=revision,
                    parent_commit=head,
                ).oid
    _refuse_missing(items, name, revision)
    return str(head)


def address(name: str) -> str:
    """The repository's page."""
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/datasets/{name}"


def _upload_files(api: Any, name: str, revision: str | None, items: Sequence[Item], bar: Any) -> list[Any]:
    """Uploads a few files without naming them yet; small ones wait for the commit itself."""
    from huggingface_hub import CommitOperationAdd

    additions = [CommitOperationAdd(item.path, item.read()) for item in items]
    # By default the library asks for the repository's .gitignore, which may leave shards out.
    api.preupload_lfs_files(name, additions, repo_type=REPO_TYPE, revision=revision, gitignore_content="")
    bar.advance(sum(item.rows for item in items))
    return additions


def _refuse_missing(items: Sequence[Item], name: str, revision: str | None) -> None:
    state = repository_state(name, revision)
    files = state.files if state else {}
    missing_paths = [item.path for item in items if not item.is_same(files.get(item.path))]
    if missing_paths:
        raise DamagedShard(
            f"{name}: {len(missing_paths)} of {len(items)} files are not there as they were sent, "
            f"first {missing_paths[0]}; does a .gitignore there leave them out? Else run the command again"
        )


def _chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _api() -> Any:
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.utils import disable_progress_bars, logging
    except ImportError as error:
        raise UserError("the hub needs the package `huggingface_hub`; install r1data[hub]") from error
    disable_progress_bars()
    logging.set_verbosity_error()
    return HfApi()


def refuse_without_token(name: str) -> None:
    """Raises UserError where the hub library finds no token."""
    _api()
    from huggingface_hub import get_token

    if not get_token():
        raise UserError(f"{name}: no token for the hub; run `hf auth login`, or set HF_TOKEN")
