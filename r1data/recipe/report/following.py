"""What is being made, followed from its files: a dataset, a training, or a recipe's run with the step that it is at.

Each `read` gives the state at that moment. Nothing in what is followed waits for it, and no shard is read twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from r1data.data.locations import scheme
from r1data.data.small_files import is_held, own_folder
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.errors import UserError
from r1data.lineage.growth import DatasetState, Growth
from r1data.recipe import record
from r1data.recipe.json_types import is_number
from r1data.recipe.record import Record
from r1data.recipe.report import training_runs
from r1data.recipe.report.runs import OUTPUT
from r1data.recipe.report.training_runs import TrainingRun

MAX_METRICS = 60
"""Metrics of a training that no panel shows. Ours."""

Word = Literal["done", "running", "waiting", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class StepState:
    """One step of a recipe. `seconds` are those that its record has, of a running step those since it began."""

    name: str
    command: str
    word: Word
    seconds: float | None = None
    exit: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The step; a running step's seconds change by themselves and are left out."""
        seconds = None if self.word == "running" else self.seconds
        return {"step": self.name, "command": self.command, "state": self.word, "seconds": seconds}


@dataclass(frozen=True, slots=True)
class RecipeState:
    """A recipe's run: its steps in their order, and what the running or last begun one has made so far."""

    folder: Path
    name: str
    steps: list[StepState]
    output: DatasetState | TrainingRun | None

    @property
    def complete(self) -> bool:
        return all(step.word == "done" for step in self.steps)

    @property
    def failed(self) -> StepState | None:
        """The step that failed, where none has begun after it."""
        if any(step.word == "running" for step in self.steps):
            return None
        return next((step for step in self.steps if step.word == "failed"), None)

    def as_json(self) -> dict[str, Any]:
        return {
            "run": str(self.folder),
            "recipe": self.name,
            "complete": self.complete,
            "steps": [step.as_json() for step in self.steps],
            "output": None if self.output is None else as_json(self.output),
        }


State = DatasetState | TrainingRun | RecipeState


class Followed(Protocol):
    """A place that is read again and again; `is_counted` is False while `read` has more to count at once."""

    @property
    def is_counted(self) -> bool: ...
    def read(self) -> State: ...


def follow(place: str) -> Followed:
    """What lies at `place`: a recipe's run, a training or a dataset. Raises UserError where it is none of them."""
    if scheme(place) is None:
        folder = Path(place)
        if (folder / record.FILE).is_file():
            return FollowedRecipe(folder)
        if training_runs.is_training(folder):
            return FollowedTraining(folder)
        if not folder.exists():
            raise UserError(
                f"{place}: nothing is there yet; give a dataset, or the folder of a run, once its command has begun"
            )
    return Growth(place)


def is_run(place: str) -> bool:
    """Whether a place is the folder of a recipe's run or of a training."""
    folder = Path(place)
    return scheme(place) is None and ((folder / record.FILE).is_file() or training_runs.is_training(folder))


def is_complete(state: State) -> bool:
    """Whether what is followed has come to its end."""
    return state.finished if isinstance(state, TrainingRun) else state.complete


def as_json(state: State) -> dict[str, Any]:
    """One object, the same as long as nothing changes."""
    if isinstance(state, TrainingRun):
        return {**state.summary(), "complete": state.finished}
    return state.as_json()


@dataclass(frozen=True)
class FollowedTraining:
    """The folder of a training, of reinforcement learning or of another kind."""

    folder: Path
    is_counted = True

    def read(self) -> TrainingRun:
        """As it is logged now; of a training without panels every metric is kept."""
        return training_runs.read_any(self.folder)


class FollowedRecipe:
    """The folder of a recipe's run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._output: tuple[Path, Followed] | None = None

    @property
    def is_counted(self) -> bool:
        return self._output is None or self._output[1].is_counted

    def read(self) -> RecipeState:
        """As it is recorded now. Raises UserError where the record is no record any more."""
        current = record.read(self.folder)
        if current is None:
            raise UserError(f"{self.folder}: its {record.FILE} is gone; give the folder of a recipe's run")
        names = list(dict.fromkeys([*current.recipe["order"], *current.steps]))
        is_alive = is_held(self.folder / record.LOCK)
        steps = [_step(current, name, is_alive) for name in names]
        return RecipeState(self.folder, current.recipe["name"], steps, self._read_output(current, steps))

    def _read_output(self, current: Record, steps: list[StepState]) -> DatasetState | TrainingRun | None:
        """What the running step has made so far; of a run at rest, what the last begun one made."""
        begun = [step for step in steps if step.word != "waiting"]
        step = next(
            (step for step in reversed(begun) if step.word == "running"), begun[-1] if begun else None
        )
        match = OUTPUT.fullmatch(current.steps[step.name].output or "") if step else None
        if match is None:
            return None
        place = own_folder(self.folder / match[1])
        if self._output is None or self._output[0] != place:
            if training_runs.is_training(place):
                self._output = (place, FollowedTraining(place))
            elif place.is_dir() and open_store(str(place)).files(LOG):
                self._output = (place, Growth(str(place)))
            else:
                return None
        state = self._output[1].read()
        return None if isinstance(state, RecipeState) else state


def _step(current: Record, name: str, is_alive: bool) -> StepState:
    """A step; one that neither ended nor runs was interrupted."""
    entry, planned = current.steps.get(name), current.planned.get(name)
    if is_alive and current.running.get("step") == name:
        since = _since(current.running.get("started"))
        seconds = None if since is None else since + (entry.seconds if entry else 0.0)
        words = entry or planned
        return StepState(name, words.command if words else "", "running", seconds)
    if entry is None:
        return StepState(name, planned.command if planned else "", "waiting")
    if entry.exit is None:
        return StepState(name, entry.command, "interrupted", entry.seconds)
    return StepState(name, entry.command, "failed" if entry.exit else "done", entry.seconds, entry.exit)


def _since(started: str | None) -> float | None:
    """Seconds since then; None where it is no time."""
    try:
        return max(0.0, datetime.now(UTC).timestamp() - datetime.fromisoformat(started or "").timestamp())
    except (ValueError, OverflowError):
        return None


def last_values(run: TrainingRun) -> Mapping[str, float]:
    """The last value of each metric of a training, in the order in which they came."""
    values: dict[str, float] = {}
    for row in run.rows:
        values |= row
    return {key: value for key, value in values.items() if is_number(value)}
