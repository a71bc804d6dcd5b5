"""Follows a `metrics.jsonl`: each call of `read` takes what was added since the last, and nothing is read twice.

The file may be anybody's. Only numbers of a bounded size are kept, of a bounded number of metrics; a line that a
training never writes ends the reading there, and `problem` says so.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from r1data.data.stores.entries import open_file
from r1data.errors import UserError
from r1data.recipe.json_types import MAX_NUMBER
from r1data.recipe.report.runs import MAX_LINE_BYTES, MAX_LOGGED, MAX_METRICS_BYTES
from r1data.window.runs.curves import Curve

MAX_METRICS = 500
"""Metrics of one training that are kept; those of r1 have up to a hundred. Ours."""
MAX_NAME = 200
CHUNK = 4 << 20
END_BYTES = 128 << 10
NOT_METRICS = frozenset(("step", "epoch"))


@dataclass
class Added:
    """The rows of one chunk: their steps, and by metric its values and which of these rows had them."""

    steps: list[int] = field(default_factory=list)
    values: dict[str, tuple[list[float], list[int]]] = field(default_factory=dict)


@dataclass
class MetricLog:
    """What a training has logged so far. Safe between threads: `lock` is held while it is read."""

    path: Path
    curves: dict[str, Curve] = field(default_factory=dict)
    rows: int = 0
    generation: str = ""
    """Another one where the file was replaced, as by a training that goes on from a checkpoint."""
    step: int = 0
    last: dict[str, float] = field(default_factory=dict)
    """The numbers of the last row."""
    before: dict[str, float] = field(default_factory=dict)
    """Those of a row some 20 before it, for rates."""
    problem: str | None = None
    changed: float | None = None
    """When it was written last, in seconds since 1970; None where there is none."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _offset: int = 0
    _recent: list[dict[str, float]] = field(default_factory=list, repr=False)

    def read(self, path: Path | None = None) -> None:
        """Takes what was added since the last call. With `path` the log has moved there, as at a training's end."""
        with self.lock:
            self.path = path or self.path
            try:
                file = open_file(self.path, str(self.path))
            except OSError:
                return  # not written yet, or moved meanwhile: what was read stays
            except UserError as error:
                self.problem = str(error)
                return
            with file:
                status = os.fstat(file.fileno())
                generation = f"{status.st_dev:x}-{status.st_ino:x}"
                if generation != self.generation or status.st_size < self._offset:
                    self._begin(generation)
                self.changed = status.st_mtime
                file.seek(self._offset)
                while self.problem is None and (chunk := file.read(CHUNK)):
                    if not self._take(chunk):
                        break
                    file.seek(self._offset)

    @property
    def cursor(self) -> str:
        """What a reader gives back to get only what came later."""
        return f"{self.generation}.{self.rows}"

    def rows_known(self, cursor: str) -> int:
        """The rows that a reader with this cursor has; 0 where it comes from another file, or from nowhere."""
        generation, _, rows = cursor.rpartition(".")
        known = int(rows) if rows.isascii() and rows.isdigit() and len(rows) < 10 else 0
        return known if generation == self.generation and known <= self.rows else 0

    def rate(self, key: str) -> float | None:
        """A counter's growth in a second over the last rows, by their `time`."""
        first, last = self.before or self.last, self.last
        seconds = last.get("time", 0.0) - first.get("time", 0.0)
        if key not in last or key not in first or seconds <= 0:
            total = self.last.get("time", 0.0)
            return self.last[key] / total if key in self.last and total > 0 else None
        return (last[key] - first[key]) / seconds

    def _begin(self, generation: str) -> None:
        self.curves, self.rows, self.step, self.last, self.before = {}, 0, 0, {}, {}
        self.problem, self.generation, self._offset, self._recent = None, generation, 0, []

    def _take(self, chunk: bytes) -> bool:
        """Takes the whole lines of a chunk; False where there is none."""
        end = chunk.rfind(b"\n") + 1
        if end == 0:
            if len(chunk) > MAX_LINE_BYTES:
                self._stop(f"over {MAX_LINE_BYTES:,} bytes in a line")
            return False
        added, first = Added(), self.rows
        for line in chunk[:end].splitlines():
            if len(line) > MAX_LINE_BYTES:
                self._stop(f"over {MAX_LINE_BYTES:,} bytes in a line")
            elif self.rows >= MAX_LOGGED:
                self._stop(f"over {MAX_LOGGED:,} logged steps")
            else:
                self._add(line, added)
            if self.problem:
                break
        steps = np.array(added.steps, np.int64)
        for key, (values, places) in added.values.items():
            at = np.array(places)
            self.curves.setdefault(key, Curve()).extend(steps[at], np.array(values, np.float64), at + first)
        self._offset += end
        if self._offset > MAX_METRICS_BYTES:
            self._stop(f"over {MAX_METRICS_BYTES:,} bytes")
        return True

    def _add(self, line: bytes, added: Added) -> None:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            self._stop("not JSON")
            return
        step = row.get("step") if isinstance(row, dict) else None
        if type(step) is not int or not self.step <= step <= MAX_NUMBER:
            return
        place, numbers = len(added.steps), {}
        for key, value in row.items():
            # As `is_number`, which would take longer than all else here; NaN is in no range.
            if (type(value) is float or type(value) is int) and -MAX_NUMBER <= value <= MAX_NUMBER:
                numbers[key] = value
                column = added.values.get(key) or self._column(key, added)
                if column is not None:
                    column[0].append(value)
                    column[1].append(place)
        added.steps.append(step)
        self.step, self.last = step, numbers
        self.rows += 1
        self._recent = [*self._recent[-20:], numbers]
        self.before = self._recent[0]

    def _column(self, key: str, added: Added) -> tuple[list[float], list[int]] | None:
        """Where values of a metric go that this chunk has not had yet; None for one that is not kept."""
        if key not in self.curves and (
            len(self.curves) + len(added.values) >= MAX_METRICS or len(key) > MAX_NAME or key in NOT_METRICS
        ):
            return None
        return added.values.setdefault(key, ([], []))

    def _stop(self, problem: str) -> None:
        self.problem = f"{self.path}: line {self.rows + 1}: {problem}; what comes after it is not shown"


@dataclass
class LogEnd(MetricLog):
    """The end of a log alone: its last rows, for a table of many trainings."""

    def read(self, path: Path | None = None) -> None:
        with self.lock:
            self.path = path or self.path
            try:
                file = open_file(self.path, str(self.path))
            except OSError:
                return
            except UserError as error:
                self.problem = str(error)
                return
            with file:
                status = os.fstat(file.fileno())
                generation = f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"
                if generation == self.generation:
                    return
                self._begin(generation)
                self.changed = status.st_mtime
                file.seek(max(0, status.st_size - END_BYTES))
                content = file.read(END_BYTES)
            start = content.find(b"\n") + 1 if status.st_size > END_BYTES else 0
            for line in content[start : content.rfind(b"\n") + 1].splitlines():
                self._add(line, Added())
            # What is wrong with a line is said on the training's own page.
            self.problem = None
