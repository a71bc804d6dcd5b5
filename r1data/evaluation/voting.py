"""The majority vote over a prompt's answers (cons@k, R1 section 3), without what reads tables."""

from collections.abc import Sequence


def vote(answers: Sequence[str | None], correct: Sequence[bool]) -> float:
    """The score of the majority of one prompt's answers: 1, 0, or in a tie the share of correct ones among
    the tied.
    """
    # None stands for the correct answer, however it is written: 0.5 and 1/2 must not split their votes.
    votes: dict[str | None, int] = {}
    for answer, right in zip(answers, correct, strict=True):
        if right or answer is not None:
            votes[None if right else answer] = votes.get(None if right else answer, 0) + 1
    top = [answer for answer, count in votes.items() if count == max(votes.values())]
    return top.count(None) / len(top) if top else 0.0
