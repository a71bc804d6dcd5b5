"""Lineage, samples and comparisons in a browser: what htmx brings, how both sides lie, what axe-core says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from r1data.exchange.ingest import ingest
from r1data.recipe.report.links import window_key
from tests.window.browser import NARROW, Browse, Window, axe, pictures
from tests.window.lineages import project
from tests.window.test_compare_page import rows

__all__ = ["project"]
Start = Callable[..., Window]


def path(place: Path, page: str, **query: str) -> str:
    return f"/d/{window_key(str(place))}/{page}?" + "&".join(
        f"{name}={value}" for name, value in query.items()
    )


def test_a_dropped_row_leads_through_its_lineage_to_what_it_lost_to(
    browse: Browse, window: Start, project: Path
) -> None:
    opened = window("view", project / "left-out", project / "dropped")
    page = browse(opened.url(path(project / "dropped", "row", id="sums-0/3")))
    page.get_by_role("link", name="Beside what it lost to").click()
    page.wait_for_url("**/lost?*")
    assert page.get_by_text("Stayed").is_visible()
    page.goto(opened.url(path(project / "left-out", "lost", id="sums-2/0")))
    assert page.locator("mark.shared").first.is_visible()
    assert axe(page) == []
    pictures(page, "lost-contaminated")
    page.goto(opened.url(path(project / "dropped", "lineage", id="sums-0/3")))
    assert axe(page) == []
    pictures(page, "lineage")


def test_a_text_of_a_group_opens_by_keyboard(browse: Browse, window: Start, tmp_path: Path) -> None:
    place = verified(tmp_path / "verified", rows("m", {"p": "cictcc"}))
    page = browse(window("view", place).url(path(place, "prompt", id="p")))
    page.locator(".sample summary").nth(2).focus()
    page.keyboard.press("Enter")
    page.locator(".sample .text").wait_for()
    assert "m says correct <b>bold</b>" in page.locator(".sample .text").inner_text()
    assert axe(page) == []
    pictures(page, "prompt")


def test_two_sets_lie_side_by_side_and_below_each_other_where_it_is_narrow(
    browse: Browse, window: Start, tmp_path: Path
) -> None:
    one = verified(tmp_path / "one", rows("m-1", {"p": "cc", "q": "ci", "r": "i"}))
    other = verified(tmp_path / "other", rows("m-2", {"p": "ii", "q": "cc", "r": "c"}))
    opened = window("view", one, other)
    address = opened.url(f"/compare?a={window_key(str(one))}&b={window_key(str(other))}")
    page = browse(address)
    left, right = boxes(page)
    assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
    page.get_by_role("link", name="B is right less often 1").click()
    page.wait_for_url("**change=worse*")
    assert page.locator(".pair").count() == 1
    assert axe(page) == []
    pictures(page, "compare")
    narrow = browse(address, width=NARROW, dark=True)
    above, below = boxes(narrow)
    assert above["y"] + above["height"] <= below["y"] and above["x"] == below["x"]
    assert narrow.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe(narrow) == []


def boxes(page: Any) -> list[dict[str, float]]:
    return [card.bounding_box() for card in page.locator(".pair").first.locator(".sides > .card").all()]


def verified(place: Path, entries: list[dict[str, Any]]) -> Path:
    file = place.with_suffix(".jsonl")
    file.write_text("".join(json.dumps(each) + "\n" for each in entries))
    ingest(str(file), str(place), workers=1)
    return place
