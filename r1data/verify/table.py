"""The stage behind `r1 verify`: samples in, the same rows with a verdict out.

A row's own `verifier` decides; a row that has a verdict keeps it.
"""

import functools
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from r1data.verify import registry
from r1data.verify.verdict import WORDS, Verdict

if TYPE_CHECKING:
    import pyarrow as pa

    from r1data.shards import Summary
    from r1data.shards.source import Source

Judged = tuple[str, float | None, str | None, str | None, str]
"""One row of `COLUMNS`."""
COLUMNS = {
    "verdict": "string",
    "score": "float64",
    "extracted": "string",
    "verdict_reason": "string",
    "verifier_version": "string",
}


def run(
    source: "Source",
    out: str,
    *,
    time_limit: float = registry.TIME_LIMIT,
    verifier: str | None = None,
    workers: int | None = None,
    executor: str = "local",
) -> "Summary":
    """Verifies every shard of a source of samples into `out`. Raises UserError on an unknown `verifier`."""
    from r1data.execute import Output, run_stage
    from r1data.shards import Command

    stage = functools.partial(verify_table, time_limit=time_limit, verifier=verifier)
    command = Command(
        "verify", {"time_limit": time_limit, "verifier": verifier and registry.require(verifier)}
    )
    outputs = {"verified": Output(out, "verified", count)}
    made = run_stage(source, outputs, stage, command=command, workers=workers, executor=executor)
    return made["verified"]


def verify_table(
    table: "pa.Table", *, time_limit: float = registry.TIME_LIMIT, verifier: str | None = None
) -> "pa.Table":
    """The table with `COLUMNS` at its end, rows in order.

    A row's own `verifier` decides; without one, `verifier`; without that, math. Rows without a truth are
    `unverifiable` by all verifiers that need one. `time_limit` in seconds a row. Raises KeyError where there is no
    column `response`.
    """
    import pyarrow as pa

    responses = table.column("response").to_pylist()
    names = [name or verifier or "math" for name in _column(table, "verifier")]
    rows = zip(_judged(table), names, responses, _column(table, "truth"), strict=True)
    judged = [old or _judge(name, response, truth, time_limit) for old, name, response, truth in rows]
    table = table.drop_columns([name for name in COLUMNS if name in table.column_names])
    for place, (name, kind) in enumerate(COLUMNS.items()):
        column = pa.array([row[place] for row in judged], pa.type_for_alias(kind))
        table = table.append_column(name, column)
    return table


def count(verified: "pa.Table") -> Mapping[str, float]:
    """Rows by verdict, for a summary."""
    counted = Counter(verified.column("verdict").to_pylist())
    return {word: counted[word] for word in WORDS if counted[word]}


def plan(source: "Source", out: str, *, time_limit: float, verifier: str | None) -> dict[str, Any]:
    """What `run` would do, for `--dry-run`. Raises UserError on an unknown `verifier`."""
    return {
        "source": source.uri,
        "rows": source.rows,
        "out": out,
        "time_limit": time_limit,
        "verifier": registry.require(verifier) if verifier else "each row's own, else math",
    }


def _judge(name: str, response: str | None, truth: str | None, time_limit: float) -> Judged:
    if response is None:
        verdict = Verdict("unverifiable", None, None, "no answer: the response is null")
    else:
        verdict = registry.check(name, response, truth, time_limit=time_limit)
    return verdict.verdict, verdict.score, verdict.extracted, verdict.reason, registry.version(name)


def _judged(table: "pa.Table") -> "list[Judged | None]":
    """The verdicts that rows have already."""
    if "verdict" not in table.column_names:
        return [None] * table.num_rows
    rows = zip(*(_column(table, name) for name in COLUMNS), strict=True)
    return [row if row[0] is not None else None for row in rows]


def _column(table: "pa.Table", name: str) -> list[Any]:
    if name in table.column_names:
        values: list[Any] = table.column(name).to_pylist()
        return values
    return [None] * table.num_rows
