"""Two answers to one question, scored by a judge (R1 2.3.4, App.: asked four times, random order, averaged).

Which answer comes first is drawn from the seed and the texts for the first vote and alternates from then on, so that
with an even number of votes a judge's position bias cancels. The scale from 1 to 10 is ours; the paper keeps a pair
when the gap exceeds 1.

Not here: which pairs are kept (preference data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from r1data.engines.base import Completion, seed_of
from r1data.verifiers.judge import answers, prompt
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings, open_judge_model
from r1data.verifiers.judge.prompt import JudgePrompt

VOTES = 4


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """A question and two answers to it, without thoughts."""

    question: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class PairScores:
    """Mean scores from 1 to 10 over the `votes` that could be parsed, None if none; `error` of the first failure."""

    a: float | None
    b: float | None
    votes: int
    error: str | None = None

    @property
    def gap(self) -> float | None:
        """How much better `a` is."""
        return None if self.a is None or self.b is None else self.a - self.b


def compare(
    pairs: Sequence[AnswerPair], settings: JudgeSettings, asker: JudgeModel | None = None
) -> list[PairScores]:
    """The two mean scores of each pair, in order.

    Raises UserError where the judge cannot be loaded or reached, RowError where a text cannot be shown to it.
    """
    asker = asker or open_judge_model(settings)
    prompts: list[JudgePrompt] = []
    orders: list[bool] = []  # whether `b` comes first in the prompt
    for pair in pairs:
        start = seed_of(settings.seed, f"{pair.question}\0{pair.a}\0{pair.b}", 0)
        for vote in range(settings.votes):
            swapped = bool((start + vote) % 2)
            first, second = (pair.b, pair.a) if swapped else (pair.a, pair.b)
            texts = {"question": pair.question, "first": first, "second": second}
            # Another seed, hence other fences, for each vote: else votes with one order would be one cached answer.
            prompts.append(prompt.render("judge-pair", texts, settings.seed + vote, asker.tokenizer))
            orders.append(swapped)
    replies = asker.ask(prompts, answers.PAIR_SCHEMA, 1, settings.seed, settings.sampling())
    votes = [
        (judge_prompt, swapped, completion)
        for judge_prompt, swapped, (completion,) in zip(prompts, orders, replies, strict=True)
    ]
    vote_count = settings.votes
    return [_mean_scores(votes[start : start + vote_count]) for start in range(0, len(votes), vote_count)]


def _mean_scores(votes: Sequence[tuple[JudgePrompt, bool, Completion]]) -> PairScores:
    """The mean of the scores in the votes on one pair that can be parsed; each with whether `b` came first."""
    readable = [
        (scores[1], scores[0]) if swapped else scores
        for judge_prompt, swapped, completion in votes
        if not completion.error and (scores := answers.scores(judge_prompt.opened + completion.text))
    ]
    error = next((completion.error for _, _, completion in votes if completion.error), None)
    if not readable:
        return PairScores(None, None, 0, error)
    return PairScores(
        sum(a for a, _ in readable) / len(readable),
        sum(b for _, b in readable) / len(readable),
        len(readable),
        error,
    )
