"""Words and sketches of whole columns: the same as one would count by hand, text by text."""

import random
import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.filters.scripts import HAN, KANA
from r1data.selection.sketch import RUN, similarity, sketches
from r1data.selection.word_hashes import Words, words_of

WORD = re.compile(f"[{HAN}{KANA}]|[a-z0-9à-öø-ÿа-я]+")
ALPHABET = "aB9 ,.\n-+_(é等かЖ１ﬁ\x00"


def spell(words: Words) -> list[list[str]]:
    """The words of each text."""
    starts = words.ends - words.counts
    return [
        [words.spell(place, 1) for place in range(start, end)]
        for start, end in zip(starts, words.ends, strict=True)
    ]


def by_hand(text: str) -> list[str]:
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


def one(text: str) -> Words:
    return next(words_of([text]))


@given(st.lists(st.text(ALPHABET, max_size=40), min_size=1, max_size=8))
def test_words_are_runs_of_letters_and_digits_and_single_han(texts: list[str]) -> None:
    assert spell(next(words_of(texts))) == [by_hand(text) for text in texts]


@given(st.lists(st.text("ab +", max_size=12), min_size=2, max_size=6), st.integers(1, 4))
def test_a_run_never_crosses_from_one_text_into_the_next(texts: list[str], length: int) -> None:
    words = next(words_of(texts))
    runs, places = words.runs(length)
    alone = [run for text in texts for run in one(text).runs(length)[0]]
    assert runs.tolist() == alone and len(words.text_of(places)) == len(alone)


def test_hashes_do_not_depend_on_what_stands_beside_a_text() -> None:
    texts = ["Seven apples", "", "七个 apples", "x" * 200, "x" * 199 + "y"]
    together = next(words_of(texts)).whole()
    assert together.tolist() == [one(text).whole()[0] for text in texts]
    assert len(set(together.tolist())) == len(texts)


def test_long_columns_come_in_pieces_and_lose_nothing() -> None:
    texts = [f"text {n} " + "word " * 300_000 for n in range(14)]
    assert sum(len(words.ends) for words in words_of(texts)) == 14


def test_a_missing_text_has_no_words() -> None:
    assert next(words_of(["a b", None, "c"])).counts.tolist() == [2, 0, 1]


@pytest.mark.parametrize("other", ["What is 7-5+3?", "What is 7+5-4?", "What is 75-3?"])
def test_sums_with_other_signs_or_numbers_differ(other: str) -> None:
    assert one("What is 7+5-3?").sums() != one(other).sums()
    assert one("What is 7+5-3?").sums() == one("so what  is 7 + 5 − 3!?".replace("!", "")).sums()


@pytest.mark.parametrize("count", [40, 3_000])
@pytest.mark.parametrize("changed", [0.0, 0.02, 0.1])
def test_similarity_is_the_share_of_common_runs(count: int, changed: float) -> None:
    draw = random.Random(count)
    words = [f"w{draw.randrange(9_000)}" for _ in range(count)]
    other = [f"v{n}" if draw.random() < changed else word for n, word in enumerate(words)]
    mine, theirs = ({tuple(w[at : at + RUN]) for at in range(count - RUN + 1)} for w in (words, other))
    found, bands = sketches(next(words_of([" ".join(words), " ".join(other)])))
    true = len(mine & theirs) / len(mine | theirs)
    assert abs(float(similarity(found[:1], found[1:])[0]) - true) < 0.12
    assert changed or np.array_equal(bands[0], bands[1])


def test_texts_without_runs_are_like_nothing() -> None:
    found, _ = sketches(next(words_of(["", "", "two words"])))
    assert similarity(found[:2], found[1:]).tolist() == [0.0, 0.0]
