"""GRPO (R1 2.2.1): reinforcement learning of a model on prompts with a verifiable answer, by TRL's `GRPOTrainer`.

Prompts are rendered here, by the same templates that sampling uses, and reach TRL as plain strings. Their order over
the whole run is drawn beforehand from the seed, so that a resumed run sees the same prompts.

Departs from the paper: none by default, in what the paper states. TRL's clip is symmetric, so the paper's epsilon of 10
lets ratios up to 11 pass and never clips below. With vLLM, responses differ from run to run; only with the
transformers engine does an interrupted run end in the same weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.data.records import Record
from r1data.engines.base import EngineOptions
from r1data.engines.model_checks import Rendering
from r1data.engines.models import load_tokenizer, stop_ids, tokens_without_weights
from r1data.engines.openai import root_of
from r1data.engines.template_facts import set_end_token
from r1data.engines.templates import Prompt, messages, prompts
from r1data.errors import UserError
from r1data.training.examples import prepared
from r1data.training.examples.provenance import Provenance
from r1data.training.examples.template_gate import Gate
from r1data.training.loop import callbacks, runtime
from r1data.training.models import adapters, context, loading, strategies
from r1data.training.models.strategies import Strategy
from r1data.training.output import checkpoint
from r1data.training.rewards import REWARDS, check_names
from r1data.training.rollouts import generating, unrewarded
from r1data.training.rollouts.measures import Scorer
from r1data.training.settings import GrpoSettings
from r1data.verifiers.judge.asking import TIMEOUT, JudgeSettings
from r1data.verifiers.judge.judge import Judge
from r1data.verifiers.registry import JUDGE, VERIFIERS
from r1data.verifiers.registry import check as check_response

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

PROMPTS = "prompts.arrow"
COLUMNS = ("truth", "verifier", "language")
KINDS = {
    "prompt": pa.list_(pa.int32()),
    **{name: pa.string() for name in ("question", "prefill", *COLUMNS)},
}


def prepare(
    rows: Iterable[Record], model: str | Path, run: checkpoint.TrainingRun, settings: GrpoSettings
) -> dict[str, Any]:
    """Render the prompts (`prompt`, `system`?, and what the rewards read) into the run's folder.

    Returns what is trained on, in numbers. Raises UserError for data that the rewards cannot use.
    """
    tokenizer = load_tokenizer(model)
    origin = Provenance()
    rendered = _prompts(_check_rows(origin.rows(rows), settings), settings, tokenizer)
    if (vocabulary := tokens_without_weights(model, tokenizer)) is not None:
        rendered = _within(vocabulary, rendered)
    rendered = context.prompts_within(rendered, Path(model), settings)
    counts = prepared.write_arrow({PROMPTS: run.work / PROMPTS}, ((PROMPTS, row) for row in rendered), KINDS)
    origin.write(run, rows)
    return {
        "steps": settings.steps,
        "prompts": counts[PROMPTS],
        **context.in_summary(Path(model), settings),
    }


def train(
    model: str | Path, run: checkpoint.TrainingRun, settings: GrpoSettings, summary: dict[str, Any]
) -> dict[str, Any]:
    """Train a model on the prepared prompts and publish it into the run's folder.

    Returns the manifest (empty in all processes but the main one). Raises UserError where training diverges.
    """
    loading.set_threads(settings.threads)
    strategy = strategies.of(summary, settings)
    trl = runtime.import_trl(vllm=settings.engine != "transformers")
    tokenizer = load_tokenizer(model)
    context.lengthen(tokenizer, Path(model), settings)
    set_end_token(tokenizer, settings.template)
    tokenizer.padding_side = "left"  # prompts end where responses begin, whatever their lengths
    judge = None
    if settings.judge is not None and settings.judge_url is not None:
        options = EngineOptions(endpoints=(settings.judge_url,), request_timeout=TIMEOUT)
        judge = Judge(JudgeSettings(settings.judge, seed=settings.seed, options=options))
    scorer = Scorer(list(settings.rewards), settings.verify_seconds, generating.add_over_processes, judge)
    training_arguments = strategies.training_arguments(
        trl.GRPOConfig, arguments(run, settings, strategy), strategy
    )
    loaded = loading.trainable(model, settings, strategy)
    with loading.reference(model, settings, strategy):
        trainer = strategies.trainer_class(encoded_prompts(trl.GRPOTrainer), strategy)(
            model=loaded,
            reward_funcs=scorer.functions(),
            args=training_arguments,
            train_dataset=in_order(prepared.read_arrow(run.work / PROMPTS), settings),
            processing_class=tokenizer,
            peft_config=adapters.config_of(settings, loaded),
        )
    if settings.lora:
        adapters.in_float32(trainer.model)
    # As TRL does, to count the responses that were cut.
    scorer.ends = {
        *stop_ids(model, tokenizer),
        *getattr(trainer, "eos_token_ids", ()),
        tokenizer.pad_token_id,
    }
    metrics = runtime.train(trainer, run, settings, strategy, "train-grpo")
    summary = {**summary, **unrewarded.counts(callbacks.read_metrics(run.metrics))}
    return runtime.finish(trainer, run, settings, tokenizer, metrics, summary)


def check(settings: GrpoSettings) -> None:
    """Raise UserError where rewards are not known or settings do not fit this machine."""
    strategies.check_machine(settings)
    adapters.check(settings)
    check_names(settings.rewards)
    generating.check_engine(settings)
    if (settings.judge is None) != (settings.judge_url is None):
        raise UserError(
            "--judge NAME and --judge-url URL go together, as rewards ask a judge that is served; give both"
        )
    if settings.judge_url:
        root_of(settings.judge_url)


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
        "max_completion_length": settings.max_tokens,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "top_k": settings.top_k,
        "beta": settings.beta,
        "epsilon": settings.epsilon,
        "loss_type": settings.loss,
        "scale_rewards": settings.scale_rewards,
        "reward_weights": list(settings.rewards.values()),
        "shuffle_dataset": False,  # `in_order` has drawn the order
        "remove_unused_columns": False,  # the rewards read them
    }
    if settings.beta and settings.sync_ref_steps:  # without a KL term there is no reference model
        shared |= {
            "sync_ref_model": True,
            "ref_model_sync_steps": settings.sync_ref_steps,
            "ref_model_mixup_alpha": 1.0,  # the reference is replaced by the policy, not mixed with it
        }
    return shared | generating.engine_arguments(settings)


def in_order(prompts: Dataset, settings: GrpoSettings) -> Dataset:
    """Every prompt of the run in the order of its steps."""
    # TRL generates for whole rollouts: the last one takes all its prompts, even if training ends within it.
    rollouts = -(-settings.steps // settings.steps_per_rollout)
    needed = rollouts * settings.steps_per_rollout * settings.prompts_per_step
    return prompts.select(prepared.order(len(prompts), needed, settings.seed))


def _check_rows(rows: Iterable[Record], settings: GrpoSettings) -> Iterator[Record]:
    """Yields the rows; raises UserError where there are none, or none has what the rewards read."""
    verifiers: set[str | None] = set()
    empty, truths = True, 0
    unreadable, readable = "", False
    for row in rows:
        if empty:
            for name in settings.rewards:
                prepared.require_columns(list(row), REWARDS[name].columns, f"the reward {name!r}")
        empty = False
        truths += row.get("truth") is not None
        verifiers.add(row.get("verifier"))
        if not readable:
            reason = _unreadable_truth(row)
            unreadable, readable = unreadable or reason or "", reason is None
        yield row
    if empty:
        raise UserError("no prompts to train on, as the dataset is empty; give another")
    used_verifiers = [VERIFIERS[verifier] for verifier in verifiers if verifier is not None]
    needs_truth = any(verifier.needs_truth for verifier in used_verifiers)
    if settings.rewards.get("accuracy") and not (used_verifiers and (truths or not needs_truth)):
        raise UserError(
            "no prompt has a truth and a verifier, which 'accuracy' needs; ingest with --map truth=YOURS"
        )
    if settings.rewards.get("accuracy") and not readable:
        raise UserError(
            f"no prompt has a truth that its verifier can read, so that nothing would be learned (the first: "
            f"{unreadable}); ingest with --map truth=YOURS, or --set verifier=NAME"
        )


def _unreadable_truth(row: Record) -> str | None:
    """Why the verifier of a prompt cannot read its truth; None where it can, or where nobody knows before training."""
    verifier = row.get("verifier")
    if verifier is None or verifier == JUDGE.name:
        return None
    verdict = check_response(verifier, _PROBE, row.get("truth"), prompt=row["prompt"])
    return verdict.reason if verdict.cause in ("bad_truth", "no_truth") else None


_PROBE = "no answer"
"""A response to which a verifier says what is wrong with the truth, if anything is."""


def _prompts(
    rows: Iterable[Record], settings: GrpoSettings, tokenizer: PreTrainedTokenizerBase
) -> Iterator[Record]:
    """Rows with their prompt as the model reads it: TRL gets token ids and renders nothing. Raises UserError where the
    chat template is unfit."""
    gate = Gate(settings.template, tokenizer, settings)
    rendering = Rendering(date=settings.date)
    for portion in prepared.portions(rows):
        chats = [messages(row["prompt"], row.get("system")) for row in portion]
        for row, chat, prompt in zip(
            portion, chats, prompts(settings.template, chats, tokenizer, rendering), strict=True
        ):
            gate.check_prompt(chat, prompt)
            yield _prompt(row, prompt)


def _within(vocabulary: int, rows: Iterable[Record]) -> Iterator[Record]:
    """The rows. Raises UserError for a prompt with a token that the model has no weights for."""
    for row in rows:
        if max(row["prompt"], default=0) >= vocabulary:
            raise UserError(
                f"a prompt has a token beyond the {vocabulary} that the model has weights for; "
                "take the tokenizer that belongs to the model"
            )
        yield row


def _prompt(row: Record, prompt: Prompt) -> Record:
    columns = {"prompt": prompt.ids, "question": row["prompt"], "prefill": prompt.prefill}
    return columns | {column: row.get(column) for column in COLUMNS}


def encoded_prompts(trainer: type[Any]) -> type[Any]:
    """TRL's trainer for prompts that are token ids. It would take text and encode it with every control token in it
    meant, those of the questions too."""

    class Trainer(trainer):  # type: ignore[misc]
        def _tokenize_prompts(self, prompts: list[list[int]]) -> tuple[list[list[int]], None, dict[str, Any]]:
            return prompts, None, {}

    Trainer.__name__ = trainer.__name__  # model cards and logs name the class
    return Trainer
