"""Reads the folder of one run of reinforcement learning, finished or under way: settings, metrics, alarms.

Everything comes from files that may be anybody's: they are read up to a limit, and of their metrics numbers alone are
kept, of their settings what a request may hold. Alarms are those that the run has written; where it has none of them,
as runs of earlier releases have not, they follow from its metrics.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1data.data.small_files import read_own
from r1data.errors import UserError
from r1data.recipe.json_types import is_number
from r1data.recipe.report.panels import is_shown
from r1data.recipe.report.runs import METRICS, logged
from r1data.training.loop.alarms import Event, events
from r1data.training.output.checkpoint import ALARMS, MANIFEST

MAX_JSON_BYTES = 16 * 2**20
MAX_NAME = 200


@dataclass(frozen=True)
class TrainingRun:
    """One run: its folder, its request, what it logged, and its alarms in the order in which they came.

    `finished` says whether it came to its end; `age` is the seconds since it logged a step, None where it has not.
    """

    folder: Path
    request: dict[str, Any]
    rows: list[dict[str, float]]
    events: list[Event]
    finished: bool
    age: float | None

    @property
    def steps(self) -> int:
        """Steps that it will make."""
        steps = self.parameters.get("steps")
        return int(steps) if is_number(steps) and 0 < steps < 1e9 else 0

    @property
    def parameters(self) -> dict[str, Any]:
        parameters = self.request.get("parameters")
        return parameters if isinstance(parameters, dict) else {}

    @property
    def work(self) -> Path:
        """Where a report of it lies by default: the folder's own files are not there before its end."""
        return self.folder if self.finished else self.folder / ".r1"

    def points(self, key: str) -> dict[int, float]:
        """The values of a metric by step."""
        return {int(row["step"]): row[key] for row in self.rows if key in row}

    def last(self, key: str) -> float | None:
        """The last value of a metric."""
        return next((row[key] for row in reversed(self.rows) if key in row), None)

    def summary(self) -> dict[str, Any]:
        """What `--json` says of it."""
        return {
            "run": str(self.folder),
            "finished": self.finished,
            "steps": self.steps,
            "last": self.rows[-1] if self.rows else {},
            "alarms": [event.as_json() for event in self.events],
        }

    def metrics(self) -> list[str]:
        """Every metric that was logged, in the order in which they came."""
        return list(dict.fromkeys(key for row in self.rows for key in row))


def is_training(folder: Path) -> bool:
    """Whether a folder is that of a training run, and of no recipe."""
    return (folder / MANIFEST).is_file() or (folder / ".r1" / "run.json").is_file()


def read(folder: Path) -> TrainingRun:
    """One run. Raises UserError where the folder holds no run of reinforcement learning, or what r1 never wrote."""
    place, request, finished = _place(folder)
    if not is_grpo(request):
        command = request.get("command")
        origin = f"made by r1 {command}" if isinstance(command, str) else "no run"
        raise UserError(
            f"{folder}: {origin:.{MAX_NAME}}; give the folder of a recipe's run, or of one of r1 train-grpo"
        )
    rows = logged(place / METRICS, is_shown, live=not finished)
    return TrainingRun(folder, request, rows, _events(place / ALARMS, rows), finished, _age(place / METRICS))


def read_any(folder: Path) -> TrainingRun:
    """One run of any training command; of one without panels of its own all numbers that it logged.

    Raises UserError for what r1 never wrote.
    """
    place, request, finished = _place(folder)
    if is_grpo(request):
        return read(folder)
    rows = logged(place / METRICS, lambda key: len(key) <= MAX_NAME, live=not finished)
    return TrainingRun(folder, request, rows, [], finished, _age(place / METRICS))


def _place(folder: Path) -> tuple[Path, dict[str, Any], bool]:
    """Where a run's files lie, its request, and whether it has come to its end."""
    manifest = _json(folder / MANIFEST)
    if manifest.get("finished") is True:
        return folder, manifest, True
    return folder / ".r1", _json(folder / ".r1" / "run.json"), False


def is_grpo(request: dict[str, Any]) -> bool:
    """Whether a run's request is one of reinforcement learning, whose metrics have panels and alarms."""
    return request.get("kind") == "grpo" or request.get("command") == "train-grpo"


def _events(path: Path, rows: list[dict[str, float]]) -> list[Event]:
    content = read_own(path, MAX_JSON_BYTES)
    if content is None:
        return events(rows)
    recorded = []
    for line in content[: content.rfind(b"\n") + 1].splitlines():
        try:
            entry = json.loads(line)
            recorded.append(
                Event(
                    int(entry["step"]),
                    str(entry["alarm"]),
                    _state(entry["state"]),
                    str(entry.get("text", "")),
                )
            )
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
            raise UserError(f"{path}: a line is no alarm; remove the file, and they are told anew") from error
    return recorded


def _state(value: object) -> Any:
    if value not in ("begins", "ends"):
        raise ValueError(value)
    return value


def _json(path: Path) -> dict[str, Any]:
    content = read_own(path, MAX_JSON_BYTES)
    if content is None:
        return {}
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not JSON; train again") from error
    return value if isinstance(value, dict) else {}


def _age(path: Path) -> float | None:
    return max(0.0, time.time() - path.stat().st_mtime) if path.is_file() else None
