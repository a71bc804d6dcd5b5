"""The stage behind `r1 select`: verified samples in, the prompts whose pass rate is in the requested range out.

A prompt's samples may be in any shards, so all are counted before the first prompt is written. Of the samples only
ids, verdicts and prompts are read, and only counts stay in memory. Prompts come out ordered by id, the same bytes
whatever the order and the shards of the samples; or, if a dataset of prompts is given with the samples, in its order
and with all of its columns.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.dataset import Shard
from r1data.data.schema import load_schema
from r1data.data.source import AnyShard, Source
from r1data.data.text import one_line
from r1data.data.writer import Summary, Writer
from r1data.errors import RowsLost, UserError
from r1data.runtime.progress import track
from r1data.selection.difficulty import FIGURES, INTERVAL, READ, Band, count, decide, statistics

SHARD_ROWS = 2_000
AT_ONCE = 256 << 20
"""Bytes of prompts in memory; where more are selected the samples are read again for the next ones. Ours."""
MERGED = 64
"""Shards after which what was found in each is put together."""
ID_CHARACTERS = 60
"""Of an id in a message. Ours."""
TASK = ("prompt", "system", "verifier", "truth")
"""What the rows of one prompt must agree on: verdicts on different tasks make no rate."""


@dataclass(slots=True)
class Survey:
    """What the samples say. `counts`: by prompt, as `difficulty.count`, with the bytes that its row takes.

    `conflicts`: ids that stand for several prompts; no rate can be had of them, and they are in no count. Nor are
    `incomplete` rows, which lack what each prompt has.
    `shards` are those of a dataset or pipe, which are read again; a plain file is opened again.
    """

    counts: pl.DataFrame
    digest: str
    conflicts: tuple[str, ...] = ()
    incomplete: int = 0
    shards: list[Shard] = field(default_factory=list)


def run(
    samples: Source, out: str, *, band: Band, prompts: Source | None = None, interval: bool = False
) -> Summary:
    """Selects prompts into `out`, with their figures as further columns.

    Args:
        samples: verified rows.
        prompts: rows to select from; without them the prompts that the samples carry, columns of schema `prompt`.
        interval: adds the 95% interval of each rate.

    Raises:
        UserError: the samples are what a filter left, rows of most prompts disagree on them, or no prompt is left.
        RowsLost: rows of a few prompts disagree on them, or rows lack what each prompt has; they are left out, and
            all else is committed.
    """
    samples_survey = survey(samples)
    decided = decide(samples_survey.counts, band, interval=interval)
    left_out = {"conflicting": len(samples_survey.conflicts), "incomplete": samples_survey.incomplete}
    details = {**statistics(decided), **{name: count for name, count in left_out.items() if count}}
    selected = decided.filter(pl.col("fate") == "kept").drop("samples", "fate")
    if selected.is_empty():
        fates = ", ".join(
            f"{details[name]:,} {name.replace('_', ' ')}" for name in ("too_few", "below", "above")
        )
        and_left_out = f"; {_describe_left_out(samples_survey)}" if any(left_out.values()) else ""
        raise UserError(
            f"{out}: none of {decided.height} prompts is left: {fates}{and_left_out}; choose another --pass-rate or "
            "--min-samples; widen --pass-rate, or sample more"
        )
    command = Command("select", {**_parameters(band, interval), "beside": prompts is not None})
    parents = [*(prompts.parents() if prompts else []), *samples.parents()]
    writer = Writer.open(out, schema="prompt", command=command, parents=parents)
    if prompts is None:
        _write_carried(samples, samples_survey, selected, writer)
    else:
        _write_beside(prompts, samples_survey, selected, writer)
    summary = writer.finish(details, complete=samples.complete and (prompts is None or prompts.complete))
    if any(left_out.values()):
        raise RowsLost(
            f"{out}: {_describe_left_out(samples_survey)}; they are left out, all else is committed: mend the input "
            "and select into another -o, or go on without"
        )
    return summary


def plan(samples: Source, out: str, *, band: Band, interval: bool = False) -> dict[str, Any]:
    """What `run` would select from the samples, for `--dry-run`; reads their verdicts."""
    decided = decide(survey(samples).counts, band)
    selected = int((decided["fate"] == "kept").sum())
    details = {"source": samples.uri, "out": out, **_parameters(band, interval), "selected": selected}
    return {**details, **statistics(decided)}


def survey(samples: Source) -> Survey:
    """Reads the samples once.

    Raises:
        UserError: a filter has chosen among them, there are none, or rows of most prompts disagree on them.
    """
    if samples.schema.name == "filtered":
        raise UserError(
            f"{samples.uri}: holds what a filter left, whose pass rates are not the model's; "
            "select from the verified samples that went into the filter"
        )
    tables: list[pl.DataFrame] = []
    digests, shards, incomplete = [], [], 0
    with track("select", total=samples.rows) as bar:
        for shard in samples.shards():
            rows = _columns(shard, [*READ, *_prompt_columns()])
            whole_rows = rows.drop_nulls(_required())
            incomplete += rows.height - whole_rows.height
            tables.append(_count_shard(whole_rows))
            tables = [_merge(tables)] if len(tables) == MERGED else tables
            digests.append(shard.sha256)
            shards += [shard] if isinstance(shard, Shard) else []
            bar.advance(shard.rows)
    if not tables:
        raise UserError(f"{samples.uri}: no rows to select from; give the verified samples")
    counts = _merge(tables).sort("prompt_id")
    # verdicts on different tasks under one id would make a rate of neither
    conflicts = tuple(counts.filter(pl.col("least") != pl.col("most"))["prompt_id"].to_list())
    # a few may be a stranger's doing; where most are, ids were given wrongly
    if 2 * len(conflicts) > counts.height:
        raise UserError(
            f"{samples.uri}: {_describe_conflicts(conflicts)}, of {counts.height} ids: give each prompt its own"
        )
    counts = counts.filter(pl.col("least") == pl.col("most"))
    digest = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
    return Survey(counts.drop("least", "most"), digest, conflicts, incomplete, shards)


def _describe_left_out(samples: Survey) -> str:
    parts = [_describe_conflicts(samples.conflicts)] if samples.conflicts else []
    if samples.incomplete:
        rows = "1 row lacks" if samples.incomplete == 1 else f"{samples.incomplete} rows lack"
        parts.append(f"{rows} one of {', '.join(_required())}")
    return "; ".join(parts)


def _describe_conflicts(conflicts: Sequence[str]) -> str:
    ids = "id stands" if len(conflicts) == 1 else "ids stand"
    first = one_line(str(conflicts[0]), ID_CHARACTERS)
    return (
        f"rows of prompt {first!r} disagree on {', '.join(TASK)}; {len(conflicts)} {ids} for several prompts"
    )


def _count_shard(rows: pl.DataFrame) -> pl.DataFrame:
    """Counts of one shard; `least` and `most` are equal where all rows of a prompt state the same task."""
    # Smallest and largest hash of a prompt's tasks: two numbers a prompt that shards can be merged by, whatever the
    # number of its rows. A set of tasks would hold their texts.
    tasks = rows.select(
        "prompt_id",
        task=pl.struct(TASK).hash(seed=0),
        bytes=pl.sum_horizontal(pl.col(_prompt_columns()).str.len_bytes().fill_null(0)),
    )
    about = tasks.group_by("prompt_id").agg(
        least=pl.col("task").min(), most=pl.col("task").max(), bytes=pl.col("bytes").max()
    )
    return count(rows).join(about, on="prompt_id")


def _merge(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return (
        pl.concat(tables)
        .group_by("prompt_id")
        .agg(
            pl.col("passed", "judged", "samples").sum(),
            pl.col("least").min(),
            pl.col("most", "bytes").max(),
        )
    )


def _write_carried(samples: Source, samples_survey: Survey, selected: pl.DataFrame, writer: Writer) -> None:
    """Prompts out of the samples' rows, as many at a time as `AT_ONCE` allows."""
    inputs = (("all", samples_survey.digest),)
    parts = [part.drop("bytes") for part in selected.iter_slices(SHARD_ROWS)]
    sizes = [int(part["bytes"].sum()) for part in selected.iter_slices(SHARD_ROWS)]
    missing = [n for n in range(len(parts)) if not writer.has(_name(n), inputs)]
    for numbers in _rounds(missing, sizes):
        ids = pl.concat([parts[n].select("prompt_id") for n in numbers])
        rows = _rows(samples_survey.shards or samples.shards(), ids)
        for n in numbers:
            part = parts[n].join(rows, on="prompt_id", how="left", maintain_order="left")
            figures = [name for name in parts[n].columns if name != "prompt_id"]
            table = part.select([*_prompt_columns(), *_order_figures(figures)]).to_arrow(
                compat_level=pl.CompatLevel.oldest()
            )
            writer.publish(_name(n), table, inputs)


def _rounds(numbers: Sequence[int], sizes: Sequence[int]) -> Iterator[list[int]]:
    """Parts in their order, those that fit into memory together in one list."""
    group: list[int] = []
    for n in numbers:
        if group and sum(sizes[each] for each in group) + sizes[n] > AT_ONCE:
            yield group
            group = []
        group.append(n)
    if group:
        yield group


def _rows(shards: Iterable[AnyShard], ids: pl.DataFrame) -> pl.DataFrame:
    """One row for each prompt of `ids`: that of its lowest sample, then the least by its columns."""
    tables: list[pl.DataFrame] = []
    for shard in shards:
        rows = _columns(shard, [*_prompt_columns(), "sample_index"]).drop_nulls(_required())
        tables.append(_first(rows.join(ids, on="prompt_id", how="semi")))
        tables = [_first(pl.concat(tables))] if len(tables) == MERGED else tables
    return _first(pl.concat(tables)).drop("sample_index")


def _first(rows: pl.DataFrame) -> pl.DataFrame:
    order = ["prompt_id", "sample_index", *(name for name in _prompt_columns() if name != "prompt_id")]
    return rows.sort(order).unique("prompt_id", keep="first", maintain_order=True)


def _write_beside(prompts: Source, samples_survey: Survey, selected: pl.DataFrame, writer: Writer) -> None:
    """Rows of `prompts` in their shards and order; those without samples are counted."""
    with track("write", total=prompts.rows) as bar:
        for shard in prompts.shards():
            inputs = ((shard.name, shard.sha256), ("samples", samples_survey.digest))
            if not writer.has(shard.name, inputs):
                table = shard.table()
                ids = pl.DataFrame(table.select(["prompt_id"]))
                unknown = ids.join(samples_survey.counts, on="prompt_id", how="anti").height
                figures = ids.join(selected.drop("bytes"), on="prompt_id", how="left", maintain_order="left")
                writer.publish(shard.name, _with_figures(table, figures), inputs, {"no_samples": unknown})
            bar.advance(shard.rows)


def _with_figures(table: pa.Table, figures: pl.DataFrame) -> pa.Table:
    """The rows that have figures, with these at their end; figures of an earlier selection go on as `…_before`."""
    added = _order_figures([name for name in figures.columns if name != "prompt_id"])
    old = [name for name in table.column_names if name in added]
    renamed = [f"{name}_before" for name in old]
    table = table.drop_columns([name for name in renamed if name in table.column_names])
    table = table.rename_columns([f"{n}_before" if n in old else n for n in table.column_names])
    for name in added:
        table = table.append_column(name, figures[name].to_arrow(compat_level=pl.CompatLevel.oldest()))
    return table.filter(figures["judged"].is_not_null().to_arrow())


def _columns(shard: AnyShard, names: Sequence[str]) -> pl.DataFrame:
    columns = list(dict.fromkeys(names))
    table = shard.table(columns) if isinstance(shard, Shard) else shard.table().select(columns)
    return pl.DataFrame(table)


def _prompt_columns() -> list[str]:
    return list(load_schema("prompt").names)


def _required() -> list[str]:
    return list(load_schema("prompt").required)


def _order_figures(figures: Sequence[str]) -> list[str]:
    return [name for name in (*FIGURES, *INTERVAL) if name in figures]


def _name(part: int) -> str:
    return f"part-{part:05d}"


def _parameters(band: Band, interval: bool) -> dict[str, Any]:
    return {
        "pass_rate": f"{float(band.low):g}:{float(band.high):g}",
        "min_samples": band.least,
        "interval": interval,
    }
