r"""Answers in double square brackets, `[[answer]]`, as some sets ask for and have their truths in (KOR-Bench).

Where the truth is `[[X]]`, brackets in the response are its box: what they hold is compared with X, and X with what
other rules find where there are none. A truth that has lost its blanks (`[[AxAyH(x,y)]]`) is compared without blanks;
elsewhere those around signs count as nothing (`[[a,b]]` is `[[a, b]]`).

Not done: reading a formula or a list in the brackets as what it means; another solution than the truth's.
"""

import re
from collections.abc import Callable

from r1data.verifiers.extraction import beside
from r1data.verifiers.verdict import Verdict, correct, incorrect, no_answer, undecided

LIMIT = 2_000
"""Most characters between a pair of brackets."""

_SUM = re.compile(r"[\d+*/×÷()-]{3,}=-?\d+")
_AROUND_SIGNS = re.compile(r"\s*([^\w\s]|_)\s*")


def content(truth: str) -> str | None:
    """What a truth in double brackets holds; None where it is no such truth."""
    truth = truth.strip()
    return truth[2:-2].strip() if truth.startswith("[[") and truth.endswith("]]") and len(truth) > 4 else None


def bracketed(text: str) -> list[tuple[str, int, int]]:
    """(content, start, end) of the double brackets of a text, in their order; brackets within are part of them."""
    contents: list[tuple[str, int, int]] = []
    start = text.find("[[")
    while start >= 0:
        depth, place = 0, start
        stop = min(len(text), start + LIMIT)
        while place < stop:
            depth += {"[": 1, "]": -1}.get(text[place], 0)
            # `[[B];[A]]` opens and closes twice within.
            if depth <= 0 and text[place - 1 : place + 1] == "]]":
                contents.append((text[start + 2 : place - 1].strip(), start, place + 1))
                break
            place += 1
        start = text.find("[[", place + 1)
    return [brackets for brackets in contents if brackets[0]]


def compare(answer: str, expected: str, fold: Callable[[str], str]) -> Verdict | None:
    """The verdict on an answer with double brackets; None where it has none.

    Args:
        answer: what a reader sees behind the thoughts.
        expected: what the truth's brackets hold.
        fold: one spelling of a text, for comparing.
    """
    brackets = bracketed(answer)
    if not brackets:
        return None
    contents = {_folded(held, expected, fold): held for held, _, _ in brackets}
    if len(contents) > 1:
        return no_answer(
            f"found: {len(contents)} double brackets that differ", "; ".join(contents.values())[:LIMIT]
        )
    ((folded, held),) = contents.items()
    _, start, end = brackets[-1]
    if beside.denies(answer[:start], answer[end:]):
        return no_answer("that stands: the words beside the double brackets deny it", held)
    folded_truth = _folded(expected, expected, fold)
    if folded == folded_truth:
        return correct(held)
    if _may_be_another_solution(folded, folded_truth):
        return undecided("the truth may be one of several solutions, or list them", held)
    return incorrect(held)


def _may_be_another_solution(text: str, expected: str) -> bool:
    """Whether an answer holds some of a truth's words, or all in another order, or is another sum with its result."""
    items, expected_items = re.split(r"[\s,;]+", text), re.split(r"[\s,;]+", expected)
    are_words = all(item.isalpha() and len(item) > 2 for item in expected_items)
    if are_words and len(expected_items) > 1 and set(items) <= set(expected_items):
        return True
    is_sum = _SUM.fullmatch(text) and _SUM.fullmatch(expected)
    return bool(is_sum) and text.rpartition("=")[2] == expected.rpartition("=")[2]


def _folded(text: str, expected: str, fold: Callable[[str], str]) -> str:
    text = fold(text.replace("][", " "))
    text = re.sub(r"\s+", "", text) if not re.search(r"\s", expected) else _AROUND_SIGNS.sub(r"\1", text)
    while text[:1] == "(" and _closing(text) == len(text) - 1:
        text = text[1:-1]
    return text


def _closing(text: str) -> int:
    """Where the parenthesis that opens a text is closed; -1 where it is not."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return place
    return -1
