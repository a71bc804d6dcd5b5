"""The desk's page as it leaves the server: paragraphs with their marks, names, what comes next."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from r1data.exchange.review.desk import ReviewDesk, ReviewSettings
from r1data.window.app import build_app
from r1data.window.library import Library
from tests.window.desks import sample, write_rows

TOKEN = "a-token-of-enough-characters"
ORIGIN = "http://127.0.0.1:8311"
FOREIGN = "然后我们把两个数加起来, 得到最后的结果, 再检查一遍。"


def plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", text))


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    thoughts = f"First the tens.\n\nThen the ones. {FOREIGN} And so on.\n\nDone."
    rows = [sample(1, reasoning=thoughts, response=f"<think>\n{thoughts}\n</think>\n\n$13$", answer="$13$")]
    uri = str(write_rows(tmp_path / "kept", rows))
    library = Library()
    library.open(uri)
    settings = ReviewSettings(reviewers=("Ana", "Ben"))
    library.desk = ReviewDesk.open(uri, str(tmp_path / "it's out"), settings)
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": ORIGIN}
    return TestClient(build_app(library, token=TOKEN), base_url=ORIGIN, headers=headers)


def test_what_a_filter_found_is_marked_in_the_thoughts(client: TestClient) -> None:
    client.cookies.set("r1_reviewer", "Ana")
    page = client.get("/review").text
    (marked,) = re.findall(r'<mark class="mixed_language"[^>]*>(.*?)</mark>', page)
    assert plain(marked).strip() in FOREIGN


@pytest.mark.parametrize("name", ["", "Cleo", "x" * 100, "a\u202eb", "Ana\nBen", "<b>"])
def test_a_name_that_does_not_review_gets_the_names_again(client: TestClient, name: str) -> None:
    response = client.post("/review/name", data={"reviewer": name}, follow_redirects=False)
    assert response.status_code == 400 and "set-cookie" not in response.headers
    assert 'role="alert"' in response.text and 'value="Ana"' in response.text
    client.cookies.set("r1_reviewer", "Cleo")
    assert "Who are you?" in client.get("/review").text


def test_a_finished_review_says_what_comes_next(client: TestClient) -> None:
    client.cookies.set("r1_reviewer", "Ana")
    row = client.get("/review/next").json()["row"]
    entry = {name: row[name] for name in ("prompt_id", "sample_index", "response_id")}
    assert client.post("/review/entry", json={**entry, "entry_id": "1", "decision": "accept"}).json() == {
        "stored": True
    }
    assert client.post("/review/finish", json={}).status_code == 200
    page = client.get("/review").text
    assert "The review is finished" in page and "it&#39;&#34;&#39;&#34;&#39;s out-kept" in page
    assert client.get("/review/row", params={"reviewer": "Ana"}).status_code == 400


def test_an_entry_for_another_review_is_refused(client: TestClient) -> None:
    client.cookies.set("r1_reviewer", "Ana")
    row = client.get("/review/next").json()["row"]
    entry = {name: row[name] for name in ("prompt_id", "sample_index", "response_id")}
    response = client.post(
        "/review/entry", json={**entry, "entry_id": "1", "decision": "accept", "review": "other"}
    )
    assert response.status_code == 400 and "another review" in response.json()["error"]


def test_without_a_review_the_desk_is_one_line() -> None:
    app = build_app(Library(), token=TOKEN)
    client = TestClient(app, base_url=ORIGIN, headers={"Authorization": f"Bearer {TOKEN}"})
    response = client.get("/review")
    assert response.status_code == 400 and "r1 review DS -o DS" in response.text
