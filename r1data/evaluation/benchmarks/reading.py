"""The questions of a benchmark as prompts, from the hub or from a file, and how they differ from its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from r1data.data.hub import is_hub
from r1data.data.plain import Columns, PlainSource, is_plain, raw_records
from r1data.data.records import Record
from r1data.data.source import Source, open_source
from r1data.errors import UserError
from r1data.evaluation.benchmarks.entry import PLACE, RESPONSES, SETTINGS, Benchmark
from r1data.evaluation.benchmarks.names import parse


@dataclass(frozen=True, slots=True)
class _PromptColumns(Columns):
    """A benchmark's columns under the schema's names, with each question put into the benchmark's prompt."""

    prompt: str = PLACE

    def apply(self, record: Record) -> Record:
        row = Columns.apply(self, record)
        if "prompt" not in row:
            return row
        # str.format would read the braces of \\boxed{} as fields.
        return {**row, "prompt": self.prompt.replace(PLACE, str(row["prompt"]).strip())}


def readable_place(text: str) -> str:
    """As `place_of`, with the hub asked for the first question of a name, so that an error says what to give instead.

    Raises:
        UserError: as `parse` does, or the benchmark's questions cannot be read from the hub.
    """
    reference = parse(text)
    if reference and is_hub(reference[1]):
        _first_record(*reference)
    return reference[1] if reference else text


def open_evaluation(text: str) -> tuple[Source, Benchmark | None]:
    """What `r1 eval` reads: prompts, and the benchmark where the argument names one.

    Raises:
        UserError: there is no such dataset, file or benchmark, or it cannot be read.
    """
    reference = parse(text)
    return (open_questions(*reference), reference[0]) if reference else (open_source(text), None)


def responses_of(benchmark: Benchmark | None) -> int:
    """Responses per question by default."""
    return benchmark.k if benchmark else RESPONSES


def settings_of(benchmark: Benchmark | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of `SETTINGS`: of `options` what is not None, else the benchmark's, else the paper's."""
    defaults = benchmark.settings if benchmark else SETTINGS
    return {name: default if options[name] is None else options[name] for name, default in defaults.items()}


def open_questions(benchmark: Benchmark, place: str) -> Source:
    """The questions of a benchmark as prompts.

    Args:
        place: its own `uri`, or a file or dataset that has them: under the names of `columns`, or as prompts already.

    Raises:
        UserError: they cannot be read; where they are on the hub, the error says how to give them as a file.
    """
    if not is_plain(place):
        return open_source(place)
    constant = {"verifier": benchmark.verifier, "domain": benchmark.domain, "language": benchmark.language}
    if benchmark.license:
        constant["license"] = benchmark.license
    constant["source"] = benchmark.name
    if set(benchmark.columns.values()) <= _first_record(benchmark, place).keys():
        return PlainSource(place, _PromptColumns(benchmark.columns, constant, prompt=benchmark.prompt))
    return PlainSource(place, Columns({}, constant))


def _first_record(benchmark: Benchmark, place: str) -> Record:
    try:
        return next(raw_records(place), (0, {}))[1]
    except UserError as error:
        if not is_hub(place):
            raise
        names = ", ".join(benchmark.columns.values())
        raise UserError(
            f"benchmark {benchmark.name}: {error}; without the hub, give its questions as a file or dataset with the "
            f"columns {names}: {benchmark.name}=FILE"
        ) from error


def deviation(benchmark: Benchmark, source: Source) -> str | None:
    """How a source's questions differ from the benchmark's, for people; None where no difference is known."""
    prompts = [text for shard in source.shards() for text in shard.table()["prompt"].to_pylist()]
    if benchmark.questions not in (None, len(prompts)):
        return f"{len(prompts)} questions, not {benchmark.questions}"
    before, _, after = benchmark.prompt.partition(PLACE)
    questions = [text.removeprefix(before).removesuffix(after) for text in prompts]
    if benchmark.sha256 and digest(questions) != benchmark.sha256:
        return "the questions' text is not the benchmark's"
    return None


def digest(questions: list[str]) -> str:
    """The digest of a benchmark's questions, in their order."""
    return hashlib.sha256("\n".join(question.strip() for question in questions).encode()).hexdigest()
