"""Tokens of a set for a plan: counted with the student's tokenizer where it is here, else taken from the set, else
estimated. Of a large set a part is counted, spread evenly over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from r1data.data.records import Record
from r1data.engines.models import load_tokenizer, resolve_model, tokens_without_weights
from r1data.engines.templates import default_template
from r1data.training.examples.encoding import TRAIN, Encoder
from r1data.training.settings import SftSettings

CHARACTERS = 3.5
"""Characters of a token where nobody has counted, in English, formulas and code under large vocabularies. Ours."""
COUNTED = 2_000
"""Rows that are tokenized at most, and held meanwhile."""


@dataclass(frozen=True)
class Tokens:
    """What an epoch trains on.

    Args:
        examples: rows of split train that are trained on.
        tokens: their tokens.
        characters: theirs before anything is dropped.
        source: who counted.
        dropped: rows left out, by reason.
    """

    examples: int
    tokens: int
    characters: int
    source: str
    dropped: dict[str, int] = field(default_factory=dict)


def count(rows: Iterable[Record], base: str, settings: SftSettings) -> Tokens:
    """The tokens of the rows whose split is train."""
    examples = tokens = uncounted = characters = 0
    kept: list[Record] = []
    stride = 1
    for row in rows:
        if row["split"] != TRAIN:
            continue
        if examples % stride == 0:
            kept.append(row)
        if len(kept) == 2 * COUNTED:
            kept, stride = kept[::2], stride * 2
        examples += 1
        tokens += row.get("tokens") or 0
        uncounted += row.get("tokens") is None
        characters += sum(len(message["content"] or "") for message in row["messages"])
    folder = resolve_model(base)
    if isinstance(folder, Path) and kept:
        return _tokenized(folder, kept, settings, examples, characters)
    if not uncounted:
        return Tokens(examples, tokens, characters, "the set's own column")
    estimate = round(characters / CHARACTERS)
    return Tokens(
        examples, estimate, characters, f"estimated: {CHARACTERS} characters a token, no chat template"
    )


def _tokenized(
    folder: Path, rows: list[Record], settings: SftSettings, examples: int, characters: int
) -> Tokens:
    tokenizer: Any = load_tokenizer(folder)
    encoder = Encoder(
        settings.template or default_template(tokenizer),
        tokenizer,
        settings,
        tokens_without_weights(folder, tokenizer),
    )
    encoded = sum(1 for _ in encoder.all(rows))
    scale = examples / len(rows)
    source = "student's tokenizer"
    if len(rows) < examples:
        source += f", {len(rows):,} rows of {examples:,}"
    dropped = {reason: round(scale * number) for reason, number in encoder.dropped.items()}
    return Tokens(round(scale * encoded), round(scale * encoder.tokens), characters, source, dropped)
