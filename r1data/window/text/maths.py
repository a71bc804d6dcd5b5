r"""Finds formulae in text: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`. What a dollar sign opens may be an amount of money.

The rules are those by which filters leave maths out (`r1data.filters.masking`), and stricter for `$`: a reader sees
what was taken for a formula. Time is linear in the text: its delimiters are listed once, and each looks at the next of
its kind.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from r1data.filters.masking import is_display, is_maths

LONGEST = 4_000
"""Characters of a formula; a longer one stays text. Ours: the longest tables in R1's own traces have 3,000."""

# Two backslashes are a line break within a formula: what follows them opens and closes nothing.
_DELIMITER = re.compile(r"\\\\|\\[()\[\]$]|\$\$|\$|^[ \t]*(?:```|~~~)|`", re.M)
_CLOSERS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "$": "$", "`": "`"}
_FAMILY = {"\\)": "\\(", "\\]": "\\["}
_SIGN = re.compile(r"[\\^_=+<>{}|]")


class Formula(NamedTuple):
    """A formula: characters `start` to `end`, delimiters and all; the source between them; whether it is displayed."""

    start: int
    end: int
    source: str
    display: bool


class _Token(NamedTuple):
    start: int
    end: int
    kind: str


def formulae(text: str) -> Iterator[Formula]:
    """The formulae of a text in order; none within code."""
    if "$" not in text and "\\" not in text:
        return
    tokens = list(_tokens(text))
    closers = _closers(tokens)
    number = 0
    while number < len(tokens):
        closer = closers[number]
        token = tokens[number]
        number += 1
        if closer is None:
            continue
        end = tokens[closer]
        if token.kind in ("`", "```"):
            if token.kind == "```" or "\n" not in text[token.end : min(end.start, token.end + LONGEST)]:
                number = closer + 1
        elif end.start - token.end <= LONGEST and _is_formula(text, token, end, closer - number):
            source = text[token.end : end.start]
            yield Formula(token.start, end.end, source, token.kind in ("$$", "\\["))
            number = closer + 1


def _tokens(text: str) -> Iterator[_Token]:
    for match in _DELIMITER.finditer(text):
        kind = match.group()
        if kind not in ("\\\\", "\\$"):
            kind = "```" if kind[-1] in "`~" and len(kind) > 1 else kind
            yield _Token(match.start(), match.end(), kind)


def _closers(tokens: list[_Token]) -> list[int | None]:
    """For each token the number of the one that closes it; None where the next of its kind opens again."""
    following: dict[str, int] = {}
    closers: list[int | None] = []
    for number in range(len(tokens) - 1, -1, -1):
        kind = tokens[number].kind
        family = _FAMILY.get(kind, kind)
        after = following.get(family)
        if kind == "```":
            # an unclosed block goes on to the end
            closers.append(after if after is not None else len(tokens) - 1)
        elif after is None or tokens[after].kind != _CLOSERS.get(kind):
            closers.append(None)
        else:
            closers.append(after)
        following[family] = number
    return closers[::-1]


def _is_formula(text: str, opener: _Token, closer: _Token, between: int) -> bool:
    """Whether what stands between two delimiters, with so many others between them, is a formula."""
    source = text[opener.end : closer.start]
    if not source.strip() or not source.replace("\n", " ").replace("\t", " ").isprintable():
        return False
    if opener.kind.startswith("\\"):
        return "\n\n" not in source
    if opener.kind == "$$":
        return is_display(source)
    if between or not is_maths(source):
        return False
    # As in Pandoc's Markdown: "$5 and $6" has a blank before the second sign, "$5-$6" a digit behind it.
    blanks = source[0].isspace() + source[-1].isspace()
    followed = text[closer.end : closer.end + 1].isdigit()
    return not followed and (blanks == 0 or (blanks == 2 and bool(_SIGN.search(source))))
