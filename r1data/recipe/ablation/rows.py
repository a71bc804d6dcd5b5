"""The same tokens for every arm: which of its rows it trains on, in batches of which size.

A row's tokens are counted as the training encodes it. All arms get the tokens of the smallest one; larger arms lose
rows in the order of a hash of seed and row, the same in every arm, so that arms share as many rows as they can. Rows
that the filter never saw (other inputs of the build) stay in every arm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from r1data.data.commits import Command, Parent
from r1data.data.dataset import Dataset
from r1data.data.writer import Writer
from r1data.engines.models import load_tokenizer, tokens_without_weights
from r1data.engines.template_facts import set_end_token
from r1data.engines.templates import default_template
from r1data.errors import UserError
from r1data.recipe.plan import PlannedStep
from r1data.training import students
from r1data.training.examples.encoding import TRAIN, Encoder
from r1data.training.settings import SftSettings

COMMAND = "ablate"
_READ = ["example_id", "prompt_id", "messages", "split"]


@dataclass(frozen=True, slots=True)
class SizedRow:
    """A row of a training set; `place` is its number in the set, `filtered` False where no filter saw it."""

    example: str
    place: int
    tokens: int
    filtered: bool = True


@dataclass(frozen=True)
class TrainingOptions:
    """What a training step's command line says of its rows: the base, and the settings that decide tokens and steps."""

    base: str
    settings: SftSettings


@dataclass(frozen=True)
class Batches:
    """How an arm's rows are dealt: rows a step, passes over them, optimizer steps."""

    batch: int
    epochs: float
    steps: int
    micro_batch: int | None = None


def read_training(step: PlannedStep) -> TrainingOptions:
    """The options of a train-sft or distill step."""
    pairs = dict(zip(step.arguments, step.arguments[1:], strict=False))
    settings = students.DISTILLATION if step.command == "distill" else SftSettings()
    micro_batch = pairs.get("--micro-batch")
    template, turns = pairs.get("--template"), pairs.get("--turns", settings.turns)
    values: dict[str, Any] = {
        "template": template,
        "turns": turns,
        "max_tokens": int(pairs.get("--max-tokens", settings.max_tokens)),
        "batch_size": int(pairs.get("--batch-size", settings.batch_size)),
        "epochs": float(pairs.get("--epochs", settings.epochs)),
        "micro_batch": None if micro_batch is None else int(micro_batch),
    }
    name = pairs["--student"] if step.command == "distill" else pairs["--model"]
    return TrainingOptions(students.find(name).base, SftSettings(**values))


def sized_rows(uri: str, training: TrainingOptions, filtered: frozenset[str]) -> list[SizedRow]:
    """The rows of an SFT set that the training would train on, with their tokens.

    Args:
        uri: the set.
        training: whose tokenizer, template and longest example count.
        filtered: ids of the prompts that the filter saw.
    """
    tokenizer: Any = load_tokenizer(training.base)
    template = training.settings.template or default_template(tokenizer)
    set_end_token(tokenizer, template)
    vocabulary = tokens_without_weights(training.base, tokenizer)
    encoder = Encoder(template, tokenizer, training.settings, vocabulary)
    rows, start = [], 0
    for table in Dataset(uri).tables(_READ):
        records = table.to_pylist()
        for place, (row, examples) in enumerate(
            zip(records, encoder.rows([row["messages"] for row in records]), strict=True), start
        ):
            if row["split"] == TRAIN and not isinstance(examples, str):
                tokens = sum(len(example["input_ids"]) for example in examples)
                rows.append(SizedRow(row["example_id"], place, tokens, row["prompt_id"] in filtered))
        start += len(records)
    return rows


def tokens_of(rows: Iterable[SizedRow]) -> int:
    return sum(row.tokens for row in rows)


def chosen_rows(rows: Sequence[SizedRow], tokens: int, seed: int) -> list[SizedRow]:
    """Rows of at most so many tokens together: first those that no filter saw, then by a hash of seed and row.

    Returns them in the set's order; less than one row's tokens are missing.
    """
    chosen, left = [], tokens
    for row in sorted(rows, key=lambda row: (row.filtered, _rank(seed, row.example), row.place)):
        if row.tokens > left:
            break
        chosen.append(row)
        left -= row.tokens
    return sorted(chosen, key=lambda row: row.place)


def batches(settings: SftSettings, rows: int, reference: int) -> Batches:
    """Batches in which so many rows take the steps that `reference` rows take in batches of `settings`.

    Rows of another mean length would else mean more or fewer steps for the same tokens. The batch is rounded to whole
    rows, so that a training sees up to half a row a step more or fewer than its passes say.
    """
    steps = settings.steps(reference)
    batch = max(1, round(settings.batch_size * rows / reference))
    # Half a row less than full: the training rounds up, and a float's last digit must not add a step.
    epochs = (steps * batch - 0.5) / rows
    micro_batch = settings.micro_batch
    if micro_batch is not None:
        micro_batch = max(size for size in range(1, min(micro_batch, batch) + 1) if batch % size == 0)
    return Batches(batch, epochs, steps, micro_batch)


def write_rows(source: str, out: Path, rows: Sequence[SizedRow], seed: int, tokens: int) -> None:
    """Writes those rows of the set `source` as a set of its own; a finished one is left as it is.

    Raises:
        UserError: `out` holds other rows.
    """
    dataset = Dataset(source)
    command = Command(COMMAND, {"seed": seed, "tokens": tokens})
    writer = Writer.open(
        out, schema="sft", command=command, parents=[Parent(source, dataset.digest)], announce=False
    )
    inputs = [(entry.name, entry.sha256) for entry in dataset.entries]
    with writer:
        if not writer.has("rows", inputs):
            table = dataset.table().take(pa.array([row.place for row in rows], pa.int64()))
            writer.publish("rows", table, inputs)
        writer.finish()


def check_rows(sizes: dict[str, list[SizedRow]]) -> None:
    """Raises UserError where an arm has no row to train on."""
    for name, rows in sizes.items():
        if not rows:
            raise UserError(
                f"the arm {name} has no row to train on: raise --max-tokens of the training step, or take more samples"
            )


def _rank(seed: int, example: str) -> bytes:
    return hashlib.sha256(f"{seed}/{example}".encode()).digest()
