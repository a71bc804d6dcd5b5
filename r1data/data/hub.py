"""The Hugging Face hub: records of a data set, streamed by `datasets`; errors become one line that says what to do.

No code from the hub is run. Pushing and pulling are not here (`r1data.exchange.hub`).
"""

import contextlib
import functools
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from r1data.data.secrets import redact
from r1data.errors import R1Error, UserError

_NAME = re.compile(
    r"(?P<repository>\w[\w.-]*/\w[\w.-]*)(/(?P<config>[\w.+-]+))?(:(?P<split>[\w.-]+))?(@(?P<revision>[\w.-]+))?",
    re.ASCII,
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


def is_hub(uri: str) -> bool:
    """True for `hf:org/name`; `hf://…` is a URL as others are."""
    return uri.startswith("hf:") and not uri.startswith("hf://")


def hub_records(name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and record, in the order of the set; a second pass in one process reads the same revision.

    Args:
        name: `org/name`, `org/name/config`, each with `:split` behind it (train by default), and with
            `@revision` behind that (by default the main branch's newest commit). A config with the suffix of a file
            is that file of the repository. Several are joined by `+` and read one after the other; each record then
            says in `config` which is its own, and in `config_row` its place there, from 0.

    Raises:
        UserError: `datasets` is not installed, or the hub, the set or what it names cannot be read.
    """
    parts = _NAME.fullmatch(name)
    if not parts:
        raise UserError(f"hf:{name}: write hf:ORG/NAME, hf:ORG/NAME/CONFIG or hf:ORG/NAME:SPLIT")
    repository, split = parts["repository"], parts["split"] or "train"
    if Path(repository).exists():
        raise UserError(
            f"hf:{name}: {repository} lies here too and would be read; run this in another folder"
        )
    try:
        import datasets
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise UserError("hf: needs the package `datasets`; install r1data[hub]") from error
    _silence()
    with hub_errors(f"hf:{name}"):
        configs = parts["config"].split("+") if parts["config"] else [None]
        revision = parts["revision"]
        if not (revision and _is_cached(repository, configs, revision)):
            # a commit and not a branch: a plain file is read twice, and the branch may have moved on in between
            revision = _commit(repository, revision)
        numbers = itertools.count(1)
        for config in configs:
            mark = {"config": config} if len(configs) > 1 else {}
            suffix = Path(config or "").suffix
            if suffix in BUILDERS:
                file = hf_hub_download(repository, config, repo_type="dataset", revision=revision)
                rows = datasets.load_dataset(BUILDERS[suffix], data_files=file, split="train", streaming=True)
            else:
                rows = datasets.load_dataset(
                    repository, config, split=split, revision=revision, streaming=True
                )
            for place, row in enumerate(rows):
                places = {"config_row": place} if mark else {}
                yield next(numbers), {**mark, **places, **row}


BUILDERS = {".jsonl": "json", ".json": "json", ".csv": "csv", ".parquet": "parquet"}
"""What `datasets` reads a file by, by its suffix."""


@functools.cache
def _commit(repository: str, revision: str | None) -> str | None:
    """The commit that a revision is, asked once: what comes after would ask an absent hub six times, for 23 s."""
    from huggingface_hub import HfApi

    head: str | None = HfApi().repo_info(repository, repo_type="dataset", revision=revision).sha
    return head


def _is_cached(repository: str, configs: Sequence[str | None], revision: str) -> bool:
    """Whether all that is named are files of a commit that lie here, for which no hub is asked."""
    from huggingface_hub import try_to_load_from_cache

    return bool(_COMMIT.fullmatch(revision)) and all(
        config is not None
        and Path(config).suffix in BUILDERS
        and isinstance(
            try_to_load_from_cache(repository, config, revision=revision, repo_type="dataset"), str
        )
        for config in configs
    )


def _silence() -> None:
    """The hub library shows neither bars nor warnings, such as a line for each attempt; its errors are raised."""
    from huggingface_hub.utils import disable_progress_bars, logging

    disable_progress_bars()
    logging.set_verbosity_error()


HOSTS = ("httpx", "httpx2", "httpcore", "huggingface_hub", "datasets")
"""Libraries whose errors come from the hub or the way to it."""
STRANGE = (ValueError, KeyError, RuntimeError, ConnectionError)
"""What they raise besides, such as at an answer that is none of the hub's."""
LONGEST = 300
"""Characters of the hub's own words; ours."""
GATED = "gated; accept its terms on its page of the hub, then run `hf auth login`, or set HF_TOKEN"
STATUS = {
    401: "the hub does not know this token; run `hf auth login`, or set HF_TOKEN",
    402: "the hub asks for payment",
    403: "your token may not do this; it needs write access there to push, and read access to pull",
    404: "not there, or private and your token may not read it",
    409: "somebody changed it at the same time; run the command again",
    412: "somebody changed it at the same time; run the command again",
    413: "the hub refuses files of this size",
    429: "too many requests for the hub; wait a while and run the command again",
}


@contextlib.contextmanager
def hub_errors(name: str) -> Iterator[None]:
    """Turns what the hub library raises about the repository `name` into a UserError."""
    try:
        yield
    except Exception as error:
        # one of our own errors, or a RuntimeError, may only wrap the hub's, which says more
        cause = error.__cause__ or error if isinstance(error, (R1Error, RuntimeError)) else error
        strange = cause is error and isinstance(error, STRANGE)
        if not strange and type(cause).__module__.split(".")[0] not in HOSTS:
            raise
        raise UserError(redact(f"{name}: {_reason(cause)}")) from error


def _reason(error: BaseException) -> str:
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    words = " ".join(str(error).split())[:LONGEST]
    if isinstance(error, OfflineModeIsEnabled):
        return "the hub is not asked while HF_HUB_OFFLINE is set; unset it"
    if isinstance(error, RevisionNotFoundError):
        return "there is no such revision; choose one that the repository lists"
    if isinstance(error, GatedRepoError):
        return GATED
    if isinstance(error, RepositoryNotFoundError):
        return STATUS[404]  # the hub says 401 where there is no token
    if isinstance(error, HfHubHTTPError):
        return _refusal(error.response.status_code, error.server_message or words)
    if isinstance(error, json.JSONDecodeError):
        return (
            "what answers is not a hub (no JSON came, perhaps a web page); look at HF_ENDPOINT and the proxy"
        )
    if isinstance(error, KeyError):
        return f"what answers is not a hub ({words} is missing); look at HF_ENDPOINT and the proxy"
    if isinstance(error, (ValueError, RuntimeError)) or type(error).__module__.startswith("datasets"):
        return words
    return f"the hub cannot be reached ({words or type(error).__name__}); run the command again to go on"


def _refusal(status: int, words: str) -> str:
    if status >= 500:
        return f"the hub failed ({status}); run the command again to go on"
    words = " ".join(words.split())[:LONGEST]
    return (
        f"{STATUS[status]} ({status}: {words})"
        if status in STATUS
        else f"the hub refuses ({status}: {words}); check the name and the token"
    )
