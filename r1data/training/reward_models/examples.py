"""Rows for a reward model as token ids: pairs (schema `preference`), or responses with a label, safe or not.

Which of the two the rows are follows from their columns: `chosen` and `rejected`, or `response` and `label`. A row that
cannot be learned from is left out and counted by its reason; nothing is cut, and no label is guessed. Prompts that are
held out are drawn by a hash of the seed and their text, so that all rows of a prompt are on one side.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import pyarrow as pa

from r1data.data.records import Record
from r1data.errors import UserError
from r1data.training.examples.prepared import portions
from r1data.training.reward_models.layout import ASPECTS, READS, PairEncoder, part
from r1data.training.settings.reward_model import RewardModelSettings

Form = Literal["pairs", "labels"]
TRAIN, HELD_OUT = "train", "held-out"
KINDS = {
    "input_ids": pa.list_(pa.int32()),
    "border": pa.int32(),
    "target": pa.float32(),
    "group": pa.string(),
}
"""Columns of a prepared row: `input_ids` of a response, or of the chosen one and from `border` on of the rejected one;
`target` 1 where a response is safe; `group` tells prompts apart."""
LABELS = {
    **dict.fromkeys(("safe", "helpful", "true", "1", "yes", "good"), 1.0),
    **dict.fromkeys(("unsafe", "unhelpful", "false", "0", "no", "bad"), 0.0),
}
"""What a label may say."""
WAYS_OUT = {
    "too_long": "raise --max-tokens",
    "aspect": "take --kind helpful for rows whose aspect is helpfulness, safety for harmlessness, or say what they are "
    "with r1 ingest --set aspect=harmlessness",
    "no_label": "a label is safe or unsafe",
    "no_summary": "a helpful model reads what follows </think>, and nothing does",
    "same": "the chosen and the rejected response are the same text, as far as the model reads it",
}
"""What to do where no row is left, by the reason for which rows were left out."""


def form_of(columns: Sequence[str]) -> Form:
    """What rows with these columns are. Raises UserError where they are neither."""
    if {"chosen", "rejected"} <= set(columns):
        return "pairs"
    if {"response", "label"} <= set(columns):
        return "labels"
    raise UserError(
        "rows have neither `chosen` and `rejected` nor `response` and `label`, and a reward model learns from one of "
        "them; make them with `r1 make-pairs`, or name columns of your own with r1 ingest --map chosen=YOURS"
    )


class Examples:
    """Rows on their way to training.

    Attributes:
        form: what the rows are; None before the first.
        dropped: rows left out, by reason.
        tokens: of the rows to train on.
        positive: the share of labels that say safe, of the rows to train on, as counts of (safe, all).
    """

    def __init__(self, encoder: PairEncoder, settings: RewardModelSettings) -> None:
        self.encoder, self.settings = encoder, settings
        self.form: Form | None = None
        self.dropped: Counter[str] = Counter()
        self.tokens = 0
        self.positive = (0, 0)

    def all(self, rows: Iterable[Record]) -> Iterator[tuple[str, Record]]:
        """(split, example) for every row that can be learned from."""
        for portion in portions(rows):
            self.form = self.form or form_of(list(portion[0]))
            texts = [self._texts(row) for row in portion]
            kept = [text for text in texts if not isinstance(text, str)]
            self.dropped.update(text for text in texts if isinstance(text, str))
            ids = iter(
                self.encoder.ids([(prompt, each) for prompt, responses, _ in kept for each in responses])
            )
            for prompt, responses, target in kept:
                example = self._example(prompt, [next(ids) for _ in responses], target)
                if isinstance(example, str):
                    self.dropped[example] += 1
                    continue
                split = HELD_OUT if self._is_held_out(prompt) else TRAIN
                if split == TRAIN:
                    self.tokens += len(example["input_ids"])
                    self.positive = (self.positive[0] + int(target), self.positive[1] + 1)
                yield split, example

    def _texts(self, row: Record) -> tuple[str, list[str], float] | str:
        """Prompt, what is read of its responses, and the target; or why the row is left out."""
        read = READS[self.settings.reads]
        aspect = row.get("aspect")
        if aspect is not None and aspect != ASPECTS[self.settings.reads]:
            return "aspect"
        if self.form == "labels":
            target = LABELS.get(str(row["label"]).strip().lower())
            texts = [part(str(row["response"] or ""), read)]
            if target is None:
                return "no_label"
        else:
            target, texts = 1.0, [part(str(row[name] or ""), read) for name in ("chosen", "rejected")]
        if any(not text.strip() for text in texts):
            return "no_summary" if read == "answer" else "no_response"
        if len(texts) == 2 and texts[0] == texts[1]:
            return "same"
        return str(row["prompt"]), texts, target

    def _example(self, prompt: str, sequences: list[list[int] | str], target: float) -> Record | str:
        """A prepared row, or why there is none."""
        ids = [each for each in sequences if not isinstance(each, str)]
        if len(ids) < len(sequences):
            return next(each for each in sequences if isinstance(each, str))
        if max(map(len, ids)) > self.settings.max_tokens:
            return "too_long"
        return {
            "input_ids": [token for each in ids for token in each],
            "border": len(ids[0]),
            "target": target,
            "group": self._group(prompt),
        }

    def _group(self, prompt: str) -> str:
        return hashlib.blake2b(f"{self.settings.seed}\0{prompt}".encode(), digest_size=8).hexdigest()

    def _is_held_out(self, prompt: str) -> bool:
        return int(self._group(prompt), 16) / 2**64 < self.settings.held_out


def sequences(row: Record) -> list[list[int]]:
    """The token ids of a prepared row's responses: one, or the chosen and the rejected one."""
    ids, border = list(row["input_ids"]), row["border"]
    return [ids] if border == len(ids) else [ids[:border], ids[border:]]
