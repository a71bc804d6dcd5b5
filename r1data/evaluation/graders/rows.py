"""Rows for graders: responses read from datasets and files, and the rows they disagree on written as a dataset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.plain import DEFAULT_VERIFIER
from r1data.data.responses import as_tagged
from r1data.data.source import Source
from r1data.data.writer import Summary, Writer
from r1data.evaluation.graders.comparison import Comparison, Disagreement
from r1data.evaluation.graders.grades import GraderOptions, Response
from r1data.evaluation.labels import labels_of
from r1data.verifiers.verdict import Case

COLUMNS = {
    "right": pa.bool_(),
    "right_by": pa.string(),
    "right_reason": pa.string(),
    "grades": pa.string(),
}
"""Columns of a row on which graders disagree, besides its own; `grades` is JSON: column → verdict, answer, kind."""


def read_tables(sources: Iterable[Source]) -> list[pa.Table]:
    """The rows of all sources."""
    return [shard.table() for source in sources for shard in source.shards()]


def responses_of(tables: Iterable[pa.Table]) -> list[Response]:
    """The rows as graders see them, in order."""
    return [response for table in tables for response in _responses(table)]


def _responses(table: pa.Table) -> list[Response]:
    parts = (_column(table, "reasoning"), _column(table, "answer"))
    texts = as_tagged(table["response"].to_pylist(), *parts)
    columns = zip(
        *(
            _column(table, name)
            for name in ("prompt_id", "model", "truth", "prompt", "finish_reason", "verifier")
        ),
        labels_of(table),
        strict=True,
    )
    return [
        Response(
            prompt_id,
            model or "unknown",
            Case(text or "", truth, prompt, ending),
            verifier or DEFAULT_VERIFIER,
            label,
        )
        for text, (prompt_id, model, truth, prompt, ending, verifier, label) in zip(
            texts, columns, strict=True
        )
    ]


def write_disagreements(
    comparison: Comparison,
    tables: Sequence[pa.Table],
    sources: Sequence[Source],
    out: str,
    options: GraderOptions,
) -> Summary:
    """Writes the rows on which graders disagree as a dataset of samples.

    Args:
        comparison: of the responses of `tables`.
        sources: where the tables come from.

    Raises:
        UserError: `out` holds something else.
    """
    parameters = {
        "graders": dict(comparison.versions),
        "time_limit": options.time_limit,
        "lm_eval_task": options.lm_eval_task,
    }
    parents = [parent for source in sources for parent in source.parents()]
    with Writer.open(out, schema="sample", command=Command("eval", parameters), parents=parents) as writer:
        writer.begin()
        rows = pa.concat_tables(tables, promote_options="permissive")
        rows = rows.take(pa.array([each.place for each in comparison.disagreements], pa.int64()))
        for name, kind in COLUMNS.items():
            values = [_values(comparison, each)[name] for each in comparison.disagreements]
            rows = rows.drop_columns([name] if name in rows.column_names else [])
            rows = rows.append_column(name, pa.array(values, kind))
        if len(rows):
            writer.publish("part-00000", rows)
        return writer.finish()


def _values(comparison: Comparison, each: Disagreement) -> dict[str, Any]:
    grades = {
        name: {
            "verdict": column[each.place].verdict,
            "extracted": column[each.place].extracted,
            "reason": column[each.place].reason,
            "kind": each.kinds.get(name),
        }
        for name, column in comparison.grades.items()
    }
    ruling = each.ruling
    return {
        "right": ruling.right,
        "right_by": ruling.by or None,
        "right_reason": ruling.reason or None,
        "grades": json.dumps(grades, ensure_ascii=False, sort_keys=True),
    }


def _column(table: pa.Table, name: str) -> list[Any]:
    values: list[Any] = table[name].to_pylist() if name in table.column_names else [None] * len(table)
    return values
