"""Prompts of training and of its evaluation as the model reads them, by the templates that sampling uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from r1data.data.records import Record
from r1data.engines.model_checks import Rendering
from r1data.engines.models import tokens_without_weights
from r1data.engines.templates import Prompt, messages, prompts
from r1data.errors import UserError
from r1data.training.examples import prepared
from r1data.training.examples.template_gate import Gate
from r1data.training.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def render(
    rows: Iterable[Record], template: str, settings: Settings, tokenizer: PreTrainedTokenizerBase
) -> Iterator[tuple[Record, Prompt]]:
    """Rows (`prompt`, `system`?), each with its prompt as the model reads it. Raises UserError where the chat template
    is unfit."""
    gate = Gate(template, tokenizer, settings)
    rendering = Rendering(date=settings.date)
    for portion in prepared.portions(rows):
        chats = [messages(row["prompt"], row.get("system")) for row in portion]
        for row, chat, prompt in zip(
            portion, chats, prompts(template, chats, tokenizer, rendering), strict=True
        ):
            gate.check_prompt(chat, prompt)
            yield row, prompt


def with_weights(
    rows: Iterable[Record], model: str | Path, tokenizer: PreTrainedTokenizerBase
) -> Iterator[Record]:
    """Rows whose `prompt` is token ids. Raises UserError for one with a token that the model has no weights for."""
    vocabulary = tokens_without_weights(model, tokenizer)
    for row in rows:
        if vocabulary is not None and max(row["prompt"], default=0) >= vocabulary:
            raise UserError(
                f"a prompt has a token beyond the {vocabulary} that the model has weights for; "
                "take the tokenizer that belongs to the model"
            )
        yield row
