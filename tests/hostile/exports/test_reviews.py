"""Results of a review from strangers: an outcome, or one line; whatever stands in any field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from r1data.data.source import open_source
from r1data.errors import R1Error
from r1data.exchange.export.run import export
from r1data.exchange.review import apply
from r1data.exchange.review.results import read_results
from tests.hostile.pages.markup import ALL_AT_ONCE, STORABLE, renamed_keys, replaced_leaves, sampled

ROW = {
    "prompt_id": "p",
    "prompt": "q",
    "truth": "1",
    "source": "s",
    "response": "<think>a</think>1",
    "model": "m",
}
TIME = "2026-01-01T00:00:00"
VALUES = (
    -1, 10**400, 1e308, float("nan"), True, None, [], {}, [[]], {"a": []}, "9" * 5_000, "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
)  # fmt: skip


def label_studio(tasks: Any) -> dict[str, Any]:
    answers = {"decision": {"choices": ["edit"]}, "answer": {"text": ["2"]}, "note": {"text": ["n"]}}
    result = [{"from_name": name, "type": "textarea", "value": value} for name, value in answers.items()]
    annotation = {"result": result, "completed_by": {"email": "a@b"}, "updated_at": TIME}
    return {
        "data": tasks[0]["data"],
        "annotations": [annotation | {"was_cancelled": False, "ground_truth": False}],
    }


def argilla(records: Any) -> dict[str, Any]:
    given = {"user_id": "u", "status": "submitted"}
    responses = {"decision": [{"value": "edit", **given}], "answer": [{"value": "3", **given}]}
    return {**records[0], "status": "completed", "updated_at": TIME, "responses": responses}


TOOLS = {"label-studio": ("tasks.json", label_studio), "argilla": ("records.json", argilla)}


@pytest.mark.parametrize("tool", TOOLS)
def test_anything_in_any_field_is_an_outcome_or_one_line(tool: str, tmp_path: Path) -> None:
    rows, results = tmp_path / "rows.jsonl", tmp_path / "results.json"
    rows.write_text(json.dumps(ROW) + "\n")
    export(str(rows), tool, str(tmp_path / "out"))
    name, answered = TOOLS[tool]
    honest = answered(json.loads((tmp_path / "out" / name).read_text()))
    variants = [each for value in (ALL_AT_ONCE, STORABLE, *VALUES) for each in replaced_leaves(honest, value)]
    strange = {}
    for number, (place, variant) in enumerate(
        [("honest", honest), *sampled([*variants, *renamed_keys(honest, STORABLE)], 60)]
    ):
        results.write_text(json.dumps([variant]))
        try:
            plan = apply.ReviewPlan(read_results(str(results)))
            apply.run(open_source(str(rows)), str(tmp_path / f"o{number}"), plan)
        except R1Error as error:
            if place == "honest" or "\n" in str(error):
                strange[place] = str(error)
    assert not strange
