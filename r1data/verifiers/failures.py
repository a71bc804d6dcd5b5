"""Gives what a checker raises to the case that made it raise: the other cases of a batch keep their verdicts.

A batch that raises is halved until the cases that raise stand alone; each of those gets the verdict `error`. A
UserError is about the set-up (a package or a server that is missing) and holds for all cases it was raised for:
`no_checker`. What ends the program (Ctrl-C, SystemExit) is never caught. A batch of n cases of which k raise takes up
to 2 k log2(n) further calls.

Not done here: time-outs, and limits of memory; a checker that may hang or grow has a process of its own.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from types import NoneType
from typing import Any, TypeVar, TypeVarTuple

from r1data.data.text import message_of, one_line
from r1data.errors import UserError
from r1data.verifiers.verdict import CAUSES, DECIDED, WORDS, Case, NamedScores, Verdict

REASON_CHARS = 300
ENDS_THE_PROGRAM = (KeyboardInterrupt, SystemExit, GeneratorExit)
"""Raised to stop, not because of a case. All else is caught: a panic in Rust is no `Exception`."""

TEXT = (str, NoneType)
Item = TypeVar("Item")
Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


def check_batch(
    name: str, check: Callable[[Sequence[Case]], Sequence[Verdict]], cases: Sequence[Case]
) -> list[Verdict]:
    """A verdict for each case, from a check that takes many: `error` for those that it cannot take even alone.

    Args:
        name: of the verifier, for the reason.
        check: gives a verdict for each case.
        cases: in order; none at all is no call.
    """
    if not cases:
        return []
    try:
        return _one_for_each(check, cases, "verdicts", refuse_malformed)
    except UserError as error:
        return [failed(name, error)] * len(cases)
    except ENDS_THE_PROGRAM:
        raise
    except BaseException as error:  # noqa: BLE001  the verdict says so
        if len(cases) == 1:
            return [failed(name, error)]
    half = len(cases) // 2
    return check_batch(name, check, cases[:half]) + check_batch(name, check, cases[half:])


def check_case(name: str, check: Callable[[*Arguments], Verdict], *arguments: *Arguments) -> Verdict:
    """`check(*arguments)`, a verdict on one case: `error` where that raises. For checks that take cases one by one."""
    # Not by way of `check_batch`: most rules take microseconds, and its lists would be a third of that.
    try:
        verdict = check(*arguments)
        refuse_malformed(verdict)
        return verdict
    except ENDS_THE_PROGRAM:
        raise
    except BaseException as error:  # noqa: BLE001  the verdict says so
        return failed(name, error)


def score_batch(
    score: Callable[[Sequence[Item]], Sequence[NamedScores]], items: Sequence[Item]
) -> list[NamedScores]:
    """The scores of each item, where some of them depend on all items: none for an item that raises alone.

    Without those that raise, the others are scored together once more, so that their scores are what they would have
    been had the others never been there.

    Raises:
        UserError: as `score` does.
    """
    try:
        return _scores(score, items)
    except (UserError, *ENDS_THE_PROGRAM):
        raise
    except BaseException:  # noqa: BLE001  scores say nothing of an item that cannot be scored
        bad = set(_raising(lambda places: _scores(score, [items[n] for n in places]), range(len(items))))
    good = [n for n in range(len(items)) if n not in bad]
    if not bad or not good:
        return [{}] * len(items)
    scored = dict(zip(good, score_batch(score, [items[n] for n in good]), strict=True))
    return [scored.get(n, {}) for n in range(len(items))]


def _scores(
    score: Callable[[Sequence[Item]], Sequence[NamedScores]], items: Sequence[Item]
) -> list[NamedScores]:
    return _one_for_each(score, items, "scores", _refuse_no_numbers)


def _one_for_each(
    call: Callable[[Sequence[Item]], Sequence[Result]],
    items: Sequence[Item],
    noun: str,
    refuse: Callable[[Any], None],
) -> list[Result]:
    """What `call` gives for each item. Raises ValueError or TypeError where that is another number, or malformed."""
    results = list(call(items))
    if len(results) != len(items):
        raise ValueError(f"{len(results)} {noun} for {len(items)} responses")
    for result in results:
        refuse(result)
    return results


def _raising(call: Callable[[Sequence[int]], Any], places: Sequence[int]) -> Collection[int]:
    """The places on which `call` raises alone."""
    try:
        call(places)
        return ()
    except (UserError, *ENDS_THE_PROGRAM):
        raise
    except BaseException:  # noqa: BLE001  which places raise is what is asked
        if len(places) == 1:
            return places
    half = len(places) // 2
    return [*_raising(call, places[:half]), *_raising(call, places[half:])]


def failed(name: str, error: BaseException) -> Verdict:
    """The verdict `error`: of cause `no_checker` where a user can mend it, a missing package or server say."""
    message = message_of(error)
    if isinstance(error, UserError):
        return Verdict("error", reason=one_line(message, REASON_CHARS), cause="no_checker")
    reason = f"{name} failed with {type(error).__name__}" + (f": {message}" if message else "")
    return Verdict("error", reason=one_line(reason, REASON_CHARS), cause="crash")


def refuse_malformed(verdict: Any) -> None:
    """Raises TypeError where a verdict of a checker, another package's say, cannot be written as one."""
    if type(verdict) is Verdict and verdict.score in (1.0, 0.0) and type(verdict.score) is float:
        # Most of them: a word of ours, a score, an answer. All else is looked at below.
        plain = verdict.cause is None and verdict.measures is None and verdict.reason is None
        if plain and verdict.verdict in DECIDED and isinstance(verdict.extracted, TEXT):
            return
    if not isinstance(verdict, Verdict):
        raise TypeError(f"a {type(verdict).__name__} in place of a verdict")
    if verdict.verdict not in WORDS:
        raise TypeError(f"a verdict that is {verdict.verdict!r}; it is one of {', '.join(WORDS)}")
    if verdict.cause not in CAUSES if verdict.cause is not None else verdict.verdict not in DECIDED:
        raise TypeError(f"a cause that is {verdict.cause!r}; it is one of {', '.join(CAUSES)}")
    if not _is_number(verdict.score):
        raise TypeError(f"a score that is a {type(verdict.score).__name__} and no finite number")
    if not isinstance(verdict.extracted, TEXT):
        raise TypeError(f"a {type(verdict.extracted).__name__} where a text should be")
    if not isinstance(verdict.reason, TEXT):
        raise TypeError(f"a {type(verdict.reason).__name__} where a text should be")
    if verdict.measures is not None:
        _refuse_no_numbers(verdict.measures)


def _refuse_no_numbers(numbers: Any) -> None:
    if not isinstance(numbers, Mapping):
        raise TypeError(f"a {type(numbers).__name__} in place of numbers by name")
    for name, number in numbers.items():
        if not isinstance(name, str) or not _is_number(number):
            raise TypeError(f"{name!r:.100}: a {type(number).__name__} in place of a finite number")


def _is_number(value: Any) -> bool:
    """Whether that is None or a number that a column of floats holds: Arrow takes no integer beyond 2^53 there."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, int) and abs(value) <= 2**53)
