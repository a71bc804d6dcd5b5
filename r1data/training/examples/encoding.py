"""Conversations as token ids and labels, for supervised training.

Prompts are put together as sampling does it (`engines.templates.prompts`), so that the model learns on what it will
later see: earlier turns stand there as the template renders them, which for many means without their thoughts. A chat
template's own rendering of the response is not used, because those of R1's family cut the thoughts out. The loss is
over the response and the token that ends it: that of the last assistant turn, or of each (`turns`). Control tokens in
data stay text; those of the response's own think tags are tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from r1data.data.records import Record
from r1data.data.responses import CLOSE, OPEN, is_blank, reopened, split
from r1data.data.text import one_line
from r1data.engines.control_tokens import Marks, text_encoder
from r1data.engines.model_checks import Chat, Rendering, reads
from r1data.engines.template_facts import closes_thinking, end_token_id, thinking_switch
from r1data.engines.templates import Prompt, prompts
from r1data.errors import UserError
from r1data.training.examples.prepared import portions, require_columns
from r1data.training.examples.template_gate import Gate
from r1data.training.settings import SftSettings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SHOWN_CHARACTERS = 60
"""Of a row in an error. Ours."""
IGNORED = -100
"""The label of tokens without loss, in torch and transformers."""
TRAIN, VALIDATION = "train", "validation"
SHOWN = 60
"""Characters of a question in an error."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A response to train on: the turns before it, as the template gets them, and its text."""

    before: Chat
    response: str


class Encoder:
    """Rows into token ids and labels, counting tokens to train on and rows dropped by reason.

    Attributes:
        variables: what a chat template is told for a response, `enable_thinking` for one. Replace it to say otherwise.
        dropped: rows left out, by reason.
        tokens: of the examples to train on.
        context_changed: rows whose earlier turns the template renders without their thoughts.
    """

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
        self.variables: Callable[[str], Mapping[str, Any]] = self.switched
        self.dropped: Counter[str] = Counter()
        self.tokens = self.context_changed = 0
        self.gate = Gate(template, tokenizer, settings)
        self._texts = text_encoder(tokenizer)
        self._is_chat = template == "chat" and bool(tokenizer.chat_template)
        self._switch = thinking_switch(tokenizer) if self._is_chat else None
        self._end = end_token_id(tokenizer, template)
        self._reads_reasoning = self._is_chat and reads(tokenizer, "reasoning_content")

    def all(self, rows: Iterable[Record]) -> Iterator[tuple[str, Record]]:
        """(split, example) for every row that can be trained or evaluated on; several for a row of several `turns`."""
        for number, portion in enumerate(portions(rows)):
            if number == 0:
                require_columns(list(portion[0]), ("messages", "split"), "supervised training")
            known = [row["messages"] for row in portion if row["split"] in (TRAIN, VALIDATION)]
            encoded = self.rows(known)
            for row in portion:
                split = row["split"]
                examples = next(encoded) if split in (TRAIN, VALIDATION) else f"split {split}"
                if isinstance(examples, str):
                    self.dropped[examples] += 1
                    continue
                for example in examples:
                    self.tokens += len(example["input_ids"]) if split == TRAIN else 0
                    yield split, example

    def several(self, conversations: Sequence[Sequence[Record]]) -> Iterator[Record | str]:
        """For each conversation its examples (`input_ids` and `labels`), or why there are none."""
        for examples in self.rows(conversations):
            yield from [examples] if isinstance(examples, str) else examples

    def rows(self, conversations: Sequence[Sequence[Record]]) -> Iterator[list[Record] | str]:
        """For each conversation the list of its examples, or why there are none; all are encoded at once."""
        plans = [self._turns(messages) for messages in conversations]
        turns = [turn for plan in plans if not isinstance(plan, str) for turn in plan]
        encoded = iter(self._encode(turns))
        for plan in plans:
            if isinstance(plan, str):
                yield plan
                continue
            yield self._row([next(encoded) for _ in plan])

    def _row(self, encoded: Sequence[Record | str]) -> list[Record] | str:
        """A conversation's examples; why there are none where no turn has one, else its other turns are counted."""
        reasons = [each for each in encoded if isinstance(each, str)]
        examples = [each for each in encoded if not isinstance(each, str)]
        if not examples:
            return reasons[0]
        self.dropped.update(reasons)
        return _merged(examples)

    def switched(self, response: str) -> Mapping[str, Any]:
        """What the template is told where it can turn thinking off: whether the response thinks."""
        return {} if self._switch is None else {self._switch: _thinks(response)}

    def _turns(self, messages: Sequence[Record]) -> list[Turn] | str:
        """The responses to train on, or why there are none."""
        answered = [n for n, each in enumerate(messages) if each["role"] == "assistant" and each["content"]]
        if not answered or (self.settings.turns == "last" and answered[-1] != len(messages) - 1):
            return "no_response"
        trained = [n for n in (answered[-1:] if self.settings.turns == "last" else answered) if n > 0]
        if not trained:
            return "no_question"
        contexts = [self._context(messages[:number]) for number in trained]
        if any(context is None for context in contexts):
            return "several_turns"
        return [
            Turn(context or [], reopened(messages[number]["content"]))
            for number, context in zip(trained, contexts, strict=True)
        ]

    def _context(self, messages: Sequence[Record]) -> Chat | None:
        """The turns before a response; None where the template cannot render them."""
        roles = [message["role"] for message in messages]
        if not self._is_chat and roles not in (["user"], ["system", "user"]):
            return None
        return [self._earlier(message) for message in messages if message["content"] or len(roles) < 3]

    def _earlier(self, message: Record) -> dict[str, Any]:
        """An earlier turn; the thoughts of a response apart where the template looks for them so."""
        turn = {"role": message["role"], "content": message["content"]}
        if turn["role"] != "assistant" or not self._reads_reasoning or CLOSE not in turn["content"]:
            return turn
        parts = split(turn["content"])
        return turn | {"content": parts.answer or "", "reasoning_content": parts.reasoning or ""}

    def _encode(self, turns: Sequence[Turn]) -> list[Record | str]:
        """An example for each response, or why there is none."""
        if not turns:
            return []
        renderings = [
            Rendering(date=self.settings.date, variables=self.variables(turn.response)) for turn in turns
        ]
        try:
            rendered = prompts(self.template, [turn.before for turn in turns], self.tokenizer, renderings)
        except UserError:
            self._name_the_row(turns, renderings)
            raise
        texts = [continued(prompt, turn.response) for prompt, turn in zip(rendered, turns, strict=True)]
        marks: list[Marks] = [{} for _ in texts]
        marked = [self._texts.mark(text, each, "response") for text, each in zip(texts, marks, strict=True)]
        responses = self._texts.encode(marked, marks)
        changed = self.gate.changed_rows(texts, responses)
        examples: list[Record | str] = []
        for turn, prompt, ids, is_changed in zip(turns, rendered, responses, changed, strict=True):
            self.gate.check_prompt(turn.before, prompt, turn.response)
            self.context_changed += self.gate.loses_thoughts(turn.before, prompt)
            examples.append("not_in_vocabulary" if is_changed else self._example(turn, prompt, ids))
        return examples

    def _name_the_row(self, turns: Sequence[Turn], renderings: Sequence[Rendering]) -> None:
        """Raise UserError with the first turns that cannot be rendered, where they were rendered with others."""
        for number, (turn, rendering) in enumerate(zip(turns, renderings, strict=True)):
            try:
                prompts(self.template, [turn.before], self.tokenizer, [rendering])
            except UserError as error:
                text = one_line(turn.before[-1]["content"], SHOWN_CHARACTERS)
                raise UserError(
                    f"row {self.gate.row + number}, before whose response stands {text!r}: {error}"
                ) from error

    def _example(self, turn: Turn, prompt: Prompt, response: list[int]) -> Record | str:
        """`input_ids` and `labels`, or why there are none."""
        ids, response = prompt.ids, [*response, *([] if self._end is None else [self._end])]
        length, most = len(ids) + len(response), self.settings.max_tokens
        if length > most and self.settings.too_long == "refuse":
            asked = turn.before[-1]["content"] if turn.before else ""
            raise UserError(
                f"an example has {length:,} tokens, over --max-tokens {most:,}, and answers {asked[:SHOWN]!r}; "
                "raise that, remove the row, or take --too-long drop"
            )
        if length > most:
            return "too_long"
        if self.vocabulary is not None and max(ids + response) >= self.vocabulary:
            return "unknown_token"
        return {"input_ids": ids + response, "labels": [IGNORED] * len(ids) + response}


def _thinks(response: str) -> bool:
    return not is_blank(split(response).reasoning or "")


def continued(prompt: Prompt, response: str) -> str:
    """What follows the prompt. The think tag that it already wrote must not come twice, nor an empty block; a response
    without thoughts closes the tag at once, as the model has to where it samples after such a prompt."""
    body = response.lstrip()
    if prompt.prefill:
        tag = prompt.prefill.strip()
        return body.removeprefix(tag).lstrip() if body.startswith(tag) else f"\n{CLOSE}\n\n{response}"
    if closes_thinking(prompt.text) and body.startswith(OPEN) and not _thinks(response):
        return body.partition(CLOSE)[2].lstrip()
    return response


def _merged(examples: list[Record]) -> list[Record]:
    """The examples of a conversation, with those joined of which one's tokens begin the next one's prompt: the loss of
    both is then over one sequence."""
    merged: list[Record] = []
    for example in examples:
        last = merged[-1]["input_ids"] if merged else None
        if last is not None and example["input_ids"][: len(last)] == last and _is_prompt(example, len(last)):
            labels = merged[-1]["labels"] + example["labels"][len(last) :]
            merged[-1] = {"input_ids": example["input_ids"], "labels": labels}
        else:
            merged.append(example)
    return merged


def _is_prompt(example: Record, length: int) -> bool:
    """Whether the first tokens of an example are without loss."""
    return all(label == IGNORED for label in example["labels"][:length])
