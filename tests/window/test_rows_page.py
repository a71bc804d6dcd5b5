"""The page of rows: searches, filters, pages, and what is wrong in an address."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.testclient import TestClient

from r1data.window.app import build_app
from r1data.window.library import Library, OpenDataset
from r1data.window.table import RowQuery
from tests.window.table.test_table import Row, chat_row, expected, filtered_row, write

TOKEN = "0123456789abcdef"
ROWS = [filtered_row(number) for number in range(130)]


class Reader:
    """A browser without JavaScript on one dataset."""

    def __init__(self, uri: str) -> None:
        library = Library()
        opened = library.open(uri)
        assert isinstance(opened, OpenDataset)
        self.opened = opened
        self.client = TestClient(build_app(library, token=TOKEN), base_url="http://127.0.0.1")
        self.client.get("/", params={"token": TOKEN})

    def get(self, query: str = "", part: str = "") -> str:
        """The page, or a part of it; anything but 200 is an error."""
        answer = self.client.get(f"{self.opened.path}/rows{part}?{query}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def names(self, query: str = "") -> list[str]:
        """The names of the rows that the page shows."""
        return [unescape(name) for name in re.findall(r'class="row-link"[^>]*>([^<]*)<', self.get(query))]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    uri = write(tmp_path_factory.mktemp("rows") / "set", "filtered", {"a": ROWS[:60], "b": ROWS[60:]})
    yield Reader(uri)


def name_of(row: Row) -> str:
    return f"{row['prompt_id']}/{row['sample_index']}"


def test_the_first_page_has_the_first_rows(reader: Reader) -> None:
    assert reader.names() == [name_of(row) for row in ROWS[:50]]
    assert "<strong>130</strong> of 130 rows, 1 to 50 shown" in reader.get()


def test_pages_follow_each_other_to_the_last(reader: Reader) -> None:
    shown, query = [], "verdict=correct&size=25"
    while query:
        page = reader.get(query)
        shown += re.findall(r'class="row-link"[^>]*>([^<]*)<', page)
        following = re.search(r'href="([^"]*)" rel="next"', page)
        query = urlsplit(unescape(following[1])).query if following else ""
    assert shown == [name_of(row) for row in ROWS if row["verdict"] == "correct"]


def test_a_page_behind_the_last_is_the_last(reader: Reader) -> None:
    assert reader.names("page=99") == [name_of(row) for row in ROWS[100:]]


def test_a_search_shows_the_rows_that_have_it_and_marks_it(reader: Reader) -> None:
    query = RowQuery(text="sum", within="prompt")
    assert reader.names("text=sum&in=prompt&size=200") == [name_of(ROWS[n]) for n in expected(ROWS, query)]
    assert "<mark>Sum</mark>" in reader.get("text=sum&in=prompt")


def test_a_row_links_to_its_page_with_its_place_in_the_query(reader: Reader) -> None:
    page = reader.get("verdict=correct&sort=-length&page=2&size=25")
    link = re.search(r'class="row-link" href="([^"]*)"', page)
    assert link
    place = urlsplit(unescape(link[1]))
    params = dict(parse_qsl(place.query))
    assert place.path == f"{reader.opened.path}/row"
    assert params["at"] == "25"
    assert (params["verdict"], params["sort"]) == ("correct", "-length")


def test_filters_have_the_numbers_of_their_rows(reader: Reader) -> None:
    part = reader.get("domain=math&verdict=correct", "/filters")
    count = sum(row["domain"] == "code" and row["verdict"] == "correct" for row in ROWS)
    domains = dict(re.findall(r'name="domain" value="(\w+)".*?class="number">([\d,]+)<', part))
    assert domains.get("code", "0") == str(count)
    assert re.search(r'name="domain" value="math" checked', part)


def test_without_scripts_the_counts_are_a_link_away(reader: Reader) -> None:
    link = re.search(r'<noscript><a href="([^"]*)"', reader.get("verdict=correct"))
    assert link
    assert 'name="verdict" value="correct" checked' in reader.get(urlsplit(unescape(link[1])).query)


def test_the_form_keeps_filters_that_it_has_no_field_for(reader: Reader) -> None:
    page = reader.get("prompt_id=p3&sample_index.from=1&domain=code")
    for name, value in (("prompt_id", "p3"), ("sample_index.from", "1"), ("domain", "code")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("regex=(", "regex=("),
        ("colour=red", "no column &#39;colour&#39;"),
        ("page=-1", "page=-1: give a whole number"),
        ("size=100000", "size=100000: give a whole number from 1 to 200"),
        ("sort=response", "sort=response"),
        ("in=nowhere", "in=nowhere"),
        ("length.from=x", "length.from=x: give a number"),
    ],
)
def test_a_bad_address_is_one_plain_page(reader: Reader, query: str, part: str) -> None:
    answer = reader.client.get(f"{reader.opened.path}/rows?{query}")
    assert answer.status_code == 400
    assert part in answer.text
    assert "Traceback" not in answer.text


def test_texts_of_models_are_no_markup(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>\u202e\x1b[2J<img src=x onerror=alert(1)>"
    row = {**ROWS[1], "prompt": hostile, "answer": hostile, "response": hostile, "prompt_id": hostile,
           "model": hostile, "drop_reasons": [hostile]}  # fmt: skip
    reader = Reader(write(tmp_path / "set", "filtered", {"a": [row, ROWS[0]]}))
    for page in (reader.get("counts=1"), reader.get("text=alert"), reader.get("", "/filters")):
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page


def test_conversations_are_shown_by_their_messages(tmp_path: Path) -> None:
    rows = [chat_row(number) for number in range(1, 9)]
    reader = Reader(write(tmp_path / "set", "sft", {"a": rows}))
    assert reader.names() == [f"p{n}" if n % 2 else f"p{n}/{n}" for n in range(1, 9)]
    assert "straße" in reader.get("text=straße")


def test_a_growing_dataset_says_how_many_rows_came_without_moving_those_shown(tmp_path: Path) -> None:
    uri = write(tmp_path / "set", "filtered", {"b": ROWS[:10]}, finish=False)
    reader = Reader(uri)
    page = reader.get()
    assert f'sse-connect="/live/{reader.opened.key}"' in page
    write(tmp_path / "set", "filtered", {"a": ROWS[10:30], "b": ROWS[:10]}, finish=False)
    assert "30 rows now, 20 more than on this page" in reader.get("rows=10", "/total")
    assert reader.names()[0] == name_of(ROWS[10])


def test_a_damaged_shard_is_one_plain_page(tmp_path: Path) -> None:
    reader = Reader(write(tmp_path / "set", "filtered", {"a": ROWS[:10]}))
    (tmp_path / "set/data/a.parquet").unlink()
    answer = reader.client.get(f"{reader.opened.path}/rows")
    assert answer.status_code == 400
    assert "a.parquet" in answer.text
    assert "r1 check" in answer.text
