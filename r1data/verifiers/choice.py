r"""`choice`: one letter of A to J, as in multiple choice.

Read: `C`, `(C)`, `C.`, `C) 5`, `\boxed{C}`, `Answer: C`, `\text{(C)}`, bold. Two letters are no answer.
Not covered: an option's text given instead of its letter, several right letters, options beyond J.
"""

import re

from r1data.data.responses import split
from r1data.verifiers import extract
from r1data.verifiers.math import spelling
from r1data.verifiers.verdict import Verdict, correct, incorrect, no_answer, unverifiable

VERSION = "1"
LIMIT = 1_000

_LETTER = re.compile(r"\(?([A-Ja-j])\)?(?:[.):](?:\s.*)?|\s*\)?)", re.S)
_OPTION = re.compile(r"(?:option|choice|选项?)\s*(.+)", re.I | re.S)
_ALONE = re.compile(r"(?<![\w'’])\(?([A-J])\)?(?![\w'’])")


def check(response: str, truth: str | None, time_limit: float) -> Verdict:
    """Verify one response against a truth that is a letter, with or without its option's text."""
    wanted = letter(truth or "")
    if wanted is None:
        return unverifiable("the truth is not a choice letter from A to J")
    answer = split(response).answer
    if answer is None:
        return no_answer("after the thoughts: they were never closed")
    boxed = extract.boxes(answer)
    if boxed:
        texts = boxed
    else:
        found = extract.marked(answer) or extract.closing(answer)
        texts = [found.text] if found else []
    letters = {letter(text) for text in texts}
    if len(letters) != 1 or None in letters:
        return no_answer("found that is one letter from A to J", "; ".join(texts)[:LIMIT] or None)
    (given,) = letters
    return correct(given) if given == wanted else incorrect(given)


def letter(text: str) -> str | None:
    """The one letter that a short text gives, in upper case; None where it gives none or several."""
    if not text or len(text) > LIMIT:
        return None
    text = spelling.normal(text)
    if option := _OPTION.fullmatch(text):
        text = option.group(1)
    if not (found := _LETTER.fullmatch(text)):
        return None
    chosen = found.group(1).upper()
    others = {other for other in _ALONE.findall(text[1:]) if other not in (chosen, "A", "I")}
    return None if others else chosen
