"""Marks of responses by a judge, safe or unsafe, for reward models that rate single responses (R1 2.3.4).

A judge is asked `votes` times and shown the whole response, thoughts included, and guidelines of what is unsafe; the
mark is what more than half of all votes say. A tie, replies that cannot be read and failed requests leave it unknown:
no mark is guessed. The guidelines that ship are ours; the paper's are not published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from r1data.engines.base import Completion
from r1data.errors import RowError
from r1data.verifiers.judge import answers, prompt
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings, open_judge_model
from r1data.verifiers.judge.prompt import JudgePrompt

TEMPLATE = "judge-safety"


@dataclass(frozen=True, slots=True)
class SafetyMark:
    """`label` is `safe`, `unsafe`, or None where it is unknown; `share` of all votes that say so; `reason` why, or what
    failed."""

    label: str | None
    share: float
    reason: str


def mark(
    cases: Sequence[tuple[str, str]],
    guidelines: str,
    settings: JudgeSettings,
    asker: JudgeModel | None = None,
) -> list[SafetyMark]:
    """A mark for each (question, response), in order. Raises UserError where the judge cannot be loaded or reached."""
    asker = asker or open_judge_model(settings)
    prompts: list[JudgePrompt | str] = []
    for question, response in cases:
        texts = {"question": question, "answer": response, "guidelines": guidelines}
        try:
            prompts.append(prompt.render(TEMPLATE, texts, settings.seed, asker.tokenizer))
        except RowError as error:
            prompts.append(str(error))
    shown = [each for each in prompts if not isinstance(each, str)]
    replies = iter(
        asker.ask(shown, answers.SAFETY_SCHEMA, settings.votes, settings.seed, settings.sampling())
    )
    return [
        SafetyMark(None, 0.0, each) if isinstance(each, str) else _tally(each, next(replies))
        for each in prompts
    ]


def _tally(judge_prompt: JudgePrompt, completions: Sequence[Completion]) -> SafetyMark:
    votes = [
        None if completion.error else answers.safety(judge_prompt.opened + completion.text)
        for completion in completions
    ]
    cast = [vote for vote in votes if vote is not None]
    for label in ("safe", "unsafe"):
        reasons = [analysis for word, analysis in cast if word == label]
        if 2 * len(reasons) > len(votes):
            return SafetyMark(label, len(reasons) / len(votes), reasons[0])
    failure = next((completion.error for completion in completions if completion.error), None)
    return SafetyMark(
        None, 0.0, failure or f"undecided: {len(cast)} of {len(votes)} votes can be read, without a majority"
    )
