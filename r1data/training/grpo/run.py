"""GRPO (R1 2.2.1): reinforcement learning of a model on prompts with a verifiable answer, by TRL's `GRPOTrainer`.

Departs from the paper: none by default, in what the paper states. The ratio is clipped to [1 - epsilon, 1 + epsilon],
so that the paper's epsilon of 10 lets ratios up to 11 pass and never clips below. With vLLM, responses differ from run
to run; only with the transformers engine does an interrupted run end in the same weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.data.records import Record
from r1data.engines.models import load_tokenizer, stop_ids
from r1data.engines.template_facts import set_end_token
from r1data.training.evaluation.callback import EvaluationCallback
from r1data.training.evaluation.prompts import FILE, EvalPrompts
from r1data.training.evaluation.rollouts import PolicyAnswers
from r1data.training.examples import prepared
from r1data.training.grpo import checks, lengths, phases, prompts, resampling
from r1data.training.grpo.algorithms import algorithm
from r1data.training.grpo.pools import Pool, PromptSource
from r1data.training.loop import alarms, callbacks, runtime, watching
from r1data.training.models import adapters, context, experts, loading, strategies
from r1data.training.models.strategies import Strategy
from r1data.training.output import checkpoint
from r1data.training.rewards import opening
from r1data.training.rollouts import generating, mismatch, prompt_rows, recording, unrewarded
from r1data.training.rollouts.measures import Scorer
from r1data.training.settings import GrpoSettings

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

__all__ = ["arguments", "build", "check", "prepare", "train"]


def prepare(
    rows: Iterable[Record], model: str | Path, run: checkpoint.TrainingRun, settings: GrpoSettings
) -> dict[str, Any]:
    """Write the prompts to train on, and those to measure on, into the run's folder; returns their numbers.

    Raises UserError for data that the rewards cannot use.
    """
    summary = prompts.prepare(rows, model, run, settings)
    evaluated = EvalPrompts(settings, judge=settings.judge is not None)
    if not evaluated.rows:
        return summary
    for row in prompt_rows.PromptRows(run.work / prompt_rows.FILE):
        evaluated.note(row["prompt"])
    tokenizer = load_tokenizer(model)
    return summary | evaluated.write(model, run, settings.template, tokenizer, settings.longest)


def train(
    model: str | Path, run: checkpoint.TrainingRun, settings: GrpoSettings, summary: dict[str, Any]
) -> dict[str, Any]:
    """Train a model on the prepared prompts and publish it into the run's folder.

    Returns the manifest (empty in all processes but the main one). Raises UserError where training diverges.
    """
    strategy = strategies.of(summary, settings)
    trainer, tokenizer = build(model, run, settings, strategy)
    evaluation = None
    if settings.eval_on is not None:
        answers = PolicyAnswers(trainer, trainer.scorer, run, settings)
        evaluation = EvaluationCallback(trainer, answers, run, settings, checkpoint.last_complete(run))
        trainer.add_callback(evaluation)
    kept = evaluation.best_step if evaluation else lambda: None
    with closing(trainer.scorer.verification):
        metrics = runtime.train(trainer, run, settings, strategy, "train-grpo", kept)
    rows = callbacks.read_metrics(run.metrics)
    summary = {**summary, **unrewarded.counts(rows), **resampling.counts(rows)}
    if pool := trainer.pool_counts():
        summary["pool"] = pool
    if trainer.recorder is not None and trainer.is_world_process_zero():
        summary |= trainer.recorder.finish()
    if events := watching.read_events(run.alarms):
        summary["alarms"] = alarms.by_name(events)
    if evaluation is not None:
        evaluation.load_best()
        summary |= evaluation.summary()
    return runtime.finish(trainer, run, settings, tokenizer, metrics, summary)


def build(
    model: str | Path, run: checkpoint.TrainingRun, settings: GrpoSettings, strategy: Strategy
) -> tuple[Any, PreTrainedTokenizerBase]:
    """The trainer of a run whose prompts are prepared, at its beginning, and the tokenizer of what it trains."""
    loading.set_threads(settings.threads)
    trl = generating.import_engine(settings)
    from r1data.training.grpo.trainer import GrpoTrainer

    tokenizer = load_tokenizer(model)
    context.lengthen(tokenizer, Path(model), settings)
    set_end_token(tokenizer, settings.template)
    tokenizer.padding_side = "left"  # prompts end where responses begin, whatever their lengths
    scorer = _scorer(settings)
    functions = scorer.functions()
    if settings.overlong == "punish":
        functions.append(lengths.punishing(lambda: trainer.response_limit, settings.punished_tokens))
    training_arguments = strategies.training_arguments(
        trl.GRPOConfig, arguments(run, settings, strategy), strategy
    )
    rows = prepared.read_arrow(run.work / prompts.PROMPTS)
    loaded = loading.trainable(model, settings, strategy)
    training_arguments.router_aux_loss_coef = experts.library_coefficient(
        loaded, settings.balance_loss, model
    )
    ends = stop_ids(model, tokenizer)
    with (
        loading.reference(model, settings, strategy),
        generating.engine("trl.trainer.grpo_trainer", settings, ends, run.work / "engine"),
    ):
        trainer = strategies.trainer_class(GrpoTrainer, strategy)(
            settings=settings,
            source=_source(rows, settings),
            prompts=rows,
            model=loaded,
            reward_funcs=functions,
            args=training_arguments,
            train_dataset=prompts.places(settings),
            processing_class=tokenizer,
            peft_config=adapters.config_of(settings, loaded),
        )
    scorer.decode = lambda ids: str(tokenizer.decode(ids, skip_special_tokens=True))
    generating.connect(trainer, scorer.begin)
    if settings.lora:
        adapters.in_float32(trainer.model)
    # As TRL does, to count the responses that were cut.
    scorer.ends = {
        *ends,
        *getattr(trainer, "eos_token_ids", ()),
        tokenizer.pad_token_id,
    }
    accelerator = trainer.accelerator
    trainer.scorer = scorer
    trainer.recorder = recording.of(
        run, settings, scorer.overrides, accelerator.process_index, accelerator.num_processes
    )
    trainer.balance = experts.sequence_balance(loaded, settings.balance_loss)
    return trainer, tokenizer


def _scorer(settings: GrpoSettings) -> Scorer:
    """What gives a rollout its verdicts and rewards, with the judge and the graders that the settings name."""
    return Scorer(
        list(settings.rewards),
        settings.verify_seconds,
        generating.add_over_processes,
        opening.judge(settings),
        opening.graders(settings),
        rollout_seconds=settings.verify_rollout_seconds,
        length_target=settings.length_target,
    )


def _source(rows: Dataset, settings: GrpoSettings) -> PromptSource:
    """What draws a rollout's prompts from the prepared rows."""
    pool = Pool(len(rows), settings.pool_retire, settings.pool_wait) if settings.pool else None
    source = PromptSource(len(rows), settings.seed, pool)
    if phases.has_phases(settings):
        source.allows = phases.allows(rows["preference"], settings)
    return source


def check(settings: GrpoSettings) -> None:
    """Raise UserError where rewards are not known or settings do not fit this machine."""
    strategies.check_machine(settings)
    adapters.check(settings)
    checks.check(settings)
    generating.check_engine(settings)


def arguments(run: checkpoint.TrainingRun, settings: GrpoSettings, strategy: Strategy) -> dict[str, Any]:
    """The settings as TRL's arguments."""
    size = settings.fitting_micro_batch()
    accumulation = settings.sequences // (size * settings.processes)
    shared = runtime.shared_arguments(run, settings, settings.steps, strategy)
    shared |= {
        "per_device_train_batch_size": size,
        "gradient_accumulation_steps": accumulation,
        # TRL counts forward passes here, not optimizer steps.
        "steps_per_generation": accumulation * settings.steps_per_rollout,
        "num_generations": settings.generations,
        # A constant of `dr-grpo`'s loss; how long responses may be now, the trainer tells the engine.
        "max_completion_length": settings.longest,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "top_k": settings.top_k,
        "beta": settings.beta,
        "epsilon": settings.epsilon,
        "epsilon_high": settings.epsilon_high,
        "delta": settings.delta,
        **algorithm(settings.loss).trl,
        "mask_truncated_completions": settings.overlong == "mask",
        "scale_rewards": settings.scale_rewards,
        "use_bias_correction_kl": False,  # TRL's default multiplies the KL estimate by the ratio; eq. 2 does not
        **mismatch.correction_arguments(settings.importance, settings.importance_cap),
        "reward_weights": [*settings.rewards.values(), *([1.0] if settings.overlong == "punish" else [])],
        "shuffle_dataset": False,  # the dataset counts places; `pools` draws the order
        "remove_unused_columns": False,  # the rewards read them
    }
    # Without a KL term there is no reference model; of adapters it is a snapshot (`loop.adapter_reference`).
    if settings.beta and settings.sync_ref_steps and not settings.lora:
        shared |= {
            "sync_ref_model": True,
            "ref_model_sync_steps": settings.sync_ref_steps,
            "ref_model_mixup_alpha": 1.0,  # the reference is replaced by the policy, not mixed with it
        }
    longest = [prepared.longest(run.work / name, "prompt") or 0 for name in (prompts.PROMPTS, FILE)]
    return shared | generating.engine_arguments(settings, max(longest) or None)
