"""Ingest: plain files, packs of prompts and generated tasks become datasets. No row is dropped or guessed.

A row of a plain file that cannot be taken refuses the whole file, or is quarantined where the caller says so.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.data import locations
from r1data.data.commits import Command
from r1data.data.plain import SHARD_ROWS, PlainSource, is_plain
from r1data.data.schema import load_schema
from r1data.data.source import DatasetSource, Source
from r1data.data.writer import Summary
from r1data.errors import UserError
from r1data.exchange.conversations import Recognised
from r1data.exchange.packs import PackSource, is_pack
from r1data.exchange.tasks import TaskSource, is_tasks
from r1data.runtime.stages import Output, run_stage
from r1data.runtime.task import QUARANTINED

if TYPE_CHECKING:
    from r1data.exchange import translation


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """Parameters of sources that generate their rows: `rows` of each task, settings by name, a seed.

    A recipe gives every step that knows a seed one of its own: a file, whose rows are there, takes no notice of it.
    `name` and `maker` are a model's, for the pack of self-cognition.
    """

    rows: int | None = None
    seed: int = 0
    config: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    maker: str | None = None


def ingest(
    uri: str,
    out: str,
    *,
    rename: Mapping[str, str] | None = None,
    constant: Mapping[str, str] | None = None,
    shard_rows: int = SHARD_ROWS,
    generated: GeneratedRows | None = None,
    translate: translation.LanguagePair | None = None,
    quarantine_bad: bool = False,
    think_opened: bool = False,
    workers: int | None = None,
    executor: str = "local",
    notify: Callable[[str], None] | None = None,
) -> Summary:
    """Reads a plain file, a dataset, `hf:org/name`, a pack or `reasoning-gym:TASK` into a dataset of the widest schema.

    Args:
        rename: schema name → name in the file.
        constant: schema name → value for every row.
        shard_rows: rows a shard, for plain files.
        generated: parameters of tasks and packs; refused for other sources.
        translate: the languages of a file of parallel texts, which becomes translation tasks.
        quarantine_bad: quarantine the rows of a plain file that cannot be taken, instead of refusing the file.
        think_opened: the prompts of a plain file's responses ended in `<think>`: the tag is put back.
        notify: called with each line on how a plain file's columns were read, and what else they may be.

    Raises:
        UserError: the file is unreadable, empty, or lacks a column that `rename` names; a task is unknown.
        RowsLost: rows were quarantined; all others are committed.
    """
    rename, constant = dict(rename or {}), dict(constant or {})
    source = _open(
        uri,
        rename,
        constant,
        shard_rows,
        generated or GeneratedRows(),
        translate,
        quarantine_bad,
        think_opened,
    )
    _note_columns(source, notify)
    own = source.parameters() if isinstance(source, TaskSource | PackSource) else {"shard_rows": shard_rows}
    own |= translate.parameters() if translate else {}
    own |= {"quarantine_bad": True} if quarantine_bad else {}
    own |= {"think_opened": True} if think_opened else {}
    command = Command("ingest", {"map": rename, "set": constant, **own})
    stage, measure = functools.partial(set_columns, constant=constant), None
    if translate:
        from r1data.exchange import translation

        measure = translation.count_left_out
        stage = functools.partial(translation.both_ways, pair=translate)
    output = {"rows": Output(out, source.schema.name, measure)}
    summaries = run_stage(
        source, output, stage, command=command, workers=workers, executor=executor, title="ingest"
    )
    return summaries["rows"]


def preview(
    uri: str,
    *,
    rename: Mapping[str, str] | None = None,
    constant: Mapping[str, str] | None = None,
    generated: GeneratedRows | None = None,
    translate: translation.LanguagePair | None = None,
    quarantine_bad: bool = False,
    think_opened: bool = False,
    notify: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """What `ingest` would make of a source: its schema, rows and columns; reads it to its end, writes nothing."""
    source = _open(
        uri,
        dict(rename or {}),
        dict(constant or {}),
        SHARD_ROWS,
        generated or GeneratedRows(),
        translate,
        quarantine_bad,
        think_opened,
    )
    _note_columns(source, notify)
    first = next(iter(source.shards()), None)
    names = first.table().column_names if first else list(source.schema.names)
    extra = [name for name in names if name not in source.schema.names]
    bad_rows = source.bad_rows if isinstance(source, PlainSource) else 0
    return {
        "source": uri,
        "schema": source.schema.name,
        "rows": source.rows,
        "columns_of_its_own": extra,
        **({QUARANTINED: bad_rows} if bad_rows else {}),
    }


def _note_columns(source: Source, notify: Callable[[str], None] | None) -> None:
    if notify and isinstance(source, PlainSource) and isinstance(source.columns, Recognised):
        for note in source.column_notes():
            notify(note)


def _open(
    uri: str,
    rename: Mapping[str, str],
    constant: Mapping[str, str],
    shard_rows: int,
    generated: GeneratedRows,
    translate: translation.LanguagePair | None,
    quarantine_bad: bool,
    think_opened: bool,
) -> Source:
    if uri.startswith("miniature:"):
        from r1data.sampling.cold_start.texts import resolve

        uri = str(resolve(uri))
    conflicts = sorted(rename.keys() & constant.keys())
    if conflicts:
        raise UserError(f"{conflicts[0]!r} is both mapped and set; give one of the two")
    if uri == "-":
        raise UserError("-: a pipe brings a dataset's rows, which need no ingest; name a file")
    if quarantine_bad and not is_plain(uri):
        raise UserError(f"{uri}: --quarantine-bad is for plain files, and for hf:org/name; leave it out")
    if think_opened and (translate or not is_plain(uri)):
        raise UserError(
            f"{uri}: --think-opened is for plain files of responses; leave it out, and give it to r1 filter"
        )
    if is_tasks(uri) or is_pack(uri):
        return _generator(uri, rename, generated, translate)
    if generated.rows is not None or generated.config or generated.name or generated.maker:
        raise UserError(
            f"{uri}: --rows and --config are for reasoning-gym:TASK, --model-name and --model-author for "
            "pack:self-cognition; leave them out"
        )
    if translate and not is_plain(uri):
        raise UserError(
            f"{uri}: --translate is for files of parallel texts, and for hf:org/name; leave it out"
        )
    if translate:
        if made_columns := sorted((rename.keys() | constant.keys()) & {"prompt", "response"}):
            raise UserError(
                f"{uri}: --translate makes the {made_columns[0]}; leave it out of --map and --set"
            )
        from r1data.exchange import translation

        columns = translation.ParallelColumns(rename, constant, sides=translate.columns)
        return PlainSource(uri, columns, shard_rows, quarantine_bad=quarantine_bad)
    if not is_plain(uri) and (locations.scheme(uri) or locations.local(uri).is_dir()):
        if rename:
            raise UserError(
                f"{uri}: a dataset's columns have their names already; --map is for plain files, so "
                "leave it out"
            )
        return DatasetSource(uri)
    return PlainSource(
        uri, Recognised(rename, constant, think_opened), shard_rows, quarantine_bad=quarantine_bad
    )


def _generator(
    uri: str, rename: Mapping[str, str], generated: GeneratedRows, translate: translation.LanguagePair | None
) -> TaskSource | PackSource:
    """A source that generates its rows."""
    if rename or translate:
        raise UserError(
            f"{uri}: its rows have their columns already; --map and --translate are for plain "
            "files; leave them out"
        )
    if is_tasks(uri):
        if generated.name or generated.maker:
            raise UserError(
                f"{uri}: --model-name and --model-author are for pack:self-cognition; leave them out"
            )
        return TaskSource(uri, generated.rows or 0, generated.seed, generated.config)
    if generated.config:
        raise UserError(f"{uri}: --config is for reasoning-gym:TASK; leave it out")
    return PackSource(
        uri, name=generated.name, maker=generated.maker, rows=generated.rows, seed=generated.seed
    )


def set_columns(table: pa.Table, constant: Mapping[str, str]) -> pa.Table:
    """`table` with each column of `constant` holding that one value."""
    types = {column.name: column.type for column in load_schema("filtered").columns}
    for name, value in constant.items():
        column = pa.array([value] * len(table), pa.string()).cast(types.get(name, pa.string()))
        place = table.column_names.index(name) if name in table.column_names else -1
        table = table.append_column(name, column) if place < 0 else table.set_column(place, name, column)
    return table
