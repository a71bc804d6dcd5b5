"""Code blocks in the thoughts (R1 2.3.3); the answer may hold as many as it likes.

A fence at the start of a line is one. So are lines of program text without a fence: the thresholds are ours.
"""

import re
from collections.abc import Iterator

from r1data.filters.limits import LIMITS, Limits
from r1data.filters.masking import FENCES

FENCE_LINE = r"(?m)^[ \t]*(?:```|~~~)"
"""A line that opens a fence; Python's and Rust's regular expressions read it alike."""

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
"""A line that only a program has."""

_FIRST = """async def import from class for include using package print println printf console System std cout return
    define ifdef ifndef endif undef pragma typedef template namespace static extern inline unsigned struct enum union
    if while switch else catch elif fi esac export echo try except raise with self
    function fn func public private protected const let var int long float double bool auto char void SELECT INSERT
    CREATE"""
KEYWORDS = frozenset(_FIRST.split())
"""First words of such lines."""

_FENCE = re.compile(FENCE_LINE)
_KEYWORD = re.compile(KEYWORD_LINE)
_LINE = re.compile(
    r"\s+\S|[^\n]*[;{}:]\s*(?:(?://|#)[^\n]*)?$|[)}\]]+[;,]?\s*$|(?:#|//|/\*|\*/)|@\w+"
    r"|(?:return|yield|pass|break|continue|raise|else|try|except|finally|assert|elif|end|fi|done)\b"
    r"|[\w.\[\]'\", ]+ ?(?:[+\-*/%|&^]|//|\*\*|<<|>>)?= ?\S|[\w.]+\([^\n]*\)\s*(?:#[^\n]*)?$"
)
_LONGEST = 400


def code_block(thoughts: str, limits: Limits = LIMITS) -> bool:
    """Whether thoughts hold a fence, closed or not, or a run of program lines of which some can be nothing
    else."""
    if any(mark in thoughts for mark in FENCES) and _FENCE.search(thoughts):
        return True
    return _has_program(thoughts, limits)


def without_programs(text: str, limits: Limits = LIMITS) -> str:
    """The text without its runs of program lines."""
    lines = text.split("\n")
    if not any(len(line) <= _LONGEST and _KEYWORD.match(line) for line in lines):
        return text
    for first, last in reversed(list(_programs(lines, limits))):
        del lines[first:last]
    return "\n".join(lines)


def _has_program(thoughts: str, limits: Limits) -> bool:
    return any(_programs(thoughts.split("\n"), limits))


def _programs(lines: list[str], limits: Limits) -> Iterator[tuple[int, int]]:
    """First and last but one of the lines of each run of program lines."""
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
            if len(run) >= limits.code_lines and keywords >= limits.code_keywords:
                yield run[0], run[-1] + 1
            run, keywords = [], 0
