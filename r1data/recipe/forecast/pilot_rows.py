"""Completes a pilot's rows with verdicts and drop reasons, by the recipe's own settings.

Refuses pilots that would bias a forecast: those with only the rows that a filter kept (or dropped), and rows that need
a judge model.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.data.parents import why_unopened
from r1data.data.plain import is_plain
from r1data.data.schema import includes
from r1data.data.source import Source
from r1data.errors import UserError
from r1data.recipe.forecast.steps import Branch
from r1data.selection.filtering import filter_table, recorded
from r1data.verifiers.table import verify_table


def require_samples(source: Source) -> None:
    """Raises UserError where a source holds no samples."""
    if not includes(source.schema.name, "sample"):
        raise UserError(
            f"{source.uri}: holds {source.schema.name} rows; a pilot is some hundred prompts with samples: "
            "`r1 sample` makes them"
        )


def with_verdicts(table: pa.Table, branch: Branch, settings: Mapping[str, Any] | None) -> pa.Table:
    """The table with `verdict` and `drop_reasons` in every row.

    Args:
        settings: the settings by which rows that have reasons were filtered; None where they are not known.

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
        if "drop_reasons" in table.column_names:
            return table
        no_reasons = pa.array([[]] * len(table), pa.list_(pa.string()))
        return table.append_column("drop_reasons", no_reasons)
    recipe_settings = recorded(policy.keep, policy.limits, policy.skip)
    if "drop_reasons" in table.column_names and settings in (None, recipe_settings):
        return table
    if "verifier_version" not in table.column_names:
        table = table.append_column("verifier_version", pa.array(["unknown"] * len(table)))
    outcome = filter_table(table, keep=policy.keep, limits=policy.limits, skip=policy.skip)
    return pa.concat_tables([outcome["kept"], outcome["dropped"]])


def filter_settings(source: Source) -> Mapping[str, Any] | None:
    """By which settings a dataset was filtered; None where that is not known."""
    if is_plain(source.uri):
        return None
    command = Dataset(source.uri).command
    return dict(command["parameters"]) if command["name"] == "filter" else None


def refuse_partial(sources: Sequence[Source], filtered: Sequence[pl.DataFrame]) -> None:
    """Raises UserError where a pilot lacks the rows that its filter dropped, or those that it kept.

    Args:
        filtered: lines of the rows that came with reasons.
    """
    rows_read: dict[str, int] = {}
    for source in sources:
        if filter_settings(source) is not None:
            for origin in Dataset(source.uri).parents()[:1]:
                rows_read[origin.uri] = rows_read.get(origin.uri, 0) + (source.rows or 0)
    places = [source.uri for source in sources]
    rows_of_parent = {parent: None if why_unopened(parent, places) else _rows(parent) for parent in rows_read}
    for parent, rows in rows_read.items():
        # Kept and dropped rows together must be all that the filter read: without either, pass rates would be biased.
        if rows_of_parent[parent] not in (None, rows):
            raise UserError(
                f"the pilot holds {rows:,} of the {rows_of_parent[parent]:,} rows that `r1 filter` read; pass what it "
                f"kept and what it dropped, each with --pilot, or {parent} itself"
            )
    all_known = bool(rows_of_parent) and None not in rows_of_parent.values()
    if filtered and not all_known and not any(part["reasons"].list.len().sum() for part in filtered):
        raise UserError("the pilot holds only what a filter kept; give the samples that went into the filter")


def _rows(uri: str) -> int | None:
    """Rows of a dataset; None of a file, and where there is none any more."""
    try:
        return None if is_plain(uri) else Dataset(uri).rows
    except UserError:
        return None
