"""Conversations as token ids and labels, for supervised training.

Prompts are put together as sampling does it, so that the model learns on what it will later see; a chat template's own
rendering of the response is not used, because those of R1's family cut the thoughts out. The loss is over the last
assistant message and the end-of-text token after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from r1data.data.records import Record
from r1data.data.responses import reopened
from r1data.engines.templates import messages as turns
from r1data.engines.templates import prefill, render_turns, tokenize
from r1data.errors import UserError
from r1data.training.prepared import portions, require_columns
from r1data.training.settings import SftSettings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of tokens without loss, in torch and transformers."""
TRAIN, VALIDATION = "train", "validation"


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
        for number, portion in enumerate(portions(rows)):
            if number == 0:
                require_columns(list(portion[0]), ("messages", "split"), "supervised training")
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
