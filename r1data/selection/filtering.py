"""The stage behind `r1 filter`: samples in, those worth training on and the rest out, each with its reasons.

Every reason that holds is given, not the first alone. A row that could not be checked is `unverifiable`,
never `incorrect`. Copies of a response within a prompt count as far as they lie in one shard; `build` sees
the others, and chooses among a prompt's samples, because a prompt's rows may lie in several shards.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.commits import Command
from r1data.data.responses import CLOSE, as_tagged
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.errors import UserError
from r1data.filters.limits import LIMITS, Limits
from r1data.runtime.stages import Output, run_stage
from r1data.selection.drop_reasons import REASONS

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.registry import Rows

Keep = Literal["correct", "checkable", "any"]
"""Correct responses; the same, and rows with neither verifier nor truth; or whatever the verdict."""
_DROPPED = b"r1.dropped"
_BY_VERDICT = {
    "incorrect": "incorrect",
    **dict.fromkeys(("unverifiable", "timeout", "error"), "unverifiable"),
}


def run(
    source: Source,
    out: str,
    *,
    keep: Keep = "correct",
    dropped: str | None = None,
    limits: Limits = LIMITS,
    skip: tuple[str, ...] = (),
    workers: int | None = None,
    executor: str = "local",
) -> Summary:
    """Filters every shard of a source of samples into `out`, and the rest into `dropped` if that is given.

    Raises UserError on an unknown filter in `skip`.
    """
    check_skipped(skip)
    outputs = {"kept": Output(out, "filtered", count_kept)}
    if dropped is not None:
        outputs["dropped"] = Output(dropped, "filtered")
    stage = functools.partial(filter_table, keep=keep, limits=limits, skip=skip)
    parameters = {"verdict": keep, "skip": sorted(skip), "limits": asdict(limits)}
    command = Command("filter", parameters)
    return run_stage(source, outputs, stage, command=command, workers=workers, executor=executor)["kept"]


def plan(
    source: Source, out: str, keep: Keep, limits: Limits = LIMITS, skip: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What `run` would do, for `--dry-run`."""
    from r1data.filters.registry import FILTERS

    names = [name for name in (*FILTERS, "duplicate") if name not in skip]
    return {
        "source": source.uri,
        "rows": source.rows,
        "out": out,
        "verdict": keep,
        "filters": names,
        **asdict(limits),
    }


def check_skipped(skip: tuple[str, ...]) -> None:
    """Raises UserError where a name is no filter's."""
    if not skip:  # the filters bring polars, which only workers need
        return
    from r1data.filters.registry import FILTERS

    for name in skip:
        if name not in FILTERS and name != "duplicate":
            raise UserError(
                f"--skip {name}: no such filter; choose from {', '.join([*FILTERS, 'duplicate'])}"
            )


def filter_table(
    table: pa.Table, *, keep: Keep = "correct", limits: Limits = LIMITS, skip: tuple[str, ...] = ()
) -> dict[str, pa.Table]:
    """One shard of samples, split into `kept` and `dropped`, both with the columns of schema `filtered`.

    Rows without a verdict are verified first. `skip` names filters that are not run. The kept table's
    metadata counts the reasons of the dropped rows.
    """
    import polars as pl

    from r1data.filters.registry import Rows, consistency

    table = with_verdicts(table)
    rows = Rows(_frame(table, limits), limits)
    reasons = pl.DataFrame(_reasons(rows, _whatever_the_verdict(table, keep), skip))
    lost_to = pl.Series([None] * len(table), dtype=pl.String)
    if "duplicate" not in skip:
        lost_to = _lost_to(rows.frame, reasons)
        reasons = reasons.with_columns(duplicate=lost_to.is_not_null())
    listed = reasons.select(_listed(reasons)).to_series()
    table = _set(table, "language_consistency", consistency(rows).to_arrow())
    table = _set(table, "drop_reasons", listed.to_arrow().cast(pa.list_(pa.string())))
    table = _set(table, "lost_to", lost_to.to_arrow().cast(pa.string()))
    kept = (listed.list.len() == 0).to_arrow()
    counts = {name: int(reasons[name].sum()) for name in reasons.columns}
    passed = table.filter(kept).replace_schema_metadata({_DROPPED: json.dumps(counts).encode()})
    return {"kept": passed, "dropped": table.filter(pc.invert(kept))}


def count_kept(kept: pa.Table) -> Mapping[str, float]:
    """What a summary says of a shard: rows dropped, by reason (a row may have several)."""
    counts = json.loads((kept.schema.metadata or {}).get(_DROPPED, b"{}"))
    return {f"dropped_{name}": counts[name] for name in REASONS if counts.get(name)}


def with_verdicts(table: pa.Table) -> pa.Table:
    """The table with a verdict in every row; one that is there stays, its verifier `unknown` where that is not said."""
    if "verdict" not in table.column_names:
        from r1data.verifiers.table import verify_table

        return verify_table(table)
    if "verifier_version" not in table.column_names:
        table = table.append_column("verifier_version", pa.array(["unknown"] * len(table)))
    place = pa.array(range(len(table)))
    missing = pc.is_null(table["verdict"]).combine_chunks()
    if not missing.true_count:
        return table
    from r1data.verifiers.table import verify_table

    known = pc.invert(missing)
    made = verify_table(table.filter(missing))
    both = pa.concat_tables([table.filter(known), made], promote_options="default")
    return both.take(pc.sort_indices(pa.concat_arrays([place.filter(known), place.filter(missing)])))


def _frame(table: pa.Table, limits: Limits) -> "pl.DataFrame":
    """The columns that filters read. Where any layout will do, a response without tags is all thought."""
    import polars as pl

    names = [
        "prompt_id",
        "sample_index",
        "prompt",
        "language",
        "response",
        "reasoning",
        "finish_reason",
        "verdict",
    ]
    rows = _tagged(pl.DataFrame(table.select(names)), table)
    fallback = pl.col("response") if limits.layout == "any" else pl.lit("")
    return rows.with_columns(
        pl.col("response", "prompt").fill_null(""),
        thoughts=pl.coalesce("reasoning", fallback, pl.lit("")),
    )


def _tagged(rows: "pl.DataFrame", table: pa.Table) -> "pl.DataFrame":
    """The rows, with think tags in the place of special tokens."""
    import polars as pl

    untagged = ~pl.col("response").str.contains(CLOSE, literal=True) & pl.col("reasoning").is_not_null()
    if not rows.select(untagged.any()).item():
        return rows
    parts = [table[name].to_pylist() for name in ("response", "reasoning", "answer")]
    return rows.with_columns(response=pl.Series(as_tagged(*parts), dtype=pl.String))


def _whatever_the_verdict(table: pa.Table, keep: Keep) -> "pl.Series":
    """Rows of which the verdict is not asked."""
    import polars as pl

    passes = pl.repeat(keep != "correct", len(table), dtype=pl.Boolean, eager=True)
    for name in {"verifier", "truth"} & {*table.column_names} if keep == "checkable" else ():
        passes &= pl.Series(table[name].is_null())
    return passes


def _reasons(rows: "Rows", passes: "pl.Series", skip: tuple[str, ...]) -> "dict[str, pl.Series]":
    """Every reason, and the rows for which it holds. Verdicts mean nothing in rows for which `passes`."""
    from r1data.filters.registry import FILTERS

    said = rows.frame["verdict"].replace_strict(_BY_VERDICT, default=None)
    found = {name: (said == name).fill_null(False) & ~passes for name in ("incorrect", "unverifiable")}
    for name, drops in FILTERS.items():
        if name not in skip:
            found[name] = drops(rows)
    return found


def _lost_to(frame: "pl.DataFrame", reasons: "pl.DataFrame") -> "pl.Series":
    """For each row the one of the same prompt and response that stays, as `prompt_id/sample_index`; null for that one.

    It is the first that has no other reason.
    """
    import polars as pl

    place = pl.int_range(pl.len())
    rows = frame.select(
        "prompt_id",
        "sample_index",
        hashed=pl.col("response").hash(),
        bad=reasons.select(pl.any_horizontal(pl.all()) if reasons.width else pl.lit(False)).to_series(),
    )
    again = pl.struct("prompt_id", "hashed").is_duplicated()
    copies = (
        rows.with_columns(frame["response"], place=place).filter(again).sort("bad", "sample_index", "place")
    )
    first = pl.format("{}/{}", "prompt_id", "sample_index").first().over("prompt_id", "response")
    stays = pl.col("place") == pl.col("place").first().over("prompt_id", "response")
    told = copies.select("place", lost_to=pl.when(stays).then(None).otherwise(first))
    return rows.select(place=place).join(told, on="place", how="left", maintain_order="left")["lost_to"]


def _listed(reasons: "pl.DataFrame") -> "pl.Expr":
    """The names of the columns that hold, as a list."""
    import polars as pl

    named = [
        pl.when(pl.col(name)).then(pl.lit(name)).otherwise(None)
        for name in REASONS
        if name in reasons.columns
    ]
    return pl.concat_list(named).list.drop_nulls()


def _set(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)
