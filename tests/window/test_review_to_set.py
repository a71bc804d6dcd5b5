"""From real responses through a review to the set: who decided what is in `r1 why`, wherever the row went."""

import json
from pathlib import Path
from typing import Any

import pytest
from r1data.cli import invoke
from starlette.testclient import TestClient

from r1data.data.dataset import Dataset
from r1data.exchange.review.desk import ReviewDesk, ReviewSettings
from r1data.window.app import build_app
from r1data.window.library import Library

SOLUTIONS = Path(__file__).parents[1] / "fixtures" / "gsm8k" / "model_solutions.jsonl"
TOKEN = "a-token-of-enough-characters"


def run(line: str, *places: object) -> None:
    assert invoke(line.format(*places).split()) == 0


def planted(row: dict[str, Any], is_correct: bool) -> dict[str, Any]:
    """Wrong answers are rejected, every third right one is edited, the others are accepted."""
    ids = {name: row[name] for name in ("prompt_id", "sample_index", "response_id")}
    entry = {**ids, "decision": "accept", "texts": row["texts"]}
    if not is_correct:
        return {**entry, "decision": "reject", "reason": "wrong answer", "note": "counted again"}
    if len(row["texts"]["answer"]) % 3 == 0:
        return {**entry, "decision": "edit", "texts": {"answer": f"Let us count. {row['texts']['answer']}"}}
    return entry


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples, a review by two people through the endpoints, filter and set; not to be changed."""
    place = tmp_path_factory.mktemp("set")
    columns = "--map prompt=question --map truth=answer --set domain=math"
    run("ingest {} -o {}/samples --workers 1 " + columns, SOLUTIONS, place)
    labels = {(row["prompt_id"], row["sample_index"]): row["is_correct"] for row in rows(place / "samples")}
    settings = ReviewSettings(("ana", "ben"), twice_share=0.2)
    desk = ReviewDesk.open(f"{place}/samples", f"{place}/reviewed", settings, dropped=f"{place}/rejected")
    app = build_app(Library(desk=desk), token=TOKEN)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with TestClient(app, base_url="http://127.0.0.1:8311", headers=headers) as client:
        waiting = ["ana", "ben"]
        while waiting:
            for reviewer in list(waiting):
                row = client.get("/review/next", params={"reviewer": reviewer}).json()["row"]
                if row is None:
                    waiting.remove(reviewer)
                    continue
                entry = {**planted(row, labels[row["prompt_id"], row["sample_index"]]), "reviewer": reviewer}
                entry["entry_id"] = f"{reviewer}-{row['prompt_id']}-{row['sample_index']}"
                assert client.post("/review/entry", json=entry).json() == {"stored": True}
    desk.close()
    run("review {0}/samples -o {0}/reviewed --dropped {0}/rejected --finish", place)
    run("filter {0}/reviewed -o {0}/kept --dropped {0}/filtered-out --skip bad_format --workers 1", place)
    run("build {0}/kept -o {0}/sft", place)
    return place


def rows(dataset: Path) -> list[dict[str, Any]]:
    return Dataset(dataset).table().to_pylist()


def test_every_row_is_decided_and_wrong_ones_are_apart(folder: Path) -> None:
    samples, reviewed, rejected = (rows(folder / name) for name in ("samples", "reviewed", "rejected"))
    assert len(samples) == len(reviewed) + len(rejected)
    assert {row["is_correct"] for row in rejected} == {False}
    assert {row["review_decision"] for row in reviewed} == {"accept", "edit"}
    assert len({row["reviewed_by"] for row in reviewed}) > 2, "ana, ben, and rows that both read"


def test_edited_rows_are_judged_again_and_in_the_set(folder: Path) -> None:
    edited = [row for row in rows(folder / "kept") if row["review_decision"] == "edit"]
    assert edited and {row["verdict"] for row in edited} == {"correct"}
    in_set = " ".join(json.dumps(row["messages"]) for row in rows(folder / "sft"))
    assert "Let us count." in in_set


@pytest.mark.parametrize("decision", ["accept", "edit", "reject"])
def test_why_says_who_decided_what(decision: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = folder / ("rejected" if decision == "reject" else "sft")
    in_set = {row["prompt_id"] for row in rows(folder / "sft")}
    reviewed = rows(folder / ("rejected" if decision == "reject" else "reviewed"))
    row = next(
        each
        for each in reviewed
        if each["review_decision"] == decision and (decision == "reject" or each["prompt_id"] in in_set)
    )
    run("why {}/{} {}", row["prompt_id"], row["sample_index"], last)
    text = "".join(capsys.readouterr())
    assert f"{decision}, in r1" in text
    for reviewer in row["reviewed_by"].split(", "):
        assert f"{decision} by {reviewer} at 20" in text
    assert ("wrong answer · counted again" in text) == (decision == "reject")
