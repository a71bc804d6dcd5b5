"""The majority vote over a prompt's answers (cons@k, R1 section 3), without what reads tables.

Two wrong answers are one where the prompt's verifier calls one right with the other as the truth, in either direction,
or where a third one stands between them: 0.5 and 1/2 must not split their votes. Answers that were judged right are one
in any case. A comparison that is undecided tells answers apart, and so do verifiers without a form of answers
(`Verifier.answer_form`: code, a judge, formats), whose answers are the same where their text is. What votes for a
response is what the verifier extracted; where it decides without extracting anything (`ifeval`, formats), the text
after the thoughts.

Compared is only where it can change the score, and of a prompt the `MOST_TEXTS` most frequent wrong answers (ours).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from r1data.data.text import without_controls
from r1data.verifiers import registry
from r1data.verifiers.verdict import DECIDED

MOST_TEXTS = 12
EXCERPT = 300
"""Characters of an answer that a judge's verdict repeats (`judge.SHOWN_CHARS`): that may be its beginning only."""
LONGEST = 300
"""Characters of an answer that is kept as it is; a longer one votes by its digest. Ours."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One prompt's answers: the texts that vote (`vote_text`; None where none does), and which were judged right."""

    texts: Sequence[str | None]
    correct: Sequence[bool]
    verifier: str | None = None
    prompt: str | None = None


def vote_text(
    verdict: str | None, cause: str | None, extracted: str | None, answer: str | None
) -> str | None:
    """What votes for a response: None where it has no answer.

    Args:
        verdict, cause, extracted: of its verdict.
        answer: the text after its thoughts; None where they were never closed.
    """
    if cause == "no_answer":
        return None  # what was extracted then was taken back, or is one of several
    if extracted is not None and not _is_excerpt(extracted, answer):
        return extracted
    text = " ".join((answer or "").split())
    if verdict not in DECIDED or not text:
        return None
    return text if len(text) <= LONGEST else hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _is_excerpt(extracted: str, answer: str | None) -> bool:
    """Whether no more than an answer's beginning was extracted: two answers that begin alike are not the same."""
    if answer is None or len(answer) <= EXCERPT or len(extracted) < EXCERPT:
        return False
    return extracted == without_controls(answer[:EXCERPT])


def vote(texts: Sequence[str | None], correct: Sequence[bool]) -> float:
    """The score of the majority of one prompt's answers, which are the same where their text is: 1, 0, or in a tie the
    share of correct ones among the tied.
    """
    right, wrong = _votes(texts, correct)
    return _score(right, wrong)


def vote_all(questions: Sequence[Answers]) -> list[float]:
    """The score of each prompt's majority, as `vote`, with wrong answers that are equal counted as one."""
    votes = [_votes(question.texts, question.correct) for question in questions]
    open_questions = [
        number
        for number, (question, (right, wrong)) in enumerate(zip(questions, votes, strict=True))
        if len(wrong) > 1 and max(wrong.values()) <= right <= wrong.total() and _form(question.verifier)
    ]
    equal = _equal_texts([(questions[number], votes[number][1]) for number in open_questions])
    for number, groups in zip(open_questions, equal, strict=True):
        right, wrong = votes[number]
        joined: Counter[str] = Counter()
        for text, count in wrong.items():
            joined[groups.get(text, text)] += count
        votes[number] = right, joined
    return [_score(right, wrong) for right, wrong in votes]


def _votes(texts: Sequence[str | None], correct: Sequence[bool]) -> tuple[int, Counter[str]]:
    """How many answers are right, and how many there are of each wrong one."""
    pairs = list(zip(texts, correct, strict=True))
    return sum(right for _, right in pairs), Counter(
        text for text, right in pairs if not right and text is not None
    )


def _score(right: int, wrong: Counter[str]) -> float:
    most = max(right, *wrong.values()) if wrong else right
    if right < most or not right:
        return 0.0
    return 1 / (1 + sum(count == most for count in wrong.values()))


def _form(verifier: str | None) -> str:
    entry = registry.find(verifier) if verifier else None
    return entry.answer_form if entry else ""


def _equal_texts(questions: Sequence[tuple[Answers, Counter[str]]]) -> list[dict[str, str]]:
    """Of each prompt, wrong answer → the first in order of those that equal it. One call to the verifiers for all."""
    pairs: list[tuple[int, str, str]] = []
    for number, (_, wrong) in enumerate(questions):
        texts = sorted(wrong, key=lambda text: (-wrong[text], text))[:MOST_TEXTS]
        pairs += [(number, *pair) for pair in combinations(texts, 2)]
    # Both directions: a verifier may read as a truth what it does not read as an answer.
    both = [*pairs, *((number, other, one) for number, one, other in pairs)]
    asked = [questions[number][0] for number, _, _ in both]
    verdicts = registry.check_all(
        [str(question.verifier) for question in asked],
        [
            _form(question.verifier).replace("{answer}", one)
            for question, (_, one, _) in zip(asked, both, strict=True)
        ],
        [other for _, _, other in both],
        [question.prompt for question in asked],
    )
    groups: list[dict[str, str]] = [{} for _ in questions]
    for (number, one, other), verdict in zip(both, verdicts, strict=True):
        if verdict.verdict == "correct":
            _join(groups[number], one, other)
    return groups


def _join(group_of: dict[str, str], one: str, other: str) -> None:
    first, second = sorted((group_of.get(one, one), group_of.get(other, other)))
    members = [text for text, group in group_of.items() if group == second]
    for text in (*members, one, other, second):
        group_of[text] = first
