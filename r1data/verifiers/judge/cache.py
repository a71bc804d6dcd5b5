"""A cache of judges' answers, by the sha256 of everything that an answer depends on.

One small file per answer, written to a temporary file and renamed, so that any number of processes may share a folder;
an unreadable entry counts as missing. `$R1_CACHE`, else `$XDG_CACHE_HOME/r1`, else `~/.cache/r1`. Nothing expires:
delete the folder `judge` in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from r1data.engines.base import Completion

MOST_BYTES = 4 << 20


def default_folder() -> Path:
    """The folder of the cache."""
    if folder := os.environ.get("R1_CACHE"):
        return Path(folder) / "judge"
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "r1" / "judge"


def key_of(inputs: Any) -> str:
    """The key of an answer; `inputs` is plain data with everything that the answer depends on."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


class AnswerCache:
    """Answers in a folder. If it cannot be written to, one warning is printed and nothing is cached."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writable = True

    def get(self, key: str) -> Completion | None:
        """The answer of a key, None if there is none or it cannot be read."""
        try:
            with self._path(key).open("rb") as file:
                fields = json.loads(file.read(MOST_BYTES))
            completion = Completion(**{**fields, "token_ids": []})
            is_complete = isinstance(completion.text, str) and completion.finish_reason in ("stop", "length")
            return completion if is_complete and isinstance(completion.response_tokens, int) else None
        except (OSError, ValueError, TypeError, RecursionError):
            return None

    def put(self, key: str, answer: Completion) -> None:
        """Store an answer, unless it has an error."""
        if not self.writable or answer.error is not None:
            return
        path = self._path(key)
        fields = {name: value for name, value in asdict(answer).items() if name != "token_ids"}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
                json.dump(fields, file)
            try:
                Path(file.name).replace(path)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    Path(file.name).unlink()
        except OSError as error:
            self.writable = False
            sys.stderr.write(f"{self.folder}: answers of the judge are not kept ({error.strerror})\n")

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.json"
