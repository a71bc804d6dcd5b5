"""Rows of a reward model's plan: counted as a run would prepare them where the tokenizer is here, else estimated."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from r1data.data.records import Record
from r1data.engines.models import load_tokenizer, resolve_model
from r1data.errors import UserError
from r1data.training.plan.tokens import CHARACTERS, COUNTED, Tokens
from r1data.training.settings import RewardModelSettings


def count(rows: Iterable[Record], base: str, settings: RewardModelSettings) -> tuple[Tokens, str, int]:
    """What an epoch trains on, what the rows are (`pairs`, `labels`), and how many are held out.

    Of a large set a part is encoded, spread evenly over it. Raises UserError where nothing is left to train on.
    """
    from r1data.training.reward_models.examples import form_of

    total, stride, characters = 0, 1, 0
    kept: list[Record] = []
    form = None
    for row in rows:
        form = form or form_of(list(row))
        if total % stride == 0:
            kept.append(row)
        if len(kept) == 2 * COUNTED:
            kept, stride = kept[::2], stride * 2
        total += 1
        texts = ("chosen", "rejected") if form == "pairs" else ("response",)
        characters += sum(len(row["prompt"] or "") + len(row[name] or "") for name in texts)
    if form is None:
        raise UserError("no rows to train on, as the dataset is empty; give another")
    folder = resolve_model(base)
    if isinstance(folder, Path):
        return _encoded(folder, kept, settings, total, characters)
    trained = round(total * (1 - settings.held_out))
    tokens = round(characters / CHARACTERS * (1 - settings.held_out))
    source = f"estimated: {CHARACTERS} characters a token, no chat template"
    return Tokens(trained, tokens, characters, source), form, total - trained


def _encoded(
    folder: Path, kept: list[Record], settings: RewardModelSettings, total: int, characters: int
) -> tuple[Tokens, str, int]:
    from r1data.training.reward_models import run
    from r1data.training.reward_models.examples import HELD_OUT, Examples

    encoder = run.pair_encoder(folder, load_tokenizer(folder), settings, gate=True)
    examples = Examples(encoder, settings)
    splits = [split for split, _ in examples.all(kept)]
    held_out = splits.count(HELD_OUT)
    if len(splits) == held_out:
        raise UserError(run.nothing_left(examples, held_out))
    scale = total / len(kept)
    source = "model's tokenizer" + (f", {len(kept):,} rows of {total:,}" if len(kept) < total else "")
    counted: dict[str, Any] = {
        "examples": round(scale * (len(splits) - held_out)),
        "tokens": round(scale * examples.tokens),
        "dropped": {reason: round(scale * number) for reason, number in examples.dropped.items()},
    }
    tokens = Tokens(characters=characters, source=source, **counted)
    return tokens, str(examples.form), round(scale * held_out)
