"""A training for its page: what it is, whether somebody trains, its metrics, alarms and speed."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from r1data.data.secrets import redact_all
from r1data.data.small_files import is_held, own_folder, read_own
from r1data.data.stores.layout import LOG
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.recipe.json_types import is_number
from r1data.recipe.report.runs import METRICS
from r1data.training.loop.alarms import Event
from r1data.training.output.checkpoint import ALARMS, LOCK, MANIFEST
from r1data.window.runs.metric_log import LogEnd, MetricLog

State = Literal["done", "running", "interrupted"]
MAX_JSON_BYTES = 4 << 20
MAX_ALARM_BYTES = 4 << 20
MAX_EVENTS = 2_000
"""Alarms that begin or end; a run has a few. Ours."""
MAX_SETTINGS = 200
ROLLOUTS = "rollouts"


@dataclass(frozen=True)
class AlarmSpan:
    """An alarm from its first step to its last; `end` is None while it lasts."""

    name: str
    text: str
    start: int
    end: int | None = None


@dataclass(frozen=True)
class TrainingState:
    """One look at a training.

    `seconds` and `tokens` are those of training so far; `tokens_per_second` and `seconds_left` are None where they are
    not known or nobody trains. `settings` are (name, value) as they were recorded, without keys.
    """

    folder: Path
    command: str
    kind: str
    state: State
    step: int
    steps: int
    seconds: float
    tokens: int | None
    tokens_per_second: float | None
    seconds_left: float | None
    age: float | None
    alarms: list[AlarmSpan]
    settings: list[tuple[str, str]]
    summary: list[tuple[str, str]]
    model: str
    inputs: list[str]
    rollouts: Path | None
    problems: list[str]

    @property
    def share(self) -> float | None:
        """How much of the planned steps is done, 0 to 1; None where nobody has said how many there are."""
        return min(1.0, self.step / self.steps) if self.steps else None


@dataclass
class FollowedTraining:
    """A training's folder, read again and again; its log is read once. Safe between threads.

    With `briefly` only the log's end is read, without curves.
    """

    folder: Path
    briefly: bool = False
    log: MetricLog = field(init=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _files: dict[Path, tuple[tuple[int, int], Any]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.log = (LogEnd if self.briefly else MetricLog)(self.folder / ".r1" / METRICS)

    def look(self) -> TrainingState:
        """Its state now. Raises UserError where the folder is none of a training, or holds what r1 never writes."""
        with self.lock:
            manifest = self._json(self.folder / MANIFEST)
            finished = manifest.get("finished") is True
            work = own_folder(self.folder / ".r1")
            request = manifest if finished else self._json(work / "run.json")
            if not isinstance(request.get("command"), str):
                # The files may have moved between the two looks.
                manifest = request = self._json(self.folder / MANIFEST)
                finished = manifest.get("finished") is True
            if not finished and not request:
                raise UserError(
                    f"{self.folder}: no training here; give the folder that it was given as --out"
                )
            place = self.folder if finished else work
            problems: list[str] = []
            alarms = self._alarms(place / ALARMS, problems)
        self.log.read(place / METRICS)
        if self.log.problem:
            problems.append(self.log.problem)
        state: State = "done" if finished else "running" if is_held(work / LOCK) else "interrupted"
        return self._state(state, manifest, request, alarms, problems)

    def _state(
        self,
        state: State,
        manifest: dict[str, Any],
        request: dict[str, Any],
        alarms: list[AlarmSpan],
        problems: list[str],
    ) -> TrainingState:
        log, parameters = self.log, _mapping(request.get("parameters"))
        summary = _mapping(manifest.get("summary"))
        steps = next(
            (int(n) for n in (parameters.get("steps"), summary.get("steps")) if is_number(n) and 0 < n < 1e9),
            0,
        )
        epoch = log.last.get("epoch")
        if not steps and epoch and is_number(epochs := parameters.get("epochs")) and 0 < epoch <= epochs:
            # Only a training by examples counts epochs; how many steps they take is told by the share that is done.
            steps = round(log.step * epochs / epoch)
        seconds, tokens = log.last.get("time", 0.0), log.last.get("num_tokens")
        pace = seconds / log.step if log.step else None
        running = state == "running"
        return TrainingState(
            folder=self.folder,
            command=one_line(str(request.get("command", "")), 60),
            kind=one_line(str(request.get("kind") or ""), 60),
            state=state,
            step=log.step,
            steps=steps,
            seconds=seconds,
            tokens=None if tokens is None else int(tokens),
            tokens_per_second=log.rate("num_tokens")
            if running
            else tokens / seconds
            if tokens and seconds
            else None,
            seconds_left=(steps - log.step) * pace if running and pace and steps > log.step else None,
            age=None if log.changed is None or state == "done" else max(0.0, time.time() - log.changed),
            alarms=alarms,
            settings=_pairs(redact_all(parameters)),
            summary=_pairs(redact_all(summary)),
            model=one_line(str(parameters.get("model", "")), 300),
            inputs=[
                one_line(parent["uri"], 300)
                for parent in _list(request.get("parents"))[:20]
                if isinstance(parent, dict) and isinstance(parent.get("uri"), str)
            ],
            rollouts=self._rollouts(),
            problems=problems,
        )

    def _rollouts(self) -> Path | None:
        place = self.folder / ROLLOUTS
        return place if not place.is_symlink() and (place / LOG).is_dir() else None

    def _alarms(self, path: Path, problems: list[str]) -> list[AlarmSpan]:
        try:
            events: list[Event] = self._read(path, MAX_ALARM_BYTES, _events) or []
        except UserError as error:
            problems.append(str(error))
            return []
        return spans(events[:MAX_EVENTS])

    def _json(self, path: Path) -> dict[str, Any]:
        value: dict[str, Any] | None = self._read(path, MAX_JSON_BYTES, _object)
        return value or {}

    def _read(self, path: Path, limit: int, parse: Any) -> Any:
        """What a small file holds, parsed again only when it has changed; None where there is none."""
        try:
            status = path.lstat()
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._files.get(path)
        if known is None or known[0] != stamp:
            content = read_own(path, limit)
            known = self._files[path] = (stamp, None if content is None else parse(path, content))
        return known[1]


def spans(events: list[Event]) -> list[AlarmSpan]:
    """Alarms from where they begin to where they end, in the order in which they begin."""
    alarms: list[AlarmSpan] = []
    lasting: dict[str, int] = {}
    for event in events:
        if event.state == "begins":
            lasting[event.alarm] = len(alarms)
            alarms.append(AlarmSpan(event.alarm, event.text, event.step))
        elif (place := lasting.pop(event.alarm, None)) is not None:
            begun = alarms[place]
            alarms[place] = AlarmSpan(begun.name, begun.text, begun.start, event.step)
    return alarms


def _events(path: Path, content: bytes) -> list[Event]:
    events = []
    for line in content[: content.rfind(b"\n") + 1].splitlines():
        try:
            entry = json.loads(line)
            step, state = entry["step"], entry["state"]
            if not isinstance(step, int) or not is_number(step) or state not in ("begins", "ends"):
                raise ValueError(state)
            events.append(
                Event(
                    int(step),
                    one_line(str(entry["alarm"]), 80),
                    state,
                    one_line(str(entry.get("text", "")), 600),
                )
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UserError(f"{path}: a line is no alarm; remove the file, and they are told anew") from error
    return events


def _object(path: Path, content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not JSON; train again") from error
    return _mapping(value)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _pairs(values: dict[str, Any]) -> list[tuple[str, str]]:
    named = list(values.items())[:MAX_SETTINGS]
    return [(one_line(str(name), 80), one_line(json.dumps(value, default=str), 200)) for name, value in named]
