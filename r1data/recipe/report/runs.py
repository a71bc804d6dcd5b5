"""A run's folder → what the report needs of it: scores of evaluations, curves of trainings, rows, times.

What a run has not made is absent here and shown as missing; nothing is filled in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.stores.layout import LOG
from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.record import Record, StepRecord
from r1data.recipe.report.measure import Example, Scores, examples, measured

METRICS = "metrics.jsonl"


@dataclass(frozen=True)
class Evaluation:
    """The scores of one model on one set of problems."""

    step: str
    problems: str
    scores: Scores
    examples: list[Example]


@dataclass
class Run:
    """One run: its record; by role its evaluations, logged steps and seconds of training; rows by step."""

    folder: Path
    record: Record
    evaluations: dict[str, list[Evaluation]] = field(default_factory=dict)
    curves: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def read(folder: Path) -> Run:
    """Raises UserError where `folder` holds no run."""
    found = record.read(folder)
    if found is None:
        raise UserError(
            f"{folder}: no run here ({record.FILE} is missing); `r1 run RECIPE -o {folder}` makes one"
        )
    run = Run(folder, found)
    for role, names in found.recipe.get("trainings", {}).items():
        for name in names:
            _add_training(run, role, name)
    tables = {name: done for name in found.steps if (done := _finished(run, name)) and _is_dataset(done[1])}
    for name, (_, place) in tables.items():
        run.rows[name] = Dataset(place).rows
    for role, names in found.report.items():
        evaluations = [_evaluation(name, *tables[name]) for name in names if name in tables]
        if evaluations:
            run.evaluations[role] = evaluations
    return run


def _finished(run: Run, name: str) -> tuple[StepRecord, Path] | None:
    step = run.record.steps.get(name)
    if step is None or step.exit != 0 or not step.output:
        return None
    return step, Path(step.output.replace("${run}", str(run.folder), 1))


def _add_training(run: Run, role: str, name: str) -> None:
    """A second training of the same role goes on where the first ended."""
    if done := _finished(run, name):
        step, place = done
        curve = run.curves.setdefault(role, [])
        offset = curve[-1]["step"] if curve else 0
        curve += [{**row, "step": row["step"] + offset} for row in _logged(place)]
        run.seconds[role] = run.seconds.get(role, 0.0) + step.seconds


def _is_dataset(place: Path) -> bool:
    return (place / LOG).is_dir()


def _evaluation(name: str, step: StepRecord, place: Path) -> Evaluation:
    table = Dataset(place).table()
    problems = _stem(_argument(step, step.command.count(" ") + 1))
    return Evaluation(name, problems, measured(table), examples(table))


def _argument(step: StepRecord, index: int) -> str:
    return step.arguments[index] if len(step.arguments) > index else ""


def _stem(text: str) -> str:
    return Path(text.rstrip("/")).name


def _logged(checkpoint: Path) -> list[dict[str, Any]]:
    """The logged steps of a training, oldest first.

    Raises UserError for a line that is no JSON object.
    """
    path = checkpoint / METRICS
    if not path.is_file():
        return []
    rows = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}:{number}: not JSON; train the step again") from error
        if isinstance(row, dict) and isinstance(row.get("step"), int):
            rows.append(row)
    return rows
