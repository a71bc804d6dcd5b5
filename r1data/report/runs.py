"""A run's folder → what the report needs of it: scores of evaluations, curves of trainings, rows, times.

What a run has not made is absent here and shown as missing; nothing is filled in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.record import Record, StepRecord
from r1data.report.measure import Example, Scores, examples, measured
from r1data.shards import Dataset, commits

METRICS = "metrics.jsonl"
MANIFEST = "r1.json"


@dataclass(frozen=True)
class Evaluation:
    """The scores of one model on one set of problems."""

    step: str
    problems: str
    scores: Scores
    examples: list[Example]


@dataclass
class Run:
    """One run: its record; by role its evaluations, logged steps, seconds of training and checkpoints; rows by step."""

    folder: Path
    record: Record
    evaluations: dict[str, list[Evaluation]] = field(default_factory=dict)
    curves: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    trained: dict[str, list[Path]] = field(default_factory=dict)


def read(folder: Path) -> Run:
    """Raises UserError where `folder` holds no run."""
    found = record.read(folder)
    if found is None:
        raise UserError(
            f"{folder}: no run here ({record.FILE} is missing); `r1 run RECIPE -o {folder}` makes one"
        )
    run = Run(folder, found)
    for role, steps in found.report.items():
        for name in steps:
            _read_role(run, role, name)
    for name, step in found.steps.items():
        place = _place(run, step)
        if step.exit == 0 and place is not None and (place / commits.LOG).is_dir():
            run.rows[name] = Dataset(place).rows
    return run


def _read_role(run: Run, role: str, name: str) -> None:
    """An evaluation gives scores, and the curve of the model it evaluates; a training gives its curve."""
    step = run.record.steps.get(name)
    place = _place(run, step) if step is not None and step.exit == 0 else None
    if step is None or place is None:
        return
    if (place / commits.LOG).is_dir():
        run.evaluations.setdefault(role, []).append(_evaluation(name, step, Dataset(place).table()))
        place = _folder(run, _option(step, "--model"))
    if place not in run.trained.setdefault(role, []):
        run.trained[role].append(place)
        _append(run.curves.setdefault(role, []), _logged(place))
        made = [s for s in run.record.steps.values() if _place(run, s) == place and s.exit == 0]
        if made:
            run.seconds[role] = run.seconds.get(role, 0.0) + made[0].seconds


def _append(curve: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """A second training of the same role goes on where the first ended."""
    offset = curve[-1]["step"] if curve else 0
    curve += [{**row, "step": row["step"] + offset} for row in rows]


def _evaluation(name: str, step: StepRecord, table: pa.Table) -> Evaluation:
    problems = _stem(_argument(step, step.command.count(" ") + 1))
    return Evaluation(name, problems, measured(table), examples(table))


def _place(run: Run, step: StepRecord) -> Path | None:
    return _folder(run, step.output) if step.output else None


def _folder(run: Run, text: str) -> Path:
    return Path(text.replace("${run}", str(run.folder), 1))


def _argument(step: StepRecord, index: int) -> str:
    return step.arguments[index] if len(step.arguments) > index else ""


def _option(step: StepRecord, flag: str) -> str:
    return step.arguments[step.arguments.index(flag) + 1] if flag in step.arguments else ""


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
