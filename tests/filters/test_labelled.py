"""The filters against labelled sets in twenty-six languages (`tests/fixtures/filters`)."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from r1data.data.responses import split
from r1data.filters.registry import FILTERS
from r1data.filters.rows import FilterRows

SETS = Path(__file__).parents[1] / "fixtures" / "filters"


@pytest.fixture(scope="module", params=["own", "fourteen", "second", "twelve"])
def cases(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SETS / f"{request.param}.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def rows(cases: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "response": [case["text"] for case in cases],
            "thoughts": [split(case["text"]).reasoning or "" for case in cases],
            "language": [case["target_language"] for case in cases],
            "prompt": [case.get("prompt", "") for case in cases],
            "finish_reason": [case.get("finish_reason", "stop") for case in cases],
        }
    )


@pytest.mark.parametrize("label", sorted(set(FILTERS.built_in) - {"truncated"}))
def test_every_label_is_found(label: str, cases: list[dict[str, Any]], rows: pl.DataFrame) -> None:
    said = FILTERS[label].drops(FilterRows(rows))
    wrong = [
        (case["id"], case["note"])
        for case, each in zip(cases, said, strict=True)
        if each != case["labels"][label]
    ]
    assert not wrong
