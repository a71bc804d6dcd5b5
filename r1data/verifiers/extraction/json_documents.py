"""Finds the one JSON document of an answer: in its fenced blocks, or all of it.

Fences are CommonMark's: three or more backticks or tildes, closed by as many of the same or by the end. A block in an
HTML comment is none. Blocks of other languages than JSON count only where they hold something like it. A document that
the text around it denies, or puts another beside, is not taken: which one was meant is not ours to guess.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from r1data.verifiers.extraction import beside
from r1data.verifiers.verdict import Verdict, no_answer, undecided

ATTEMPTS = 50
"""Braces outside of the blocks at which a document is looked for; beyond, the answer is undecided."""

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([^`\n]*)$", re.M)
_END_TOKEN = re.compile(r"</?\|?\w{1,20}\|?>")
"""`<|im_end|>`, `</s>`: what some servers leave behind the end."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_LIKE_JSON = re.compile(r"[\[{]\s*(?:[\"'{\[\]}\d-]|true|false|null)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language in lower case, its text, where it stands, and whether it was closed."""

    language: str
    text: str
    start: int
    end: int
    closed: bool


def document(answer: str, cut: bool = False) -> str | Verdict:
    """The document of an answer, or the verdict that it has none; `cut` where a limit of tokens ended it."""
    comments = [match.span() for match in _COMMENT.finditer(answer)] if "<!--" in answer else []
    blocks = [
        block
        for block in fenced_blocks(answer)
        if not any(start <= block.start < end for start, end in comments)
    ]
    if cut and blocks and not blocks[-1].closed:
        return no_answer("that was finished: the block was cut")
    if not blocks:
        # A number may go on; what ends in a bracket or a quotation mark is whole, or no JSON.
        if cut and not answer.endswith(("}", "]", '"')):
            return no_answer("that was finished: the document was cut")
        return answer
    chosen = [block for block in blocks if _is_json(block)] or blocks
    if len({block.text.strip() for block in chosen}) > 1:
        return no_answer(f"found: {len(chosen)} blocks that differ")
    text = chosen[0].text.strip()
    if not text:
        return no_answer("found: the block is empty")
    outside = _outside(answer, blocks, comments)
    if problem := _problem_outside(outside, text):
        return undecided(problem, text)
    before, after = answer[: chosen[-1].start], answer[chosen[-1].end :]
    if beside.denies(before, after):
        return undecided("the text beside the block denies it", text)
    return text


def _is_json(block: Block) -> bool:
    """Whether a block is a document, or stands for one: JSON by its name or its look, or another format of data."""
    return block.language.startswith(("json", "yaml", "yml", "toml", "xml")) or (
        _LIKE_JSON.match(block.text.strip()) is not None
    )


def fenced_blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a text, in their order; one that is never closed ends with the text."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence
        elif (
            fence[1][0] == opened[1][0]
            and len(fence[1]) >= len(opened[1])
            and not _END_TOKEN.sub("", fence[2]).strip()
        ):
            yield _block(text, opened, fence.start(), fence.end(), True)
            opened = None
    if opened is not None:
        yield _block(text, opened, len(text), len(text), False)


def _block(text: str, opened: re.Match[str], stop: int, end: int, closed: bool) -> Block:
    language = opened[2].strip().lower().partition(" ")[0]
    return Block(language, text[opened.end() : stop].strip("\n"), opened.start(), end, closed)


def _outside(answer: str, blocks: list[Block], comments: list[tuple[int, int]]) -> str:
    """What stands outside of the blocks and comments."""
    spans = sorted([*comments, *((block.start, block.end) for block in blocks)])
    pieces, place = [], 0
    for start, end in spans:
        pieces.append(answer[place : max(place, start)])
        place = max(place, end)
    return "\n".join([*pieces, answer[place:]])


def _problem_outside(outside: str, text: str) -> str | None:
    """What is wrong with the text outside of the blocks: another document, or what may be one."""
    if "\\boxed" in outside:
        return "a box stands beside the block"
    decoder = json.JSONDecoder()
    place = 0
    for _ in range(ATTEMPTS):
        match = _LIKE_JSON.search(outside, place)
        if match is None:
            return None
        try:
            value, place = decoder.raw_decode(outside, match.start())
        except (ValueError, RecursionError):
            place = match.end()
            if '"' in match.group():
                return "something like JSON stands beside the block"
            continue
        if isinstance(value, dict) and not _same(value, text):
            return "another document stands beside the block"
    return "much that is like JSON stands beside the block"


def _same(value: object, text: str) -> bool:
    try:
        return bool(json.loads(text) == value)
    except (ValueError, RecursionError):
        return False
