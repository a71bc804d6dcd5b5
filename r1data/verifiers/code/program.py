"""The program in a response: the last fenced block of the answer that is in a language we can run.

Read line by line, so unclosed fences by the thousand cost what plain text costs. Ours, as the paper is silent:

- Only what follows the thoughts is read.
- The language is the fence's tag; without one, the truth's; without that, Python.
- Of several blocks in a language that fits, the last complete one counts. An unclosed block counts only where there
  is no complete one.
- Blocks without a tag, or with one that names no language of ours ("text"), are looked at where no other fits; of
  several, which one is meant is not ours to guess.
- Without any fence the answer is the program if it parses as Python and does something.

Not covered: programs spread over several blocks, diffs, indented code blocks without fences.
"""

import ast
import hashlib
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from r1data.data.responses import split
from r1data.sandbox.job import Language
from r1data.verifiers.verdict import Verdict, no_answer, undecided, unverifiable

TAGS: dict[str, Language] = {
    **dict.fromkeys(("python", "py", "python3", "py3"), "python"),
    **dict.fromkeys(("cpp", "c++", "cc", "cxx"), "cpp"),
    **dict.fromkeys(("javascript", "js", "node", "nodejs"), "javascript"),
}
"""What a fence may say, in small letters → the language."""
LIMIT = 200_000
"""Characters of a program beyond which nothing is run."""
OTHERS = frozenset(
    {"c", "java", "go", "rust", "ruby", "kotlin", "csharp", "c#", "typescript", "ts", "php", "swift"}
)
"""Tags of languages that we cannot run: such a block is a program, and not one for us."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """A program as it stood in a response."""

    source: str
    language: Language

    @property
    def summary(self) -> str:
        """Language, size and eight digits of a digest: equal where the programs are."""
        lines = self.source.count("\n") + 1
        digest = hashlib.sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return f"{self.language}, {lines} {'line' if lines == 1 else 'lines'}, {digest}"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its tag in small letters ("" where it has none), what stands in it, whether it was closed."""

    tag: str
    text: str
    closed: bool


def program(response: str, wanted: Language | None = None) -> Extracted | Verdict:
    """The program of a response, or the verdict that says why there is none.

    Args:
        wanted: the language that the truth names, None where any will do.
    """
    answer = split(response).answer
    if answer is None:
        return no_answer("after the thoughts: they were never closed")
    found = _chosen(list(blocks(answer)), answer, wanted)
    if isinstance(found, Extracted) and len(found.source) > LIMIT:
        return unverifiable(
            "too_long", f"program of {len(found.source)} characters, over the limit of {LIMIT}"
        )
    return found


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a text, in order. A fence is three or more backticks or tildes that open a line."""
    fence, tag = "", ""
    held: list[str] = []
    for line in text.split("\n"):
        stripped = line.strip()
        mark = _mark(stripped)
        if not fence:
            if mark and not (mark[0] == "`" and "`" in stripped[len(mark) :]):
                fence, tag, held = mark, _tag(stripped[len(mark) :]), []
        elif mark.startswith(fence) and mark == stripped:
            yield Block(tag, _joined(held), True)
            fence = ""
        else:
            held.append(line)
    if fence:
        yield Block(tag, _joined(held), False)


def _joined(lines: list[str]) -> str:
    """The lines of a block, without the indentation that they have together where the block stands in a list."""
    text = "\n".join(lines)
    return textwrap.dedent(text) if text.lstrip("\n")[:1] in (" ", "\t") else text


def _mark(line: str) -> str:
    """The run of backticks or tildes that a line starts with, if it is a fence."""
    if line[:3] not in ("```", "~~~"):
        return ""
    return line[: len(line) - len(line.lstrip(line[0]))]


def _tag(info: str) -> str:
    """The first word of a fence's info string, in any of its spellings: `Python`, `{.python}`, `python:main.py`."""
    words = info.strip().strip("{}").lstrip(".").replace(":", " ").replace(",", " ").split()
    return words[0].lower() if words else ""


def _chosen(found: list[Block], answer: str, wanted: Language | None) -> Extracted | Verdict:
    if not found:
        return _bare(answer, wanted)
    found = [block for block in found if block.text.strip()]
    if not found:
        return no_answer("found: the code block is empty")
    named = [block for block in found if block.tag in TAGS and (wanted is None or TAGS[block.tag] == wanted)]
    if named:
        last = _last(named)
        return Extracted(last.text, TAGS[last.tag])
    if others := sorted({block.tag for block in found if block.tag in TAGS or block.tag in OTHERS}):
        languages = ", ".join(others)
        if wanted is None:
            return undecided(f"no program in a language that can be run: it is in {languages}")
        return no_answer(f"in {wanted}: the program is in {languages}")
    untagged = [block for block in found if not block.tag] or found
    if len(untagged) > 1:
        return no_answer(f"found: {len(untagged)} blocks, and none says its language")
    return Extracted(untagged[0].text, wanted or "python")


def _last(found: list[Block]) -> Block:
    return next((block for block in reversed(found) if block.closed), found[-1])


def _bare(answer: str, wanted: Language | None) -> Extracted | Verdict:
    """The whole answer as a program."""
    if not answer.strip():
        return no_answer("after the thoughts: it is blank")
    if wanted in (None, "python") and len(answer) <= LIMIT and _does_something(answer):
        return Extracted(answer, "python")
    return no_answer("found: there is no code block")


def _does_something(text: str) -> bool:
    """Whether a text is Python, and more than words or values."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return any(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in tree.body)
