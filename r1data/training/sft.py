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
from r1data.data.responses import reopened
from r1data.engines.models import load_tokenizer, tokens_without_weights
from r1data.engines.templates import default_template, prefill, render_turns, tokenize
from r1data.engines.templates import messages as turns
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
    if tokenizer.eos_token_id is None:
        raise UserError(
            f"{tokenizer.name_or_path}: its tokenizer has no end-of-text token (eos_token), which ends a response; "
            "set it in tokenizer_config.json"
        )
    encoder = Encoder(
        settings.template or default_template(tokenizer),
        tokenizer,
        settings,
        tokens_without_weights(model, tokenizer),
    )
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

    def __init__(
        self,
        template: str,
        tokenizer: PreTrainedTokenizerBase,
        settings: SftSettings,
        vocabulary: int | None = None,
    ) -> None:
        """`vocabulary`: the first token id that the model has no weights for, if the tokenizer makes any."""
        self.template, self.tokenizer, self.settings = template, tokenizer, settings
        self.vocabulary = vocabulary
        self.dropped: Counter[str] = Counter()
        self.tokens = 0

    def all(self, rows: Iterable[Record]) -> Iterator[tuple[str, Record]]:
        """(split, example) for every row that can be trained or evaluated on."""
        for number, portion in enumerate(runtime.portions(rows)):
            if number == 0:
                runtime.require_columns(list(portion[0]), ("messages", "split"), "supervised training")
            known = [row["messages"] for row in portion if row["split"] in (TRAIN, VALIDATION)]
            examples = self.several(known)
            for row in portion:
                split = row["split"]
                example = next(examples) if split in (TRAIN, VALIDATION) else f"split {split}"
                if isinstance(example, str):
                    self.dropped[example] += 1
                    continue
                self.tokens += len(example["input_ids"]) if split == TRAIN else 0
                yield split, example

    def several(self, conversations: Sequence[Sequence[Record]]) -> Iterator[Record | str]:
        """For each conversation `input_ids` and `labels`, or why there are none; their prompts are rendered at once."""
        chats = [self._chat(messages[:-1]) if _has_response(messages) else None for messages in conversations]
        prompts = [chat for chat in chats if chat is not None]
        rendered = iter(render_turns(self.template, prompts, self.tokenizer))
        for messages, chat in zip(conversations, chats, strict=True):
            if not _has_response(messages):
                yield "no_response"
            elif chat is None:
                yield "several_turns"
            else:
                yield self._example(next(rendered), messages[-1]["content"])

    def _chat(self, messages: Sequence[Record]) -> list[Record] | None:
        """The turns before the response; None where the template cannot render them."""
        roles = [message["role"] for message in messages]
        if roles in (["user"], ["system", "user"]):
            system = messages[0]["content"] if roles[0] == "system" else None
            return turns(messages[-1]["content"], system)
        return list(messages) if self.template == "chat" else None

    def _example(self, prompt: str, text: str) -> Record | str:
        """`input_ids` and `labels` for a rendered prompt and its response, or why there are none."""
        text = reopened(text)
        ids, opened = tokenize(self.template, prompt, self.tokenizer), prefill(prompt)
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
        if self.vocabulary is not None and max(ids + response) >= self.vocabulary:
            return "unknown_token"
        return {"input_ids": ids + response, "labels": [IGNORED] * len(ids) + response}


def _has_response(messages: Sequence[Record]) -> bool:
    return bool(messages and messages[-1]["role"] == "assistant" and messages[-1]["content"])


def _file(run: checkpoint.TrainingRun, split: str) -> Path:
    return run.work / f"{split}.arrow"
