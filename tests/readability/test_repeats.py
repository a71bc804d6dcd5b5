"""Repeats over a column: the same figures as counting words and sentences one by one."""

import re
import zlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from r1data.readability import repetition
from r1data.readability.letters import WIDE
from r1data.readability.limits import LIMITS
from r1data.readability.repeats import LONGEST_UNSEEN_RUN, repeats

_WORD = re.compile(f"[{WIDE}]|[^\\W\\d_{WIDE}]+|\\d+")
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


@given(st.lists(texts | loops, max_size=6))
def test_ngram_shares_are_those_of_counting(column: list[str]) -> None:
    assert repeats(column).ngrams == pytest.approx([counted(text) for text in column])


@given(texts | loops)
@example("Wait, let me check 1 again. " * 30)
def test_no_loop_of_sentences_stays_unseen(text: str) -> None:
    if repetition.has_same_units(text):
        assert repeats([text]).sentences[0] >= LIMITS.recent_same


@given(texts, st.text(min_size=1, max_size=20), texts)
def test_no_run_stays_unseen(before: str, pattern: str, after: str) -> None:
    run = pattern * (LONGEST_UNSEEN_RUN * 2 // len(pattern) + 2)
    assert repeats([before + run + after]).runs[0]


@given(loops)
def test_an_empty_tail_is_one_that_zlib_says_is_empty(text: str) -> None:
    tail = text[-LIMITS.tail_bytes :].encode()[-LIMITS.tail_bytes :]
    empty = len(tail) >= 1_500 and len(zlib.compress(tail, 6)) < LIMITS.tail_ratio * len(tail)
    assert repetition.has_empty_tail(text) == empty


def test_a_text_s_figures_do_not_depend_on_its_neighbours() -> None:
    column = ["the same ten words again and again in a row " * 20, "等一下" * 200, "", "plain", "x " * 500]
    alone = np.array([repeats([text]).ngrams[0] for text in column])
    assert np.array_equal(repeats(column * 400).ngrams, np.tile(alone, 400))
