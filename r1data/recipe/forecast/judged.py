"""A pilot's rows, judged as a recipe would judge them: verdicts and reasons where they are missing.

Refused is what a forecast would be wrong from: the rows that a filter kept, or dropped, alone, and rows that only a
judge can judge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl
import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.data.plain import is_plain
from r1data.data.schema import includes
from r1data.data.source import Source
from r1data.errors import UserError
from r1data.recipe.forecast.steps import Branch
from r1data.selection.filtering import filter_table
from r1data.verifiers.table import verify_table


def refuse_unfit(source: Source) -> None:
    """Raises UserError where a source holds no samples."""
    if not includes(source.schema.name, "sample"):
        raise UserError(
            f"{source.uri}: holds {source.schema.name} rows; a pilot is some hundred prompts with samples: "
            "`r1 sample` makes them"
        )


def judged(table: pa.Table, branch: Branch, own: Mapping[str, Any] | None) -> pa.Table:
    """The table with `verdict` and `drop_reasons` in every row.

    Args:
        own: the settings by which rows that have reasons were filtered; None where they are not known.

    Raises:
        UserError: a row has no verdict, and the recipe asks a judge.
    """
    if "verdict" not in table.column_names or table["verdict"].null_count:
        if branch.judge:
            raise UserError(
                f"the recipe's verify asks the judge {branch.judge}, and the pilot has rows without a verdict: run "
                "that verify on the pilot, and plan from its result"
            )
        table = verify_table(table, branch.verify)
    policy = branch.policy
    if policy is None:
        return table if "drop_reasons" in table.column_names else _undropped(table)
    asked = {"verdict": policy.keep, "skip": sorted(policy.skip), "limits": asdict(policy.limits)}
    if "drop_reasons" in table.column_names and own in (None, asked):
        return table
    if "verifier_version" not in table.column_names:
        table = table.append_column("verifier_version", pa.array(["unknown"] * len(table)))
    made = filter_table(table, keep=policy.keep, limits=policy.limits, skip=policy.skip)
    return pa.concat_tables([made["kept"], made["dropped"]])


def _undropped(table: pa.Table) -> pa.Table:
    return table.append_column("drop_reasons", pa.array([[]] * len(table), pa.list_(pa.string())))


def own_settings(source: Source) -> Mapping[str, Any] | None:
    """By which settings a dataset was filtered; None where that is not known."""
    if is_plain(source.uri):
        return None
    command = Dataset(source.uri).command
    return dict(command["parameters"]) if command["name"] == "filter" else None


def refuse_halves(sources: Sequence[Source], filtered: Sequence[pl.DataFrame]) -> None:
    """Raises UserError where a pilot lacks what its filter dropped, or kept.

    Args:
        filtered: lines of the rows that came with reasons.
    """
    read: dict[str, int] = {}
    for source in sources:
        if own_settings(source) is not None:
            (parent,) = (each.uri for each in Dataset(source.uri).parents())
            read[parent] = read.get(parent, 0) + (source.rows or 0)
    counted = {parent: _rows(parent) for parent in read}
    for parent, rows in read.items():
        if counted[parent] not in (None, rows):
            raise UserError(
                f"the pilot holds {rows:,} of the {counted[parent]:,} rows that `r1 filter` read; give what it kept "
                f"and what it dropped, each with --pilot, or {parent} itself"
            )
    sure = bool(counted) and None not in counted.values()
    if filtered and not sure and not any(part["reasons"].list.len().sum() for part in filtered):
        raise UserError("the pilot holds only what a filter kept; give the samples that went into the filter")


def _rows(uri: str) -> int | None:
    """Rows of a dataset; None of a file, and where there is none any more."""
    try:
        return None if is_plain(uri) else Dataset(uri).rows
    except UserError:
        return None
