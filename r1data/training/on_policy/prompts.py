"""Prompts of on-policy distillation, as token ids with the number of their teacher.

Rows are prompts (`prompt`, `system`?), or conversations of the `sft` schema, of whose train split each prompt is taken
once: what was written in answer to it is not read, because the student answers itself.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.data.records import Record
from r1data.engines import templates
from r1data.engines.model_checks import Rendering
from r1data.engines.templates import messages as turns
from r1data.errors import UserError
from r1data.training.examples import prepared
from r1data.training.examples.template_gate import Gate
from r1data.training.on_policy import teachers
from r1data.training.settings import OnPolicySettings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

COLUMNS = ("truth", "verifier", "language")
KINDS = {
    "prompt": pa.list_(pa.int32()),
    "teacher": pa.int32(),
    **{name: pa.string() for name in ("question", "prefill", *COLUMNS)},
}
"""Columns of prepared prompts; `question` is the last thing that the user says."""
NO_ANSWER_ROW = "no prompts to train on, as {why}; give another"


class Prompts:
    """Rows into prompts, counted by domain; repeated ones and those of other splits are left out."""

    def __init__(
        self, settings: OnPolicySettings, template: str, tokenizer: PreTrainedTokenizerBase, vocabulary: int
    ) -> None:
        """`vocabulary`: the first token id that a model has no weights for."""
        self.settings, self.template, self.tokenizer = settings, template, tokenizer
        self.vocabulary = vocabulary
        self.gate = Gate(template, tokenizer, settings)
        self.roster = teachers.roster(settings)
        self.domains: Counter[str] = Counter()
        self.longest = 0
        self._seen: set[bytes] = set()

    def all(self, rows: Iterable[Record]) -> Iterator[Record]:
        """Every prompt to answer. Raises UserError where there is none, or one without a teacher."""
        for portion in prepared.portions(conversations(rows)):
            chats = [row["turns"] for row in portion]
            rendering = Rendering(date=self.settings.date)
            prompts = templates.prompts(self.template, chats, self.tokenizer, rendering)
            for row, prompt in zip(portion, prompts, strict=True):
                self.gate.check_prompt(row["turns"], prompt)
                if not row["repeats"] or self._is_new(prompt.text):
                    yield self._prompt(row, prompt)
        if not self.domains:
            raise UserError(NO_ANSWER_ROW.format(why="the dataset is empty, or has no row of split train"))
        teachers.refuse_uncovered(self.domains, self.settings)

    def _is_new(self, text: str) -> bool:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
        known = digest in self._seen
        self._seen.add(digest)
        return not known

    def _prompt(self, row: Record, prompt: templates.Prompt) -> Record:
        domain = row.get("domain") or ""
        self.domains[domain] += 1
        ids = prompt.ids
        if not ids:
            raise UserError("a prompt has no tokens; remove it, or give another --template")
        if max(ids) >= self.vocabulary:
            raise UserError(
                f"a prompt has a token beyond the {self.vocabulary:,} that student and teacher have weights for; take "
                "the tokenizer that belongs to the model"
            )
        self.longest = max(self.longest, len(ids))
        columns = {
            "prompt": ids,
            "teacher": self.roster.number(domain) or 0,
            "question": row["turns"][-1]["content"] or "",
            "prefill": prompt.prefill,
        }
        return columns | {name: row.get(name) for name in COLUMNS}


def conversations(rows: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Rows of either schema with `turns`, the messages before the response, and whether prompts may repeat."""
    for number, row in enumerate(rows):
        if "messages" in row:
            if row.get("split", "train") == "train" and (chat := _before_response(row["messages"])):
                yield {**row, "turns": chat, "repeats": True}
            continue
        if number == 0:
            prepared.require_columns(list(row), ("prompt",), "on-policy distillation")
        yield {**row, "turns": turns(row["prompt"], row.get("system")), "repeats": False}


def domains(rows: Iterable[Record]) -> Counter[str]:
    """Prompts by domain, without a tokenizer; repeated prompts of conversations are counted once."""
    count: Counter[str] = Counter()
    seen: set[str] = set()
    for row in conversations(rows):
        key = str(row.get("prompt_id") or row["turns"]) if row["repeats"] else ""
        if key and key in seen:
            continue
        seen.add(key)
        count[row.get("domain") or ""] += 1
    return count


def _before_response(messages: Sequence[Record]) -> list[Record]:
    chat = [dict(message) for message in messages]
    while chat and chat[-1]["role"] == "assistant":
        chat.pop()
    return chat
