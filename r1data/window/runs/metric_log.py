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

from r1data.data.stores.entries import open_file
from r1data.errors import UserError
from r1data.recipe.json_types import is_number
from r1data.recipe.report.runs import MAX_LINE_BYTES, MAX_LOGGED, MAX_METRICS_BYTES
from r1data.window.runs.curves import Curve

MAX_METRICS = 500
"""Metrics of one training that are kept; those of r1 have up to a hundred. Ours."""
MAX_NAME = 200
CHUNK = 4 << 20
END_BYTES = 128 << 10
NOT_METRICS = frozenset(("step", "epoch"))


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
        added: dict[str, list[tuple[int, float, int]]] = {}
        for line in chunk[:end].splitlines():
            if len(line) > MAX_LINE_BYTES:
                self._stop(f"over {MAX_LINE_BYTES:,} bytes in a line")
            elif self.rows >= MAX_LOGGED:
                self._stop(f"over {MAX_LOGGED:,} logged steps")
            else:
                self._add(line, added)
            if self.problem:
                break
        for key, values in added.items():
            self.curves.setdefault(key, Curve()).extend(values)
        self._offset += end
        if self._offset > MAX_METRICS_BYTES:
            self._stop(f"over {MAX_METRICS_BYTES:,} bytes")
        return True

    def _add(self, line: bytes, added: dict[str, list[tuple[int, float, int]]]) -> None:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            self._stop("not JSON")
            return
        number = row.get("step") if isinstance(row, dict) else None
        if not isinstance(number, int) or not is_number(number) or number < self.step:
            return
        step = int(number)
        numbers = {key: float(value) for key, value in row.items() if is_number(value)}
        for key, value in numbers.items():
            if key in added:
                added[key].append((step, value, self.rows))
            elif key in self.curves or (
                len(self.curves) + len(added) < MAX_METRICS
                and len(key) <= MAX_NAME
                and key not in NOT_METRICS
            ):
                added[key] = [(step, value, self.rows)]
        self.step, self.last = step, numbers
        self.rows += 1
        self._recent = [*self._recent[-20:], numbers]
        self.before = self._recent[0]

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
                self._add(line, {})
            # What is wrong with a line is said on the training's own page.
            self.problem = None
