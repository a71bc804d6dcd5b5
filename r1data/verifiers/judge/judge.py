"""Verdicts by a model: question, reference and answer in, `correct` or `incorrect` out (R1 App., listing 4).

A judge is asked `votes` times; the verdict is what more than half of the votes say, if that is at least the threshold's
share. A tie or a reply that is no JSON (`unverifiable`), a time-out and a failed request decide nothing. The judge sees
only the text after the thoughts, and of a long answer its two ends.

Not covered: whether the judge is right (`agreement` measures agreement with the rules), persuasion by plain words,
several right answers, pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from r1data.data.responses import split
from r1data.engines.base import Completion
from r1data.errors import RowError
from r1data.verifiers.judge import answers, prompt
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings, open_judge_model
from r1data.verifiers.judge.prompt import JudgePrompt
from r1data.verifiers.registry import JUDGE
from r1data.verifiers.verdict import (
    Case,
    Verdict,
    VerdictWord,
    Verifier,
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
    """A `BatchCheck` that asks a model. Picklable; the model is loaded on first use, once per process.

    `asker`, if given, is used instead of the model that the settings name.
    """

    settings: JudgeSettings
    asker: JudgeModel | None = None

    @property
    def version(self) -> str:
        """The version in a verdict's column `verifier_version`, after `judge/`."""
        return f"{JUDGE.version} {self.settings.model}"

    @property
    def verifier(self) -> Verifier:
        """The override of the verifier `judge`."""
        return replace(JUDGE, check=self, version=self.version)

    def __call__(self, cases: Sequence[Case], time_limit: float) -> list[Verdict]:
        """One verdict each. `time_limit` does not hold for a judge; its requests have a time-out of their own.

        Raises UserError where the judge cannot be loaded or reached.
        """
        prompts_or_verdicts: list[Verdict | JudgePrompt] = [self._prompt(case) for case in cases]
        prompts = [item for item in prompts_or_verdicts if isinstance(item, JudgePrompt)]
        if not prompts:
            return [item for item in prompts_or_verdicts if isinstance(item, Verdict)]
        settings = self.settings
        ballots = iter(
            self._asker.ask(
                prompts, answers.VERDICT_SCHEMA, settings.votes, settings.seed, settings.sampling()
            )
        )
        return [
            item if isinstance(item, Verdict) else self._tally(item, next(ballots), case)
            for item, case in zip(prompts_or_verdicts, cases, strict=True)
        ]

    @property
    def _asker(self) -> JudgeModel:
        return self.asker or open_judge_model(self.settings)

    def _prompt(self, case: Case) -> Verdict | JudgePrompt:
        """The prompt of a case, or the verdict that it cannot be judged."""
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

    def _tally(self, judge_prompt: JudgePrompt, completions: Sequence[Completion], case: Case) -> Verdict:
        votes = [
            None if vote_answer.error else answers.verdict(judge_prompt.opened + vote_answer.text)
            for vote_answer in completions
        ]
        cast = [vote[0] for vote in votes if vote]
        for_correct = cast.count("correct")
        # A tie is called `correct` here and decides nothing: it is not more than half of the votes.
        word, most = (
            ("correct", for_correct)
            if 2 * for_correct >= len(cast)
            else ("incorrect", len(cast) - for_correct)
        )
        measures = {"votes": float(len(completions)), "for": float(for_correct)}
        answer_excerpt = (split(case.response).answer or "")[:SHOWN_CHARS]
        tally = f"{for_correct} of {len(completions)} votes for correct"
        if 2 * most > len(completions) and most >= self.settings.threshold * len(completions):
            why = next(vote[1] for vote in votes if vote and vote[0] == word)
            make_verdict = correct if word == "correct" else incorrect
            return replace(make_verdict(answer_excerpt, f"{tally}: {why[:SHOWN_CHARS]}"), measures=measures)
        failures = [vote_answer for vote_answer in completions if vote_answer.error]
        if failures:
            kind: VerdictWord = (
                "timeout" if all(vote_answer.timed_out for vote_answer in failures) else "error"
            )
            return Verdict(kind, None, answer_excerpt, f"the judge failed: {failures[0].error}", measures)
        unreadable = votes.count(None)
        why = f", {unreadable} that cannot be read" if unreadable else ""
        return replace(undecided(f"the judge is undecided: {tally}{why}", answer_excerpt), measures=measures)
