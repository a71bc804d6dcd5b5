"""Responses to the prompts of `--eval-on` by the engine and the sampling of a reinforcement-learning run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from transformers import set_seed

from r1data.training.evaluation import prompts
from r1data.training.evaluation.callback import aside
from r1data.training.evaluation.history import Judged, judge
from r1data.training.examples import prepared
from r1data.training.loop.seeds import step_seed
from r1data.training.output import checkpoint
from r1data.training.rollouts.measures import Scorer
from r1data.training.settings import GrpoSettings


class PolicyAnswers:
    """Answers of the policy, by its trainer.

    Args:
        trainer: of the run, whose engine generates.
        scorer: of the run, whose verifiers judge.
        run: its folder holds the prompts.
        settings: of the run.
    """

    def __init__(
        self, trainer: Any, scorer: Scorer, run: checkpoint.TrainingRun, settings: GrpoSettings
    ) -> None:
        self.trainer, self.scorer, self.settings = trainer, scorer, settings
        self.prompts = prepared.read_arrow(run.work / prompts.FILE)

    def judged(self) -> list[Judged]:
        """This process's responses, each prompt `eval_samples` times."""
        trainer, k = self.trainer, self.settings.eval_samples
        rank, world = trainer.accelerator.process_index, trainer.accelerator.num_processes
        share = -(-len(self.prompts) // world)
        # Each process generates as often as the others, which wait for each other: the last may repeat some.
        mine = [rank * share + number for number in range(share)]
        at_once = max(1, trainer.args.per_device_train_batch_size * trainer.args.steps_per_generation // k)
        judged: list[Judged] = []
        with _for_evaluation(trainer, self.settings):
            for start in range(0, share, at_once):
                answers = self._answers(
                    [number for number in mine[start : start + at_once] for _ in range(k)]
                )
                judged += [one for one in answers if one.prompt < len(self.prompts)]
        return judged

    def _answers(self, numbers: Sequence[int]) -> list[Judged]:
        """A response to the prompt of each number; numbers beyond the last prompt begin again with the first."""
        rows = [self.prompts[number % len(self.prompts)] for number in numbers]
        self.trainer.limit_responses()  # as at this step, whether the run was interrupted or not
        _, responses, _, texts, *_ = self.trainer._generate([row["prompt"] for row in rows])
        rollouts = [
            self.scorer._rollout(row, text, ids)
            for row, text, ids in zip(rows, texts, responses, strict=True)
        ]
        return judge(numbers, rollouts, self.settings.verify_seconds, self.scorer.overrides)


@contextmanager
def _for_evaluation(trainer: Any, settings: GrpoSettings) -> Iterator[None]:
    """Within the block the trainer generates for evaluation, and nothing of training changes by it."""
    generations, trainer.num_generations_eval = trainer.num_generations_eval, settings.eval_samples
    with aside(trainer), _temperature(trainer, settings.eval_temperature):
        # By (seed, process) alone: each measurement draws the same numbers, and differs by its weights.
        set_seed(step_seed(settings.seed, -1, trainer.accelerator.process_index))
        try:
            yield
        finally:
            trainer.num_generations_eval = generations
            trainer._metrics["eval"].clear()


@contextmanager
def _temperature(trainer: Any, temperature: float | None) -> Iterator[None]:
    """Sampling at another temperature than training's; 0 takes the likeliest token each time."""
    if temperature is None:
        yield
        return
    if trainer.use_vllm:
        engine = trainer.vllm_generation
        before, engine.temperature = engine.temperature, temperature
        try:
            yield
        finally:
            engine.temperature = before
        return
    config = trainer.generation_config
    saved = config.do_sample, config.temperature
    config.do_sample, config.temperature = temperature > 0, temperature or None
    try:
        yield
    finally:
        config.do_sample, config.temperature = saved
