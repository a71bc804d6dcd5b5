"""What every request must pass, and what every response carries."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from r1data.window.app import build_app
from r1data.window.guard import POLICY
from r1data.window.library import Library

TOKEN = "a-token-of-enough-characters"
HOST = "http://127.0.0.1:8311"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = build_app(Library(), token=TOKEN)
    with TestClient(app, base_url=HOST, follow_redirects=False) as client:
        yield client


def test_a_request_without_the_token_gets_one_plain_page(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 401 and "open the address that r1 printed" in response.text
    assert "What is open" not in response.text


def test_the_token_moves_from_the_address_into_a_cookie(client: TestClient) -> None:
    response = client.get("/runs", params={"of": "a", "token": TOKEN})
    assert response.status_code == 303 and response.headers["location"] == "/runs?of=a"
    assert "HttpOnly" in response.headers["set-cookie"] and "SameSite=lax" in response.headers["set-cookie"]
    assert client.get("/").status_code == 200


def test_a_redirect_after_the_token_never_leaves_the_window(client: TestClient) -> None:
    assert client.get(f"{HOST}//evil.example/?token={TOKEN}").headers["location"] == "/evil.example/"


def test_an_old_token_is_told_from_none(client: TestClient) -> None:
    assert "no longer" in client.get("/", params={"token": "the-token-of-yesterday"}).text
    client.cookies.set("r1_window_8311", "the-token-of-yesterday")
    response = client.get("/")
    assert response.status_code == 401 and "no longer that of the window" in response.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8311", "127.0.0.1.evil.example", ""])
def test_another_hosts_name_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={**BEARER, "Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8311", "127.0.0.1:1", "[::1]:8311"])
def test_names_of_this_machine_are_taken(client: TestClient, host: str) -> None:
    assert client.get("/", headers={**BEARER, "Host": host}).status_code == 200


def test_a_change_that_another_page_asks_for_is_refused(client: TestClient) -> None:
    client.cookies.set("r1_window_8311", TOKEN)
    for origin in (
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9"},
    ):
        assert client.post("/", headers=origin).status_code == 403
    assert client.post("/", headers={"Origin": HOST}).status_code == 405


@pytest.mark.parametrize("length", ["99999999999999", "9" * 5000, "-1", "one"])
def test_a_body_that_is_too_long_is_refused(client: TestClient, length: str) -> None:
    assert client.post("/", headers={**BEARER, "Content-Length": length}).status_code == 413


def test_every_response_carries_the_policy(client: TestClient) -> None:
    for path, headers in (("/", {}), ("/", BEARER), ("/nothing", BEARER), ("/static/window.css", {})):
        response = client.get(path, headers=headers)
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/vendor"])
def test_only_static_files_are_given(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (401, 404)


def test_an_address_of_nothing_is_one_plain_line(client: TestClient) -> None:
    response = client.get("/d/%3Cscript%3E/rows", headers=BEARER)
    assert response.status_code == 404 and "<script>" not in response.text


def test_vendored_files_have_their_licences() -> None:
    vendor = Path(__file__).parents[2] / "r1data" / "window" / "static" / "vendor"
    folders = [place for place in vendor.iterdir() if place.is_dir()]
    assert folders and all((place / "LICENSE").is_file() for place in folders)
