"""The page of rows in a browser: keys, filters that are counted when they are opened, what axe-core says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from r1data.recipe.report.links import window_key
from tests.window.browser import NARROW, Browse, Window, axe, pictures
from tests.window.table.test_table import filtered_row, write

ROWS = [filtered_row(number) for number in range(60)]


def test_rows_are_filtered_and_walked_by_keyboard(
    browse: Browse, window: Callable[..., Window], tmp_path: Path
) -> None:
    uri = write(tmp_path / "set", "filtered", {"a": ROWS})
    opened = window("view", uri)
    page = browse(opened.url(f"/d/{window_key(uri)}/rows"))
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("incorrect").check()
    page.keyboard.press("Enter")
    page.wait_for_url("**verdict=incorrect*")
    assert "20 of 60 rows" in page.locator(".totals").inner_text()
    page.keyboard.press("/")
    page.keyboard.type("sum")
    page.keyboard.press("Enter")
    page.wait_for_url("**text=sum*")
    assert page.locator("mark").first.inner_text().lower() == "sum"
    for _ in range(2):
        page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator(".row-link").first
    assert first.evaluate("link => link === document.activeElement")
    assert axe(page) == []
    pictures(page, "rows")
    page.keyboard.press("Enter")
    page.wait_for_url("**/row?*at=0*")
    page.locator(".waiting").wait_for(
        state="detached"
    )  # what the row's page asks for is not cut off by the end


def test_a_narrow_page_has_no_sideways_scroll(
    browse: Browse, window: Callable[..., Window], tmp_path: Path
) -> None:
    uri = write(tmp_path / "set", "filtered", {"a": ROWS})
    page = browse(
        window("view", uri).url(f"/d/{window_key(uri)}/rows?counts=1&domain=math"), width=NARROW, dark=True
    )
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW
    assert axe(page) == []
