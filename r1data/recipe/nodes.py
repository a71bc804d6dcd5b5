"""YAML as a recipe needs it: every value is the text that was written, with the line it stands on.

YAML guesses types: `no` becomes false, `1e-5` text, `010` eight. A recipe step is a command line, so here
nothing is guessed: the text goes to the option it is meant for, and the option's own type reads it.
Aliases, anchors, tags, duplicate keys, deep nesting and large files are refused: no recipe needs them, and
a few lines of aliases can unfold to gigabytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from r1data.errors import UserError

MOST_BYTES = 256 * 1024
DEEPEST = 8
NOTHING = {"", "~", "null", "Null", "NULL"}
OVERRIDE = 0
"""The line of a value that came from `--set` and not from the file."""


@dataclass(frozen=True)
class Text:
    """A scalar as it was written; `empty` when nothing, `~` or `null` stood there without quotes."""

    text: str
    line: int
    empty: bool = False


@dataclass(frozen=True)
class Items:
    """A list."""

    values: tuple[Node, ...]
    line: int


@dataclass(frozen=True)
class Mapping:
    """A mapping, with the line of each key."""

    entries: dict[str, Node]
    lines: dict[str, int]
    line: int


Node = Text | Items | Mapping


def fail(path: Path, line: int, message: str) -> UserError:
    """The error for a mistake at `line` of `path`, in one line."""
    return UserError(f"--set: {message}" if line == OVERRIDE else f"{path}:{line}: {message}")


def read(path: Path) -> Node:
    """The file's one document.

    Raises UserError, with the line, for what is no YAML or uses what a recipe may not.
    """
    return parse(path, _text(path))


def parse(path: Path, text: str) -> Node:
    """`text` as one document; `path` only names it in errors."""
    try:
        _refuse_tricks(path, text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = " ".join(str(getattr(error, "problem", None) or error).split())
        raise fail(path, mark.line + 1 if mark else 1, f"not YAML: {what}") from error
    if root is None:
        raise fail(path, 1, "the file is empty; a recipe needs at least `steps:`")
    return _convert(path, root)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); give the path of a recipe") from error
    if len(raw) > MOST_BYTES:
        raise UserError(f"{path}: {len(raw):,} bytes; a recipe has at most {MOST_BYTES:,}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error


def _refuse_tricks(path: Path, text: str) -> None:
    """Aliases, anchors, tags and depth, seen on the event stream before any tree is built."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise fail(path, line, "no anchors (&) or aliases (*) in recipes; name the value under `vars:`")
        if tag := getattr(event, "tag", None):
            raise fail(path, line, f"no tags ({tag}) in recipes; write the plain value")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise fail(path, line, f"nested more than {DEEPEST} deep")


def _convert(path: Path, node: yaml.Node) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return Text(node.value, line, node.style is None and node.value in NOTHING)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_convert(path, child) for child in node.value), line)
    entries: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        at = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise fail(path, at, "a key must be a plain word")
        if key.value in entries:
            raise fail(path, at, f'"{key.value}" stands here twice (first in line {lines[key.value]})')
        entries[key.value], lines[key.value] = _convert(path, value), at
    return Mapping(entries, lines, line)
