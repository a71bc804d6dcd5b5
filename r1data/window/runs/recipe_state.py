"""A recipe's run for its page: every step with its state, times, rows and speed, and which step waits for which.

Nothing but the record, the commits of the steps' outputs and the logs of trainings is read. What the record names
outside of the run's folder is never opened.
"""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from r1data.data.dataset import Dataset
from r1data.data.small_files import is_held
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.data.text import one_line
from r1data.errors import R1Error, UserError
from r1data.recipe import record
from r1data.recipe.record import PlannedRecord, Record, StepRecord
from r1data.recipe.report import training_runs
from r1data.recipe.report.runs import OUTPUT
from r1data.training.output.checkpoint import MANIFEST
from r1data.window.runs.training_state import FollowedTraining, TrainingState

State = Literal["done", "running", "waiting", "failed", "interrupted", "changed"]
MAX_TOLD = 400
"""Characters of a fault that a page tells. Ours."""


@dataclass(frozen=True)
class OutputRows:
    """What the commits of a dataset say now; `tokens` are those of responses, None where nobody counted them."""

    path: Path
    rows: int
    tokens: int | None
    complete: bool
    digest: str


@dataclass(frozen=True)
class StepState:
    """One step.

    `seconds` are those of all attempts up to now; `since` is when the attempt that runs began, in seconds since 1970.
    `inputs` are the names of steps; `others` what else it wrote, as rows that a filter dropped.
    """

    name: str
    command: str
    line: str
    state: State
    started: str | None
    seconds: float
    since: float | None
    attempts: int
    exit: int | None
    inputs: list[str]
    reads: list[str]
    output: OutputRows | None
    others: list[OutputRows]
    training: TrainingState | None
    note: str = ""

    @property
    def rows_per_second(self) -> float | None:
        return self.output.rows / self.seconds if self.output and self.output.rows and self.seconds else None

    @property
    def tokens_per_second(self) -> float | None:
        if self.training is not None:
            return self.training.tokens_per_second
        return (
            self.output.tokens / self.seconds if self.output and self.output.tokens and self.seconds else None
        )


@dataclass(frozen=True)
class RecipeState:
    """One look at a run: its steps in the recipe's order. `state` is that of the whole."""

    folder: Path
    name: str
    description: str
    recipe: str
    seed: int
    state: State
    steps: list[StepState]
    versions: dict[str, str]
    machine: dict[str, object]

    def count(self, state: State) -> int:
        """Steps in a state."""
        return sum(step.state == state for step in self.steps)

    @property
    def seconds(self) -> float:
        """Of all steps."""
        return sum(step.seconds for step in self.steps)


@dataclass
class FollowedRecipe:
    """A run's folder, read again and again; commits are read again only where there are new ones."""

    folder: Path
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _outputs: dict[Path, tuple[object, OutputRows | None]] = field(default_factory=dict, repr=False)
    _trainings: dict[Path, FollowedTraining] = field(default_factory=dict, repr=False)

    def look(self) -> RecipeState:
        """Its state now. Raises UserError where there is no run, or its record is none of r1's."""
        with self.lock:
            running = is_held(self.folder / record.LOCK)
            run = record.read(self.folder)
            if run is None:
                raise UserError(f"{self.folder}: no run here; give the folder that r1 run was given as -o")
            steps = [self._step(run, name, running) for name in _names(run)]
        return RecipeState(
            folder=self.folder,
            name=run.recipe["name"],
            description=run.recipe["description"],
            recipe=run.recipe["path"],
            seed=run.seed,
            state=_overall(steps, running),
            steps=steps,
            versions=run.versions,
            machine=run.machine,
        )

    def _step(self, run: Record, name: str, running: bool) -> StepState:
        recorded, planned = run.steps.get(name), run.planned.get(name)
        state, note = _state(run, name, running)
        words = recorded or planned
        since = _seconds(run.running.get("started")) if state == "running" else None
        output, training, others = None, None, []
        if recorded is not None:
            try:
                place = self._inside(recorded.output)
                output, training = self._rows(place), self._training(place)
                others = [
                    rows for path in _also_written(recorded) if (rows := self._rows(self.folder / path))
                ]
            except (R1Error, OSError) as error:
                note = one_line(str(error), MAX_TOLD)
        if state == "done" and recorded is not None and (changed := self._changed_input(run, recorded)):
            state, note = "changed", f"made from other rows of {changed} than there are now"
        seconds = recorded.seconds if recorded else 0.0
        return StepState(
            name=name,
            command=words.command if words else "",
            line=_line(words, self.folder),
            state=state,
            started=recorded.started if recorded else None,
            seconds=seconds + (max(0.0, time.time() - since) if since else 0.0),
            since=since,
            attempts=recorded.attempts if recorded else 0,
            exit=recorded.exit if recorded else None,
            inputs=_inputs(run, name),
            reads=_reads(recorded, planned, self.folder),
            output=output,
            others=others,
            training=training,
            note=note,
        )

    def _inside(self, output: str | None) -> Path | None:
        """The folder of the run that a step wrote; None where it has none. Other places are never looked into."""
        match = OUTPUT.fullmatch(output or "")
        place = self.folder / match[1] if match else None
        return place if place and place.is_dir() and not place.is_symlink() else None

    def _rows(self, place: Path | None) -> OutputRows | None:
        if place is None or place.is_symlink() or not (place / LOG).is_dir():
            return None
        stamp = tuple(open_store(place).files(LOG))
        known = self._outputs.get(place)
        if known is None or known[0] != stamp:
            known = self._outputs[place] = (stamp, _output_rows(place) if stamp else None)
        return known[1]

    def _training(self, place: Path | None) -> TrainingState | None:
        if place is None or not ((place / MANIFEST).is_file() or training_runs.is_training(place)):
            return None
        return self._trainings.setdefault(place, FollowedTraining(place, briefly=True)).look()

    def _changed_input(self, run: Record, recorded: StepRecord) -> str | None:
        """A dataset of the run that is another one than the step read."""
        for path, digest in recorded.inputs.items():
            match = OUTPUT.fullmatch(path)
            try:
                rows = self._rows(self._inside(path)) if match else None
            except (R1Error, OSError):
                continue
            if match and rows is not None and rows.digest != digest:
                return match[1]
        return None


def _output_rows(place: Path) -> OutputRows:
    dataset = Dataset(place)
    entries = dataset.entries
    counts = [entry.counts.get("response_tokens") for entry in entries]
    tokens = int(sum(count or 0 for count in counts)) if any(count is not None for count in counts) else None
    return OutputRows(place, sum(entry.rows for entry in entries), tokens, dataset.complete, dataset.digest)


def _names(run: Record) -> list[str]:
    """The recipe's steps in its order, then those that it no longer has."""
    return list(dict.fromkeys([*run.recipe["order"], *run.steps]))[: record.MAX_NAMES]


def _state(run: Record, name: str, running: bool) -> tuple[State, str]:
    recorded, planned = run.steps.get(name), run.planned.get(name)
    if recorded is None:
        return "waiting", ""
    if running and run.running.get("step") == name:
        return "running", ""
    if recorded.exit is None:
        return "interrupted", "run the recipe again, and it goes on from what is there"
    if recorded.exit != 0:
        return "failed", f"exit code {recorded.exit}"
    if run.planned and planned is None:
        return "changed", "the recipe has no such step any more"
    if planned is not None and planned.arguments != recorded.arguments:
        return "changed", "made with other options than the recipe has now"
    return "done", ""


def _overall(steps: list[StepState], running: bool) -> State:
    states = {step.state for step in steps}
    if running:
        return "running"
    for state in ("failed", "interrupted", "changed"):
        if state in states:
            return state
    return "waiting" if "waiting" in states else "done"


def _inputs(run: Record, name: str) -> list[str]:
    """The steps whose outputs a step reads, or will read."""
    recorded, planned = run.steps.get(name), run.planned.get(name)
    paths: Iterable[str] = recorded.inputs if recorded else planned.reads if planned else ()
    by_output = {step.output: other for other, step in run.planned.items()}
    by_output |= {step.output: other for other, step in run.steps.items()}
    return [by_output[path] for path in dict.fromkeys(paths) if by_output.get(path, name) != name]


def _reads(recorded: StepRecord | None, planned: PlannedRecord | None, folder: Path) -> list[str]:
    paths: Iterable[str] = recorded.inputs if recorded else planned.reads if planned else ()
    return [_here(path, folder) for path in paths]


def _also_written(recorded: StepRecord) -> list[str]:
    """Other folders of the run that a step's arguments name and that it does not read."""
    read = {*recorded.inputs, recorded.output}
    matches = (OUTPUT.fullmatch(word) for word in dict.fromkeys(recorded.arguments) if word not in read)
    return [match[1] for match in matches if match][:8]


def _line(words: StepRecord | PlannedRecord | None, folder: Path) -> str:
    """The command line as one would type it, with the folder of the run where it lies now."""
    return shlex.join(["r1", *(_here(word, folder) for word in words.arguments)]) if words else ""


def _here(word: str, folder: Path) -> str:
    return (
        f"{folder}{word.removeprefix('${run}')}" if word == "${run}" or word.startswith("${run}/") else word
    )


def _seconds(moment: str | None) -> float | None:
    try:
        return datetime.fromisoformat(moment).timestamp() if moment else None
    except (ValueError, OverflowError):
        return None
