"""Questions without the truth that their verifier needs: nothing can be said of answers to them."""

from __future__ import annotations

import pyarrow as pa

from r1data.data.plain import DEFAULT_VERIFIER
from r1data.data.source import Source
from r1data.errors import UserError
from r1data.verifiers.registry import find


def missing_truths(source: Source) -> int:
    """The number of rows without a truth that their verifier needs. A pipe is not looked ahead into: 0.

    Raises:
        UserError: no row has one, so that nothing could be scored.
    """
    if source.rows is None:
        return 0
    missing = rows = 0
    for shard in source.shards():
        table = shard.table()
        rows += len(table)
        missing += _missing(table)
    if rows and missing == rows:
        raise UserError(
            f"{source.uri}: none of its {rows:,} rows has a truth to compare with; name the column that holds it: "
            "r1 ingest --map truth=COLUMN"
        )
    return missing


def _missing(table: pa.Table) -> int:
    none = [None] * len(table)
    truths, names = (
        table[name].to_pylist() if name in table.column_names else none for name in ("truth", "verifier")
    )
    needs = {name: _needs_truth(name) for name in set(names)}
    return sum(needs[name] and not (truth or "").strip() for truth, name in zip(truths, names, strict=True))


def _needs_truth(name: str | None) -> bool:
    verifier = find(name or DEFAULT_VERIFIER)
    return verifier is None or verifier.needs_truth
