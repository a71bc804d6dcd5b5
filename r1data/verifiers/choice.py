r"""`choice`: one letter of A to J, as in multiple choice.

Read: `C`, `(C)`, `C.`, `C) 5`, `\boxed{C}`, `Answer: C`, `\text{(C)}`, bold. Two letters are no answer.
Not covered: an option's text given instead of its letter, several right letters, options beyond J.
"""

import re

from r1data.data.responses import split
from r1data.verifiers import extract
from r1data.verifiers.math import spelling
from r1data.verifiers.verdict import (
    Case,
    Verdict,
    Verifier,
    correct,
    incorrect,
    no_answer,
    no_truth,
    undecided,
    unverifiable,
)

LIMIT = 1_000

_LETTER = re.compile(r"\(?([A-Ja-j])\)?(?:[.):](?:\s.*)?|\s*\)?)", re.S)
_OPTION = re.compile(r"(?:option|choice|选项?)\s*(.+)", re.I | re.S)
_ALONE = re.compile(r"(?<![\w'’])\(?([A-J])\)?(?![\w'’])")


def check(case: Case, time_limit: float) -> Verdict:
    """Verify one response against a truth that is a letter, with or without its option's text."""
    truth = case.truth
    if truth is None or not truth.strip():
        return no_truth()
    expected_letter = letter(truth)
    if expected_letter is None:
        return unverifiable("bad_truth", "the truth is not a choice letter from A to J")
    answer = split(case.response).answer
    if answer is None:
        return no_answer("after the thoughts: they were never closed")
    boxed = extract.boxes(answer)
    if boxed:
        texts = boxed
    else:
        extracted = extract.marked_answer(answer) or extract.closing_answer(answer)
        texts = [extracted.text] if extracted else []
    if not texts:
        return no_answer("found in what follows the thoughts")
    letters = {letter(text) for text in texts}
    if len(letters) == 1 and None not in letters:
        (answer_letter,) = letters
        return correct(answer_letter) if answer_letter == expected_letter else incorrect(answer_letter)
    extracted_text = "; ".join(texts)[:LIMIT]
    # Texts that are no single letter may still name several ("A or B"): those are no answer, others are undecided.
    if len(letters - {None}) > 1 or any(
        len(set(_ALONE.findall(spelling.normal(text[:LIMIT])))) > 1 for text in texts
    ):
        return no_answer("that is one: several letters", extracted_text)
    return undecided("the answer cannot be read as one letter from A to J", extracted_text)


def letter(text: str) -> str | None:
    """The choice letter in a short text, in upper case; None if there is none, or several."""
    if not text or len(text) > LIMIT:
        return None
    text = spelling.normal(text)
    if option := _OPTION.fullmatch(text):
        text = option.group(1)
    if not (match := _LETTER.fullmatch(text)):
        return None
    chosen_letter = match.group(1).upper()
    # "A" and "I" are words of English as well: beside the chosen letter they name no second option.
    others = {other for other in _ALONE.findall(text[1:]) if other not in (chosen_letter, "A", "I")}
    return None if others else chosen_letter


VERIFIER = Verifier(
    name="choice",
    check=check,
    version="1",
    summary="one letter from A to J",
    judge_may_review=True,
)
