"""Supervised fine-tuning (R1 2.3.1, 2.3.3, 2.4) by TRL's `SFTTrainer`.

Rows of the `sft` schema with split `train` are trained on; those of `validation` give a loss at the end. `encoding`
turns them into token ids. A row that is too long is dropped and counted, never cut. `packing` lays a step's examples
side by side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.data.records import Record
from r1data.engines.models import load_tokenizer, tokens_without_weights
from r1data.engines.template_facts import set_end_token
from r1data.engines.templates import default_template
from r1data.errors import UserError
from r1data.training.evaluation import prompts as eval_prompts
from r1data.training.evaluation import student
from r1data.training.evaluation.prompts import EvalPrompts
from r1data.training.examples import packed_attention, packing, prepared, thinking
from r1data.training.examples.encoding import TRAIN, VALIDATION, Encoder
from r1data.training.examples.provenance import Provenance
from r1data.training.loop import callbacks, runtime
from r1data.training.models import adapters, context, loading, position_loss, room, strategies
from r1data.training.models.strategies import Strategy
from r1data.training.output import checkpoint
from r1data.training.settings import SftSettings
from r1data.training.settings.specs import parse_thinking

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedModel

WAYS_OUT = {
    "too_long": "raise --max-tokens",
    "unknown_token": "the tokenizer has tokens that the model has no weights for: take both from the same model",
    "several_turns": "take --template chat, which writes several turns",
    "no_question": "give each assistant's turn a user's before it",
}
"""What to do where no row is left, by the reason for which rows were left out."""
KINDS = {"input_ids": pa.list_(pa.int32()), "labels": pa.list_(pa.int32())}


def prepare(
    rows: Iterable[Record], model: str | Path, run: checkpoint.TrainingRun, settings: SftSettings
) -> dict[str, Any]:
    """Turn `sft` rows (`messages`, `split`) into token ids in the run's folder.

    Returns what is trained on, in numbers. Raises UserError for data that cannot be trained on.
    """
    tokenizer = load_tokenizer(model)
    if tokenizer.eos_token_id is None:
        raise UserError(
            f"{tokenizer.name_or_path}: its tokenizer has no end-of-text token (eos_token), which ends a response; "
            "set it in tokenizer_config.json"
        )
    template = settings.template or default_template(tokenizer)
    vocabulary = tokens_without_weights(model, tokenizer)
    set_end_token(tokenizer, template)
    encoder = Encoder(template, tokenizer, settings, vocabulary)
    mix = parse_thinking(settings.thinking)
    thinking.check_switch(mix, tokenizer)
    mixed = thinking.MixedRows(rows, mix, settings.seed)
    evaluated = EvalPrompts(settings)
    origin = Provenance()
    counts = prepared.write_arrow(
        {split: _file(run, split) for split in (TRAIN, VALIDATION)},
        room.within(encoder.all(evaluated.passing(origin.rows(mixed))), Path(model), settings),
        KINDS,
    )
    origin.write(run, rows)
    if not counts[TRAIN] and encoder.dropped.get("no_response", 0) == encoder.dropped.total() > 0:
        raise UserError(
            f"none of {encoder.dropped.total():,} rows has an assistant's turn at its end to learn from: "
            "`messages` needs one with role 'assistant' and a content; make the set with `r1 build`, or take --turns "
            "all where users have the last word"
        )
    if not counts[TRAIN]:
        reasons = {**encoder.dropped, **({"split validation": n} if (n := counts[VALIDATION]) else {})}
        raise UserError(
            "no row with split 'train' to train on "
            + prepared.left_out(reasons, WAYS_OUT, "make the set with `r1 build`")
        )
    return {
        "examples": counts[TRAIN],
        "validation": counts[VALIDATION],
        "tokens": encoder.tokens,
        "steps": settings.steps(counts[TRAIN]),
        "dropped": dict(encoder.dropped),
        "thinking_rows": {"with": mixed.with_thoughts, "without": mixed.without_thoughts},
        **evaluated.write(model, run, template, tokenizer, settings.eval_max_tokens or 1),
        **student.planned_sampling(settings, settings.eval_max_tokens or settings.max_tokens),
        **room.in_summary(Path(model), settings),
        **({"context_changed": encoder.context_changed} if encoder.context_changed else {}),
        **({"template": encoder.gate.notes()} if encoder.gate.notes() else {}),
    }


def train(
    model: str | Path, run: checkpoint.TrainingRun, settings: SftSettings, summary: dict[str, Any]
) -> dict[str, Any]:
    """Train a model on the prepared examples and publish it into the run's folder.

    Returns the manifest (empty in all processes but the main one). Raises UserError where training diverges.
    """
    loading.set_threads(settings.threads)
    strategy = strategies.of(summary, settings)
    student.check_strategy(settings, strategy.strategy)
    trl = runtime.import_trl()
    tokenizer = load_tokenizer(model)
    context.lengthen(tokenizer, Path(model), settings)
    set_end_token(tokenizer, settings.template or default_template(tokenizer))
    examples = prepared.read_arrow(_file(run, TRAIN))
    steps = settings.steps(len(examples))
    order = prepared.order(len(examples), steps * settings.batch_size, settings.seed)
    # Made before the model is loaded, as they connect the processes, each of which then loads its shard.
    options = arguments(run, settings, steps, strategy)
    connected = strategies.training_arguments(trl.SFTConfig, options, strategy)
    loaded = loading.trainable(model, settings, strategy)
    obstacle = packed_attention.obstacle(loaded) if settings.packing else "--no-packing"
    if settings.context_parallel > 1:
        obstacle = "--context-parallel, which reads a row as one sequence"
    rows = _padded(examples, order) if obstacle else _packed(examples, order, settings, loaded)
    with packed_attention.attention(loaded, rows.attention):
        if rows.arguments:
            connected = strategies.training_arguments(trl.SFTConfig, options | rows.arguments, strategy)
        trainer = strategies.trainer_class(trl.SFTTrainer, strategy)(
            model=loaded,
            args=connected,
            train_dataset=rows.dataset,
            data_collator=rows.collator,
            eval_dataset=prepared.read_arrow(_file(run, VALIDATION)) if summary["validation"] else None,
            processing_class=tokenizer,
            peft_config=adapters.config_of(settings, loaded),
        )
        if settings.lora:
            adapters.in_float32(trainer.model)
        if not obstacle:
            probe = examples[0]["input_ids"]
            trainer.add_callback(callbacks.CheckAtStart(lambda: packing.check_apart(trainer, probe)))
        evaluation = student.evaluation(trainer, model, run, settings, tokenizer, summary)
        kept = evaluation.best_step if evaluation else lambda: None
        metrics = runtime.train(trainer, run, settings, strategy, str(run.request["command"]), kept)
        if evaluation is not None:
            evaluation.load_best()
            summary = summary | evaluation.summary()
        if summary["validation"]:
            summary = summary | {"eval_loss": trainer.evaluate()["eval_loss"]}
        if change := context.of_folder(Path(model), settings):
            read = trainer.eval_dataset if summary["validation"] else examples
            summary = summary | position_loss.measure(trainer, read, change.before)
    if obstacle and settings.packing:
        summary = summary | {"not_packed": obstacle}
    return runtime.finish(trainer, run, settings, tokenizer, metrics, summary)


@dataclass(frozen=True)
class _Rows:
    """What the trainer is given to train on, and how."""

    dataset: Any
    collator: Any = None
    arguments: dict[str, Any] = field(default_factory=dict)
    attention: str | None = None


def _padded(examples: Dataset, order: list[int]) -> _Rows:
    return _Rows(examples.select(order))


def _packed(examples: Dataset, order: list[int], settings: SftSettings, model: PreTrainedModel) -> _Rows:
    lengths = packing.lengths_of(examples)
    # As many tokens as a padded forward pass may have: a --micro-batch that fits without packing fits with it.
    longest = settings.max_tokens if settings.micro_batch is None else max(lengths)
    layout = packing.layout(
        lengths,
        order,
        batch=settings.batch_size,
        processes=settings.replicas,
        most_tokens=settings.fitting_micro_batch() * longest,
    )
    attention = packed_attention.choose(model)
    return _Rows(
        packing.packed(examples, layout.rows),
        packing.Collator(kernels=attention != packed_attention.NAME),
        {
            "per_device_train_batch_size": 1,
            "gradient_accumulation_steps": layout.passes,
            "remove_unused_columns": False,  # the dataset makes its columns when it is read
        },
        attention,
    )


def check(settings: SftSettings) -> None:
    """Raise UserError where settings do not fit this machine."""
    strategies.check_machine(settings)
    adapters.check(settings)
    eval_prompts.check(settings)
    student.check_strategy(settings, settings.strategy)


def arguments(
    run: checkpoint.TrainingRun, settings: SftSettings, steps: int, strategy: Strategy
) -> dict[str, Any]:
    """The settings as TRL's arguments."""
    size = settings.fitting_micro_batch()
    shared = runtime.shared_arguments(run, settings, steps, strategy)
    if settings.schedule == "cosine":
        shared["lr_scheduler_kwargs"] = {"min_lr_rate": settings.min_lr_ratio}
    return shared | {
        "per_device_train_batch_size": size,
        "per_device_eval_batch_size": size,
        "gradient_accumulation_steps": settings.batch_size // (size * settings.replicas),
        "max_length": None,  # TRL would cut what is longer; `Encoder` has dropped it
        "train_sampling_strategy": "sequential",  # the order is drawn already
        "dataset_kwargs": {"skip_prepare_dataset": True},  # the rows are token ids already
        # torch deals two parts of a sequence to each process that shares it
        "pad_to_multiple_of": 2 * settings.context_parallel if settings.context_parallel > 1 else None,
    }


def _file(run: checkpoint.TrainingRun, split: str) -> Path:
    return run.work / f"{split}.arrow"
