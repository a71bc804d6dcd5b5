"""Reads a run's folder for the report: scores of evaluations, curves of trainings, rows, times.

Samples of one problem are correlated, so every standard error is over problems, not over samples. What a run has not
produced is absent here and shown as missing; nothing is imputed.
"""

from __future__ import annotations

import io
import json
import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.dataset import Dataset
from r1data.data.schema import includes
from r1data.data.small_files import own_folder, read_own
from r1data.data.stores.layout import LOG
from r1data.errors import UserError
from r1data.evaluation.scores import score
from r1data.evaluation.statistics import estimate_mean
from r1data.recipe import record
from r1data.recipe.json_types import is_number
from r1data.recipe.load import NAME
from r1data.recipe.record import Record, StepRecord
from r1data.training.rollouts.measures import REFLECTIVE

METRICS = "metrics.jsonl"
MAX_METRICS_BYTES = 256 * 2**20
"""Size of a training's log at most: 100,000 steps of 2,500 bytes each."""
MAX_LOGGED = 200_000
"""Steps that a training may have logged; the paper's took some 10,000. Ours."""
MAX_LINE_BYTES = 1 << 20
CURVES = (
    "r1/accuracy",
    "groups/majority",
    "eval/accuracy",
    "completions/mean_length",
    "r1/reflective_words",
    "r1/mixed_language",
)
"""What is kept of a logged step: all that figures and findings show. Others of a long training take a gigabyte."""
EXAMPLES = 3
OUTPUT = re.compile(r"\$\{run\}/(" + NAME.pattern + ")")
"""A step's output as it is recorded: a folder of the run."""


@dataclass(frozen=True)
class ReportedMean:
    """A mean, its standard error (None where one value has none), the values behind it, and the runs."""

    value: float
    error: float | None
    n: int
    runs: int = 1


@dataclass(frozen=True)
class Example:
    """One response, as the model gave it."""

    prompt: str
    response: str
    verdict: str
    truth: str | None


@dataclass(frozen=True)
class ReportedScores:
    """An evaluation: problems, samples of each, and scores by name (`cons@k` for any k)."""

    problems: int
    samples: int
    measures: dict[str, ReportedMean]


@dataclass(frozen=True)
class EvaluationResult:
    """The scores of one model on one set of problems."""

    step: str
    problems: str
    scores: ReportedScores
    examples: list[Example]


@dataclass
class RecipeRun:
    """One run: its record; evaluations, logged training steps and training seconds by role; rows by step.

    A curve is a list of (step, counted over the role's trainings; what was logged there).
    """

    folder: Path
    record: Record
    evaluations: dict[str, list[EvaluationResult]] = field(default_factory=dict)
    curves: dict[str, list[tuple[int, dict[str, float]]]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def read_run(folder: Path) -> RecipeRun:
    """The data of one run. Raises UserError where `folder` holds no run."""
    run_record = record.read(folder)
    if run_record is None:
        raise UserError(
            f"{folder}: no run here (neither {record.FILE} of r1 run nor r1.json of r1 train-grpo is there); give the "
            "folder that one of them was given as --out"
        )
    run = RecipeRun(folder, run_record)
    # A record from elsewhere may name one step a million times: every log and every evaluation is read once.
    logs: dict[Path, list[dict[str, float]]] = {}
    for role, names in run_record.recipe.get("trainings", {}).items():
        for name in names:
            if output := _finished(run, name):
                step, place = output
                # The steps of a second training of a role go on from the last of the first.
                curve = run.curves.setdefault(role, [])
                offset = curve[-1][0] if curve else 0
                if place not in logs:
                    logs[place] = _logged(place)
                curve += [(int(row["step"]) + offset, row) for row in logs[place]]
                run.seconds[role] = run.seconds.get(role, 0.0) + step.seconds
    tables = {
        name: output
        for name in run_record.steps
        if (output := _finished(run, name)) and (output[1] / LOG).is_dir()
    }
    for name, (_, place) in tables.items():
        run.rows[name] = Dataset(place).rows
    scored = {
        name: _evaluation(name, *tables[name])
        for name in dict.fromkeys(name for names in run_record.report.values() for name in names)
        if name in tables
    }
    for role, names in run_record.report.items():
        if evaluations := [scored[name] for name in names if name in scored]:
            run.evaluations[role] = evaluations
    return run


def _finished(run: RecipeRun, name: str) -> tuple[StepRecord, Path] | None:
    step = run.record.steps.get(name)
    if step is None or step.exit != 0 or not step.output:
        return None
    # A record from elsewhere may name any path; what a step wrote lies in its own folder of the run.
    output = OUTPUT.fullmatch(step.output)
    if output is None:
        raise UserError(
            f"{run.folder / record.FILE}: the step {name!r:.80} wrote {step.output!r:.200}, no folder of this run; "
            "run the recipe again in another folder"
        )
    return step, own_folder(run.folder / output[1])


def _evaluation(name: str, step: StepRecord, place: Path) -> EvaluationResult:
    dataset = Dataset(place)
    if not includes(dataset.schema.name, "verified"):
        raise UserError(
            f"{place}: holds {dataset.schema.name} rows, and a report needs those of an evaluation; name its step "
            "under `report:` and run the recipe again"
        )
    table = dataset.table()
    if not len(table):
        raise UserError(f"{place}: an evaluation without rows; remove it and run the recipe again")
    # The record has command lines, not options by name: the problems are the first argument after the command's words.
    index = step.command.count(" ") + 1
    problems = step.arguments[index] if len(step.arguments) > index else ""
    return EvaluationResult(name, Path(problems.rstrip("/")).name, score_evaluation(table), examples(table))


def _logged(checkpoint: Path) -> list[dict[str, float]]:
    return logged(checkpoint / METRICS, CURVES.__contains__)


def logged(path: Path, keep: Callable[[str], bool], *, live: bool = False) -> list[dict[str, float]]:
    """The step and the numbers that a training logged, oldest first.

    Args:
        keep: which metrics, by name.
        live: the training may be writing the last line.

    Raises UserError for a line that is no JSON, and for longer or more lines than a training writes.
    """
    content = read_own(path, MAX_METRICS_BYTES) or b""
    if live:
        content = content[: content.rfind(b"\n") + 1]
    rows: list[dict[str, float]] = []
    for number, line in enumerate(io.BytesIO(content), 1):
        if len(line) > MAX_LINE_BYTES:
            raise UserError(f"{path}:{number}: over {MAX_LINE_BYTES:,} bytes; train the step again")
        try:
            row = json.loads(line.decode(errors="replace"))
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}:{number}: not JSON; train the step again") from error
        if isinstance(row, dict) and _is_step(row.get("step")):
            rows.append(
                {key: row[key] for key in row if (key == "step" or keep(key)) and is_number(row[key])}
            )
        if len(rows) > MAX_LOGGED:
            raise UserError(
                f"{path}: over {MAX_LOGGED:,} logged steps; leave lines out, or train the step again"
            )
    return rows


def _is_step(value: object) -> bool:
    return isinstance(value, int) and is_number(value) and value >= 0


def score_evaluation(table: pa.Table) -> ReportedScores:
    """The scores of `table`, which has the columns of `verified`."""
    scores = score(table)
    estimates = dict(scores.measures)
    if f"cons@{scores.k}" in estimates:
        estimates["cons@k"] = estimates[f"cons@{scores.k}"]
    counts: dict[str, list[int]] = {}
    pairs = zip(table["prompt_id"].to_pylist(), table["response"].to_pylist(), strict=True)
    for problem, response in pairs:
        counts.setdefault(problem, []).append(len(REFLECTIVE.findall(response)))
    if counts:
        means = [statistics.fmean(group) for group in counts.values()]
        estimates["reflective"] = estimate_mean(means)
    measures = {name: ReportedMean(e.value, e.error, e.prompts) for name, e in estimates.items()}
    return ReportedScores(scores.prompts, scores.k, measures)


def examples(table: pa.Table) -> list[Example]:
    """The first sample of the first problems in the order of their ids: no selection."""
    first = table.filter(pc.equal(table["sample_index"], 0)).sort_by("prompt_id").slice(0, EXAMPLES)
    keys = ("prompt", "response", "verdict", "truth")
    return [Example(**{key: row[key] for key in keys}) for row in first.to_pylist()]
