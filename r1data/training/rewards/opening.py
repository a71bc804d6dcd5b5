"""Opens what a run's rewards ask: the served judge, and the models that grade. Once a run, before its first step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from r1data.engines.base import EngineOptions
from r1data.training.rewards.graders import ByRewardModel, Grader
from r1data.training.rewards.models import RUBRIC
from r1data.training.rewards.rollout import Grade, Rollout
from r1data.training.settings import GrpoSettings
from r1data.verifiers.judge import rubric
from r1data.verifiers.judge.asking import TIMEOUT, JudgeModel, JudgeSettings
from r1data.verifiers.judge.judge import Judge


@dataclass(frozen=True)
class ByRubric:
    """Grades by a judge that is asked about each item of a prompt's rubric; the details are its results."""

    settings: JudgeSettings
    asker: JudgeModel | None = None

    def __call__(self, rollouts: Sequence[Rollout], /) -> list[Grade]:
        cases = [(one.prompt, one.response, rubric.parse(one.rubric, "a prompt") or ()) for one in rollouts]
        results = rubric.judge_items(cases, self.settings, self.asker)
        return [Grade(result.score, result.as_json()) for result in results]


def judge_settings(settings: GrpoSettings) -> JudgeSettings | None:
    """How the judge of a run is asked; None where it has none."""
    if settings.judge is None or settings.judge_url is None:
        return None
    options = EngineOptions(endpoints=(settings.judge_url,), request_timeout=TIMEOUT)
    return JudgeSettings(settings.judge, votes=settings.judge_votes, seed=settings.seed, options=options)


def judge(settings: GrpoSettings) -> Judge | None:
    """The judge for prompts whose verifier is `judge`."""
    asking = judge_settings(settings)
    return Judge(asking) if asking else None


def graders(settings: GrpoSettings) -> dict[str, Grader]:
    """The models that grade, by their reward. Raises UserError where one cannot be loaded or reached."""
    opened: dict[str, Grader] = {}
    if settings.reward_models:
        from r1data.training.reward_models.scoring import open_model

        for name, address in settings.reward_models.items():
            opened[name] = ByRewardModel(name, open_model(address, settings.reward_model_device))
    if RUBRIC in settings.rewards and (asking := judge_settings(settings)):
        opened[RUBRIC] = ByRubric(asking)
    return opened
