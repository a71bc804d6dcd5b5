"""Extracts the program of a response: the last fenced block of the answer in a language that the sandbox can run.

The text is scanned line by line, so that thousands of unclosed fences cost no more than plain text. The rules are ours,
as the paper does not give any:

- Only the text after the thoughts counts.
- The language is the fence's tag; without one, the truth's; without that, Python.
- Of several blocks in a language that fits, those count that do what is asked: define the functions that the tests
  call, or do anything where they call none. An example of usage, or of output, does not. Of these the last complete one
  counts; an unclosed block only where there is no complete one.
- Blocks without a tag, or with one that names no language of ours ("text"), count only if no other fits; several of
  them are no answer, unless one alone does what is asked.
- Without any fence the answer is the program if it parses as Python and does something.

Not covered: programs spread over several blocks, diffs, indented code blocks without fences.
"""

import ast
import hashlib
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from r1data.data.responses import split
from r1data.sandbox.job import Language
from r1data.verifiers.extraction.texts import UNENDED
from r1data.verifiers.verdict import Verdict, no_answer, undecided, unverifiable

TAGS: dict[str, Language] = {
    **dict.fromkeys(("python", "py", "python3", "py3"), "python"),
    **dict.fromkeys(("pypy", "cpython", "ipython"), "python"),
    **dict.fromkeys(("cpp", "c++", "cc", "cxx"), "cpp"),
    **dict.fromkeys(("javascript", "js", "node", "nodejs"), "javascript"),
}
"""Tags of fences, in lower case and without a version, and their languages."""
SHORT = 1_000
"""Characters of a block that may be a sample of values."""
LIMIT = 200_000
"""Most characters of a program; a longer one is not run."""
_DEFINED = re.compile(
    r"^[ \t]*(?:(?:export|default|async)[ \t]+)*(?:def|class|function\*?|const|let|var)[ \t]+([^\W\d]\w*)"
    r"|^([^\W\d]\w*)[ \t]*=[ \t]*(?:lambda\b|functools\.|partial\b)",
    re.M,
)
"""Definitions of Python and JavaScript, one a line."""
OTHERS = frozenset(
    ("ada", "c", "java", "go", "golang", "rust", "rs", "ruby", "rb", "kotlin", "kt", "csharp", "c#", "cs",
     "typescript", "ts", "tsx", "php", "swift", "haskell", "hs", "scala", "perl", "pl", "lua", "r", "julia", "jl",
     "dart", "ocaml", "ml", "pascal", "d", "nim", "elixir", "erlang", "fsharp", "f#", "clojure", "lisp", "scheme",
     "racket", "fortran", "cobol", "matlab", "octave", "objective-c", "objc", "vb", "groovy", "zig", "crystal",
     "prolog", "solidity")
)  # fmt: skip
"""Tags of languages that the sandbox cannot run: such a block is a program, but not one we can verify."""


@dataclass(frozen=True, slots=True)
class ExtractedProgram:
    """A program as it was written in a response, and the prompt that it answers, whose code it may rely on."""

    source: str
    language: Language
    prompt: str | None = field(default=None, compare=False)

    @property
    def summary(self) -> str:
        """Language, number of lines and eight digits of a digest; equal for equal programs."""
        lines = self.source.count("\n") + 1
        digest = hashlib.sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return f"{self.language}, {lines} {'line' if lines == 1 else 'lines'}, {digest}"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its tag in lower case ("" if it has none), its text, and whether it was closed."""

    tag: str
    text: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Task:
    """What tests ask of a program, as far as a block shows whether it does it.

    Attributes:
        names: functions and classes that they call.
        any_function: whether they call a function that they do not name.
        languages: in which that can be done.
    """

    names: frozenset[str] = frozenset()
    any_function: bool = False
    languages: frozenset[Language] = frozenset(("python", "cpp", "javascript"))

    def done_by(self, text: str) -> int:
        """How much of it a block does: the number of names that it defines; 0 where it is words or values alone."""
        if self.names:
            return len(self.names.intersection(name for pair in _DEFINED.findall(text) for name in pair))
        if self.any_function:
            return int(bool(_DEFINED.search(text)))
        return int(len(text) > SHORT or not _says_values(text))

    def chosen(self, code_blocks: list[Block]) -> list[Block]:
        """The blocks that do most of it; all where none does any."""
        counts = [self.done_by(block.text) for block in code_blocks]
        return [block for block, count in zip(code_blocks, counts, strict=True) if count == max(counts)]


def extract_program(
    response: str,
    language: Language | None = None,
    task: Callable[[], Task] = Task,
    *,
    cut: bool = False,
) -> ExtractedProgram | Verdict:
    """The program of a response, or the verdict that says why there is none.

    Args:
        response: the whole text, think tags included.
        language: the language that the truth names; None if any of ours will do.
        task: gives what the tests ask for, where there are several blocks.
        cut: whether the response was cut: then only a block that is closed is whole.
    """
    answer = split(response).answer
    if answer is None:
        return no_answer("after the thoughts: they were never closed")
    code_blocks = list(blocks(answer))
    if cut:
        code_blocks = [block for block in code_blocks if block.closed]
        if not code_blocks:
            return no_answer(UNENDED)
    extracted = _choose_block(code_blocks, answer, language, task)
    if isinstance(extracted, ExtractedProgram) and len(extracted.source) > LIMIT:
        return unverifiable(
            "too_long", f"program of {len(extracted.source)} characters, over the limit of {LIMIT}"
        )
    return extracted


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a text, in order. A fence is three or more backticks or tildes that open a line."""
    fence, tag = "", ""
    lines: list[str] = []
    for line in text.split("\n"):
        stripped = line.strip()
        mark = ""  # the backticks or tildes that the line starts with
        if stripped[:3] in ("```", "~~~"):
            mark = stripped[: len(stripped) - len(stripped.lstrip(stripped[0]))]
        if not fence:
            # Backticks behind the mark make the line a piece of inline code, as in CommonMark.
            if mark and not (mark[0] == "`" and "`" in stripped[len(mark) :]):
                # The tag is the first word, in any of its spellings: `Python`, `{.python}`, `python:main.py`.
                info = stripped[len(mark) :].strip().strip("{}").lstrip(".")
                words = info.replace(":", " ").replace(",", " ").split()
                fence, tag, lines = mark, _tag(words[0]) if words else "", []
        elif mark.startswith(fence) and mark == stripped:
            yield Block(tag, _dedented(lines), True)
            fence = ""
        else:
            lines.append(line)
    if fence:
        yield Block(tag, _dedented(lines), False)


def _tag(word: str) -> str:
    """The tag of a fence in lower case; of a language of ours without its version: `cpp17`, `Python3.11`."""
    tag = word.lower()
    return tag if tag in TAGS or tag.rstrip("0123456789.") not in TAGS else tag.rstrip("0123456789.")


def _dedented(lines: list[str]) -> str:
    """The lines of a block as a text, without the common indentation that blocks within lists have."""
    text = "\n".join(lines)
    return textwrap.dedent(text) if text.lstrip("\n")[:1] in (" ", "\t") else text


def _choose_block(
    code_blocks: list[Block], answer: str, language: Language | None, task: Callable[[], Task]
) -> ExtractedProgram | Verdict:
    """The program among the blocks of an answer, or the whole answer if it has none and is Python."""
    if not code_blocks:
        if not answer.strip():
            return no_answer("after the thoughts: it is blank")
        if language in (None, "python") and len(answer) <= LIMIT and _does_something(answer):
            return ExtractedProgram(answer, "python")
        return no_answer("found: there is no code block")
    code_blocks = [block for block in code_blocks if block.text.strip()]
    if not code_blocks:
        return no_answer("found: the code block is empty")
    runnable = [
        block
        for block in code_blocks
        if block.tag in TAGS and (language is None or TAGS[block.tag] == language)
    ]
    if runnable:
        if len(runnable) > 1:
            asked = task()
            possible = [block for block in runnable if TAGS[block.tag] in asked.languages]
            runnable = asked.chosen(possible or runnable)
        last = next((block for block in reversed(runnable) if block.closed), runnable[-1])
        return ExtractedProgram(last.text, TAGS[last.tag])
    if others := sorted({block.tag for block in code_blocks if block.tag in TAGS or block.tag in OTHERS}):
        languages = ", ".join(others)
        if language is None:
            return undecided(f"no program in a language that can be run: it is in {languages}")
        return no_answer(f"in {language}: the program is in {languages}")
    untagged = [block for block in code_blocks if not block.tag] or code_blocks
    if len(untagged) > 1:
        untagged = task().chosen(untagged)
    if len(untagged) > 1:
        return no_answer(f"found: {len(untagged)} blocks, and none says its language")
    return ExtractedProgram(untagged[0].text, language or "python")


def _says_values(text: str) -> bool:
    """Whether a text is Python's values alone: sample input or output."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return not any(
        not isinstance(node, ast.Expr) or isinstance(node.value, (ast.Call, ast.Await)) for node in tree.body
    )


def _does_something(text: str) -> bool:
    """Whether a text is Python with at least one statement or call, not just words or values."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return any(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in tree.body)
