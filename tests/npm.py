"""What tests take from npm's registry as data: fetched once into a cache, checked by npm, never committed.

The cache is `$R1_TEST_CACHE`, by default `r1data-tests` in the user's cache folder, where later runs find things
without a network. Where there is neither a copy nor a network the test fails and says what to do: a skipped test would
look like a passed one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


def files_of(package: str, version: str, files: Sequence[str], name: str) -> Path:
    """The folder `name`-`version` of the cache with `files` of a package, paths within it; fetched where missing."""
    folder = cache_folder() / f"{name}-{version}"
    with locked(folder):
        if not all((folder / Path(file).name).is_file() for file in files):
            _fetch(package, version, files, folder)
    return folder


def cache_folder() -> Path:
    configured = os.environ.get("R1_TEST_CACHE")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(configured) if configured else caches / "r1data-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Several test processes fetch a package once."""
    with (folder.parent / f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(package: str, version: str, files: Sequence[str], folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        scratch = Path(name)
        archive = scratch / _pack(package, version, scratch)
        with tarfile.open(archive) as packed:
            members = [packed.getmember(f"package/{file}") for file in files]
            packed.extractall(scratch, members, filter="data")
        gathered = scratch / "gathered"
        gathered.mkdir()
        for file in files:
            (scratch / "package" / file).rename(gathered / Path(file).name)
        shutil.rmtree(folder, ignore_errors=True)
        gathered.rename(folder)


def _pack(package: str, version: str, scratch: Path) -> str:
    command = ["npm", "pack", "--silent", "--pack-destination", str(scratch), f"{package}@{version}"]
    try:
        packed = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    except FileNotFoundError:
        pytest.fail(f"{package} is not in the cache, and npm fetches it: apt-get install npm", pytrace=False)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = (error.stderr or b"") if isinstance(error.stderr, bytes) else (error.stderr or "").encode()
        pytest.fail(
            f"{package}@{version} is not in the cache and npm could not fetch it: run the tests once with a network "
            f"({said.decode(errors='replace').strip()[-300:]})",
            pytrace=False,
        )
    return packed.stdout.split()[-1]
