"""The page of a row's lineage."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from r1data.exchange.ingest import ingest
from r1data.window.library import Library
from tests.window.lineages import client, library, project

__all__ = ["client", "library", "project"]


def test_a_row_is_followed_from_its_sample_into_the_set(
    project: Path, library: Library, client: TestClient
) -> None:
    opened = library.open(str(project / "sft"))
    text = client.get(f"{opened.path}/lineage?id=sums-0/0").text
    places = [text.index(f">{name}</a>") for name in ("samples", "kept", "sft")]
    assert places == sorted(places)
    assert "in the set: train" in text


def test_a_dropped_row_says_why_and_leads_to_what_it_lost_to(
    project: Path, library: Library, client: TestClient
) -> None:
    opened = library.open(str(project / "dropped"))
    text = client.get(f"{opened.path}/lineage?id=sums-0/3").text
    assert "dropped: duplicate" in text and f"{opened.path}/lost?id=sums-0%2F3" in text


def test_stations_lead_to_the_row_in_their_own_dataset(
    project: Path, library: Library, client: TestClient
) -> None:
    opened = library.open(str(project / "sft"))
    client.get(f"{opened.path}/lineage?id=sums-0/0")
    samples = library.open_dataset(str(project / "samples"))
    assert f"{samples.path}/row?id=sums-0%2F0" in client.get(f"{opened.path}/lineage?id=sums-0/0").text


def test_htmx_gets_the_strip_alone(project: Path, library: Library, client: TestClient) -> None:
    opened = library.open(str(project / "sft"))
    text = client.get(f"{opened.path}/lineage?id=sums-0/0", headers={"HX-Request": "true"}).text
    assert "<ol" in text and "<html" not in text


@pytest.mark.parametrize("query", ["", "?id=", "?id=no-such-row", "?id=%00%3Cscript%3E"])
def test_a_row_that_is_not_there_is_a_plain_page(
    project: Path, library: Library, client: TestClient, query: str
) -> None:
    opened = library.open(str(project / "sft"))
    answer = client.get(f"{opened.path}/lineage{query}")
    assert answer.status_code == 400 and "<script>" not in answer.text


def test_who_reviewed_a_row_stands_with_decision_and_time(
    tmp_path: Path, library: Library, client: TestClient
) -> None:
    opinion = {
        "by": "ada",
        "decision": "reject",
        "at": "2026-11-30T20:15:00Z",
        "reason": "wrong unit",
        "note": "<i>",
    }
    overruled = {"by": "bob", "decision": "accept", "at": "2026-11-30T20:10:00Z"}
    review = {"decision": "reject", "tool": "r1 review", "opinions": [opinion], "overruled": [overruled]}
    row = {"prompt_id": "p", "prompt": "Q?", "response": "R", "review_history": json.dumps([review])}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    ingest(str(tmp_path / "rows.jsonl"), str(tmp_path / "reviewed"), workers=1)
    opened = library.open_dataset(str(tmp_path / "reviewed"))
    text = client.get(f"{opened.path}/lineage?id=p/0").text
    assert "ada: reject, 2026-11-30 20:15, wrong unit, &lt;i&gt;" in text
    assert "<dt>overruled</dt><dd>bob: accept, 2026-11-30 20:10</dd>" in text
