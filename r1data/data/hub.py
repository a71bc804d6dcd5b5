"""Records of a data set on the Hugging Face hub, streamed by `datasets`. No code of the hub's is run."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from r1data.data.hub_errors import told
from r1data.errors import UserError

_NAME = re.compile(
    r"(?P<repository>\w[\w.-]*/\w[\w.-]*)(/(?P<config>[\w.-]+))?(:(?P<split>[\w.-]+))?", re.ASCII
)


def is_hub(uri: str) -> bool:
    """True for `hf:org/name`; `hf://…` is a URL as others are."""
    return uri.startswith("hf:") and not uri.startswith("hf://")


def hub_records(name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and record, in the order of the set; a second pass in one process reads the same revision.

    Args:
        name: `org/name`, `org/name/config`, each with `:split` behind it (train by default).

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
    except ImportError as error:
        raise UserError("hf: needs the package `datasets`; install r1data[hub]") from error
    with told(f"hf:{name}"):
        revision = _revision(repository)
        rows = datasets.load_dataset(
            repository, parts["config"], split=split, revision=revision, streaming=True
        )
        yield from enumerate((dict(row) for row in rows), 1)


@functools.cache
def _revision(repository: str) -> str | None:
    from huggingface_hub import HfApi
    from huggingface_hub.utils import disable_progress_bars, logging

    disable_progress_bars()
    logging.set_verbosity_error()
    head: str | None = HfApi().repo_info(repository, repo_type="dataset").sha
    return head
