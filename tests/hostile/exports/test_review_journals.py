"""The journal of a review from strangers: opened and read, or refused in one line; whatever stands in any field."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from r1data.data.source import open_source
from r1data.errors import R1Error
from r1data.exchange.ingest import ingest
from r1data.exchange.review import apply
from r1data.exchange.review.desk import ReviewDesk
from r1data.exchange.review.entries import ReviewEntry
from r1data.exchange.review.results import read_results
from tests.hostile.exports.test_reviews import ROW, VALUES
from tests.hostile.pages.markup import ALL_AT_ONCE, STORABLE, renamed_keys, replaced_leaves, sampled


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset, `rows`, and a review of it that has begun, `out`."""
    folder = tmp_path_factory.mktemp("journal")
    rows = [{**ROW, "prompt_id": f"p{number}"} for number in range(2)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ingest(str(folder / "rows.jsonl"), str(folder / "rows"), workers=1)
    desk = ReviewDesk.open(str(folder / "rows"), str(folder / "out"))
    for number, decision in enumerate(("reject", "edit", "skip")):
        dealt = desk.deal("ana")
        assert dealt is not None
        texts = {**dealt.texts, "answer": "2"}
        desk.record(
            ReviewEntry(f"e{number}", "ana", dealt.key, dealt.response_id, decision, texts, "n", "r", 1.0)
        )
        if decision == "reject":
            desk.undo("ana", "u")
    desk.close()
    return folder


def variants(journal: Path) -> list[tuple[str, Any]]:
    records = [json.loads(line) for line in journal.read_text().splitlines()]
    values = (ALL_AT_ONCE, STORABLE, *VALUES)
    changed = [each for value in values for each in replaced_leaves(records, value) if each[0]]
    swapped = [(f"without {n}", records[:n] + records[n + 1 :]) for n in range(len(records))]
    twice = [(f"twice {n}", [*records[: n + 1], *records[n:]]) for n in range(len(records))]
    return [("honest", records), *sampled([*changed, *renamed_keys(records, STORABLE), *swapped, *twice], 80)]


def test_anything_in_any_field_is_taken_or_one_line(reviewed: Path, tmp_path: Path) -> None:
    strange = {}
    out = tmp_path / "out"
    shutil.copytree(reviewed / "out", out)
    path = out / ".r1/review/journal.jsonl"
    for number, (place, records) in enumerate(variants(path)):
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        results = tmp_path / "results.jsonl"
        shutil.copy(path, results)
        for action in (_open, _apply):
            try:
                action(reviewed / "rows", out, results, tmp_path / f"o{number}")
            except R1Error as error:
                if place == "honest" or "\n" in str(error):
                    strange[place] = str(error)
    assert not strange


def _open(rows: Path, out: Path, results: Path, place: Path) -> None:
    desk = ReviewDesk.open(str(rows), str(out))
    try:
        desk.deal("ben")
        desk.deal("ana")
        desk.undo("ana")
        desk.progress().as_json()
        desk.agreement().as_json()
    finally:
        desk.close()


def _apply(rows: Path, out: Path, results: Path, place: Path) -> None:
    apply.run(open_source(str(rows)), str(place), apply.ReviewPlan(read_results(str(results), "r1")))
