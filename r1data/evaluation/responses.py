"""Responses that are there already: joined to the questions that they answer, verified, and scored model by model.

A response belongs to a question whose text its prompt is, or whose id it has and whose text its prompt holds: ids such
as `0`, `1` are those of any benchmark. One that belongs to none is refused with its file, not left out: the scores of
the others would be of a choice that nobody made.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from r1data.data.column_notes import RESPONSE_NAMES
from r1data.data.commits import Command
from r1data.data.dataset import Dataset
from r1data.data.plain import Columns, PlainSource, is_plain, raw_records
from r1data.data.records import Record
from r1data.data.schema import includes
from r1data.data.source import Source, open_source
from r1data.data.text import one_line
from r1data.data.writer import Summary
from r1data.errors import UserError
from r1data.evaluation.benchmarks import PLACE, Benchmark, parse
from r1data.evaluation.labels import labels_of
from r1data.evaluation.models import models_of, rows_of
from r1data.evaluation.scores import Scores, score
from r1data.evaluation.statistics import Estimate, estimate_share
from r1data.runtime.stages import Output, run_stage
from r1data.verifiers.table import COLUMNS, count, verify_table

SHOWN = 60
"""Characters of a question in a message. Ours."""
COLUMN_CHARACTERS = 300
"""Of the columns' names in a message. Ours."""
RESPONSES_ELSEWHERE = frozenset(RESPONSE_NAMES) - {"response"}
GIVEN, MODEL = "given", "model"
"""Whose responses an evaluation scores."""
OWN = ("sample_index", "response", "reasoning", "answer", "finish_reason", "response_tokens", "model", "seed")
"""Columns that are a response's own, whatever its question has under these names."""


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions that responses are joined to.

    Attributes:
        name: for messages: a benchmark's, or where the questions are.
        table: a row each, as prompts.
        rows_by_text: a question's text, or its prompt, without differences of white space → its row.
        rows_by_id: prompt_id → row.
        texts: the bare question of each row.
    """

    name: str
    table: pa.Table
    rows_by_text: Mapping[str, int]
    rows_by_id: Mapping[str, int]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, source: Source, benchmark: Benchmark | None) -> Questions:
        """The questions of a source, put into the benchmark's prompt where there is one."""
        tables = [shard.table() for shard in source.shards()]
        table = pa.concat_tables(tables, promote_options="permissive")
        prompts = table["prompt"].to_pylist()
        before, _, after = (benchmark.prompt if benchmark else PLACE).partition(PLACE)
        texts = [_spaced(prompt.removeprefix(before).removesuffix(after)) for prompt in prompts]
        by_text: dict[str, int] = {}
        for row, (prompt, text) in enumerate(zip(prompts, texts, strict=True)):
            by_text.setdefault(_spaced(prompt), row)
            by_text.setdefault(text, row)
        by_id = {prompt_id: row for row, prompt_id in enumerate(table["prompt_id"].to_pylist())}
        return cls(benchmark.name if benchmark else source.uri, table, by_text, by_id, tuple(texts))

    def find(self, prompt_id: str | None, prompt: str | None) -> int | None:
        """The row of the question that a response with that prompt answers; None where there is none."""
        text = _spaced(prompt or "")
        row = self.rows_by_text.get(text)
        if row is not None:
            return row
        row = self.rows_by_id.get(str(prompt_id))
        return row if row is not None and self.texts[row] in text else None

    def prompt_of(self, prompt_id: str) -> str | None:
        """The prompt of the question with that id; None where there is none."""
        row = self.rows_by_id.get(prompt_id)
        return None if row is None else str(self.table["prompt"][row].as_py())


@dataclass(frozen=True, slots=True)
class _ResponseColumns(Columns):
    """A file's columns under the schema's names; a row with an id alone gets the prompt of its question."""

    questions: Questions | None = None

    def apply(self, record: Record) -> Record:
        row = Columns.apply(self, record)
        if "prompt" in row or self.questions is None or row.get("prompt_id") is None:
            return row
        return {**row, "prompt": self.questions.prompt_of(str(row["prompt_id"])) or ""}


def open_responses(
    uri: str, questions: Questions | None = None, benchmark: Benchmark | None = None
) -> Source:
    """Responses as rows: a dataset, or a file with the schema's names or the benchmark's.

    Raises:
        UserError: nothing is there, it cannot be read, or it has no responses.
    """
    if questions is not None and is_plain(uri):
        first = next(raw_records(uri), (0, {}))[1]
        names = benchmark.columns if benchmark else {}
        rename = names if "prompt" not in first and set(names.values()) <= first.keys() else {}
        source: Source = PlainSource(uri, _ResponseColumns(rename, questions=questions))
        if includes(source.schema.name, "sample"):
            return source
        if "prompt" not in first and "response" not in first:
            have = one_line(", ".join(first), COLUMN_CHARACTERS)
            raise UserError(
                f"{uri}: no column 'response' among: {have}; rename the column that holds the responses"
            )
    if uri == "-":
        if questions is not None:
            raise UserError(
                "--responses -: they are read twice, so a pipe will not do; give a dataset or file"
            )
        return open_source(uri, "sample")
    source = open_source(uri)
    if not includes(source.schema.name, "sample") and includes(source.schema.name, "prompt"):
        if isinstance(source, PlainSource) and RESPONSES_ELSEWHERE & source.first.keys():
            return open_source(uri, "sample")  # which says how to name that column
        raise UserError(
            f"{uri}: holds prompts without responses; name the model that answers them with --model MODEL, "
            "or give responses with --responses FILE"
        )
    return open_source(uri, "sample")


def refuse_benchmark(text: str) -> str:
    """The place of rows that have responses already. Raises UserError where a benchmark is named: it has questions."""
    if reference := parse(text):
        raise UserError(
            f"{reference[0].name} has questions and no responses; name the model that answers them with --model MODEL, "
            "or give responses with --responses FILE"
        )
    return text


def refuse_other_questions(source: Source, questions: Questions) -> int:
    """The number of questions that have no response.

    Raises:
        UserError: the responses answer other questions too, or only others.
    """
    answered: set[int] = set()
    unmatched: Counter[str] = Counter()
    asked: set[tuple[str, str]] = set()
    for shard in source.shards():
        table = shard.table()
        asked.update(zip(table["prompt_id"].to_pylist(), table["prompt"].to_pylist(), strict=True))
    for prompt_id, prompt in sorted(asked, key=str):
        row = questions.find(prompt_id, prompt)
        if row is None:
            unmatched[prompt or str(prompt_id)] += 1
        else:
            answered.add(row)
    if unmatched:
        shown = one_line(min(unmatched), SHOWN)
        raise UserError(
            f"{source.uri}: {len(unmatched):,} of its {len(asked):,} questions are none of {questions.name}'s "
            f"{len(questions.texts):,}, such as {shown!r}; give the responses to {questions.name}, or leave it out to "
            "score them by their own truths"
        )
    return len(questions.texts) - len(answered)


def join(table: pa.Table, questions: Questions) -> pa.Table:
    """The responses with their questions' columns in the place of their own. All of them belong to one."""
    rows = [
        questions.find(prompt_id, prompt)
        for prompt_id, prompt in zip(table["prompt_id"].to_pylist(), table["prompt"].to_pylist(), strict=True)
    ]
    question_rows = questions.table.take(pa.array(rows, pa.int64()))
    for name in question_rows.column_names:
        if name not in OWN:
            table = table.drop_columns([name] if name in table.column_names else [])
            table = table.append_column(name, question_rows[name])
    return table


def verify(source: Source, out: str, questions: Questions | None = None, *, announce: bool = True) -> Summary:
    """Verifies the responses into a dataset; what has a verdict keeps it, unless it is joined to other questions.

    Args:
        announce: whether the shards are told on a pipe, for a command that reads them.

    Raises:
        UserError: as `run_stage` does.
    """
    refuse_scores_of(out, MODEL)
    parameters = {"responses": GIVEN, **({"questions": questions.name} if questions else {})}
    stage = functools.partial(verify_rows, questions=questions)
    outputs = {"verified": Output(out, "verified", count)}
    command = Command("eval", parameters)
    return run_stage(source, outputs, stage, command=command, announce=announce)["verified"]


def refuse_scores_of(out: str, other: str) -> None:
    """Raise UserError where a dataset has the scores of the other kind, of `GIVEN` responses or of a `MODEL`'s."""
    try:
        command = Dataset(out).command
    except UserError:  # nothing is there yet, or what the writer refuses in its own words
        return
    kind = GIVEN if command["parameters"].get("responses") == GIVEN else MODEL
    if command["name"] == "eval" and kind == other:
        what = "responses that were given" if other == GIVEN else "responses that a model was asked for"
        raise UserError(f"{out}: holds scores of {what}; choose another -o")


def verify_rows(table: pa.Table, questions: Questions | None = None) -> pa.Table:
    """The rows with their verdicts; where they are joined to questions, by the questions' truths."""
    if questions is None:
        return verify_table(table)
    # a verdict that they come with is of another truth
    table = table.drop_columns([name for name in COLUMNS if name in table.column_names])
    return verify_table(join(table, questions))


@dataclass(frozen=True, slots=True)
class ModelScores:
    """The scores of one model's responses, and the share that the data's own labels call right, where it has labels."""

    scores: Scores
    labelled: Estimate | None

    def as_json(self) -> dict[str, Any]:
        """The scores' plain data, with `label` where there are labels."""
        return {**self.scores.as_json(), **({"label": self.labelled.as_json()} if self.labelled else {})}


def score_models(read_tables: Callable[[], Iterable[pa.Table]]) -> dict[str, ModelScores]:
    """The scores of each model (column `model`) of verified rows, by name.

    Args:
        read_tables: gives the rows, `Dataset.tables` say; called for every model, so that one shard is in memory.
    """
    scores = {}
    for model in models_of(read_tables()):
        labelled = _labelled(rows_of(read_tables(), model))
        scores[model] = ModelScores(score(rows_of(read_tables(), model)), labelled)
    return scores


def _labelled(tables: Iterable[pa.Table]) -> Estimate | None:
    labels: dict[str, list[bool]] = {}
    for table in tables:
        for prompt_id, label in zip(table["prompt_id"].to_pylist(), labels_of(table), strict=True):
            if label is not None:
                labels.setdefault(prompt_id, []).append(label)
    return estimate_share([sum(each) / len(each) for each in labels.values()]) if labels else None


def _spaced(text: str) -> str:
    return " ".join(text.split())
