"""The held-out score of a GRPO run: accuracy on prompts that it does not train on, measured as training goes on.

Before the first step, then every `held_out_every` steps and after the last one, the policy answers each held-out prompt
`held_out_samples` times, by the run's engine and its sampling, and the same verifiers judge. The metrics are
`held_out/accuracy` (over verdicts that are known), `held_out/accuracy_se` (a standard error over prompts, whose
responses belong together), `held_out/unscored`, `held_out/mean_length` and `held_out/clipped_ratio`. It draws its
random numbers from a seed of its own, the same each time, and training's are left as they were.

With `early_stop` training ends once the score has not risen by more than its standard error for so many measurements,
and the weights that scored best are published. A checkpoint is written wherever a score is the best so far, and kept.
The paper has no such stop; all here is ours.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import torch
from accelerate.utils import gather_object
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments, set_seed

from r1data.data.plain import content_id
from r1data.data.records import Record
from r1data.data.text import one_line
from r1data.engines.models import load_tokenizer
from r1data.errors import UserError
from r1data.training.examples import prepared
from r1data.training.grpo import checks, prompts
from r1data.training.loop.seeds import step_seed
from r1data.training.output import checkpoint
from r1data.training.rewards import score
from r1data.training.rollouts import prompt_rows
from r1data.training.rollouts.measures import Scorer
from r1data.training.settings import GrpoSettings

if TYPE_CHECKING:
    from datasets import Dataset

FILE = "held_out.arrow"
STATE = "held_out.json"
"""In each of a trainer's checkpoints."""


@dataclass(frozen=True)
class Measurement:
    """A score after so many steps. `accuracy` and `error` are None where no verdict is known, or one prompt's alone."""

    step: int
    accuracy: float | None
    error: float | None
    unscored: float
    mean_length: float
    clipped: float

    def metrics(self) -> dict[str, float]:
        """By the names of a run's metrics."""
        values = {
            "accuracy": self.accuracy,
            "accuracy_se": self.error,
            "unscored": self.unscored,
            "mean_length": self.mean_length,
            "clipped_ratio": self.clipped,
        }
        return {f"held_out/{name}": value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class Judged:
    """A held-out response: its prompt's number, whether it is right (None where nobody can tell), its tokens."""

    prompt: int
    correct: bool | None
    tokens: int
    cut: bool


@dataclass
class History:
    """The measurements of a run so far; part of each checkpoint."""

    measurements: list[Measurement] = field(default_factory=list)
    stopped: bool = False

    @property
    def best(self) -> Measurement | None:
        """The highest accuracy after a step, the first of equal ones: the base's own is none that training made."""
        known = [one for one in self.measurements if one.step and one.accuracy is not None]
        return max(known, key=lambda one: one.accuracy or 0.0, default=None)

    def since_improvement(self) -> int:
        """Measurements since the score last rose by more than the standard error of what it rose from."""
        known = [one for one in self.measurements if one.accuracy is not None]
        bar, since = -math.inf, 0
        for one in known:
            accuracy = one.accuracy or 0.0
            since += 1
            if accuracy > bar:
                bar, since = accuracy + (one.error or 0.0), 0
        return since


def prepare(model: str | Path, run: checkpoint.TrainingRun, settings: GrpoSettings) -> dict[str, int]:
    """Render the held-out prompts into the run's folder, once its training prompts are there.

    Returns their number. Raises UserError where they cannot be verified, or are trained on.
    """
    if settings.held_out is None:
        return {}
    tokenizer = load_tokenizer(model)
    rows = list(checks.verifiable(settings.held_out))
    _refuse_trained(rows, run, settings.held_out)
    rendered = prompts.fitting(rows, model, settings, tokenizer)
    numbered = ((FILE, {"row": number, **row}) for number, row in enumerate(rendered))
    counts = prepared.write_arrow({FILE: run.work / FILE}, numbered, prompts.KINDS)
    return {"held_out_prompts": counts[FILE]}


def _refuse_trained(rows: Sequence[Record], run: checkpoint.TrainingRun, uri: str) -> None:
    ids = {content_id(row.get("system"), row["prompt"]): row["prompt"] for row in rows}
    trained = prompt_rows.PromptRows(run.work / prompt_rows.FILE)
    both = {content_id(row["system"], row["prompt"]) for row in trained} & ids.keys()
    if both:
        first = one_line(ids[min(both)], 60)
        raise UserError(
            f"--held-out {uri}: {len(both):,} of its {len(ids):,} prompts are trained on too (such as {first!r}), so "
            "that its score would say nothing; give others"
        )


class HeldOut(TrainerCallback):  # type: ignore[misc]
    """Measures the score; it must come before what saves among the callbacks.

    Args:
        trainer: of the run, whose engine generates.
        scorer: of the run, whose verifiers judge.
        run: its folder holds the held-out prompts.
        resumed: the checkpoint that the run goes on from.
    """

    def __init__(
        self,
        trainer: Any,
        scorer: Scorer,
        run: checkpoint.TrainingRun,
        settings: GrpoSettings,
        resumed: Path | None,
    ) -> None:
        self.trainer, self.scorer, self.run, self.settings = trainer, scorer, run, settings
        self.prompts: Dataset = prepared.read_arrow(run.work / FILE)
        self.history = read(resumed) if resumed else History()
        if self.history.stopped:  # and killed before it was published: no step more
            trainer.args.max_steps = self.history.measurements[-1].step

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.history.measurements:
            return
        first = self._measure(state)
        if state.is_world_process_zero:
            row = {"step": first.step, "time": 0.0, **first.metrics()}
            with self.run.metrics.open("a") as file:
                file.write(json.dumps(row) + "\n")

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        step = state.global_step
        if step % self.settings.held_out_every and step != state.max_steps:
            return
        measurement = self._measure(state)
        for name, value in measurement.metrics().items():
            self.trainer._metrics["train"][name].append(value)
        if not self.settings.early_stop:
            return
        if self.history.best is measurement:
            control.should_save = True
        if self.history.since_improvement() >= self.settings.early_stop:
            self.history.stopped = control.should_training_stop = control.should_save = True

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            path = checkpoint.trainer_folder(args, state.global_step) / STATE
            path.write_text(json.dumps(asdict(self.history)))

    def best_step(self) -> int | None:
        """The step whose weights are needed again, where training may stop early."""
        # Not the trainer's `best_global_step`, for which its processes wait for each other while they save: here one
        # of them saves in a thread, whose messages would mix with those of the next step.
        best = self.history.best
        return best.step if best and self.settings.early_stop else None

    def load_best(self) -> None:
        """Put the weights that scored best into the trainer's model, where training may stop early."""
        best, trainer = self.best_step(), self.trainer
        if best is None or best == trainer.state.global_step:
            return
        # The main process has waited for its checkpoints to be on disk: before that the others would read half of one.
        trainer.accelerator.wait_for_everyone()
        trainer.state.best_model_checkpoint = str(checkpoint.trainer_folder(trainer.args, best))
        trainer._load_best_model()

    def summary(self) -> dict[str, Any]:
        """What a run's summary says of it."""
        if not self.history.measurements or (best := self.history.best) is None:
            return {}
        first, last = self.history.measurements[0], self.history.measurements[-1]
        scores = {"first": first.accuracy, "last": last.accuracy, "best": best.accuracy, "error": best.error}
        steps = {"best": best.step}
        if self.settings.early_stop:
            steps["published"] = best.step
        if self.history.stopped:
            steps["stopped"] = last.step
        rounded = {name: None if value is None else round(value, 4) for name, value in scores.items()}
        return {"held_out_accuracy": rounded, "held_out_steps": steps}

    def _measure(self, state: TrainerState) -> Measurement:
        measurement = measured(self._judged(), state.global_step)
        self.history.measurements.append(measurement)
        return measurement

    def _judged(self) -> list[Judged]:
        """Every held-out response, in all processes."""
        trainer, k = self.trainer, self.settings.held_out_samples
        rank, world = trainer.accelerator.process_index, trainer.accelerator.num_processes
        share = -(-len(self.prompts) // world)
        # Each process generates as often as the others, which wait for each other: the last may repeat some.
        mine = [rank * share + number for number in range(share)]
        at_once = max(1, trainer.args.per_device_train_batch_size * trainer.args.steps_per_generation // k)
        judged: list[Judged] = []
        with _aside(trainer, k, self.settings):
            for start in range(0, share, at_once):
                some = mine[start : start + at_once]
                rows = [self.prompts[number % len(self.prompts)] for number in some for _ in range(k)]
                answers = self._answers([number for number in some for _ in range(k)], rows)
                judged += [one for one in answers if one.prompt < len(self.prompts)]
        everybody: list[Judged] = gather_object(judged)
        return everybody

    def _answers(self, numbers: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> list[Judged]:
        self.trainer.limit_responses()  # as at this step, whether the run was interrupted or not
        _, responses, _, texts, *_ = self.trainer._generate([row["prompt"] for row in rows])
        rollouts = [
            self.scorer._rollout(row, text, ids)
            for row, text, ids in zip(rows, texts, responses, strict=True)
        ]
        scored = score(rollouts, self.settings.verify_seconds, ("accuracy",), self.scorer.overrides)
        return [
            Judged(number, one.correct, len(ids), one.rollout.finish_reason == "length")
            for number, one, ids in zip(numbers, scored, responses, strict=True)
        ]


def measured(judged: Sequence[Judged], step: int) -> Measurement:
    """The score of responses: the mean over prompts of the share correct, of verdicts that are known."""
    by_prompt: dict[int, list[bool]] = {}
    for one in judged:
        if one.correct is not None:
            by_prompt.setdefault(one.prompt, []).append(one.correct)
    means = [sum(correct) / len(correct) for _, correct in sorted(by_prompt.items())]
    n = len(means)
    mean = math.fsum(means) / n if n else None
    error = (
        math.sqrt(math.fsum((value - mean) ** 2 for value in means) / (n - 1) / n)
        if mean is not None and n > 1
        else None
    )
    return Measurement(
        step,
        mean,
        error,
        sum(one.correct is None for one in judged) / len(judged),
        sum(one.tokens for one in judged) / len(judged),
        sum(one.cut for one in judged) / len(judged),
    )


def read(folder: Path) -> History:
    """The history in a checkpoint; empty in one of an earlier release."""
    path = folder / STATE
    if not path.is_file():
        return History()
    raw = json.loads(path.read_text())
    return History([Measurement(**one) for one in raw["measurements"]], raw["stopped"])


@contextmanager
def _aside(trainer: Any, samples: int, settings: GrpoSettings) -> Iterator[None]:
    """Within the block the trainer generates for evaluation, and nothing of training changes by it."""
    python, arrays = random.getstate(), numpy.random.get_state()
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    generations, trainer.num_generations_eval = trainer.num_generations_eval, samples
    with torch.random.fork_rng(devices=gpus), _temperature(trainer, settings.held_out_temperature):
        # By (seed, process) alone: each measurement draws the same numbers, and differs by its weights.
        set_seed(step_seed(settings.seed, -1, trainer.accelerator.process_index))
        trainer.model.eval()
        try:
            yield
        finally:
            trainer.model.train()
            trainer.num_generations_eval = generations
            trainer._metrics["eval"].clear()
            random.setstate(python)
            numpy.random.set_state(arrays)


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
