"""Which rows of a set are trained on with their thoughts and which without, for students that think on request.

`keep` leaves every row as it is, `none` takes all thoughts out, `mix=RATIO` takes them out of a share of the rows,
drawn from (seed, row), whatever their order. Under a template with a switch the encoder then turns it off for a row
without thoughts: the empty think block that the template writes belongs to the prompt and bears no loss.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from r1data.data.records import Record
from r1data.data.responses import CLOSE, is_blank, split
from r1data.engines.base import SWITCHES
from r1data.engines.template_facts import thinking_switch
from r1data.errors import UserError
from r1data.training.settings.specs import ThinkingMix

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class MixedRows:
    """Rows with the thoughts taken out of a share of them; counts the rows to train on of either kind.

    Attributes:
        with_thoughts: rows to train on whose last response thinks.
        without_thoughts: those whose last response does not.
    """

    def __init__(self, rows: Iterable[Record], mix: ThinkingMix, seed: int) -> None:
        self.rows, self.mix, self.seed = rows, mix, seed
        self.with_thoughts = self.without_thoughts = 0

    def __iter__(self) -> Iterator[Record]:
        for row in self.rows:
            if self.mix.ratio and row.get("messages"):
                row = {**row, "messages": self._messages(row)}
            answers = [each for each in row.get("messages") or [] if each["role"] == "assistant"]
            if row.get("split") == "train" and answers:
                thinks = has_thoughts(answers)
                self.with_thoughts += thinks
                self.without_thoughts += not thinks
            yield row

    def _messages(self, row: Record) -> Sequence[Record]:
        messages: Sequence[Record] = row["messages"]
        if self.mix.ratio < 1 and _draw(row, self.seed) >= self.mix.ratio:
            return messages
        return [
            {**message, "content": _summary(message["content"])}
            if message["role"] == "assistant"
            else message
            for message in messages
        ]


def check_switch(mix: ThinkingMix, tokenizer: PreTrainedTokenizerBase) -> None:
    """Raise UserError where a mix meets a template without a switch: nothing would tell the two kinds apart."""
    if mix.needs_switch and not (tokenizer.chat_template and thinking_switch(tokenizer)):
        raise UserError(
            f"{tokenizer.name_or_path}: its chat template has no switch for thoughts ({' or '.join(SWITCHES)}), so "
            "that a mix would teach it to think at random; give --thinking keep or none, or another "
            "student"
        )


def has_thoughts(messages: Sequence[Record]) -> bool:
    """Whether the last response holds thoughts."""
    content = messages[-1]["content"] or ""
    return CLOSE in content and not is_blank(split(content).reasoning or "")


def _draw(row: Record, seed: int) -> float:
    """A number from 0 to 1 that a row draws by its id, or by its messages where it has none."""
    name = row.get("example_id") or json.dumps(row["messages"], ensure_ascii=False)
    digest = hashlib.sha256(f"{seed}/thinking/{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _summary(content: str | None) -> str | None:
    """What follows the thoughts, as it is; the whole text where there are none."""
    return content[content.rfind(CLOSE) + len(CLOSE) :].lstrip() if content and CLOSE in content else content
