"""Export: rows in the formats of other tools. A format is one file here and one entry in `EXPORTS`.

Another package adds one by an entry point in the group `r1.exports`.

An export is a folder of plain files, no dataset: it has no commits and takes no further rows. The same rows give the
same bytes. The summary lists what a format cannot hold: columns that are left out, and rows by reason.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from r1data.data.locations import checked, local
from r1data.data.records import Record
from r1data.data.responses import CLOSE
from r1data.data.schema import how_to_get
from r1data.data.source import Source, open_source
from r1data.data.values import to_rows
from r1data.errors import RowError, UserError
from r1data.exchange.export import argilla, label_studio, llama_factory, openai, trl, verl
from r1data.exchange.export.files import SINKS, ExportFiles, publish, unfinished_folder
from r1data.exchange.export.formats import Export, RecordPlace, Shape, kind_of
from r1data.exchange.export.tokens import TokenExamples
from r1data.runtime.failing_rows import run_without_failing
from r1data.runtime.progress import track
from r1data.runtime.registry import Registry
from r1data.selection.examples import examples, undropped

MODULES = (trl, verl, llama_factory, openai, label_studio, argilla)
EXPORTS: Registry[Export] = Registry(
    "export", "r1.exports", Export, {module.EXPORT.name: module.EXPORT for module in MODULES}
)
DROPPED = "dropped by a filter"
BATCH = 500
"""Rows that are Python values at a time: as such a shard of long responses takes several times its size."""
ROLES = frozenset(("system", "developer", "user", "assistant", "tool", "function"))
"""Roles of a conversation's turns. Chat templates put a role into the text as it is: another could forge turns."""
IN_MESSAGES = {"prompt", "system", "response", "reasoning", "answer"}
"""Columns of a sample that its conversation contains; `response_tokens` becomes `tokens`."""


@dataclass(frozen=True, slots=True)
class ExportJob:
    """One export: the rows, the format and how its files are cut."""

    source: Source
    format: Export
    shape: Shape
    kind: str
    suffix: str
    limit: int | None
    tokens: TokenExamples | None = None

    @property
    def converts(self) -> bool:
        """True where samples become conversations."""
        return self.kind != kind_of(self.source.schema.name)

    def not_held(self, names: list[str]) -> list[str]:
        """Columns of the rows that the format has no place for."""
        columns = set(self.shape.row_columns)
        if self.converts:
            columns = (
                (columns - {"messages", "example_id", "kind", "tokens"}) | IN_MESSAGES | {"drop_reasons"}
            )
            columns |= {"response_tokens"} if "tokens" in self.shape.row_columns else set()
        return [name for name in names if name not in columns]


def export(
    uri: str,
    to: str,
    out: str,
    *,
    parquet: bool = False,
    rows_per_file: int | None = None,
    student: str | None = None,
    incomplete: bool = False,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Writes rows into the folder `out` in a format of `EXPORTS`.

    Args:
        parquet: Parquet instead of JSON lines, where the format has both.
        rows_per_file: at most so many records a file; one file a split by default.
        student: the model whose token ids are written, where the format takes conversations so (trl).
        incomplete: also a dataset whose command has not finished.
        dry_run: only report what would be written.

    Returns:
        The summary: `rows`, `files` (name → records), `not_held` (columns), `left_out` (reason → rows), and of
        conversations with thoughts `thoughts`: how many, and what the tool does with them.

    Raises:
        UserError: `out` is the name of a file, the format has no form for such rows, other files are at `out`,
            or no row is left.
    """
    job = _job(uri, to, parquet, rows_per_file, student)
    target = local(checked(out)).resolve()
    if target.suffix in SINKS:
        raise UserError(
            f"-o {out}: an export is a folder with a file for each split; name one: "
            f"-o {out.removesuffix(target.suffix)}"
        )
    facts = {"dataset": job.source.uri, "to": to, "out": out}
    if uri != "-" and not job.source.complete and not incomplete:
        raise UserError(
            f"{uri}: its command has not finished; let it finish, or take what is there with --incomplete"
        )
    if dry_run:
        first = next(iter(job.source.shards()), None)
        names = first.table().column_names if first else []
        return {**facts, "rows": job.source.rows, "kind": job.kind, "not_held": job.not_held(names)}
    with unfinished_folder(target) as folder:
        result = _write(job, folder)
        new = publish(folder, target)
    return {**facts, **result, "unchanged": not new}


def _job(uri: str, to: str, parquet: bool, limit: int | None, student: str | None) -> ExportJob:
    format, source = EXPORTS[to], open_source(uri)
    suffix = ".parquet" if parquet else format.suffixes[0]
    if suffix not in format.suffixes:
        raise UserError(f"--to {to}: has no Parquet form; leave --parquet out")
    kind = kind_of(source.schema.name)
    if kind not in format.shapes and kind == "sample":
        kind = "sft"
    if kind not in format.shapes:
        kinds = ", ".join(format.shapes)
        remedy = how_to_get(next(iter(format.shapes)), source.schema.name, uri)
        raise UserError(f"{uri}: holds {source.schema.name} rows; {to} has a form for {kinds} rows: {remedy}")
    if student is None:
        return ExportJob(source, format, format.shapes[kind], kind, suffix, limit)
    if format.tokens is None or kind != "sft":
        raise UserError("--student is for conversations and --to trl, which takes token ids; leave it out")
    return ExportJob(source, format, format.tokens, kind, suffix, limit, TokenExamples(student))


def _write(job: ExportJob, folder: Path) -> dict[str, Any]:
    files = ExportFiles(folder, job.suffix, stem=job.format.stem, columns=job.shape.columns, limit=job.limit)
    left_out: Counter[str] = Counter()
    thoughts: Counter[str] = Counter()
    names: dict[str, None] = {}  # keys alone: a set that keeps the columns' order
    with track("export", total=job.source.rows) as bar:
        for table in _tables(job):
            names.update(dict.fromkeys(table.column_names))
            rows = table
            if job.converts:
                passing = undropped(table)
                if len(passing) < len(table):
                    left_out[DROPPED] += len(table) - len(passing)
                rows, failing = run_without_failing(examples, passing)
                left_out.update(failing.values())
            for batch in rows.to_batches(max_chunksize=BATCH):
                for row, record in _records(job, list(to_rows(batch, job.source.uri))):
                    if _add(job, row, record, files, left_out):
                        thoughts.update(_places_of_thoughts(row))
            bar.advance(len(table))
    closed_files = files.close()
    if not closed_files:
        raise UserError(
            f"{job.source.uri}: no row to write; left out: {dict(left_out) or 'none'}; "
            "give rows of another split or kind"
        )
    for name, text in job.format.beside(job.kind, closed_files).items():
        (folder / name).parent.mkdir(exist_ok=True)
        try:
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError as error:
            raise UserError(
                f"{job.source.uri}: the file of a split has the name of {name}, which --to {job.format.name} writes; "
                "rename the split"
            ) from error
    return {
        "rows": sum(file.records for file in closed_files),
        "files": {file.name: file.records for file in closed_files},
        "not_held": job.not_held(list(names)),
        "left_out": dict(sorted(left_out.items())),
        **(
            {"thoughts": {**thoughts, "note": job.format.thoughts}}
            if thoughts and job.format.thoughts
            else {}
        ),
    }


def _tables(job: ExportJob) -> Iterator[pa.Table]:
    """The rows, a shard at a time; a pipe's in the order that its dataset has once it is whole."""
    shards = job.source.shards()
    if job.source.rows is None:
        shards = iter(sorted(shards, key=lambda shard: shard.name))
    return (shard.table() for shard in shards)


def _records(job: ExportJob, rows: list[Record]) -> Iterator[tuple[Record, Record | str | None]]:
    """The rows with their examples of token ids, or why there is none; with None where the format makes the record."""
    if job.tokens is None:
        yield from ((row, None) for row in rows)
    else:
        yield from zip(rows, job.tokens.of(rows), strict=True)


def _add(
    job: ExportJob,
    row: Record,
    record: Record | str | None,
    files: ExportFiles,
    left_out: Counter[str],
) -> bool:
    """Writes a row's record, which the format makes unless it is given; False where the row is left out."""
    split = row.get("split") or "train"
    try:
        place = RecordPlace(split, files.next_index(split))
        _refuse_roles(row)
        if isinstance(record, str):
            raise RowError(record)
        record = job.shape.record(row, place) if record is None else record
    except RowError as error:
        left_out[str(error)] += 1
        return False
    # A format of another package may fail in any way; a bug of ours goes on as it is.
    except Exception as error:
        if failure := EXPORTS.failure(job.format.name, error):
            raise failure from error
        raise
    files.add(split, record)
    return True


def _places_of_thoughts(row: dict[str, Any]) -> list[str]:
    """Where a conversation has thoughts: in its last response, in an earlier one, or both."""
    responses = [turn["content"] or "" for turn in row.get("messages") or () if turn["role"] == "assistant"]
    last, earlier = responses[-1:], responses[:-1]
    places = {"rows_with_thoughts": last, "rows_with_thoughts_in_earlier_turns": earlier}
    return [name for name, texts in places.items() if any(CLOSE in text for text in texts)]


def _refuse_roles(row: dict[str, Any]) -> None:
    """Raises RowError for a conversation with a role that no tool knows."""
    if any(turn is None or turn["role"] not in ROLES for turn in row.get("messages") or ()):
        raise RowError("a turn has an unknown role")
