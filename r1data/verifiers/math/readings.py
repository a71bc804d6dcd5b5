r"""Other readings of an answer or a truth, for a pair that does not agree as it is written.

A certain reading is another spelling of the same (`12,34,567` is grouped as in India, j is i where the truth has i,
`7 \bmod 4` is 3); an uncertain one is what the text may also mean (`1.234,5` and `3,5` with a decimal comma, `1.234`
with a point between thousands). Where an uncertain one agrees, the pair is undecided and no mistake.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAY_BE_OTHER = re.compile(r"\d[.,]\d|\d \d|[jJ]|\\b?mod(?![a-z])")
"""Whether a text has any other reading: searched before anything is read twice."""

_LAKHS = re.compile(r"-?[1-9]\d?(?:,\d\d)+,\d{3}(?:\.\d+)?")
_COMMA_FOR_SURE = re.compile(r"-?[1-9]\d{0,2}(?:(?:\.\d{3})+|(?: \d{3})+),\d+|-?\d+,\d+ ?[€]|-?0,\d+")
_POINT_FOR_SURE = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+\.\d+|-?\d+\.(?:\d{1,2}|\d{4,})|-?0\.\d+")
_GROUPED_BY_POINTS = re.compile(r"(?<![\d.,_^])([1-9]\d{0,2}(?:[. ]\d{3})+)(?=,\d|(?![\d.,]))")
_COMMA = re.compile(r"(?<=\d),(?=\d)")
_IMAGINARY = re.compile(r"(?<![a-zA-Z\\])([ij])(?![a-zA-Z])")
_REMAINDER = re.compile(r"\(?(-?\d{1,15})\)?\s*\\b?mod\s*\(?(\d{1,15})\)?")


class Reading(NamedTuple):
    """Two texts to compare, and whether they are certainly what is meant."""

    answer: str
    truth: str
    certain: bool


def others(answer: str, truth: str) -> Iterator[Reading]:
    """Other readings of a pair of normal texts."""
    if _LAKHS.fullmatch(answer) and "," not in truth:
        yield Reading(answer.replace(",", ""), truth, True)
    if _LAKHS.fullmatch(truth) and "," not in answer:
        yield Reading(answer, truth.replace(",", ""), True)
    for one, other in ((answer, truth), (truth, answer)):
        letters = set(_IMAGINARY.findall(one)), set(_IMAGINARY.findall(other))
        if letters == ({"j"}, {"i"}):
            swapped = _IMAGINARY.sub("i", one)
            yield Reading(swapped, other, True) if one is answer else Reading(other, swapped, True)
    if (remainder := _REMAINDER.fullmatch(answer)) and int(remainder[2]):
        value = str(int(remainder[1]) % int(remainder[2]))
        yield Reading(value, truth, "(" not in answer or value == remainder[1])
    yield from _with_decimal_commas(answer, truth)


def _with_decimal_commas(answer: str, truth: str) -> Iterator[Reading]:
    """With commas for points and points for commas, in one or both; certain where the truth shows that it is so."""
    answer_swapped, truth_swapped = _swapped(answer), _swapped(truth)
    if _COMMA_FOR_SURE.fullmatch(truth):
        yield Reading(answer if _POINT_FOR_SURE.fullmatch(answer) else answer_swapped, truth_swapped, True)
        return
    if answer_swapped != answer:
        yield Reading(answer_swapped, truth, False)
    if truth_swapped != truth:
        yield Reading(answer, truth_swapped, False)


def _swapped(text: str) -> str:
    """A text with decimal commas and points between thousands in the other style; `;` between items becomes a comma."""
    if not MAY_BE_OTHER.search(text):
        return text
    plain = _GROUPED_BY_POINTS.sub(lambda number: number[1].replace(".", "").replace(" ", ""), text)
    return _COMMA.sub(".", plain).replace(";", ",")


def as_words(text: str) -> str:
    """A text for comparing letter by letter: without blanks beside signs, words in lower case, no final mark.

    Letters that may be names (`A`, `AB`) and units (`mW`) keep their case.
    """
    text = _SINGLE.sub(r"\1", _AFTER_COMMAND.sub(r"\1", text))
    bare = " ".join(_AROUND_SIGNS.sub(r"\1", text).split()).rstrip("!. ")
    return _CAPITALS.sub(lambda word: word[0].lower(), bare).removeprefix("the ")


_AFTER_COMMAND = re.compile(r"(\\[a-zA-Z]+)\s+(?=[\w\\{])")
_SINGLE = re.compile(r"(?<!\\)\{(\w)\}")
"""`\\vec{v}` and `\\vec v` are the same, as are `x^{2}` and `x^2`."""
_AROUND_SIGNS = re.compile(r"\s*([^\w\s])\s*")
_CAPITALS = re.compile(r"(?<![\\A-Za-z])(?:[A-Z][a-z]{2,}|[A-Z]{4,}|No|Is|If|An|In|On|To|It)(?![A-Za-z])")
