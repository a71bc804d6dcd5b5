"""The pictures of a set: what they count is what the rows say, and every bar leads to its rows."""

import html
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from r1data.data.commits import Command
from r1data.data.writer import Writer
from r1data.exchange.ingest import ingest
from r1data.window import set_figures
from r1data.window.app import build_app
from r1data.window.library import Library
from r1data.window.pictures import columns_of, percent, width_of
from r1data.window.table import RowQuery, RowTable
from tests.window.browser import Browse, Window, axe, pictures

TOKEN = "a-token-of-enough-characters"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
BAR = re.compile(
    r'<a href="(/d/[^"]+/rows[^"]*)">\s*<span class="label">(.*?)</span>.*?<span class="figure">([\d,]+)',
    re.S,
)
COLUMN = re.compile(r'<a href="(/d/[^"]+/rows[^"]*)" aria-label="([^"]*): ([\d,]+) rows">')
VERDICTS = ("correct", "incorrect", "incorrect", "unverifiable", "timeout")


def row(number: int, **changes: Any) -> dict[str, Any]:
    verdict = VERDICTS[number % len(VERDICTS)]
    cause = {"unverifiable": "no_answer", "timeout": "limit"}.get(verdict)
    values = {
        "prompt_id": f"p{number // 4}", "prompt": "?", "domain": ("math", "code", "law & order")[number % 3],
        "language": ("en", "zh")[number % 2], "source": "test", "license": None if number % 7 else "MIT",
        "sample_index": number % 4, "response": "a", "finish_reason": "stop", "model": "m", "engine": "e",
        "sampling": "{}", "response_tokens": 1 + number * number, "verdict": verdict, "verdict_cause": cause,
        "verifier_version": "1", "lost_to": None, "contaminated_by": None,
        "drop_reasons": [] if verdict == "correct" else [verdict] + ["repetition"] * (number % 2),
    }  # fmt: skip
    return {**values, **changes}


ROWS = [
    *(row(number) for number in range(60)),
    *(row(60 + n, drop_reasons=["duplicate"], lost_to="p0/0") for n in range(3)),
    row(63, drop_reasons=["duplicate"], lost_to="p1/2"),
    *(row(64 + n, drop_reasons=["contaminated"], contaminated_by=f"aime.jsonl:{n}") for n in range(2)),
]


def write(
    place: Path, *shards: list[dict[str, Any]], complete: bool = True, schema: str = "filtered"
) -> Path:
    with Writer.open(str(place), schema=schema, command=Command("filter"), announce=False) as writer:
        for number, rows in enumerate(shards):
            if not writer.has(f"part-{number}"):
                writer.publish(f"part-{number}", pa.Table.from_pylist(rows))
        if complete:
            writer.finish()
    return place


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write(tmp_path / "kept", ROWS[:30], ROWS[30:])


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(
        build_app(library, token=TOKEN), base_url="http://127.0.0.1:8311", headers=HEADERS
    ) as client:
        yield client


def page_of(client: TestClient, library: Library, place: Path) -> str:
    response = client.get(f"{library.open(str(place)).path}/set")
    assert response.status_code == 200, response.text
    return response.text


def test_every_bar_leads_to_as_many_rows_as_it_says(
    client: TestClient, library: Library, dataset: Path
) -> None:
    text = page_of(client, library, dataset)
    table = RowTable(str(dataset))
    bars = [(href, label, count) for href, label, count in BAR.findall(text)]
    counted = dict.fromkeys(("rows", "things"), 0)
    for href, _label, count in [*bars, *COLUMN.findall(text)]:
        query = RowQuery.from_params(parse_qsl(urlsplit(html.unescape(href)).query))
        names = {name for name, *_ in (*query.values, *query.ranges)}
        total = table.select(query).total
        if names & {"prompt_id", "lost_to", "contaminated_by"}:
            assert total >= 1
            counted["things"] += 1
        else:
            assert total == int(count.replace(",", "")), href
            counted["rows"] += 1
    assert counted["rows"] > 25 and counted["things"] > 5


def test_counts_are_those_of_the_rows(dataset: Path) -> None:
    figures = set_figures.figures(RowTable(str(dataset)))
    assert {value.value: value.rows for value in figures.values["domain"]} == Counter(
        r["domain"] for r in ROWS
    )
    assert {value.value: value.rows for value in figures.values["license"]} == Counter(
        r["license"] for r in ROWS
    )
    reasons = Counter(reason for r in ROWS for reason in r["drop_reasons"] or [None])
    assert {value.value: value.rows for value in figures.reasons} == reasons
    assert sum(each.rows for each in figures.lengths) == len(ROWS)
    for each in figures.lengths:
        assert each.rows == sum(each.least <= r["response_tokens"] <= each.most for r in ROWS)
    mean = sum(r["response_tokens"] for r in ROWS) / len(ROWS)
    assert figures.mean_tokens == pytest.approx(mean)
    math = next(value for value in figures.values["domain"] if value.value == "math")
    known = [r for r in ROWS if r["domain"] == "math" and r["verdict_cause"] in (None, "no_answer")]
    assert (math.passed, math.judged) == (sum(r["verdict"] == "correct" for r in known), len(known))


def test_rows_without_a_count_of_tokens_are_in_no_column_of_lengths(tmp_path: Path) -> None:
    place = write(tmp_path / "kept", [row(9), row(10, response_tokens=None)])
    figures = set_figures.figures(RowTable(str(place)))
    assert [(each.rows, each.least > 1) for each in figures.lengths] == [(1, True)] and figures.untold == 1


def test_prompts_are_counted_by_the_share_that_is_correct(tmp_path: Path) -> None:
    def prompt(name: str, *verdicts: str) -> list[dict[str, Any]]:
        return [row(0, prompt_id=name, sample_index=n, verdict=verdict) for n, verdict in enumerate(verdicts)]

    rows = [
        *prompt("none", "incorrect", "incorrect", "timeout"),
        *prompt("tenth", "correct", *["incorrect"] * 9),
        *prompt("half", "correct", "incorrect"),
        *prompt("most", *["correct"] * 19, "incorrect"),
        *prompt("all", "correct", "timeout"),
        *prompt("unknown", "timeout", "error"),
    ]
    figures = set_figures.figures(RowTable(str(write(tmp_path / "kept", rows))))
    groups = {group.label: group.names for group in figures.pass_rates if group.count}
    assert groups == {
        "0 %": ("none",),
        "0–10 %": ("tenth",),
        "40–50 %": ("half",),
        "90–100 %": ("most",),
        "100 %": ("all",),
    }


def test_copies_and_hits_are_counted_by_what_stayed_and_by_file(dataset: Path) -> None:
    figures = set_figures.figures(RowTable(str(dataset)))
    assert [(each.label, each.count, each.rows) for each in figures.cluster_sizes] == [
        ("2", 1, 1),
        ("4", 1, 3),
    ]
    assert [(each.label, each.count) for each in figures.clusters] == [("p0/0", 4), ("p1/2", 2)]
    (hit,) = figures.contamination
    assert (hit.label, hit.count, hit.rows, len(hit.names)) == ("aime.jsonl", 2, 2, 2)


def test_a_set_without_verdicts_or_lengths_has_the_pictures_that_it_can(
    client: TestClient, library: Library, tmp_path: Path
) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a"}\n{"prompt": "bb"}\n')
    ingest(str(tmp_path / "rows.jsonl"), str(tmp_path / "prompts"), workers=1)
    text = page_of(client, library, tmp_path / "prompts")
    assert "Lengths in characters" in text
    assert "Verdicts" not in text and "Near copies" not in text


def test_an_empty_set_that_grows_says_so_and_counts_what_is_there(
    client: TestClient, library: Library, tmp_path: Path
) -> None:
    place = write(tmp_path / "kept", complete=False)
    with Writer.open(str(place), schema="filtered", command=Command("filter"), announce=False) as writer:
        writer.begin()
    text = page_of(client, library, place)
    assert "No rows are committed yet" in text and "The set is growing" in text
    write(place, ROWS[:20], complete=False)
    assert "the 20 rows that are committed so far" in page_of(client, library, place)
    write(place, ROWS[:20], ROWS[20:])
    text = page_of(client, library, place)
    assert "The set is growing" not in text and f"{len(ROWS)} rows" in text


def test_a_state_is_counted_once(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = set_figures.figures(RowTable(str(dataset)))
    monkeypatch.setattr(set_figures, "_counted", lambda table: pytest.fail("counted again"))
    assert set_figures.figures(RowTable(str(dataset))) is first


def test_what_the_same_build_left_out_is_shown_beside_the_set(
    client: TestClient, library: Library, dataset: Path, tmp_path: Path
) -> None:
    kept = write(tmp_path / "sft", [{**row(0), "drop_reasons": [], "lost_to": None}])
    assert "p0/0" not in page_of(client, library, kept)
    library.open(str(dataset))
    text = page_of(client, library, kept)
    assert "From what the same build left out" in text and "p0/0" in text and "aime.jsonl" in text


def test_values_of_strangers_stay_text(client: TestClient, library: Library, tmp_path: Path) -> None:
    hostile = '"><script>alert(1)</script>\x1b[31m\u202e'
    rows = [
        row(0, domain=hostile, source=hostile, model=hostile, lost_to=hostile, drop_reasons=["duplicate"]),
        row(1, contaminated_by=hostile),
    ]
    place = write(tmp_path / "kept", rows)
    text = page_of(client, library, place)
    assert "<script>alert" not in text and "\x1b" not in text and "\u202e" not in text
    href = next(href for href, label, _ in BAR.findall(text) if "alert(1)" in label)
    query = RowQuery.from_params(parse_qsl(urlsplit(html.unescape(href)).query))
    assert RowTable(str(place)).select(query).total == 1


def test_the_papers_table_sums_to_its_total() -> None:
    from r1data.window.paper_set import PAPER_SET, PAPER_TOTAL

    assert sum(each.samples for each in PAPER_SET.values()) == PAPER_TOTAL.samples
    mean = sum(each.samples * each.tokens for each in PAPER_SET.values()) / PAPER_TOTAL.samples
    assert mean == pytest.approx(PAPER_TOTAL.tokens, abs=0.1)


@given(st.integers(1, 2**31 - 1))
def test_bins_meet_without_gaps(number: int) -> None:
    bins = [each for each in (set_figures._bin(n, 0) for n in range(64)) if each.most >= each.least]
    assert all(after.least == before.most + 1 for before, after in itertools.pairwise(bins))
    assert sum(each.least <= number <= each.most for each in bins) == 1


@given(st.lists(st.integers(0, 10**9), max_size=60))
def test_columns_stay_within_their_picture(counts: list[int]) -> None:
    for column in columns_of([("x", count, "/") for count in counts]):
        assert column.x >= 0 and column.x + column.width <= 100.01
        assert column.y >= 0 and column.y + column.height <= 100.01
        assert (column.height > 0) == (column.count > 0)


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.5, "50 %"), (0.0123, "1.2 %"), (0.00012, "0.012 %"), (1, "100 %")]
)
def test_shares_read_well(share: float, text: str) -> None:
    assert percent(share) == text
    assert 0 <= width_of(round(share * 100), 100) <= 100


def test_the_pictures_in_a_browser(window: Callable[..., Window], browse: Browse, dataset: Path) -> None:
    opened = window("view", dataset)
    key = Library().open(str(dataset)).key
    page = browse(opened.url(f"/d/{key}/set"))
    assert page.title() == "kept: the set"
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
    pictures(page, "set")
    # by keyboard: the first bar of the verdicts leads to its rows
    page.locator("section", has_text="Verdicts").get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/rows?verdict=incorrect")


def test_the_pictures_of_a_set_that_grows_follow_it(
    window: Callable[..., Window], browse: Browse, tmp_path: Path
) -> None:
    place = write(tmp_path / "kept", ROWS[:20], complete=False)
    page = browse(window("view", place).url(f"/d/{Library().open(str(place)).key}/set"))
    page.get_by_text("the 20 rows that are committed so far").wait_for()
    write(place, ROWS[:20], ROWS[20:])
    page.locator("#pictures tr.total", has_text=f"{len(ROWS)}").wait_for()
    page.get_by_text("The set is growing").wait_for(state="detached")
