"""Two answers to one question, scored by a judge (R1 2.3.4, App.: asked four times, random order, averaged).

Which answer comes first is drawn from the seed and the texts for the first time of asking and alternates from then on,
so that with an even number of votes a judge that prefers a place prefers nobody. The scale from 1 to 10 is ours; the
paper keeps a pair when the gap exceeds 1.

Not here: which pairs are kept (preference data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from r1data.engines.base import Completion, seed_of
from r1data.verifiers.judge import answers, prompt
from r1data.verifiers.judge.asking import Asker, JudgeSettings, open_asker
from r1data.verifiers.judge.prompt import Rendered

VOTES = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and two answers to it, as a reader sees them (no thoughts)."""

    question: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Mean scores from 1 to 10 over the `votes` that could be read, None without any; `error`: how the first failed."""

    a: float | None
    b: float | None
    votes: int
    error: str | None = None

    @property
    def gap(self) -> float | None:
        """How much better `a` is."""
        return None if self.a is None or self.b is None else self.a - self.b


def compare(pairs: Sequence[Pair], settings: JudgeSettings, asker: Asker | None = None) -> list[Compared]:
    """The two mean scores of each pair, in order.

    Raises UserError where the judge cannot be loaded or reached, RowError where a text cannot be shown to it.
    """
    asker = asker or open_asker(settings)
    orders = [order for pair in pairs for order in _orders(pair, settings, asker)]
    asked = asker.ask(
        [shown for shown, _ in orders], answers.PAIR_SCHEMA, 1, settings.seed, settings.sampling()
    )
    told = [(shown, swapped, one) for (shown, swapped), (one,) in zip(orders, asked, strict=True)]
    own = settings.votes
    return [_mean(told[start : start + own]) for start in range(0, len(told), own)]


def _orders(pair: Pair, settings: JudgeSettings, asker: Asker) -> list[tuple[Rendered, bool]]:
    """A prompt for each vote, and whether `b` comes first in it."""
    start = seed_of(settings.seed, f"{pair.question}\0{pair.a}\0{pair.b}", 0)
    made = []
    for vote in range(settings.votes):
        swapped = bool((start + vote) % 2)
        first, second = (pair.b, pair.a) if swapped else (pair.a, pair.b)
        texts = {"question": pair.question, "first": first, "second": second}
        # another code on the fences for each vote, so that the same order twice is two questions
        made.append((prompt.render("judge-pair", texts, settings.seed + vote, asker.tokenizer), swapped))
    return made


def _mean(votes: Sequence[tuple[Rendered, bool, Completion]]) -> Compared:
    read = [
        (found[1], found[0]) if swapped else found
        for shown, swapped, one in votes
        if not one.error and (found := answers.scores(shown.opened + one.text))
    ]
    error = next((one.error for _, _, one in votes if one.error), None)
    if not read:
        return Compared(None, None, 0, error)
    return Compared(
        sum(a for a, _ in read) / len(read), sum(b for _, b in read) / len(read), len(read), error
    )
