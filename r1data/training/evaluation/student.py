"""Responses to the prompts of `--eval-on` by a model in training, from the engine of `r1 eval`.

What its trainer cannot do itself, generate, the transformers engine does around the trainer's own weights, with the
template, the seeds and the verifiers of `r1 eval`: a response depends on the seed, its prompt's id and its number
alone, not on processes. Sampling is a benchmark's own, else the paper's (temperature 0.6, top-p 0.95).

Not covered: shards of a model (FSDP, DeepSpeed), whose processes would have to generate in step; sliding windows and
recurrent layers, which the engine does not know; a served judge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from r1data.engines.base import Request, Sampling, seed_of
from r1data.engines.models import stop_ids
from r1data.engines.transformers import GROUPED_ATTENTION, TransformersEngine, full_attention_only
from r1data.errors import UserError
from r1data.evaluation import benchmarks
from r1data.training.evaluation import prompts
from r1data.training.evaluation.callback import EvaluationCallback, aside
from r1data.training.evaluation.history import Judged, judge
from r1data.training.examples import packed_attention, prepared
from r1data.training.models import room
from r1data.training.models.strategies import SHARDED
from r1data.training.output import checkpoint
from r1data.training.rewards import Rollout
from r1data.training.settings.evaluated import EvaluatedSettings
from r1data.verifiers.registry import TIME_LIMIT

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

GROUPED = ("sdpa", packed_attention.NAME, "flash_attention_2", "flash_attention_3")
"""Attentions in whose place the engine's own may stand for a while."""


def check_strategy(settings: EvaluatedSettings, strategy: str) -> None:
    """Raise UserError where a model is sharded that is to be evaluated."""
    if settings.eval_on is not None and strategy in SHARDED:
        raise UserError(
            f"--eval-on {settings.eval_on}: a model in training answers where each process has all of it, and with "
            f"--strategy {strategy} it has a shard; take --strategy ddp, or r1 eval once it is trained"
        )


def sampling_of(settings: EvaluatedSettings, longest: int) -> Sampling:
    """As `r1 eval` samples what `--eval-on` names, with responses of up to `longest` tokens."""
    reference = benchmarks.parse(settings.eval_on or "")
    options = {**dict.fromkeys(benchmarks.SETTINGS), "temperature": settings.eval_temperature}
    own = benchmarks.settings_of(reference[0] if reference else None, options)
    return Sampling(temperature=own["temperature"], top_p=own["top_p"], max_tokens=longest)


def planned_sampling(settings: EvaluatedSettings, longest: int) -> dict[str, Any]:
    """What a run's summary says of the sampling, where `evaluation` finds it; nothing where nothing is evaluated."""
    return {} if settings.eval_on is None else {"eval_sampling": asdict(sampling_of(settings, longest))}


def evaluation(
    trainer: Any,
    model: str | Path,
    run: checkpoint.TrainingRun,
    settings: EvaluatedSettings,
    tokenizer: PreTrainedTokenizerBase,
    summary: Mapping[str, Any],
    stops: Collection[int] = (),
) -> EvaluationCallback | None:
    """Have a trainer measured, as the settings ask for; None where they do not.

    Args:
        trainer: before it trains; the callback is added to it.
        model: the base's folder.
        run: its folder holds the prompts.
        settings: of the run.
        tokenizer: of what is trained, with the template's end token.
        summary: of the prepared rows, with the sampling.
        stops: token ids that end a response, beside the base's own.

    Raises:
        UserError: the engine cannot run the model.
    """
    if settings.eval_on is None:
        return None
    full_attention_only(trainer.model.config, f"--eval-on {settings.eval_on}: {model}")
    answers = StudentAnswers(
        trainer,
        run,
        settings,
        Sampling(**summary["eval_sampling"]),
        tokenizer,
        stop_ids(model, tokenizer).union(stops),
        room.available(Path(model), settings),
    )
    callback = EvaluationCallback(trainer, answers, run, settings, checkpoint.last_complete(run))
    trainer.add_callback(callback)
    return callback


class StudentAnswers:
    """Answers of a trainer's model as it is now.

    Args:
        trainer: of the run; each process has the whole model.
        run: its folder holds the prompts.
        settings: of the run.
        sampling: of the responses.
        tokenizer: of what is trained.
        stops: token ids that end a response.
        context: the model's positions; None where nothing limits them.
    """

    def __init__(
        self,
        trainer: Any,
        run: checkpoint.TrainingRun,
        settings: EvaluatedSettings,
        sampling: Sampling,
        tokenizer: PreTrainedTokenizerBase,
        stops: frozenset[int],
        context: int | None,
    ) -> None:
        self.trainer, self.settings, self.sampling = trainer, settings, sampling
        self.tokenizer, self.stops, self.context = tokenizer, stops, context
        self.prompts = prepared.read_arrow(run.work / prompts.FILE)

    def judged(self) -> list[Judged]:
        """This process's responses, each of its prompts `eval_samples` times."""
        accelerator, samples = self.trainer.accelerator, self.settings.eval_samples
        mine = range(accelerator.process_index, len(self.prompts), accelerator.num_processes)
        numbers = [number for number in mine for _ in range(samples)]
        rows = [self.prompts[number] for number in numbers]
        requests = [
            self._request(row["prompt_id"], row["prompt"], place % samples) for place, row in enumerate(rows)
        ]
        with aside(self.trainer), _answering(self.trainer):
            engine = TransformersEngine.around(self.trainer.model, self.tokenizer, self.stops, self.context)
            completions = dict(engine.generate(requests, self.sampling))
        rollouts = [
            Rollout(
                row["question"],
                row["prefill"] + completions[place].text,
                row["truth"],
                row["verifier"],
                row["language"],
                completions[place].finish_reason,
                tokens=completions[place].response_tokens,
            )
            for place, row in enumerate(rows)
        ]
        return judge(numbers, rollouts, TIME_LIMIT)

    def _request(self, prompt_id: str, ids: list[int], index: int) -> Request:
        return Request(f"{prompt_id}/{index}", ids, seed_of(self.settings.seed, prompt_id, index))


@contextmanager
def _answering(trainer: Any) -> Iterator[None]:
    """Within the block the model's attention is the engine's: that of packed rows knows no cache."""
    model: PreTrainedModel = trainer.accelerator.unwrap_model(trainer.model)
    model = getattr(model, "get_base_model", lambda: model)()
    grouped = model.config._attn_implementation in GROUPED
    if torch.cuda.is_available():
        torch.cuda.empty_cache()  # what training holds and does not use, the cache of keys and values may take
    with packed_attention.attention(model, GROUPED_ATTENTION if grouped else None):
        yield
