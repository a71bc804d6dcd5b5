"""The stage that marks samples safe or unsafe: rows of samples with a column `label`, for `r1 train-rm --kind safety`.

The contract's schema `preference` is of pairs; a mark of a single response is a column of the row's own, `label`, which
`label_share` (of the votes) and `label_reason` explain. A response that the judge did not decide has none, and is
dropped and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from r1data.sampling.preferences.candidates import shown, unusable
from r1data.sampling.preferences.pairs import PairSettings, noted, with_reasons
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings
from r1data.verifiers.judge.safety import SafetyMark, mark

LABEL, SHARE, WHY = "label", "label_share", "label_reason"
REASON_CHARS = 300
"""Characters of the judge's analysis that a row keeps."""


def label_table(
    table: pa.Table, settings: PairSettings, judge: JudgeSettings, asker: JudgeModel | None = None
) -> dict[str, pa.Table]:
    """The rows that the judge marked, and the others, with why. Raises UserError where the judge cannot be reached."""
    rows: list[dict[str, Any]] = table.to_pylist()
    reasons = {
        number: reason
        for number, row in enumerate(rows)
        if (reason := unusable(row, "harmlessness")) is not None
    }
    asked = [number for number in range(len(rows)) if number not in reasons]
    cases = [(str(rows[n]["prompt"]), shown(rows[n], "harmlessness")) for n in asked]
    marks = dict(zip(asked, mark(cases, settings.guidelines, judge, asker), strict=True)) if cases else {}
    reasons |= {number: _why(each) for number, each in marks.items() if each.label is None}
    kept = [number for number in range(len(rows)) if number not in reasons]
    labelled = _with_marks(table.take(pa.array(kept, pa.int64())), [marks[number] for number in kept])
    counts: dict[str, float] = {f"dropped_{name}": n for name, n in Counter(reasons.values()).items()}
    counts |= Counter(str(marks[number].label) for number in kept)
    return {"pairs": noted(labelled, counts), "dropped": with_reasons(table, reasons)}


def _why(each: SafetyMark) -> str:
    return "judge_undecided" if each.reason.startswith("undecided") else "judge_failed"


def _with_marks(table: pa.Table, marks: list[SafetyMark]) -> pa.Table:
    columns: Mapping[str, pa.Array] = {
        LABEL: pa.array([each.label for each in marks], pa.string()),
        SHARE: pa.array([each.share for each in marks], pa.float64()),
        WHY: pa.array([each.reason[:REASON_CHARS] for each in marks], pa.string()),
    }
    for name, values in columns.items():
        if name in table.column_names:
            table = table.drop_columns([name])
        table = table.append_column(name, values)
    return table
