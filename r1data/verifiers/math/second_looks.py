r"""What a pair that does not agree as it is written may still be: the same text, or the same in another reading.

Looked at in this order, and only where the first comparison has not said `correct`: the same text once its dressing is
off, whatever it means (`no solution`, `January 5`); digits in a base with letters (`2A_{16}`); a decimal that goes on;
another reading (`readings`); a rounded value. An answer that shows nothing is none.
"""

import re

from r1data.verifiers.math import agreement, bases, decimals, fast, readings, spelling, truths
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.values import Undecided
from r1data.verifiers.verdict import Verdict, correct, incorrect, no_answer, undecided

_ROUNDED = re.compile(r"\\approx(?![a-zA-Z])|≈|[≃≅]|\bapprox|\babout\b|\broughly\b|约")
_IS_NUMBER = re.compile(r"-?[$]?[\d., ]+%?", re.A)
_SEPARATORS = re.compile(r"[^-\d]+")
# Each alternative begins with one letter or sign, by which the pattern is searched for: most texts hold none.
_DECIMAL_COMMA = re.compile(r"(?<=\d),\d")
_LOOKED_AT_AGAIN = re.compile(r"\.(?<=\d\.)\d| (?<=\d )\d|j|J|~|≈|'|/|mod|\\dots|\\ldots|approx|_(?<!log_)")


def look_again(verdict: Verdict, answer: str, truth: str) -> Verdict:
    """A verdict after a second look at the pair.

    Args:
        verdict: on the pair as it is written; not `correct`.
        answer: as written.
        truth: as written, a single right answer.
    """
    if verdict.verdict == "incorrect" and not _may_agree(answer, truth):
        return verdict
    plain, expected = spelling.normal(answer), spelling.normal(truth)
    if not plain:
        return no_answer("that shows", answer)
    if plain == expected or readings.as_words(plain) == readings.as_words(expected):
        return correct(answer)
    if (same := bases.same_digits(plain, expected)) is not None:
        return correct(answer) if same else incorrect(answer)
    if verdict.verdict in ("timeout", "error"):
        return verdict
    if "_" in plain + expected and bases.in_another_base(plain, expected):
        return undecided("the same number in another base", answer)
    for one, other in ((plain, expected), (expected, plain)):
        if decimals.is_dotted(one):
            return _goes_on(one, other, answer)
    for reading in readings.others(plain, expected):
        same = agree(reading.answer, reading.truth)
        if same and not reading.certain:
            return undecided("it may be written in another style", answer)
        if same is not None and reading.certain:
            return correct(answer) if same else incorrect(answer)
    if _ROUNDED.search(truth) and truths.is_closer(answer, truth):
        return correct(answer)
    return _rounded(verdict, answer, plain, expected)


def _may_agree(answer: str, truth: str) -> bool:
    """Whether two values that differ may agree in another reading; values that differ do so in any dressing."""
    if _IS_NUMBER.fullmatch(answer) and _IS_NUMBER.fullmatch(truth):
        # Separators may be read in two ways, and digits in one.
        return _SEPARATORS.sub("", answer).strip("0") == _SEPARATORS.sub("", truth).strip("0")
    return any(_LOOKED_AT_AGAIN.search(text) or _may_hold_decimal_comma(text) for text in (answer, truth))


def _may_hold_decimal_comma(text: str) -> bool:
    """Whether a comma between digits may be a decimal one: within brackets it parts items, unless semicolons do."""
    if "," not in text or (";" not in text and any(map(text.__contains__, "([{"))):
        return False
    return _DECIMAL_COMMA.search(text) is not None


def agree(one: str, other: str) -> bool | None:
    """Whether two texts agree by the fast rules alone; None where they cannot tell."""
    a, b = fast.read(one), fast.read(other)
    if a is None or b is None:
        return None
    try:
        return agreement.same(a, b)
    except (Undecided, Unsupported):
        return None


def _goes_on(dotted: str, other: str, answer: str) -> Verdict:
    """The verdict on a decimal that goes on and another text."""
    period = decimals.as_period(dotted)
    if period is not None and agree(period, other):
        return correct(answer)
    value = decimals.constant(other)
    if value is None:
        return undecided("a decimal that goes on", answer)
    begins = decimals.begins_with(dotted, value)
    if begins is None:
        return undecided("a decimal that goes on behind few digits", answer)
    return correct(answer) if begins else incorrect(answer)


def _rounded(verdict: Verdict, answer: str, plain: str, expected: str) -> Verdict:
    """`undecided` for an answer that says it is rounded, and is the truth rounded, with too few digits to be sure."""
    if verdict.verdict == "incorrect" and _ROUNDED.search(answer):
        value = decimals.constant(expected)
        if value is not None and decimals.rounds(plain, value):
            return undecided("a rounded value of few digits", answer)
    return verdict
