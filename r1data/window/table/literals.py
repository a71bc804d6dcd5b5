"""A text that every match of a pattern of RE2 contains, where one can be told without parsing all of the pattern.

What is not understood here gives no text, and then none is looked for: groups, classes and escapes of letters count as
unknown, an alternative or a flag at the top ends the attempt.
"""

import re

_ATOM = re.compile(
    r"(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<escape>\\.)|(?P<open>\()|(?P<close>\))|(?P<any>[.^$])"
    r"|(?P<repeat>[*+?]\??|\{\d*,?\d*\}\??)|(?P<or>\|)|(?P<char>.)",
    re.S,
)
_REFUSED = re.compile(r"\[:|\(\?(?!:)|\\[QxpPC]")
LEAST = 2
"""Characters of a text that is worth looking for. Ours."""


def required_literal(pattern: str) -> str | None:
    """The longest text of a pattern that every match contains; None where none is known."""
    if _REFUSED.search(pattern):
        return None
    runs, run, depth = [""], "", 0
    for match in _ATOM.finditer(pattern):
        kind, text = match.lastgroup, match[0]
        if kind == "or" and depth == 0:
            return None
        literal = text if kind == "char" else text[1] if kind == "escape" and not text[1].isalnum() else ""
        if kind == "repeat":
            # of a repeated character, one is in every match where it must be there at all; a group before it is none
            run = run if text.startswith("+") else run[:-1]
        depth += (kind == "open") - (kind == "close")
        if depth == 0 and literal and kind in ("char", "escape"):
            run += literal
        else:
            runs.append(run)
            run = ""
    longest = max([*runs, run], key=len)
    return longest if len(longest) >= LEAST else None
