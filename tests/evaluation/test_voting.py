"""Votes: which answers are one, and what the majority is worth on average."""

import math
import random
from collections.abc import Sequence

import pytest

from r1data.evaluation.voting import Answers, vote_all


def votes(texts: Sequence[str | None], right: int, verifier: str | None = "math") -> float:
    """The score of `texts`, of which the first `right` were judged right."""
    return vote_all([Answers(texts, [number < right for number in range(len(texts))], verifier)])[0]


def test_wrong_answers_that_the_verifier_calls_equal_vote_together() -> None:
    texts = ["3", "3", "0.5", "1/2", r"\frac{1}{2}"]
    assert (votes(texts, 2), votes(texts, 2, "code"), votes(texts, 2, None)) == (0.0, 1.0, 1.0)


def test_a_third_answer_joins_two_and_the_order_changes_nothing() -> None:
    texts = ["7", "7", "0.5", "1/2", "2/4", "4"]
    for seed in range(4):
        order = random.Random(seed).sample(range(len(texts)), len(texts))
        shuffled = Answers([texts[i] for i in order], [i < 2 for i in order], "math")
        assert vote_all([shuffled]) == [0.0]


def test_what_cannot_be_compared_is_different() -> None:
    assert votes(["3", r"\frac{1", "{{", "["], 1) == pytest.approx(1 / 4)


def test_questions_do_not_mix() -> None:
    one, other = Answers(["3", "0.5"], [True, False], "math"), Answers(["4", "1/2"], [True, False], "math")
    assert vote_all([one, other]) == [0.5, 0.5]


def test_the_mean_score_is_the_chance_of_a_majority() -> None:
    """Five votes, right with 0.4, else one wrong answer in one of two spellings: right where three or more are."""
    source, draws = random.Random(7), 1_000
    questions = []
    for _ in range(draws):
        right = [source.random() < 0.4 for _ in range(5)]
        questions.append(
            Answers([("3" if r else source.choice(["0.5", "1/2"])) for r in right], right, "math")
        )
    expected = math.fsum(math.comb(5, n) * 0.4**n * 0.6 ** (5 - n) for n in (3, 4, 5))
    mean = math.fsum(vote_all(questions)) / draws
    assert mean == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / draws))
