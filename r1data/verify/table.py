"""The stage behind `r1 verify`: samples in, the same rows with a verdict out."""

from typing import TYPE_CHECKING

from r1data.verify import registry
from r1data.verify.verdict import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("verdict", "score", "extracted", "verdict_reason", "verifier_version")


def verify_table(
    table: "pa.Table", *, time_limit: float = registry.TIME_LIMIT, verifier: str | None = None
) -> "pa.Table":
    """The table with `COLUMNS` appended (replaced where it has them), rows in order.

    A row's own `verifier` decides; without one, `verifier`; without that, math where there is a truth. Rows with
    neither are `unverifiable`. `time_limit` in seconds a row. Raises KeyError without a column `response`.
    """
    import pyarrow as pa

    responses = table.column("response").to_pylist()
    truths = _column(table, "truth")
    names = [name or verifier for name in _column(table, "verifier")]
    verdicts = [
        _row(name, response, truth, time_limit)
        for name, response, truth in zip(names, responses, truths, strict=True)
    ]
    versions = [registry.version(name or "math") for name in names]
    columns: dict[str, pa.Array] = {
        "verdict": pa.array([v.verdict for v in verdicts], pa.string()),
        "score": pa.array([v.score for v in verdicts], pa.float64()),
        "extracted": pa.array([v.extracted for v in verdicts], pa.string()),
        "verdict_reason": pa.array([v.reason for v in verdicts], pa.string()),
        "verifier_version": pa.array(versions, pa.string()),
    }
    table = table.drop_columns([name for name in COLUMNS if name in table.column_names])
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def _row(name: str | None, response: str | None, truth: str | None, time_limit: float) -> Verdict:
    if response is None:
        return Verdict("unverifiable", None, None, "no answer: the response is null")
    return registry.check(name or "math", response, truth, time_limit=time_limit)


def _column(table: "pa.Table", name: str) -> list[str | None]:
    if name in table.column_names:
        values: list[str | None] = table.column(name).to_pylist()
        return values
    return [None] * table.num_rows
