"""The annotator's desk in a browser: keyboard alone, two at once, reloads and kills; nothing is lost or twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from r1data.data.dataset import Dataset
from r1data.exchange.review.dealing import ReadingsNeeded
from r1data.exchange.review.desk import ReviewSettings
from r1data.lineage.rows import row_name
from tests.window.browser import (
    ACTION_SECONDS,
    NARROW,
    TOKEN,
    Browse,
    Window,
    axe,
    axe_here,
    close_pages,
    pictures,
)
from tests.window.desks import decisions, journal, sample, served_desk, undone, write_rows

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

expect.set_options(timeout=1000 * ACTION_SECONDS)
Start = Callable[..., Window]
Here = Callable[..., str]
NOT_THERE = "net::ERR_"


@pytest.fixture
def desk(tmp_path: Path, window: Start) -> Start:
    """`r1 review` of some sums, none of them read twice, as a process."""

    def start(count: int) -> Window:
        write_rows(tmp_path / "kept", [sample(number) for number in range(1, count + 1)])
        return window("review", "kept", "-o", "reviewed", "--dropped", "rejected", "--twice", 0)

    return start


@pytest.fixture
def desk_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origins: set[str], contexts: list[Any]
) -> Iterator[Callable[..., str]]:
    """The same desk in this process, which starts at once; its address."""
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:

        def start(rows: int | list[dict[str, Any]] = 3, **settings: Any) -> str:
            samples = rows if isinstance(rows, list) else [sample(number) for number in range(1, rows + 1)]
            write_rows(tmp_path / "kept", samples)
            given = ReviewSettings(**{"twice_share": 0.0, **settings})
            origin = stack.enter_context(served_desk("kept", "reviewed", given, "rejected"))
            origins.add(origin)
            return f"{origin}/review?token={TOKEN}"

        yield start
        close_pages(contexts)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "reviewed"


def sit_down(page: Page, name: str) -> Page:
    """Enters a name, by keyboard, and waits for the row."""
    expect(page.locator("#reviewer")).to_be_visible()
    if page.locator("#reviewer").evaluate("field => field !== document.activeElement"):
        page.locator("#reviewer").focus()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("decided")
    # a reload would break off what is on its way, which is told as an error
    page.wait_for_load_state("networkidle")
    return page


def says(page: Page, text: str) -> None:
    expect(page.locator("#status")).to_contain_text(text)


def shown(page: Page) -> str:
    """The id of the row that is shown."""
    return page.locator("#row-title").inner_text().split()[-1].partition("/")[0]


def test_the_path_by_keyboard_alone(browse: Browse, desk: Start, out: Path, tmp_path: Path) -> None:
    page = browse(desk(6).address)
    press, write = page.keyboard.press, page.keyboard.type
    expect(page.locator("#reviewer")).to_be_focused()
    sit_down(page, "Ana")
    expect(page.locator("#row-title")).to_contain_text("sum-001")

    press("j")
    press("j")
    expect(page.locator(".paragraph.current")).to_contain_text("The tens")
    press("k")
    expect(page.locator(".paragraph.current")).to_contain_text("We need")
    press("n")
    write("clear and short")
    press("Escape")
    press("a")
    says(page, "Accepted; 1 of 6 decided")

    press("e")
    expect(page.locator("#edit-reasoning")).to_be_focused()
    press("Control+Home")
    write("First of all: ")
    press("Tab")
    press("Control+End")
    write(" Done.")
    press("Control+Enter")
    says(page, "Edited; 2 of 6 decided")

    press("r")
    press("3")
    says(page, "Rejected; 3 of 6 decided")
    press("r")
    page.keyboard.press("Shift+Tab")
    page.locator("#reason").focus()
    write("asks for nothing")
    press("Enter")
    says(page, "Rejected; 4 of 6 decided")

    press("s")
    says(page, "Skipped; 4 of 6 decided")
    assert shown(page) == "sum-006"
    press("u")
    says(page, "Taken back: sum-005/0; 4 of 6 decided")
    assert shown(page) == "sum-005"
    press("?")
    expect(page.locator("#help")).to_be_visible()
    press("a")  # not while the keys are explained
    press("Escape")
    press("a")
    says(page, "Accepted; 5 of 6 decided")
    press("a")
    says(page, "Accepted; 6 of 6 decided")
    expect(page.locator("#row-title")).to_have_text("All rows are decided")

    page.locator("[data-do=ask-finish]").focus()
    press("Enter")
    expect(page.locator("#finish")).to_contain_text("All 6 rows are decided")
    press("Enter")
    expect(page.locator("h1")).to_have_text("The review is finished")
    expect(page.locator("pre")).to_contain_text("r1 filter reviewed -o reviewed-kept")

    rows = {row["prompt_id"]: row for row in Dataset(out).table().to_pylist()}
    assert {name: row["review_decision"] for name, row in rows.items()} == {
        "sum-001": "accept", "sum-002": "edit", "sum-005": "accept", "sum-006": "accept",
    }  # fmt: skip
    assert {row["reviewed_by"] for row in rows.values()} == {"Ana"}
    assert "clear and short" in rows["sum-001"]["review_note"]
    edited = rows["sum-002"]
    assert edited["reasoning"].startswith("First of all: We need") and edited["answer"].endswith(" Done.")
    rejected = Dataset(tmp_path / "rejected").table().to_pylist()
    assert [row["prompt_id"] for row in rejected] == ["sum-003", "sum-004"]
    assert [entry.get("reason") for entry in journal(out) if entry["decision"] == "reject"] == [
        "not readable", "asks for nothing",
    ]  # fmt: skip


def test_two_at_once_share_no_row_but_those_read_twice(browse: Browse, desk_here: Here, out: Path) -> None:
    address = desk_here(12, twice_share=0.4, seed=1)
    pages = {name: sit_down(browse(address), name) for name in ("Ana", "Ben")}
    twice = ReadingsNeeded(0.4, 1, lambda number: row_name(f"sum-{number + 1:03}", 0), most=2)
    read_twice = {f"sum-{number + 1:03}" for number in range(12) if twice(number) == 2}
    assert 0 < len(read_twice) < 12
    for _ in range(30):
        names = [shown(page) for page in pages.values() if page.locator("#row-data").count()]
        if not names:
            break
        assert len(set(names)) == len(names)
        for page in pages.values():
            if page.locator("#row-data").count():
                row = shown(page)
                page.keyboard.press("a")
                expect(page.locator("#row-title")).not_to_contain_text(row)
            else:
                page.reload()
    readers = {name: [reviewer for reviewer, _ in each] for name, each in decisions(out).items()}
    assert len(readers) == 12
    assert {name for name, each in readers.items() if len(each) == 2} == read_twice
    assert all(sorted(set(each)) == sorted(each) for each in readers.values())
    page = pages["Ana"]
    page.reload()
    expect(page.locator("#standing")).to_contain_text("12 of 12 rows decided")
    expect(page.get_by_role("region", name="Agreement")).to_contain_text("Ana and Ben")
    # both only ever accepted, so that no figure is defined
    expect(page.get_by_role("row", name="Krippendorff")).to_contain_text("100%")
    expect(page.get_by_role("row", name="Krippendorff")).to_contain_text("–")


def test_a_reload_in_the_middle_of_an_edit_loses_nothing(browse: Browse, desk_here: Here, out: Path) -> None:
    page = sit_down(browse(desk_here(2)), "Ana")
    page.keyboard.press("n")
    page.keyboard.type("half done")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.type("Half of an edit. ")
    page.reload()
    assert shown(page) == "sum-001"
    expect(page.locator("#edit-reasoning")).to_have_value(re.compile("^Half of an edit. We need"))
    page.keyboard.press("Escape")
    says(page, "Draft kept")
    page.keyboard.press("e")
    page.keyboard.press("Control+Enter")
    says(page, "Edited; 1 of 2 decided")
    (entry,) = journal(out)
    assert entry["texts"]["reasoning"].startswith("Half of an edit. We need") and entry["note"] == "half done"
    assert set(entry["texts"]) == {"reasoning"}


def test_a_decision_while_the_server_is_dead_arrives_once(browse: Browse, desk: Start, out: Path) -> None:
    browse.expect(NOT_THERE)
    window = desk(3)
    page = sit_down(browse(window.address), "Ana")
    window.kill()
    page.keyboard.press("r")
    page.keyboard.press("1")
    says(page, "Not stored yet")
    page.keyboard.press("a")  # decides nothing while the first one is on its way
    window.start()
    says(page, "Rejected; 1 of 3 decided")
    assert decisions(out) == {"sum-001": [("Ana", "reject")]}


def test_a_kill_between_storing_and_answering_stores_once(browse: Browse, desk: Start, out: Path) -> None:
    browse.expect(NOT_THERE)
    window = desk(3)
    page = sit_down(browse(window.address), "Ana")

    def lose_answer(route: Route) -> None:
        assert route.fetch().ok
        window.kill()
        route.abort()

    page.route("**/review/entry", lose_answer, times=1)
    page.keyboard.press("a")
    says(page, "Not stored yet")
    assert len(journal(out)) == 1
    window.start()
    says(page, "Accepted; 1 of 3 decided")
    assert decisions(out) == {"sum-001": [("Ana", "accept")]} and shown(page) == "sum-002"


def test_a_reload_while_the_server_is_dead_keeps_the_decision(browse: Browse, desk: Start, out: Path) -> None:
    browse.expect(NOT_THERE)
    window = desk(3)
    page = sit_down(browse(window.address), "Ana")
    window.kill()
    page.keyboard.press("e")
    page.keyboard.type("Kept. ")
    page.keyboard.press("Control+Enter")
    says(page, "Not stored yet")
    page.close()  # with the browser's window the page is gone; its storage is not
    window.start()
    again = browse(window.address, context=page.context)
    says(again, "Edited; 1 of 3 decided")
    (entry,) = journal(out)
    assert entry["texts"]["reasoning"].startswith("Kept. We need")


def test_a_decision_waits_for_the_new_token_of_a_window(browse: Browse, desk: Start, out: Path) -> None:
    browse.expect(f"{NOT_THERE}|status of 401")
    window = desk(3)
    page = sit_down(browse(window.address), "Ana")
    window.kill()
    window.token = "another-token-than-before"
    window.start()
    page.keyboard.press("a")
    says(page, "open the address that it printed")
    browse(window.address, context=page.context)  # the reviewer opens it in another tab
    says(page, "Accepted; 1 of 3 decided")
    assert decisions(out) == {"sum-001": [("Ana", "accept")]}


def test_an_entry_that_is_refused_stays_until_the_reviewer_says(
    browse: Browse, desk_here: Here, out: Path
) -> None:
    browse.expect("status of 400")
    page = sit_down(browse(desk_here(3)), "Ana")
    answer = {"status": 400, "json": {"error": "sum-001/0: <b>the entry</b> is of another response"}}
    page.route("**/review/entry", lambda route: route.fulfill(**answer), times=1)  # type: ignore[arg-type]
    page.keyboard.press("a")
    expect(page.locator("#refused")).to_contain_text("accept of sum-001/0: sum-001/0: <b>the entry</b>")
    page.reload()
    expect(page.locator("#refused")).to_contain_text("Not stored")
    page.get_by_role("button", name="Send it again").click()
    says(page, "Accepted; 1 of 3 decided")
    expect(page.locator("#refused")).to_be_hidden()
    assert decisions(out) == {"sum-001": [("Ana", "accept")]}


def test_undo_brings_the_row_back_with_what_was_entered(browse: Browse, desk_here: Here, out: Path) -> None:
    page = sit_down(browse(desk_here(3)), "Ana")
    page.keyboard.press("n")
    page.keyboard.type("a note")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.type("New. ")
    page.keyboard.press("Control+Enter")
    says(page, "Edited; 1 of 3 decided")
    page.keyboard.press("u")
    says(page, "Taken back: sum-001/0; 0 of 3 decided")
    expect(page.locator("#note")).to_have_value("a note")
    expect(page.locator("#draft")).to_contain_text("You edited this row before")
    page.keyboard.press("e")
    assert page.locator("#edit-reasoning").input_value().startswith("New. We need")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    says(page, "Accepted; 1 of 3 decided")
    assert [entry["decision"] for entry in journal(out)] == ["edit", "accept"] and undone(out) == 1
    page.keyboard.press("u")
    page.keyboard.press("u")
    says(page, "0 of 3 decided")


def test_only_the_names_that_were_given_review(browse: Browse, desk_here: Here) -> None:
    page = browse(desk_here(2, reviewers=("Ana", "<b>Ben</b>")))
    expect(page.locator("#reviewer")).to_have_count(0)
    expect(page.get_by_role("button", name="Ana")).to_be_focused()
    page.get_by_role("button", name="<b>Ben</b>").press("Enter")
    expect(page.locator(".who")).to_contain_text("<b>Ben</b>")
    says(page, "decided")
    page.keyboard.press("a")
    says(page, "Accepted")


def test_single_keys_can_be_turned_off(browse: Browse, desk_here: Here, out: Path) -> None:
    page = sit_down(browse(desk_here(2)), "Ana")
    page.keyboard.press("?")
    page.locator("#keys-on").press("Space")
    page.keyboard.press("Escape")
    page.reload()
    says(page, "decided")
    page.keyboard.press("a")
    page.get_by_role("button", name="Skip").click()
    says(page, "Skipped")
    assert decisions(out) == {"sum-001": [("Ana", "skip")]}


HOSTILE = {
    "script": "<script>document.title = 'ran'</script></script><script>alert(1)</script>",
    "svg": "<svg onload=\"document.title='ran'\"><a href='javascript:alert(1)'><text y='9'>x</text></a></svg>",
    "image": "<img src=x onerror=\"document.title='ran'\"> ![x](http://127.0.0.2/x.png) </textarea></details>",
    "json": '</script><!-- \u2028 {"a": 1} ]]> &lt;script&gt; {{ 7 * 7 }} {% raw %}',
    "bidi": "start \u202e drawkcab \u2066 \u200b \x1b[31m red \x07 \x00 end",
    "maths": "$\\def\\a{\\a\\a}\\a$ $\\href{javascript:alert(1)}{x}$ $\\includegraphics{http://127.0.0.2/x}$ "
    "$$\\url{http://127.0.0.2}$$ $\\htmlStyle{color:red}{x}$",
    "line": "x" * 1_000_000,
    "lines": "\n\n".join("paragraph <b> $x^2$" for _ in range(2_000)),
}

FOREIGN = "#desk :is(img, b, iframe, svg [onload], a:not([href^='/d/kept-'])), #desk script:not([type$=json])"
"""Elements that no page of the desk has, whatever the row."""


def test_hostile_rows_neither_run_nor_break_the_desk(browse: Browse, desk_here: Here, out: Path) -> None:
    rows = [
        sample(number, prompt_id=f"{name}-<b>", prompt=text[:100_000], reasoning=text, answer=text, response=text,
               truth=text[:100], extracted=text[:100], model=text[:100], verdict_reason=text[:100])
        for number, (name, text) in enumerate(HOSTILE.items())
    ]  # fmt: skip
    address = desk_here(rows)
    page = sit_down(browse(address), "<img src=x onerror=alert(1)>")
    for number, (name, text) in enumerate(HOSTILE.items(), start=1):
        assert shown(page) == f"{name}-<b>"
        assert page.locator(FOREIGN).count() == 0
        expect(page).to_have_title("Review · reviewed")
        page.keyboard.press("j")
        page.keyboard.press("e")
        field = page.locator("#edit-answer")
        assert len(field.input_value()) >= len(text) - 2
        page.keyboard.press("Escape")
        says(page, "Nothing was changed")
        page.keyboard.press("a")
        says(page, f"Accepted; {number} of {len(HOSTILE)} decided")
    assert all("texts" not in entry for entry in journal(out))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_serious_fault(browse: Browse, desk_here: Here, dark: bool) -> None:
    address = desk_here(3, twice_share=1.0)
    name_page = browse(address, dark=dark, bypass_csp=True)
    assert axe_here(name_page) == []
    page = sit_down(name_page, "Ana")
    assert axe_here(page) == []
    # in the dark only what has colours of its own
    for keys in ("e", "r") if dark else ("j", "e", "r", "?", "n"):
        page.keyboard.press(keys)
        assert axe_here(page) == [], keys
        page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.press("2")
    says(page, "Rejected")
    ben = sit_down(browse(address), "Ben")
    ben.keyboard.press("a")
    says(ben, "Accepted")
    narrow = browse(address, width=NARROW, dark=dark, bypass_csp=True)
    sit_down(narrow, "Cleo")
    expect(narrow.locator(".conflict")).to_contain_text("Ana: reject, wrong thoughts")
    assert axe_here(narrow) == []


def test_pages_are_as_wide_as_the_screen(browse: Browse, desk_here: Here) -> None:
    address = desk_here(3)
    page = browse(address, width=NARROW)
    pictures(page, "desk-name")
    sit_down(page, "Ana")
    for name, keys, closing in (
        ("row", "j", None), ("edit", "e", "Escape"), ("reject", "r", "Escape"), ("keys", "?", "Escape"),
    ):  # fmt: skip
        page.keyboard.press(keys)
        pictures(page, f"desk-{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, name
        if closing:
            page.keyboard.press(closing)
    page.keyboard.press("a")
    says(page, "Accepted")
    page.locator("[data-do=ask-finish]").click()
    pictures(page, "desk-finish")
    page.locator("[data-do=finish]").click()
    expect(page.locator("h1")).to_have_text("The review is finished")
    pictures(page, "desk-finished")
    assert axe(page) == []
