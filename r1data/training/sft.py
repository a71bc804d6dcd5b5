"""Supervised fine-tuning (R1 2.3.1, 2.3.3, 2.4) by TRL's `SFTTrainer`.

Rows of the `sft` schema with split `train` are trained on; those of `validation` give a loss at the end. The loss is
over the last assistant message alone and the end-of-text token after it. Prompts are put together as sampling does it,
so that the model learns on what it will later see; a chat template's own rendering of the response is not used,
because those of R1's family cut the thoughts out.

A row that is too long is dropped and counted, never cut. Not here: packing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.data.records import Record
from r1data.engines.models import load_tokenizer
from r1data.engines.templates import default_template, encode, prefill, render
from r1data.errors import UserError
from r1data.training import checkpoint, runtime
from r1data.training.settings import SftSettings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of tokens without loss, in torch and transformers."""
TRAIN, VALIDATION = "train", "validation"
KINDS = {"input_ids": pa.list_(pa.int32()), "labels": pa.list_(pa.int32())}


def prepare(
    rows: Iterable[Record], model: str | Path, run: checkpoint.TrainingRun, settings: SftSettings
) -> dict[str, Any]:
    """Turn `sft` rows (`messages`, `split`) into token ids in the run's folder.

    Returns what is trained on, in numbers. Raises UserError for data that cannot be trained on.
    """
    tokenizer = load_tokenizer(model)
    encoder = Encoder(settings.template or default_template(tokenizer), tokenizer, settings)
    counts = runtime.write_arrow(
        {split: _file(run, split) for split in (TRAIN, VALIDATION)}, encoder.all(rows), KINDS
    )
    if not counts[TRAIN]:
        reasons = dict(encoder.dropped) or "nothing"
        raise UserError(
            f"no row with split 'train' to train on (dropped: {reasons}); "
            "make the set with `r1 build`, or raise --max-tokens"
        )
    return {
        "examples": counts[TRAIN],
        "validation": counts[VALIDATION],
        "tokens": encoder.tokens,
        "steps": settings.steps(counts[TRAIN]),
        "dropped": dict(encoder.dropped),
    }


def train(
    model: str | Path, run: checkpoint.TrainingRun, settings: SftSettings, summary: dict[str, Any]
) -> dict[str, Any]:
    """Train a model on the prepared examples and publish it into the run's folder.

    Returns the manifest (empty in all processes but the main one). Raises UserError where training diverges.
    """
    runtime.set_threads(settings.threads)
    trl = runtime.import_trl()
    tokenizer = load_tokenizer(model)
    examples = runtime.read_arrow(_file(run, TRAIN))
    steps = settings.steps(len(examples))
    trainer = trl.SFTTrainer(
        model=runtime.trainable(model),
        args=trl.SFTConfig(**arguments(run, settings, steps)),
        train_dataset=examples.select(
            runtime.order(len(examples), steps * settings.batch_size, settings.seed)
        ),
        eval_dataset=runtime.read_arrow(_file(run, VALIDATION)) if summary["validation"] else None,
        processing_class=tokenizer,
    )
    metrics = runtime.train(trainer, run, settings, str(run.request["command"]))
    if summary["validation"]:
        summary = summary | {"eval_loss": trainer.evaluate()["eval_loss"]}
    return runtime.finish(trainer, run, settings, tokenizer, metrics, summary)


def check(settings: SftSettings) -> None:
    """Raise UserError where settings do not fit this machine."""
    runtime.check_machine(settings)


def arguments(run: checkpoint.TrainingRun, settings: SftSettings, steps: int) -> dict[str, Any]:
    """The settings as TRL's arguments."""
    size = settings.fitting_micro_batch()
    shared = runtime.shared_arguments(run, settings, steps)
    if settings.schedule == "cosine":
        shared["lr_scheduler_kwargs"] = {"min_lr_rate": settings.min_lr_ratio}
    return shared | {
        "save_steps": settings.save_steps,
        "per_device_train_batch_size": size,
        "per_device_eval_batch_size": size,
        "gradient_accumulation_steps": settings.batch_size // (size * settings.processes),
        "max_length": None,  # TRL would cut what is longer; `Encoder` has dropped it
        "train_sampling_strategy": "sequential",  # the order is drawn already
        "dataset_kwargs": {"skip_prepare_dataset": True},  # the rows are token ids already
    }


class Encoder:
    """Rows into token ids and labels, counting tokens to train on and rows dropped by reason."""

    def __init__(self, template: str, tokenizer: PreTrainedTokenizerBase, settings: SftSettings) -> None:
        self.template, self.tokenizer, self.settings = template, tokenizer, settings
        self.dropped: Counter[str] = Counter()
        self.tokens = 0

    def all(self, rows: Iterable[Record]) -> Iterator[tuple[str, Record]]:
        """(split, example) for every row that can be trained or evaluated on."""
        for number, row in enumerate(rows):
            if number == 0:
                runtime.require_columns(list(row), ("messages", "split"), "supervised training")
            if row["split"] not in (TRAIN, VALIDATION):
                self.dropped[f"split {row['split']}"] += 1
                continue
            example = self.one(row["messages"])
            if isinstance(example, str):
                self.dropped[example] += 1
                continue
            self.tokens += len(example["input_ids"]) if row["split"] == TRAIN else 0
            yield row["split"], example

    def one(self, messages: Sequence[Record]) -> Record | str:
        """`input_ids` and `labels` of a conversation that ends with the assistant, or why there are none."""
        if not messages or messages[-1]["role"] != "assistant" or not messages[-1]["content"]:
            return "no_response"
        prompt = self._prompt(messages[:-1])
        if prompt is None:
            return "several_turns"
        ids, opened = prompt
        text = messages[-1]["content"]
        if opened:
            # The think tag that the prompt already wrote must not come twice. A response without thoughts closes it at
            # once, as the model has to where it samples after such a prompt.
            tag, body = opened.strip(), text.lstrip()
            text = body.removeprefix(tag).lstrip() if body.startswith(tag) else f"\n</think>\n\n{text}"
        response = [
            *self.tokenizer(text, add_special_tokens=False)["input_ids"],
            self.tokenizer.eos_token_id,
        ]
        length, most = len(ids) + len(response), self.settings.max_tokens
        if length > most and self.settings.too_long == "refuse":
            raise UserError(
                f"an example has {length} tokens, over --max-tokens {most}; raise that, or remove the example"
            )
        if length > most:
            return "too_long"
        return {"input_ids": ids + response, "labels": [IGNORED] * len(ids) + response}

    def _prompt(self, messages: Sequence[Record]) -> tuple[list[int], str] | None:
        """The prompt's ids and the start of the response that it already contains; None for turns that the template
        cannot render."""
        roles = [message["role"] for message in messages]
        if roles in (["user"], ["system", "user"]):
            system = messages[0]["content"] if roles[0] == "system" else None
            text = messages[-1]["content"]
            ids = encode(self.template, text, system, self.tokenizer)
            return ids, prefill(render(self.template, text, system, self.tokenizer))
        if self.template != "chat":
            return None
        rendered = self.tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=True
        )
        return self.tokenizer(str(rendered), add_special_tokens=False)["input_ids"], prefill(str(rendered))


def _file(run: checkpoint.TrainingRun, split: str) -> Path:
    return run.work / f"{split}.arrow"
