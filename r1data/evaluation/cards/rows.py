"""What a card takes from a dataset's rows: the questions, the graders, the engine, and the responses themselves.

Each of the classes gathers from one table after the other, from its own `columns`; `read` gives a dataset's rows to
several of them and reads it once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.data.text import one_line
from r1data.evaluation.benchmarks import Benchmark

QUESTION = ("prompt_id", "prompt", "system", "truth", "verifier")
"""Columns that make a question what it is."""
RESPONSE = ("prompt_id", "model", "response", "reasoning", "finish_reason", "response_tokens")
"""Columns that make a response what it is. Its number among those to its question says nothing of it."""
UNKNOWN = "unknown"
"""What stands for a setting that nothing tells."""
STATED = ("temperature", "top_p", "top_k", "max_tokens", "seed", "template", "system", "thinking", "date")
"""Settings that a response's own column `sampling` may state."""
SHOWN = 160
"""Characters that are kept of a setting. Ours."""
LARGEST = 1e300
"""A number from which on a setting is none: JSON has larger ones, which no float holds."""


class Facts(Protocol):
    """What gathers from rows."""

    columns: tuple[str, ...]

    def add(self, table: pa.Table) -> None: ...


def read(dataset: Dataset, *facts: Facts) -> None:
    """Gives each of `facts` all rows of a dataset, a shard at a time and no columns but theirs."""
    columns = list(dict.fromkeys(name for each in facts for name in each.columns))
    for table in dataset.tables(columns):
        for each in facts:
            each.add(table)


class QuestionFacts:
    """The questions of verified rows, their graders and the engine that answered."""

    columns: tuple[str, ...] = (*QUESTION, "verifier_version", "engine")

    def __init__(self) -> None:
        self._questions: dict[str, Mapping[str, Any]] = {}
        self._versions: dict[str, set[str]] = {}
        self._engines: set[str] = set()

    def add(self, table: pa.Table) -> None:
        first_rows: dict[str, int] = {}
        for row, prompt_id in enumerate(table["prompt_id"].to_pylist()):
            if prompt_id not in self._questions:
                first_rows.setdefault(prompt_id, row)
        questions = table.select(QUESTION).take(pa.array(first_rows.values(), pa.int64())).to_pylist()
        self._questions |= zip(first_rows, questions, strict=True)
        graders = table.group_by(["verifier", "verifier_version"]).aggregate([]).to_pylist()
        for grader in graders:
            version = str(grader["verifier_version"])
            # rows that name no verifier have the default one's version
            name = grader["verifier"] or version.partition("/")[0]
            self._versions.setdefault(name, set()).add(version)
        self._engines.update(filter(None, table["engine"].unique().to_pylist()))

    @property
    def first(self) -> Mapping[str, Any]:
        """The first question by id; empty where there is none."""
        return self._questions[min(self._questions)] if self._questions else {}

    @property
    def grader(self) -> dict[str, str]:
        """Each verifier's version; several where rows came with verdicts of another."""
        return {name: " and ".join(sorted(versions)) for name, versions in sorted(self._versions.items())}

    @property
    def engine(self) -> str:
        """The engine that answered."""
        return min(self._engines, default=UNKNOWN)

    def section(self, place: str | None, benchmark: Benchmark | None) -> dict[str, Any]:
        """A card's section `questions`, whose digest does not depend on the order of rows.

        Args:
            place: what the user named as the questions; None where the responses have them.
            benchmark: of which they are.
        """
        digest = hashlib.sha256()
        for _, question in sorted(self._questions.items()):
            fields = [question[name] for name in QUESTION]
            digest.update(json.dumps(fields, ensure_ascii=False).encode() + b"\n")
        return {
            "place": place,
            "benchmark": benchmark and benchmark.name,
            "revision": (benchmark.revision or None) if benchmark and place == benchmark.name else None,
            "license": benchmark and benchmark.license,
            "number": len(self._questions),
            "digest": digest.hexdigest(),
        }


class ResponseFacts:
    """The responses of verified rows, and what they state of how they were drawn, by model."""

    columns: tuple[str, ...] = (*RESPONSE, "engine", "sampling")

    def __init__(self) -> None:
        self._digests: list[bytes] = []
        self._settings: dict[str, dict[str, set[str]]] = {}

    def add(self, table: pa.Table) -> None:
        for fields in zip(*(table[name].to_pylist() for name in RESPONSE), strict=True):
            self._digests.append(hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).digest())
        drawn = table.group_by(["model", "engine", "sampling"]).aggregate([]).to_pylist()
        for each in drawn:
            settings = self._settings.setdefault(each["model"], {})
            stated = {"engine": each["engine"] or UNKNOWN, **_stated(each["sampling"])}
            for name, value in stated.items():
                settings.setdefault(name, set()).add(json.dumps(value))

    @property
    def number(self) -> int:
        return len(self._digests)

    @property
    def digest(self) -> str:
        """Of all responses with their questions' ids, whatever their order; verdicts are not in it."""
        return hashlib.sha256(b"".join(sorted(self._digests))).hexdigest()

    def protocol(self, model: str) -> dict[str, Any]:
        """How a model's responses were drawn, where all of them state the same; else `UNKNOWN`. Claims of the rows."""
        settings = self._settings.get(model, {})
        return {
            name: json.loads(min(values)) if len(values) == 1 else UNKNOWN
            for name, values in settings.items()
        }


def _stated(sampling: str | None) -> dict[str, Any]:
    """What a row's column `sampling`, which may be anybody's, says of `STATED`."""
    try:
        settings = json.loads(sampling or "{}")
    except (ValueError, RecursionError):
        settings = {}
    return dict(_settings(settings if isinstance(settings, dict) else {}))


def _settings(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in STATED:
        value = settings.get(name, UNKNOWN)
        if isinstance(value, str):
            yield name, one_line(value, SHOWN)
        else:
            is_plain = value is None or (isinstance(value, (int, float)) and abs(value) < LARGEST)
            yield name, value if is_plain else UNKNOWN
