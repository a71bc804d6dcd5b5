"""The filter `code_block` (R1 2.3.3): code in the thoughts; the answer may contain any amount of code.

A fence at the start of a line counts as code, and so do consecutive lines of program text without a fence. The
thresholds are this project's.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from r1data.data.schema import Row
from r1data.filters.entry import Figure, Filter
from r1data.filters.limits import LIMITS, FilterLimits, Limit
from r1data.filters.marks import Mark
from r1data.filters.masking import FENCES, blanked, fences
from r1data.filters.token_arrays import Array, TokenArrays, WordSet

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows

LINES = Limit("code_lines", 4, "lines of program text in a row")
KEYWORD_LINES = Limit("code_keywords", 2, "of them, lines that nothing but a program has")

FENCE_LINE = r"(?m)^[ \t]*(?:```|~~~)"
"""A line that opens a fence; valid in Python's and Rust's regular expressions."""

KEYWORD_LINE = (
    r"(?m)^[ \t]*(?:(?:async )?def \w+ ?\(|import \w[\w.]*(?: as \w+)?(?:, ?\w[\w.]*)*;?[ \t\r]*$|from [\w.]+ import "
    r"|class [A-Z]\w*(?:\([\w., ]*\))? ?[:{]|for [\w, ()]+ in [^\n]+:[ \t\r]*$|for ?\([^;\n]*;[^;\n]*;"
    r"|#include\b|using namespace \w|package \w+;"
    r"|print\(|println!?\(|printf\(|console\.log\(|System\.out\.|std::|cout ?<<"
    r"|return\b[^;\n]*;[ \t\r]*$|function \w*\(|fn \w+\(|func \w+\("
    r"|(?:public|private|protected) (?:static|class|void|int|final|async)\b|(?:const|let|var) [\w\[\]{}, ]+ ?=[^\n]*;"
    r"|(?:int|long|float|double|bool|char|void|auto) \w+(?:\([^()\n]*\) ?\{|(?:\[\w*\])? ?(?:=[^\n]*)?;)"
    r"|#[ \t]*(?:define|ifdef|ifndef|endif|undef|pragma)\b|typedef \w[^\n]*[;{\w][ \t\r]*$|template ?<"
    r"|namespace \w+ ?\{"
    r"|(?:static|extern|inline|const|unsigned|struct|enum|union) [^\n]*[;{][ \t\r]*$"
    r"|(?:\} ?)?(?:if|while|for|switch|else|catch) ?\([^\n]*\) ?\{[ \t\r]*$|\} ?else\b|else ?\{[ \t\r]*$"
    r"|(?:if|elif|while|for)\b[^\n]*; ?(?:then|do)\b|(?:el)?if \[|(?:fi|esac)[ \t\r]*$|export \w+=|echo [\"'$-]"
    r"|elif [^\n]*:[ \t\r]*$|try:[ \t\r]*$|except\b[^\n]*:[ \t\r]*$|raise \w+\(|with [^\n]+ as \w+:[ \t\r]*$"
    r"|self\.\w+(?: ?[=(.]|, )|if (?:not |__)[\w.]+[^\n]*:[ \t\r]*$"
    r"|SELECT [^\n]*\bFROM\b|(?:INSERT INTO|CREATE TABLE) \w)"
)
"""A line that only occurs in programs."""

_FIRST = """async def import from class for include using package print println printf console System std cout return
    define ifdef ifndef endif undef pragma typedef template namespace static extern inline unsigned struct enum union
    if while switch else catch elif fi esac export echo try except raise with self
    function fn func public private protected const let var int long float double bool auto char void SELECT INSERT
    CREATE"""
KEYWORDS = frozenset(_FIRST.split())
"""The first words of such lines."""

_FENCE = re.compile(FENCE_LINE)
_KEYWORD = re.compile(KEYWORD_LINE)
_LINE = re.compile(
    r"\s+\S|[^\n]*[;{}:]\s*(?:(?://|#)[^\n]*)?$|[)}\]]+[;,]?\s*$|(?:#|//|/\*|\*/)|@\w+"
    r"|(?:return|yield|pass|break|continue|raise|else|try|except|finally|assert|elif|end|fi|done)\b"
    r"|[\w.\[\]'\", ]+ ?(?:[+\-*/%|&^]|//|\*\*|<<|>>)?= ?\S|[\w.]+\([^\n]*\)\s*(?:#[^\n]*)?$"
)
_LONGEST = 400
"""Characters of the longest line that may be a program's: no pattern here backtracks over more than that."""


def code_block(thoughts: str, limits: FilterLimits = LIMITS) -> bool:
    """Whether thoughts contain a fence, closed or not, or a run of program lines of which enough are unmistakable."""
    if any(mark in thoughts for mark in FENCES) and _FENCE.search(thoughts):
        return True
    return any(_programs(thoughts.split("\n"), limits))


def without_programs(text: str, limits: FilterLimits = LIMITS) -> str:
    """The text without runs of program lines."""
    lines = text.split("\n")
    if not any(len(line) <= _LONGEST and _KEYWORD.match(line) for line in lines):
        return text
    for first, last in reversed(list(_programs(lines, limits))):
        del lines[first:last]
    return "\n".join(lines)


def program_spans(text: str, limits: FilterLimits = LIMITS) -> Iterator[tuple[int, int]]:
    """Runs of program lines in place: what `without_programs` leaves out."""
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    for first, last in _programs(lines, limits):
        yield starts[first], starts[last] - 1


def _programs(lines: list[str], limits: FilterLimits) -> Iterator[tuple[int, int]]:
    """The first line and the line after the last, by number, of each run of program lines."""
    fewest_lines, fewest_keywords = limits[LINES], limits[KEYWORD_LINES]
    run: list[int] = []
    keywords = 0
    for number, line in enumerate([*lines, "."]):
        if not line.strip():
            continue
        strong = len(line) <= _LONGEST and bool(_KEYWORD.match(line))
        if strong or (len(line) <= _LONGEST and _LINE.match(line)):
            run.append(number)
            keywords += strong
        else:
            if len(run) >= fewest_lines and keywords >= fewest_keywords:
                yield run[0], run[-1] + 1
            run, keywords = [], 0


def _keyword_lines(text: TokenArrays, target: str | None, limits: FilterLimits) -> Array:
    """How many lines of each text begin with one of `KEYWORDS`."""
    # A line without words would be given the first word of a later line: of line breaks with the same next word only
    # the last one counts. The very last line break ends the texts and begins no line.
    first = np.searchsorted(text.starts, text.lines)
    first = first[np.append(first[:-1] < first[1:], False)]
    first = first[_INITIALS[text.folded[text.starts[first]]]]
    words = first[_keywords().among(text.hashes[first])]
    # Hashes ignore case and everything after the eighth character, so the few hits are compared as text.
    spans = zip(text.starts[words].tolist(), text.ends[words].tolist(), strict=True)
    words = words[[text.joined[start:end] in KEYWORDS for start, end in spans]]
    return np.bincount(text.texts_of(text.starts[words]), minlength=len(text.texts))


_INITIALS = np.isin(np.arange(256), [ord(word[0]) for word in KEYWORDS])


@lru_cache(maxsize=1)
def _keywords() -> WordSet:
    return WordSet(KEYWORDS)


def _precheck(rows: "FilterRows") -> "pl.Series":
    """Rows with a fence or with enough lines that begin with a keyword."""
    fenced = rows.frame["thoughts"].str.contains_any(list(FENCES))
    return fenced | (rows.marks(_keyword_lines) >= rows.limits[KEYWORD_LINES])


def _explain(row: Row, limits: FilterLimits) -> Iterator[Figure]:
    program = f"a fence, or {limits[LINES]} program lines, {limits[KEYWORD_LINES]} of them sure"
    yield Figure(program, code_block(row["thoughts"], limits))


def _locate(row: Row, limits: FilterLimits) -> Iterator[Mark]:
    """Fenced blocks and runs of program lines."""
    thoughts = row["thoughts"]
    for start, end in fences(thoughts):
        yield Mark(start, end, "code_block", "a fenced block")
    for start, end in program_spans(blanked(thoughts, fences(thoughts)), limits):
        yield Mark(start, end, "code_block", "lines of a program")


FILTER = Filter(
    reason="code_block",
    rule=lambda row, limits: code_block(row["thoughts"], limits),
    summary="a fence in the thoughts, or a run of program lines",
    precheck=_precheck,
    explain=_explain,
    locate=_locate,
    limits=(LINES, KEYWORD_LINES),
    paper="2.3.3",
    advice="answers about programs think in code: `--skip code_block` keeps them",
    reader=_keyword_lines,
)
