"""Parses the YAML of recipes: every value is the text that was written, with its line.

YAML guesses types: `no` becomes false, `1e-5` text, `010` eight. A recipe step is a command line, so nothing is guessed
here: the text is passed to its option, and the option's own type parses it. Aliases, anchors, tags, duplicate keys,
deep nesting, control characters and large files are refused: no recipe needs them, and a few lines of aliases can
expand to gigabytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from r1data.data.small_files import read_given
from r1data.data.text import one_line
from r1data.errors import UserError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 8
MAX_NODES = 20_000
"""Keys, values and brackets of a recipe at most; the shipped ones have some hundred."""
MAX_MESSAGE = 1_200
"""Characters of an error at most; what it quotes may be longer."""
NULLS = {"", "~", "null", "Null", "NULL"}
OVERRIDE = 0
"""The line of a value that comes from `--set` and not from the file."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab and newline, and lone surrogates, which escapes in quotes can write."""


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
    text = one_line(message)
    if len(text) > MAX_MESSAGE:
        # The end says what to do, whatever the message quotes before it.
        text = f"{text[: MAX_MESSAGE // 2]} … {text[-MAX_MESSAGE // 2 :]}"
    return UserError(f"--set: {text}" if line == OVERRIDE else f"{path}:{line}: {text}")


def read(path: Path) -> Node:
    """The file's one document.

    Raises UserError, with the line, for invalid YAML or unsupported features.
    """
    raw = read_given(path, MAX_BYTES, "a recipe")
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
    except (ValueError, OverflowError) as error:
        # An escape such as "\Uffffffff" that is no character of Unicode.
        raise fail(path, 1, f"not YAML: {error}; mend the escape in quotes") from error
    if root is None:
        raise fail(path, 1, "the file is empty; write at least `steps:`")
    return _convert(path, root)


def _refuse_unsupported(path: Path, text: str) -> None:
    """Refuses by the stream of events, before a tree is built: aliases and tags could blow it up, depth its reader."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise fail(path, line, "no anchors (&) or aliases (*) in recipes; name the value under `vars:`")
        if tag := getattr(event, "tag", None):
            raise fail(path, line, f"no tags ({tag}) in recipes; write the plain value")
        if number > MAX_NODES:
            raise fail(path, line, f"more than {MAX_NODES:,} keys and values in one recipe; split it")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise fail(path, line, f"nested more than {MAX_DEPTH} deep; flatten it")


def _convert(path: Path, node: yaml.Node) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        _refuse_control(path, line, node.value)
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
        _refuse_control(path, key_line, key.value)
        if key.value in entries:
            raise fail(
                path, key_line, f'"{key.value}" is set twice (first in line {lines[key.value]}); remove one'
            )
        entries[key.value], lines[key.value] = _convert(path, value), key_line
    return Mapping(entries, lines, line)


def _refuse_control(path: Path, line: int, text: str) -> None:
    if control := _CONTROL.search(text):
        raise fail(path, line, f"the character {control[0]!a} is no text; leave it out")
