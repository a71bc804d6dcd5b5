"""The review's endpoints: what is confirmed is stored, also when the server is killed; a wrong request is one line."""

import multiprocessing
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from benchmarks.reviews import TOKEN, make_rows, measure
from r1data.errors import UserError
from r1data.exchange.review.desk import ReviewDesk, ReviewSettings
from r1data.window.app import build_app
from r1data.window.library import Library
from r1data.window.serving import WindowSettings, serve

BEARER = {"Authorization": f"Bearer {TOKEN}"}
Values = dict[str, Any]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ReviewDesk]:
    make_rows(tmp_path / "kept", 3)
    settings = ReviewSettings(("ana", "ben", "Жанна"), twice_share=0.0)
    opened = ReviewDesk.open(str(tmp_path / "kept"), str(tmp_path / "out"), settings)
    yield opened
    opened.close()


@pytest.fixture
def client(desk: ReviewDesk) -> Iterator[TestClient]:
    app = build_app(Library(desk=desk), token=TOKEN)
    with TestClient(app, base_url="http://127.0.0.1:8311", headers=BEARER) as opened:
        yield opened


def entry(row: Values, **change: Any) -> Values:
    ids = {name: row[name] for name in ("prompt_id", "sample_index", "response_id")}
    return {
        **ids,
        "entry_id": "e-1",
        "reviewer": "ana",
        "decision": "accept",
        "texts": row["texts"],
        **change,
    }


def next_row(client: TestClient, reviewer: str = "ana") -> Values:
    row: Values = client.get("/review/next", params={"reviewer": reviewer}).json()["row"]
    return row


def test_a_reviewer_gets_rows_enters_takes_back_and_finishes(client: TestClient) -> None:
    row = next_row(client)
    assert row["texts"]["answer"] == row["texts"]["reasoning"] and row["columns"]["prompt"].startswith(
        "What is"
    )
    assert client.post("/review/entry", json=entry(row)).json() == {"stored": True}
    undone = client.post("/review/undo", json={"reviewer": "ana", "undo_id": "u"}).json()["row"]
    assert undone == {"prompt_id": row["prompt_id"], "sample_index": row["sample_index"]}
    again = next_row(client)
    assert again["previous"]["entry_id"] == "e-1" and again["response_id"] == row["response_id"]
    for number in range(3):
        answer = client.post("/review/entry", json=entry(next_row(client), entry_id=f"f-{number}"))
        assert answer.json() == {"stored": True}
    assert client.get("/review/next", params={"reviewer": "ana"}).json()["row"] is None
    progress = client.get("/review/progress").json()
    assert (progress["decided"], progress["by_reviewer"]["ana"]["accept"]) == (3, 3)
    assert progress["agreement"]["krippendorff_alpha"] is None
    assert client.post("/review/finish").json()["summary"]["accepted"] == 3
    assert "finished" in client.post("/review/entry", json=entry(row, entry_id="late")).json()["error"]


def test_the_reviewers_name_may_come_in_a_cookie(client: TestClient) -> None:
    client.cookies.set("r1_reviewer", "%D0%96%D0%B0%D0%BD%D0%BD%D0%B0")
    row = client.get("/review/next").json()["row"]
    values = entry(row)
    del values["reviewer"]
    assert client.post("/review/entry", json=values).json() == {"stored": True}
    assert client.get("/review/progress").json()["by_reviewer"]["Жанна"]["accept"] == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"[" * 100_000, b'{"entry_id": "\\ud800"}', b"\xff", b'{"prompt_id": 1e999}', b"null"],
)
def test_what_is_no_entry_is_one_line(body: bytes, client: TestClient, desk: ReviewDesk) -> None:
    answer = client.post("/review/entry", content=body)
    assert answer.status_code == 400 and answer.json()["error"] and "\n" not in answer.json()["error"]
    assert desk.progress().decided == 0


@pytest.mark.parametrize(
    "change", [{"reviewer": "zoe"}, {"reviewer": 5}, {"decision": ""}, {"response_id": "0"}]
)
def test_a_wrong_field_is_one_line(change: Values, client: TestClient, desk: ReviewDesk) -> None:
    answer = client.post("/review/entry", json=entry(next_row(client), **change))
    assert answer.status_code == 400 and answer.json()["error"]
    assert desk.progress().decided == 0


def test_a_full_disk_is_no_confirmation(
    client: TestClient, desk: ReviewDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = next_row(client)
    with monkeypatch.context() as patch:

        def full(record: Values) -> int:
            raise OSError(28, "No space left on device")

        patch.setattr(desk.journal, "append", full)
        answer = client.post("/review/entry", json=entry(row))
    assert answer.status_code == 507 and "No space" in answer.json()["error"]
    assert client.post("/review/entry", json=entry(row)).json() == {"stored": True}
    assert desk.progress().decided == 1


def test_without_a_review_the_endpoints_say_so(tmp_path: Path) -> None:
    app = build_app(Library(), token=TOKEN)
    with TestClient(app, base_url="http://127.0.0.1:8311", headers=BEARER) as client:
        for answer in (
            client.get("/review/next"),
            client.get("/review/progress"),
            client.post("/review/undo"),
        ):
            assert answer.status_code == 400 and "r1 review" in answer.json()["error"]


def test_an_entry_from_another_page_is_refused(client: TestClient, desk: ReviewDesk) -> None:
    values = entry(next_row(client))
    client.cookies.set("r1_window_8311", TOKEN)
    headers = {"Authorization": "", "Origin": "http://evil.example"}
    assert client.post("/review/entry", json=values, headers=headers).status_code == 403
    assert desk.progress().decided == 0


def serve_desk(folder: Path, port: int) -> None:
    """What `r1 review` does, without the start of an interpreter."""
    settings = ReviewSettings(twice_share=0.1)
    desk = ReviewDesk.open(str(folder / "kept"), str(folder / "out"), settings)
    serve(Library(desk=desk), WindowSettings(port=port, token=TOKEN), name="r1 review")


def start(folder: Path, port: int) -> BaseProcess:
    server = multiprocessing.get_context("fork").Process(target=serve_desk, args=(folder, port))
    server.start()
    server.wait = server.join  # type: ignore[attr-defined]
    return server


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_four_clients_lose_nothing_and_store_nothing_twice_while_the_server_is_killed(tmp_path: Path) -> None:
    """Ten thousand reviews and twenty kills: `python -m benchmarks.reviews`."""
    figures = measure(tmp_path, 500, 4, start)
    assert figures["reviews"] >= 500 and (figures["lost"], figures["double"]) == (0, 0)


def test_a_second_server_on_the_same_review_is_refused(desk: ReviewDesk) -> None:
    with pytest.raises(UserError, match="another `r1 review`"):
        ReviewDesk.open(desk.uri, desk.out, desk.settings)
