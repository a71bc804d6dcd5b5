"""Parses the YAML of recipes: every value is the text that was written, with its line.

YAML guesses types: `no` becomes false, `1e-5` text, `010` eight. A recipe step is a command line, so nothing is guessed
here: the text is passed to its option, and the option's own type parses it. Aliases, anchors, tags, duplicate keys,
deep nesting and large files are refused: no recipe needs them, and a few lines of aliases can expand to gigabytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from r1data.errors import UserError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 8
NULLS = {"", "~", "null", "Null", "NULL"}
OVERRIDE = 0
"""The line of a value that comes from `--set` and not from the file."""


@dataclass(frozen=True)
class Text:
    """A scalar as it was written; `empty` if it is nothing, `~` or `null` without quotes."""

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

    Raises UserError, with the line, for invalid YAML or unsupported features.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); pass the path of a recipe") from error
    if len(raw) > MAX_BYTES:
        raise UserError(f"{path}: {len(raw):,} bytes; a recipe has at most {MAX_BYTES:,}; give a recipe file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    return parse(path, text)


def parse(path: Path, text: str) -> Node:
    """`text` as one document; `path` only names it in errors."""
    try:
        _refuse_unsupported(path, text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise fail(path, mark.line + 1 if mark else 1, f"not YAML: {problem}; mend the line") from error
    if root is None:
        raise fail(path, 1, "the file is empty; write at least `steps:`")
    return _convert(path, root)


def _refuse_unsupported(path: Path, text: str) -> None:
    """Refuses aliases, anchors, tags and depth on the event stream, before a tree is built that they could blow up."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise fail(path, line, "no anchors (&) or aliases (*) in recipes; name the value under `vars:`")
        if tag := getattr(event, "tag", None):
            raise fail(path, line, f"no tags ({tag}) in recipes; write the plain value")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise fail(path, line, f"nested more than {MAX_DEPTH} deep; flatten it")


def _convert(path: Path, node: yaml.Node) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        # No style means no quotes: "~" in quotes is a tilde.
        return Text(node.value, line, node.style is None and node.value in NULLS)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_convert(path, child) for child in node.value), line)
    entries: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        key_line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise fail(path, key_line, "a key must be a plain word; write one")
        if key.value in entries:
            raise fail(
                path, key_line, f'"{key.value}" is set twice (first in line {lines[key.value]}); remove one'
            )
        entries[key.value], lines[key.value] = _convert(path, value), key_line
    return Mapping(entries, lines, line)
