"""Two answers to one question, scored by a judge (R1 2.3.4, App.: asked four times, random order, averaged).

Which answer comes first is drawn from the seed and the texts for the first vote and alternates from then on, so that
with an even number of votes a judge's position bias cancels. The scale from 1 to 10 is ours; the paper keeps a pair
when the gap exceeds 1.

A judge prefers the answer that it reads first, or last. So the scores are averaged for each of the two orders, and then
over the two; a pair of which one order has no readable vote, where there were votes for both, has no scores at all.

Not here: which pairs are kept (preference data).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from r1data.engines.base import Completion, seed_of
from r1data.errors import RowError
from r1data.verifiers.judge import answers, prompt
from r1data.verifiers.judge.asking import (
    Answered,
    JudgeModel,
    JudgeSettings,
    ignore,
    open_judge_model,
)
from r1data.verifiers.judge.prompt import JudgePrompt

VOTES = 4
HELP, HARM = "judge-pair", "judge-pair-harm"
"""The prompts, by what is compared."""


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """A question and two answers to it, without thoughts."""

    question: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class PairScores:
    """Mean scores from 1 to 10 of the two orders, None where one has no vote that can be parsed; the number of `votes`
    that can be, and the `error` of the first failure.

    `a_first` and `b_first`: the scores of (a, b) where a, or b, stood first; None where no vote of that order can be
    parsed."""

    a: float | None
    b: float | None
    votes: int
    error: str | None = None
    a_first: tuple[float, float] | None = None
    b_first: tuple[float, float] | None = None

    @property
    def gap(self) -> float | None:
        """How much better `a` is."""
        return None if self.a is None or self.b is None else self.a - self.b


def compare(
    pairs: Sequence[AnswerPair],
    settings: JudgeSettings,
    asker: JudgeModel | None = None,
    template: str = HELP,
    more: Mapping[str, str] | None = None,
    answered: Answered = ignore,
) -> list[PairScores]:
    """The two mean scores of each pair, in order.

    Args:
        pairs: what is compared.
        settings: the judge's; `votes` for each pair.
        asker: the judge, if it is loaded.
        template: the prompt, `HELP` or `HARM`.
        more: texts for further places of the template.
        answered: hears how many votes there are more.

    Raises UserError where the judge cannot be loaded or reached. A pair that cannot be shown to it has an error.
    """
    asker = asker or open_judge_model(settings)
    ballots = [_ballot(pair, settings, asker, template, more or {}) for pair in pairs]
    prompts = [
        judge_prompt for ballot in ballots if not isinstance(ballot, str) for judge_prompt, _ in ballot
    ]
    replies = iter(asker.ask(prompts, answers.PAIR_SCHEMA, 1, settings.seed, settings.sampling(), answered))
    return [
        PairScores(None, None, 0, ballot)
        if isinstance(ballot, str)
        else _mean_scores([(judge_prompt, swapped, next(replies)[0]) for judge_prompt, swapped in ballot])
        for ballot in ballots
    ]


def _ballot(
    pair: AnswerPair, settings: JudgeSettings, asker: JudgeModel, template: str, more: Mapping[str, str]
) -> list[tuple[JudgePrompt, bool]] | str:
    """The prompts of a pair's votes, each with whether `b` comes first in it; or why there are none."""
    start = seed_of(settings.seed, f"{pair.question}\0{pair.a}\0{pair.b}", 0)
    ballot = []
    for vote in range(settings.votes):
        swapped = bool((start + vote) % 2)
        first, second = (pair.b, pair.a) if swapped else (pair.a, pair.b)
        texts = {"question": pair.question, "first": first, "second": second, **more}
        try:
            # Another seed, hence other fences, for each vote: else votes with one order would be one cached answer.
            judge_prompt = prompt.render(template, texts, settings.seed + vote, asker.tokenizer)
        except RowError as error:
            return str(error)
        ballot.append((judge_prompt, swapped))
    return ballot


def _mean_scores(votes: Sequence[tuple[JudgePrompt, bool, Completion]]) -> PairScores:
    """The mean over the two orders of the mean scores of their votes; each vote with whether `b` came first."""
    by_order: dict[bool, list[tuple[float, float]]] = {swapped: [] for _, swapped, _ in votes}
    for judge_prompt, swapped, completion in votes:
        scores = None if completion.error else answers.scores(judge_prompt.opened + completion.text)
        if scores is not None:
            by_order[swapped].append((scores[1], scores[0]) if swapped else scores)
    error = next((completion.error for _, _, completion in votes if completion.error), None)
    readable = sum(map(len, by_order.values()))
    means = {swapped: _means(scores) if scores else None for swapped, scores in by_order.items()}
    complete = [scores for scores in means.values() if scores is not None]
    a, b = _means(complete) if len(complete) == len(means) else (None, None)
    return PairScores(a, b, readable, error, means.get(False), means.get(True))


def _means(scores: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(a for a, _ in scores) / len(scores), sum(b for _, b in scores) / len(scores)
