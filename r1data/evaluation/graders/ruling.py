"""Who is right where graders disagree, as far as can be told.

A label decides, where the data has one. Without, a response whose thoughts were never closed is wrong, whatever stands
in them, and exact arithmetic decides on the others: where all answers that graders read are plain numbers, or the
truth's own text, either all of them equal the truth or none does. Where graders read different answers from one
response, of which one is right, nothing here can tell which one the response means.

Not done: formulas, units, rounding. To compare those is what the graders are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

NUMBER_CHARACTERS = 60
"""Longest text that is read as a number. Ours."""
NO_TRUTH = "no truth"
NO_ANSWER = "no grader shows an answer"
NO_NUMBER = "an answer, or the truth, is no plain number"
SEVERAL = "graders read different answers"
SHORT: Mapping[str, str] = {
    NO_TRUTH: "no truth",
    NO_ANSWER: "no answer",
    NO_NUMBER: "no number",
    SEVERAL: "answers differ",
}
"""Why it cannot be told → the same in two words, for tables."""
_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(\.\d+)?(?:/(\d+))?", re.ASCII)
_FRACTION = re.compile(r"([+-]?)\\[dt]?frac\{(-?\d+)\}\{(\d+)\}", re.ASCII)


class Ruling(NamedTuple):
    """Whether a response is right (None: cannot be told), and by what: `label`, `thoughts`, `arithmetic`, or "" with
    the reason."""

    right: bool | None
    by: str
    reason: str = ""


def rule(
    truth: str | None, label: bool | None, answers: Iterable[str | None], *, in_thoughts: bool = False
) -> Ruling:
    """Whether a response is right.

    Args:
        truth: of its question.
        label: whether it is right, by who made the data.
        answers: what graders read as its answer; None where one read nothing.
        in_thoughts: whether its thoughts were never closed, so that it has no answer.
    """
    read = list(dict.fromkeys(answer.strip() for answer in answers if answer is not None))
    by_arithmetic = _by_arithmetic(truth, read)
    if label is None and in_thoughts:
        return Ruling(False, "thoughts", "the thoughts were never closed: what stands in them is no answer")
    if label is None:
        return by_arithmetic
    if by_arithmetic.right not in (None, label):
        return Ruling(label, "label", f"though {by_arithmetic.reason}")
    return Ruling(label, "label")


def _by_arithmetic(truth: str | None, answers: list[str]) -> Ruling:
    if truth is None:
        return Ruling(None, "", NO_TRUTH)
    if not answers:
        return Ruling(None, "", NO_ANSWER)
    equal = [is_equal(answer, truth) for answer in answers]
    if None in equal:
        return Ruling(None, "", NO_NUMBER)
    if len(set(equal)) > 1:
        return Ruling(None, "", SEVERAL)
    if equal[0]:
        return Ruling(True, "arithmetic", "the answer equals the truth exactly")
    return Ruling(False, "arithmetic", "the answer is another number than the truth")


def is_equal(answer: str, truth: str) -> bool | None:
    """Whether an answer is the truth, by its text or as a number; None where one of the two is no plain number."""
    if answer.strip() == truth.strip():
        return True
    numbers = exact_number(answer), exact_number(truth)
    return None if None in numbers else numbers[0] == numbers[1]


def exact_number(text: str) -> Fraction | None:
    r"""The number that a text is, exactly; None where it is none.

    `-1,234.50`, `.5`, `3/4` and `\frac{3}{4}`, with a dollar sign, a box or a full stop around it. `1,23` is no number.
    """
    text = text.strip()
    if len(text) > NUMBER_CHARACTERS:
        return None
    text = text.replace("\\$", "").replace("$", "").replace("\\!", "").strip().removesuffix(".")
    text = text.removeprefix("\\boxed{").removesuffix("}") if text.startswith("\\boxed{") else text
    text = text.replace(" ", "")
    if match := _FRACTION.fullmatch(text):
        numerator, denominator = int(match[2]), int(match[3])
        return Fraction(numerator, denominator) * (-1 if match[1] == "-" else 1) if denominator else None
    match = _NUMBER.fullmatch(text)
    if match is None or (match[2] is None and match[3] is None):
        return None
    value = Fraction((match[2] or "0").replace(",", "") + (match[3] or ""))
    if match[4] is not None:
        if not int(match[4]):
            return None
        value /= int(match[4])
    return -value if match[1] == "-" else value
