"""Conversations as a student's token ids and labels, which no chat template of another tool touches again.

The same examples that `r1 distill` trains on: thoughts whole, the loss on the last response and its end token, control
tokens in data as text. TRL's trainer takes `input_ids` and `labels` as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from r1data.data.records import Record
from r1data.exchange.export.formats import columns

INTEGERS = pa.list_(pa.int32())
TOKENS = columns(input_ids=INTEGERS, labels=INTEGERS)
ANY_LENGTH = 1 << 30
"""Examples of all lengths are written: the trainer that reads them has a limit of its own."""


class TokenExamples:
    """Rows of schema `sft` into examples of token ids for one student."""

    def __init__(self, student: str) -> None:
        """Load a student's tokenizer: its name, a folder or a hub id. Raises UserError where there is none."""
        from r1data.engines.models import load_tokenizer
        from r1data.engines.template_facts import set_end_token
        from r1data.engines.templates import default_template
        from r1data.training import students
        from r1data.training.examples.encoding import Encoder
        from r1data.training.settings import SftSettings

        tokenizer = load_tokenizer(students.find(student).base)
        template = default_template(tokenizer)
        set_end_token(tokenizer, template)
        # kept: what the template's own rendering would do to a response does not touch these
        self._encoder = Encoder(template, tokenizer, SftSettings(max_tokens=ANY_LENGTH, swallowed="keep"))

    def of(self, rows: Sequence[Record]) -> Iterator[Record | str]:
        """For each row its example, or why there is none."""
        for examples in self._encoder.rows([row["messages"] for row in rows]):
            yield examples if isinstance(examples, str) else examples[0]
