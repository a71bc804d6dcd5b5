"""The steps of a response of the miniature world, and which of them are right.

A step ends with a comma or a full stop of either language; what follows the last of them, with the answer in it, is the
last step. Each step rewrites what remains of the sum, so that arithmetic alone says whether it is right: it is, when
what it states comes to the sum's value. The last step is right when the verifier says so of the whole response. No step
is labelled by people or by a judge, as 4.2 of the paper finds hard to do; outside of this world there is no such rule.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from r1data.training.miniature.world import COMMA, STOP

MARKS = frozenset({*COMMA.values(), *STOP.values()})
"""Tokens that end a step."""
_CHAIN = re.compile(r"\d+(?:[+-]\d+)*")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a response: its text, and the tokens from `start` up to `end`."""

    start: int
    end: int
    text: str


def split(tokens: Sequence[str]) -> list[Step]:
    """The steps of a response, given as the texts of its tokens; together they are the whole response."""
    ends = [place + 1 for place, token in enumerate(tokens) if token in MARKS]
    if tokens and (not ends or ends[-1] < len(tokens)):
        ends.append(len(tokens))
    starts = [0, *ends][: len(ends)]
    return [Step(start, end, "".join(tokens[start:end])) for start, end in zip(starts, ends, strict=True)]


def value_of(chain: str) -> int:
    """The value of a chain of + and −, such as "7+5-3". Raises ValueError for other text."""
    if not _CHAIN.fullmatch(chain):
        raise ValueError(f"no chain of + and -: {chain!r}")
    return sum(map(int, re.findall(r"[+-]?\d+", chain)))


def stated(text: str) -> int | None:
    """The value of the last chain that a text states; None where it has no number."""
    chains = _CHAIN.findall(text)
    return value_of(chains[-1]) if chains else None


def exact_labels(steps: Sequence[Step], truth: int, correct: bool) -> list[float]:
    """1 for each step that is right, 0 for the others; a step without a number is as right as the one before it.

    Args:
        steps: of one response.
        truth: the value of the sum.
        correct: what the verifier says of the response, the label of the last step.
    """
    labels: list[float] = []
    for step in steps[:-1]:
        value = stated(step.text)
        before = labels[-1] if labels else 1.0
        labels.append(before if value is None else float(value == truth))
    return [*labels, float(correct)] if steps else []
