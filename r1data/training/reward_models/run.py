"""A reward model's run: checks, rows prepared, training, what it is worth on held-out prompts, the folder that is left.

The model is the base with its output replaced by one number, whose weights are drawn from the seed; dropout is off, as
TRL has it. `config.json` says kind and template, and by `problem_type` whether the score is a probability. A run that
was interrupted goes on as all runs do, and measures the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from r1data.data.records import Record
from r1data.engines.models import load_tokenizer, tokens_without_weights
from r1data.engines.template_facts import set_end_token
from r1data.errors import UserError
from r1data.training.examples import prepared
from r1data.training.examples.provenance import Provenance
from r1data.training.examples.template_gate import Gate
from r1data.training.loop import runtime
from r1data.training.models import adapters, context, loading, room, strategies
from r1data.training.models.strategies import Strategy
from r1data.training.output import checkpoint
from r1data.training.reward_models import measures
from r1data.training.reward_models.examples import HELD_OUT, KINDS, TRAIN, WAYS_OUT, Examples, sequences
from r1data.training.reward_models.layout import MARK, NUMBER, PROBABILITY, PairEncoder
from r1data.training.reward_models.scoring import batches, forward
from r1data.training.settings import RewardModelSettings

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

HEAD = "score"
"""The head of transformers' models that score a text, for the decoders that are trained here."""


def check(settings: RewardModelSettings) -> None:
    """Raise UserError where settings do not fit this machine."""
    strategies.check_machine(settings)
    adapters.check(settings)


def prepare(
    rows: Iterable[Record], model: str | Path, run: checkpoint.TrainingRun, settings: RewardModelSettings
) -> dict[str, Any]:
    """Turn pairs or labelled responses into token ids in the run's folder.

    Returns what is trained on, in numbers. Raises UserError for data that cannot be trained on.
    """
    tokenizer = load_tokenizer(model)
    if tokenizer.eos_token_id is None:
        raise UserError(
            f"{tokenizer.name_or_path}: its tokenizer has no end-of-text token (eos_token), at which a response is "
            "scored; set it in tokenizer_config.json"
        )
    encoder = pair_encoder(model, tokenizer, settings, gate=True)
    examples = Examples(encoder, settings)
    origin = Provenance()
    counts = prepared.write_arrow(
        {split: _file(run, split) for split in (TRAIN, HELD_OUT)},
        _within(examples.all(origin.rows(rows)), Path(model), settings),
        KINDS,
    )
    origin.write(run, rows)
    if not counts[TRAIN]:
        raise UserError(nothing_left(examples, counts[HELD_OUT]))
    safe, labelled = examples.positive
    if examples.form == "labels" and safe in (0, labelled):
        raise UserError(
            f"all {labelled:,} labels to train on say {'safe' if safe else 'unsafe'}, so that there is nothing to "
            "tell apart; add rows with the other label"
        )
    return {
        "form": examples.form,
        "examples": counts[TRAIN],
        "held_out": counts[HELD_OUT],
        "tokens": examples.tokens,
        "steps": settings.steps(counts[TRAIN]),
        "dropped": dict(examples.dropped),
        **({"safe": round(safe / labelled, 4)} if examples.form == "labels" else {}),
        **room.in_summary(Path(model), settings),
        **({"template": encoder.gate.notes()} if encoder.gate and encoder.gate.notes() else {}),
    }


def nothing_left(examples: Examples, held_out: int) -> str:
    """Why there is no row to train on, and what to do."""
    reasons = {**examples.dropped, **({"held out": held_out} if held_out else {})}
    if not reasons:
        return "no rows to train on, as the dataset is empty; give another"
    return f"no row to train on {prepared.left_out(reasons, WAYS_OUT, 'lower --held-out')}"


def pair_encoder(
    model: str | Path, tokenizer: PreTrainedTokenizerBase, settings: RewardModelSettings, *, gate: bool
) -> PairEncoder:
    """The encoder of a run's rows."""
    plain = PairEncoder(
        tokenizer,
        settings.template,
        date=settings.date,
        vocabulary=tokens_without_weights(model, tokenizer),
    )
    if gate:
        plain.gate = Gate(plain.template, tokenizer, settings)
    return plain


def train(
    model: str | Path, run: checkpoint.TrainingRun, settings: RewardModelSettings, summary: dict[str, Any]
) -> dict[str, Any]:
    """Train a reward model on the prepared rows, measure it, and publish it into the run's folder.

    Returns the manifest (empty in all processes but the main one). Raises UserError where training diverges.
    """
    loading.set_threads(settings.threads)
    strategy = strategies.of(summary, settings)
    trl = runtime.import_trl()
    from r1data.training.reward_models.trainers import Collator, LabelTrainer, PairTrainer

    tokenizer = load_tokenizer(model)
    context.lengthen(tokenizer, Path(model), settings)
    encoder = pair_encoder(model, tokenizer, settings, gate=False)
    set_end_token(tokenizer, encoder.template)
    tokenizer.pad_token = tokenizer.convert_ids_to_tokens(encoder.pad)
    tokenizer.padding_side = "right"
    examples = prepared.read_arrow(_file(run, TRAIN))
    steps = settings.steps(len(examples))
    order = prepared.order(len(examples), steps * settings.batch_size, settings.seed)
    options = arguments(run, settings, steps, strategy)
    connected = strategies.training_arguments(trl.RewardConfig, options, strategy)
    torch.manual_seed(settings.seed)  # of the new head
    loaded = loading.trainable(
        model,
        settings,
        strategy,
        head="new-score",
        edit=partial(_as_reward_model, form=summary["form"], encoder=encoder, settings=settings),
    )
    kind = LabelTrainer if summary["form"] == "labels" else PairTrainer
    trainer = strategies.trainer_class(kind, strategy)(
        model=loaded,
        args=connected,
        train_dataset=examples.select(order),
        data_collator=Collator(encoder.pad),
        processing_class=tokenizer,
        peft_config=_adapters(settings, loaded),
    )
    if settings.lora:
        adapters.in_float32(trainer.model)
    metrics = runtime.train(trainer, run, settings, strategy, str(run.request["command"]))
    held_out = prepared.read_arrow(_file(run, HELD_OUT))
    figures = measures.measure(_rate(trainer, held_out, encoder.pad))
    return runtime.finish(trainer, run, settings, tokenizer, metrics, summary | {"held_out_figures": figures})


def arguments(
    run: checkpoint.TrainingRun, settings: RewardModelSettings, steps: int, strategy: Strategy
) -> dict[str, Any]:
    """The settings as TRL's arguments."""
    size = settings.fitting_micro_batch()
    shared = runtime.shared_arguments(run, settings, steps, strategy)
    if settings.schedule == "cosine":
        shared["lr_scheduler_kwargs"] = {"min_lr_rate": settings.min_lr_ratio}
    return shared | {
        "per_device_train_batch_size": size,
        "gradient_accumulation_steps": settings.batch_size // (size * settings.replicas),
        "train_sampling_strategy": "sequential",  # the order is drawn already
        "remove_unused_columns": False,
        "max_length": None,
    }


def _rate(trainer: Any, rows: Dataset, pad: int) -> list[measures.Rated]:
    """The held-out rows with their scores. In every process alike: a sharded model is read by all together."""
    parts = [sequences(row) for row in rows]
    flat = dict(enumerate(ids for each in parts for ids in each))
    scores: dict[int, float] = {}
    model = trainer.model.eval()
    with torch.no_grad(), trainer.accelerator.autocast():
        for batch in batches(flat):
            values = forward(model, [flat[number] for number in batch], pad).tolist()
            scores |= dict(zip(batch, values, strict=True))
    numbers = iter(range(len(flat)))
    rated = []
    for row, each in zip(rows, parts, strict=True):
        own = [next(numbers) for _ in each]
        rated.append(
            measures.Rated(
                tuple(scores[n] for n in own), tuple(len(flat[n]) for n in own), row["target"], row["group"]
            )
        )
    return rated


def _as_reward_model(
    config: PreTrainedConfig, form: str, encoder: PairEncoder, settings: RewardModelSettings
) -> PreTrainedConfig:
    """The config of a model with one number for a head, which says what it rates and how."""
    config.num_labels = 1
    config.id2label = {0: settings.reads}
    config.label2id = {settings.reads: 0}
    config.problem_type = PROBABILITY if form == "labels" else NUMBER
    config.get_text_config().pad_token_id = encoder.pad
    date = {"date": settings.date} if settings.date else {}
    setattr(config, MARK, {"kind": settings.reads, "template": encoder.template, **date})
    return config


def _adapters(settings: RewardModelSettings, model: PreTrainedModel) -> LoraConfig | None:
    """The adapters of a run; the head is trained whole beside them."""
    config = adapters.config_of(settings, model)
    if config is not None:
        config.task_type = "SEQ_CLS"
        config.target_modules = [name for name in config.target_modules or () if name != HEAD]
        config.modules_to_save = [HEAD]
    return config


def _within(
    examples: Iterator[tuple[str, Record]], folder: Path, settings: RewardModelSettings
) -> Iterator[tuple[str, Record]]:
    """The examples. Raises UserError after the last where a response is longer than the model's positions."""
    longest = (
        (split, {"input_ids": max(sequences(example), key=len), "example": example})
        for split, example in examples
    )
    for split, each in room.within(longest, folder, settings):
        yield split, each["example"]


def _file(run: checkpoint.TrainingRun, split: str) -> Path:
    return run.work / f"{split}.arrow"
