"""Votes: which answers are one, and what the majority is worth on average."""

import math
import random
from collections.abc import Sequence

import pytest

from r1data.evaluation.voting import EXCERPT, Answers, vote_all, vote_text
from r1data.verifiers.judge import judge
from r1data.verifiers.verdict import Verdict


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


@pytest.mark.parametrize(
    ("verdict", "cause", "extracted", "answer", "text"),
    [
        ("incorrect", None, "3", "It is 3.", "3"),
        ("incorrect", None, None, "No  bullets\n here", "No bullets here"),
        ("correct", None, None, "* a", "* a"),
        ("incorrect", None, None, None, None),
        ("incorrect", None, None, " \n", None),
        ("unverifiable", "no_answer", None, "no comment", None),
        ("unverifiable", "no_answer", "3", "3, or rather not", None),
        ("timeout", None, None, "slow", None),
    ],
)
def test_what_votes_for_a_response(
    verdict: str, cause: str | None, extracted: str | None, answer: str | None, text: str | None
) -> None:
    assert vote_text(verdict, cause, extracted, answer) == text


def test_long_answers_that_begin_alike_are_not_the_same_answer() -> None:
    assert judge.SHOWN_CHARS == EXCERPT
    answers = ["so\n" * EXCERPT + end for end in ("yes", "no")]
    excerpt = Verdict("incorrect", extracted=answers[0][:EXCERPT]).extracted
    one, other = (vote_text("incorrect", None, excerpt, answer) for answer in answers)
    assert one != other and one == vote_text("incorrect", None, None, answers[0])
