"""Prompt texts and folders of examples from strangers: one line, nothing waited for, no file of the user's read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from r1data.errors import UserError
from r1data.sampling.cold_start import examples, texts
from tests.hostile.watch import assert_harmless, watch

MEMORY = 512 << 20
EXAMPLE = {"prompt": "q", "thoughts": "t", "summary": "s", "domain": "math", "language": "en"}
TEXTS: dict[str, bytes] = {
    "aliases": b"prompt: &a x\nthoughts: *a\n",
    "list that holds itself": b"&a [*a]",
    "brackets": b"[" * 60_000,
    "python object": b'prompt: !!python/object/apply:os.system ["touch pwned"]\n',
    "escape beyond Unicode": b'prompt: "\\Uffffffff"\n',
    "escaped surrogate": b'prompt: "\\ud800"\nthoughts: t\nsummary: s\ndomain: d\nlanguage: en\n',
    "escaped NUL": b'prompt: "\\0"\nthoughts: t\nsummary: s\ndomain: d\nlanguage: en\n',
    "escapes in a key": b'"\\e]0;x\\a": x\n',
    "key of 60 kB": b"k" * 60_000 + b": x\n",
    "key set twice": b"prompt: a\nprompt: b\n",
    "two documents": b"prompt: a\n---\nprompt: b\n",
    "UTF-16": "prompt: a".encode("utf-16"),
    "a megabyte": b"#" * (1 << 20),
    "no mapping": b"text",
    "nothing": b"",
}
PLACES: dict[str, Callable[[Path], None]] = {
    "pipe": lambda path: os.mkfifo(path),
    "folder": lambda path: path.mkdir(),
    "link to a secret": lambda path: path.symlink_to(path.parents[2] / "secret"),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "link to itself": lambda path: path.symlink_to(path),
}


def _example(folder: Path) -> Path:
    place = folder / "inside" / "examples"
    place.mkdir(parents=True)
    (folder / "secret").write_text("\n".join(f"{key}: {value}" for key, value in EXAMPLE.items()))
    return place / "first.yaml"


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS)
def test_an_example_that_is_none_is_one_line(content: bytes, tmp_path: Path) -> None:
    path = _example(tmp_path)
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        examples.load(str(path.parent))
    assert "\n" not in str(error.value) and len(str(error.value)) < 1_000


@pytest.mark.parametrize("put", PLACES.values(), ids=PLACES)
def test_what_lies_in_a_folder_of_examples_is_a_file(put: Callable[[Path], None], tmp_path: Path) -> None:
    path = _example(tmp_path)
    put(path)
    with pytest.raises(UserError):
        examples.load(str(path.parent))


def test_a_prompt_file_is_not_waited_for_nor_read_without_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("a\0b"), Path("x" * 5_000), tmp_path):
        with pytest.raises(UserError):
            texts.load("reflect", [str(path)], [])


def test_a_command_says_so_in_one_line(tmp_path: Path) -> None:
    path = _example(tmp_path)
    path.symlink_to(tmp_path / "secret")
    inside = tmp_path / "inside"
    (inside / "rows.jsonl").write_text(json.dumps({"prompt": "1 + 1 = ?"}) + "\n")
    command = ["cold-start", "rows.jsonl", "-o", "out", "--model", "miniature:base", "--method", "few-shot"]
    watched = watch(
        [*command, "--examples", "examples"], inside, canaries=[tmp_path / "secret"], memory=MEMORY
    )
    assert_harmless(watched, codes=(1,))
