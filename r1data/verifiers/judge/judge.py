"""Verdicts by a model: question, reference and answer in, `correct` or `incorrect` out (R1 App., listing 4).

A judge is asked `votes` times; what more than half of the votes say, and at least the threshold's share, is the
verdict. Everything else is none: a tie, an answer that is no JSON (`unverifiable`), a time-out, a request that failed.
Only what follows the thoughts is shown, and of a long answer its two ends.

Not covered: whether the judge is right (`agreement` measures it), what it makes of plain words that try to talk it
round, several right answers, pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from r1data.data.responses import split
from r1data.engines.base import Completion
from r1data.errors import RowError
from r1data.verifiers.judge import answers, prompt
from r1data.verifiers.judge.asking import Asker, JudgeSettings, open_asker
from r1data.verifiers.judge.prompt import Rendered
from r1data.verifiers.judge.verifier import VERIFIER
from r1data.verifiers.verdict import (
    Case,
    Verdict,
    Verifier,
    Word,
    correct,
    incorrect,
    no_answer,
    no_truth,
    undecided,
    unverifiable,
)

SHOWN_CHARS = 300
"""Characters of an answer and of an analysis that a verdict repeats."""


@dataclass(frozen=True)
class Judge:
    """A `BatchCheck` that asks a model. Picklable; the model is loaded on first use, once a process.

    `asker` instead of what the settings name: any engine, with its tokenizer.
    """

    settings: JudgeSettings
    asker: Asker | None = None

    @property
    def version(self) -> str:
        """What a verdict's column `verifier_version` says behind `judge/`."""
        return f"{VERIFIER.version} {self.settings.model}"

    @property
    def verifier(self) -> Verifier:
        """What stands in for the verifier `judge`, as an override."""
        return replace(VERIFIER, check=self, version=self.version)

    def __call__(self, cases: Sequence[Case], time_limit: float) -> list[Verdict]:
        """One verdict each. `time_limit` does not hold for a judge; its requests have a time-out of their own.

        Raises UserError where the judge cannot be loaded or reached.
        """
        made: list[Verdict | Rendered] = [self._prompt(case) for case in cases]
        prompts = [one for one in made if isinstance(one, Rendered)]
        if not prompts:
            return [one for one in made if isinstance(one, Verdict)]
        own = self.settings
        asked = iter(self._asker.ask(prompts, answers.VERDICT_SCHEMA, own.votes, own.seed, own.sampling()))
        return [
            one if isinstance(one, Verdict) else self._tally(one, next(asked), case)
            for one, case in zip(made, cases, strict=True)
        ]

    @property
    def _asker(self) -> Asker:
        return self.asker or open_asker(self.settings)

    def _prompt(self, case: Case) -> Verdict | Rendered:
        """What to ask, or the verdict that there is nothing to ask."""
        if case.truth is None or not case.truth.strip():
            return no_truth()
        if len(case.truth) > prompt.MOST_CHARS:
            reason = f"truth of {len(case.truth)} characters, over the limit of {prompt.MOST_CHARS}"
            return unverifiable("too_long", reason)
        answer = split(case.response).answer
        if not answer:
            return no_answer("after the thoughts")
        question = "(not given)" if case.prompt is None else case.prompt
        texts = {"question": question, "reference": case.truth, "answer": answer}
        try:
            return prompt.render("judge", texts, self.settings.seed, self._asker.tokenizer)
        except RowError as error:
            return undecided(str(error))

    def _tally(self, asked: Rendered, given: Sequence[Completion], case: Case) -> Verdict:
        votes = [None if one.error else answers.verdict(asked.opened + one.text) for one in given]
        cast = [vote[0] for vote in votes if vote]
        right = cast.count("correct")
        word, most = ("correct", right) if 2 * right >= len(cast) else ("incorrect", len(cast) - right)
        measures = {"votes": float(len(given)), "for": float(right)}
        shown = (split(case.response).answer or "")[:SHOWN_CHARS]
        said = f"{right} of {len(given)} votes for correct"
        if 2 * most > len(given) and most >= self.settings.threshold * len(given):
            why = next(vote[1] for vote in votes if vote and vote[0] == word)
            decided = correct if word == "correct" else incorrect
            return replace(decided(shown, f"{said}: {why[:SHOWN_CHARS]}"), measures=measures)
        failed = [one for one in given if one.error]
        if failed:
            kind: Word = "timeout" if all(one.timed_out for one in failed) else "error"
            return Verdict(kind, None, shown, f"the judge failed: {failed[0].error}", measures)
        unread = votes.count(None)
        why = f", {unread} that cannot be read" if unread else ""
        return replace(undecided(f"the judge is undecided: {said}{why}", shown), measures=measures)
