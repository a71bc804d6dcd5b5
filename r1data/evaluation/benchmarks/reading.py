"""The questions of a benchmark as prompts, from the hub or from a file, and how they differ from its own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from r1data.data.hub import is_hub
from r1data.data.plain import Columns, PlainSource, is_plain, raw_records
from r1data.data.records import Record
from r1data.data.source import Source, open_source
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.evaluation.benchmarks.entry import PLACE, RESPONSES, SETTINGS, Benchmark
from r1data.evaluation.benchmarks.names import parse
from r1data.selection.evaluations import Compared, Questions


@dataclass(frozen=True, slots=True)
class _QuestionColumns(Columns):
    """A benchmark's questions under the schema's names, each put into the benchmark's prompt."""

    benchmark: Benchmark | None = None

    def apply(self, record: Record) -> Record:
        benchmark = self.benchmark
        assert benchmark is not None
        if missing_columns := [name for name in benchmark.source_columns if name not in record]:
            raise ValueError(f"no column {missing_columns[0]!r}, which {benchmark.name} has")
        row = Columns.apply(self, benchmark.convert(record) if benchmark.convert else record)
        prompt = benchmark.prompt_in(row.get("language"))
        # str.format would read the braces of \boxed{} as fields.
        return {**row, "prompt": prompt.replace(PLACE, str(row["prompt"]).strip())}


def compared_questions(text: str) -> Compared:
    """What `--decontaminate` compares with: the questions of a benchmark, or all of a place.

    The hub is asked for the first question of a name, so that an error says what to give instead.

    Raises:
        UserError: as `parse` does, or the benchmark's questions cannot be read from the hub.
    """
    reference = parse(text)
    if reference is None:
        return text
    benchmark, place = reference
    if is_hub(place):
        _first_record(benchmark, place)
    return Questions(place, benchmark.compared) if benchmark.compared else place


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
        place: its own `uri`, or a file or dataset that has them: under the source's own names, or as prompts already.

    Raises:
        UserError: they cannot be read, or lack a column; where they are on the hub, the error says how to give them as
            a file.
    """
    return PlainSource(place, _columns(benchmark, place)) if is_plain(place) else open_source(place)


def _columns(benchmark: Benchmark, place: str) -> Columns:
    """How a file's columns become a prompt's: those of the source, or of prompts already."""
    constant = {"verifier": benchmark.verifier, "domain": benchmark.domain}
    if not benchmark.prompts:  # else each row has its own
        constant["language"] = benchmark.language
    if benchmark.license:
        constant["license"] = benchmark.license
    constant["source"] = benchmark.name
    first = _first_record(benchmark, place)
    if set(benchmark.source_columns) <= first.keys():
        rename = {} if benchmark.convert else benchmark.columns
        return _QuestionColumns(rename, constant, benchmark=benchmark)
    if first and "prompt" not in first:
        absent = next(name for name in benchmark.source_columns if name not in first)
        raise UserError(
            f"benchmark {benchmark.name}: {place}: no column {absent!r} among: {one_line(', '.join(first), 300)}; "
            f"give its questions with the columns {', '.join(benchmark.source_columns)}, or prompts with the columns "
            "prompt, truth"
        )
    answer = benchmark.columns.get("truth", "truth")
    is_renamed = "truth" not in first and answer in first and not benchmark.convert
    return Columns({"truth": answer} if is_renamed else {}, constant)


def _first_record(benchmark: Benchmark, place: str) -> Record:
    try:
        return next(raw_records(place), (0, {}))[1]
    except UserError as error:
        if not is_hub(place):
            raise
        names = ", ".join(benchmark.source_columns)
        raise UserError(
            f"benchmark {benchmark.name}: {error}; {_gate(benchmark)}without the hub, give its questions as a file or "
            f"dataset with the columns {names}: {benchmark.name}=FILE"
        ) from error


def _gate(benchmark: Benchmark) -> str:
    """What the hub asks for before it gives a gated set."""
    if not benchmark.gated:
        return ""
    repository = re.split("[:@]", benchmark.source.removeprefix("hf:"))[0].split("/")
    page = f"https://huggingface.co/datasets/{'/'.join(repository[:2])}"
    return f"the set is gated: accept its licence ({benchmark.license}) at {page} and set HF_TOKEN; "


def deviation(benchmark: Benchmark, source: Source) -> str | None:
    """How a source's questions differ from the benchmark's, for people; None where no difference is known."""
    questions = [
        _question(benchmark, *row)
        for shard in source.shards()
        for row in zip(*(shard.table()[name].to_pylist() for name in ("prompt", "language")), strict=True)
    ]
    if benchmark.questions not in (None, len(questions)):
        return f"{len(questions)} questions, not {benchmark.questions}"
    if benchmark.sha256 and digest(questions) != benchmark.sha256:
        return "the questions' text is not the benchmark's"
    return None


def _question(benchmark: Benchmark, prompt: str, language: str | None) -> str:
    """A prompt without the benchmark's words around the question."""
    before, _, after = benchmark.prompt_in(language).partition(PLACE)
    return prompt.removeprefix(before).removesuffix(after)


def digest(questions: list[str]) -> str:
    """The digest of a benchmark's questions, in their order."""
    return hashlib.sha256("\n".join(question.strip() for question in questions).encode()).hexdigest()
