"""Repeats over a column: no less than counting words and sentences one by one finds, and the same decisions."""

import zlib
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from r1data.filters import repetition_signs as repetition
from r1data.filters.limits import LIMITS
from r1data.filters.repetition import repetitive
from r1data.filters.repetition_prefilter import repeats
from r1data.filters.repetition_signs import NGRAM_SHARE, TAIL_BYTES, TAIL_RATIO
from r1data.filters.token_arrays import token_arrays

_WORD = repetition.WORD
words = st.sampled_from(
    [
        "so",
        "x",
        "the",
        "sum",
        "12",
        "7.",
        "Éa",
        "等",
        "は",
        "ไทย",
        "เราไปกัน",
        "ผลเท่ากับ",
        "\n",
        ".",
        "!",
        " ",
        "_",
        "seventeenletters",
    ]
)
texts = st.lists(words, max_size=200).map(" ".join) | st.text(max_size=300)
loops = st.tuples(texts, st.text(min_size=1, max_size=40), st.integers(1, 300), texts).map(
    lambda parts: f"{parts[0]}{parts[1] * parts[2]}{parts[3]}"
)


def counted(text: str) -> float:
    found = _WORD.findall(text.lower())
    grams = Counter(
        tuple(found[place : place + 10])
        for place in range(len(found) - 9)
        if sum(_spoken(word) for word in found[place : place + 10]) >= 5
    )
    total = sum(grams.values())
    return (total - len(grams)) / total if total >= 40 else 0.0


def _spoken(word: str) -> bool:
    return not word.isdecimal() and (len(word) > 1 or not word.isascii())


def prechecks(column: list[str]) -> list[tuple[float, bool, bool]]:
    """Share of sequences at most, whether sentences may recur, whether there may be a run; by text."""
    found: dict[int, tuple[float, bool, bool]] = {}
    for places, text in token_arrays(column):
        seen = repeats(text, LIMITS)
        found |= dict(zip(places, zip(seen.ngrams, seen.sentences, seen.runs, strict=True), strict=True))
    return [found[place] for place in range(len(column))]


@given(texts | loops)
def test_ngram_shares_are_those_of_counting(text: str) -> None:
    assert repetition.repeated_ngrams(text) == pytest.approx(counted(text))


@given(st.lists(texts | loops, min_size=1, max_size=6))
@example(["Wait, let me check 1 again. " * 30, "等等，让我再检查一遍。" * 25])
@example(["ΑΣ ΑΣα ας İx " * 30 + "ασ " * 9])
def test_no_repetition_stays_unseen(column: list[str]) -> None:
    for text, (share, sentences, runs) in zip(column, prechecks(column), strict=True):
        assert share >= counted(text) - 1e-9
        assert sentences or not repetition.has_same_units(text)
        assert runs or not repetition.has_run(text)


@given(texts, st.text(min_size=1, max_size=20), texts)
def test_no_run_stays_unseen(before: str, pattern: str, after: str) -> None:
    run = pattern * (120 if len(pattern) == 1 else 40)
    ((_, _, seen),) = prechecks([before + run + after])
    assert seen


@given(st.lists(texts | loops, min_size=1, max_size=6))
def test_many_texts_are_judged_as_each_alone(column: list[str]) -> None:
    found: dict[int, bool] = {}
    for places, text in token_arrays(column):
        found |= dict(zip(places, repetitive(text, None).tolist(), strict=True))
    assert [found[place] for place in range(len(column))] == list(map(repetition.is_repetitive, column))


@given(loops)
def test_an_empty_tail_is_one_that_zlib_says_is_empty(text: str) -> None:
    tail = text[-TAIL_BYTES.default :].encode()[-TAIL_BYTES.default :]
    empty = len(tail) >= 1_500 and len(zlib.compress(tail, 6)) < TAIL_RATIO.default * len(tail)
    assert repetition.has_empty_tail(text) == empty


def test_what_is_said_of_a_text_does_not_depend_on_its_neighbours() -> None:
    column = ["the same ten words again and again in a row " * 20, "等一下" * 200, "", "plain", "x " * 500]
    said = [(share > NGRAM_SHARE.default, *rest) for share, *rest in prechecks(column * 400)]
    assert said == [(share > NGRAM_SHARE.default, *rest) for share, *rest in prechecks(column)] * 400
