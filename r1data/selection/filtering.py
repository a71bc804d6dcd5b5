"""The stage behind `r1 filter`: samples in, those worth training on and the others out, each with its drop reasons.

All reasons that apply are listed, not only the first. A row that could not be checked is `unverifiable`, never
`incorrect`. Copies of a response within a prompt are only found within one shard; `build` finds the others and
chooses among a prompt's samples, because the rows of a prompt may be in several shards.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.errors import UserError
from r1data.filters.limits import LIMITS, FilterLimits
from r1data.runtime.stages import Output, run_stage
from r1data.selection.drop_reasons import DUPLICATE, INCORRECT, UNVERIFIABLE, advice

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows

Keep = Literal["correct", "checkable", "any"]
"""Correct responses; the same, and rows with neither verifier nor truth; or whatever the verdict."""
NEARLY_ALL = 0.95
"""The share of rows, dropped for one reason, from which a run says how to go on."""
_DROPPED = b"r1.dropped"
_BY_VERDICT = {
    "correct": None,
    "incorrect": INCORRECT.name,
    **dict.fromkeys(("unverifiable", "timeout", "error"), UNVERIFIABLE.name),
}
_READ = (
    "prompt_id",
    "sample_index",
    "prompt",
    "language",
    "response",
    "reasoning",
    "answer",
    "finish_reason",
    "verdict",
)


def run(
    source: Source,
    out: str,
    *,
    keep: Keep = "correct",
    dropped: str | None = None,
    limits: FilterLimits = LIMITS,
    skip: tuple[str, ...] = (),
    workers: int | None = None,
    executor: str = "local",
) -> Summary:
    """Filters every shard of a source of samples into `out`, and the rest into `dropped` if that is given.

    Args:
        source: samples, verified or not.
        out: the dataset of the rows that are kept.
        keep: which verdicts are kept.
        dropped: the dataset of all other rows, each with its reasons.
        limits: the thresholds.
        skip: filters that are not run, by reason.
        workers: processes; by default the cores.
        executor: where they run, as `run_stage` takes it.

    Returns:
        The summary of `out`, which counts the dropped rows by reason.

    Raises:
        UserError: an unknown filter in `skip`, a filter of another package that cannot be had or fails on most rows,
            or as `run_stage` does.
        RowsLost: as `run_stage` does; rows that a filter fails on are quarantined.
    """
    check_skipped(skip)
    outputs = {"kept": Output(out, "filtered", count_kept)}
    if dropped is not None:
        outputs["dropped"] = Output(dropped, "filtered")
    parameters = recorded(keep, limits, skip)
    others = tuple(parameters.get("filters", ()))
    stage = functools.partial(filter_table, keep=keep, limits=limits, skip=skip, others=others)
    command = Command("filter", parameters)
    return run_stage(source, outputs, stage, command=command, workers=workers, executor=executor)["kept"]


def plan(
    source: Source, out: str, keep: Keep, limits: FilterLimits = LIMITS, skip: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What `run` would do, for `--dry-run`."""
    from r1data.filters.registry import installed, recorded_limits

    return {
        "source": source.uri,
        "rows": source.rows,
        "out": out,
        "verdict": keep,
        "filters": [name for name in skippable() if name not in skip],
        **recorded_limits(limits, installed(skip)),
    }


def recorded(keep: Keep, limits: FilterLimits = LIMITS, skip: Iterable[str] = ()) -> dict[str, Any]:
    """The parameters of `r1 filter` as its command records them."""
    return {"verdict": keep, **recorded_filters(limits, skip)}


def recorded_filters(limits: FilterLimits = LIMITS, skip: Iterable[str] = ()) -> dict[str, Any]:
    """Which filters run, and with which limits, as a command records it: `skip`, `limits` and `filters`.

    `filters` holds the filters of other packages that run, with the versions of these, so that the same command with
    other ones is refused. Where there are none it is left out, as it was before there could be any.
    """
    from r1data.filters.registry import installed, recorded_limits

    others = installed(skip)
    parameters = {"skip": sorted(skip), "limits": recorded_limits(limits, others)}
    return {**parameters, "filters": others} if others else parameters


def skippable() -> list[str]:
    """What `--skip` may name: every filter, and the copies of a response."""
    from r1data.filters.registry import reasons

    return [*reasons(), DUPLICATE.name]


def check_skipped(skip: tuple[str, ...]) -> None:
    """Raises UserError where a name is no filter's; the message lists the known ones."""
    if not skip:
        return
    from r1data.filters.registry import unknown

    names = skippable()
    for name in skip:
        if name not in names:
            raise UserError(f"--skip {unknown(name, names, 'filter')}")


def filter_table(
    table: pa.Table,
    *,
    keep: Keep = "correct",
    limits: FilterLimits = LIMITS,
    skip: tuple[str, ...] = (),
    others: tuple[str, ...] | None = None,
) -> dict[str, pa.Table]:
    """One shard of samples, split into `kept` and `dropped`, both with the columns of schema `filtered`.

    Args:
        table: samples; those without a verdict are verified first.
        keep: which verdicts are kept.
        limits: the thresholds.
        skip: filters that are not run, by reason.
        others: filters of other packages that are; by default all that are installed.

    Returns:
        `kept`, whose metadata counts the reasons of the dropped rows, and `dropped`.

    Raises:
        UserError: a filter of another package cannot be had.
        RowError: it fails on some row.
    """
    import polars as pl
    import pyarrow.compute as pc  # not at the top: the command itself, which starts workers, needs none of these

    from r1data.filters import apply
    from r1data.filters.consistency import consistency

    table = with_verdicts(table)
    names = apply.chosen(skip, others)
    rows = apply.prepared(pl.DataFrame(table.select(_READ)), limits, names)
    reasons = pl.DataFrame(_by_verdict(rows, table, keep) | {name: apply.drops(name, rows) for name in names})
    lost_to = pl.Series([None] * len(table), dtype=pl.String)
    if DUPLICATE.name not in skip:
        lost_to = _lost_to(rows.frame, reasons)
        reasons = reasons.with_columns(lost_to.is_not_null().alias(DUPLICATE.name))
    named = [pl.when(pl.col(name)).then(pl.lit(name)).otherwise(None) for name in reasons.columns]
    listed = reasons.select(pl.concat_list(named).list.drop_nulls()).to_series()
    table = _set(table, "language_consistency", consistency(rows).to_arrow())
    table = _set(table, "drop_reasons", listed.to_arrow().cast(pa.list_(pa.string())))
    table = _set(table, "lost_to", lost_to.to_arrow().cast(pa.string()))
    is_kept = (listed.list.len() == 0).to_arrow()
    # A stage returns tables and nothing else: the counts travel in the metadata, and `count_kept` reads them there.
    counts = {name: int(reasons[name].sum()) for name in reasons.columns}
    passed = table.filter(is_kept).replace_schema_metadata({_DROPPED: json.dumps(counts).encode()})
    return {"kept": passed, "dropped": table.filter(pc.invert(is_kept))}


def count_kept(kept: pa.Table) -> Mapping[str, float]:
    """What a summary says of a shard: rows dropped, by reason (a row may have several)."""
    counts = json.loads((kept.schema.metadata or {}).get(_DROPPED, b"{}"))
    return {f"dropped_{name}": count for name, count in counts.items() if count}


def advice_where_one_reason_drops_most(summary: Summary, rows: int | None) -> list[str]:
    """How to go on where a run dropped nearly all rows for one reason, a line for each such reason.

    Args:
        summary: what `run` returned.
        rows: how many rows it read; None where that is not known, as of a pipe: then no more than are counted for sure,
            those that were kept and those of the commonest reason.
    """
    dropped = {
        name.removeprefix("dropped_"): int(count)
        for name, count in summary.details.items()
        if name.startswith("dropped_")
    }
    total = rows if rows is not None else summary.rows + max(dropped.values(), default=0)
    of_total = f" of {rows:,}" if rows is not None else ""
    return [
        f"{count:,}{of_total} rows are dropped as {name}: {advice(name)}"
        for name, count in dropped.items()
        if count >= NEARLY_ALL * total
    ]


def with_verdicts(table: pa.Table) -> pa.Table:
    """The table with a verdict in every row; one that is there stays, its verifier `unknown` where that is not said."""
    if "verdict" not in table.column_names:
        from r1data.verifiers.table import verify_table

        return verify_table(table)
    if "verifier_version" not in table.column_names:
        table = table.append_column("verifier_version", pa.array(["unknown"] * len(table)))
    import pyarrow.compute as pc

    place = pa.array(range(len(table)))
    missing = pc.is_null(table["verdict"]).combine_chunks()
    if not missing.true_count:
        return table
    from r1data.verifiers.table import verify_table

    present = pc.invert(missing)
    verified = verify_table(table.filter(missing))
    both = pa.concat_tables([table.filter(present), verified], promote_options="default")
    return both.take(pc.sort_indices(pa.concat_arrays([place.filter(present), place.filter(missing)])))


def _by_verdict(rows: "FilterRows", table: pa.Table, keep: Keep) -> "dict[str, pl.Series]":
    """The rows that a verdict drops, by reason."""
    import polars as pl

    # rows of which the verdict is not asked: all under `any`, those that nothing could check under `checkable`
    passes = pl.repeat(keep != "correct", len(table), dtype=pl.Boolean, eager=True)
    for name in {"verifier", "truth"} & {*table.column_names} if keep == "checkable" else ():
        passes &= pl.Series(table[name].is_null())
    # a word that is no verdict, in rows from elsewhere, says nothing of the response
    reason = rows.frame["verdict"].replace_strict(_BY_VERDICT, default=UNVERIFIABLE.name)
    return {each.name: (reason == each.name).fill_null(False) & ~passes for each in (INCORRECT, UNVERIFIABLE)}


def _lost_to(frame: "pl.DataFrame", reasons: "pl.DataFrame") -> "pl.Series":
    """For each row the one of the same prompt and response that stays, as `prompt_id/sample_index`; null for that one.

    It is the first that has no other reason.
    """
    import polars as pl

    place = pl.int_range(pl.len())
    rows = frame.select(
        "prompt_id",
        "sample_index",
        "prompt",
        hashed=pl.col("prompt").hash() ^ pl.col("response").hash(),
        bad=reasons.select(pl.any_horizontal(pl.all()) if reasons.width else pl.lit(False)).to_series(),
    )
    # texts are compared, and moved, only among rows whose hashes meet: nearly all rows have a hash of their own
    again = pl.struct("prompt_id", "hashed").is_duplicated()
    copies = (
        rows.with_columns(frame["response"], place=place).filter(again).sort("bad", "sample_index", "place")
    )
    first = pl.format("{}/{}", "prompt_id", "sample_index").first().over("prompt_id", "prompt", "response")
    stays = pl.col("place") == pl.col("place").first().over("prompt_id", "prompt", "response")
    losers = copies.select("place", lost_to=pl.when(stays).then(None).otherwise(first))
    return rows.select(place=place).join(losers, on="place", how="left", maintain_order="left")["lost_to"]


def _set(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)
