"""Hostile rows in a browser: nothing of them runs, leaves the machine, or breaks a page."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Dialog, expect

from r1data.recipe.report.links import window_key
from r1data.window.library import Library, OpenDataset
from r1data.window.pages.row import row_id_of
from tests.window.browser import Browse, Window
from tests.window.hostile_rows import PAYLOADS, build

PARTS = 3
PATIENCE = 60_000
"""Milliseconds; a limit, not a measurement."""
PROMPTS = 10
"""Of every so many rows the page of the prompt is opened too."""
IS_WHOLE = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const names = ["href", "action", "src", "hx-get"];
  const target = (each) => names.map((name) => each.getAttribute(name)).find((it) => it !== null);
  const isOwn = (each) => /^([/](?![/])|#|[?]|data:,$)/.test(each);
  return {
    canary: window.__canary ?? null,
    main: all("main#main").length === 1 && document.body.lastElementChild.id === "main",
    heads: all("h1").length,
    alien: all("iframe, object, embed, base, meta[http-equiv], [onload], [onerror], [onclick], main img, main style")
      .concat(all("main script:not([type='application/json'])")).map((each) => each.outerHTML.slice(0, 80)),
    links: all("a[href], form[action], [src], [hx-get]").map(target).filter((each) => !isOwn(each)),
  };
}"""
DRAWN = """() => new Promise((done) => requestIdleCallback(() => requestIdleCallback(() => done(true))))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("hostile") / "rows")


@pytest.fixture(scope="module")
def paths(folder: Path) -> list[list[str]]:
    """The paths of each row's pages."""
    opened = Library().open(str(folder))
    assert isinstance(opened, OpenDataset)
    rows = opened.table.fetch(range(opened.table.rows), ["prompt_id", "sample_index"])
    return [
        [
            f"{opened.path}/row?{urlencode({'id': row_id_of(row), 'at': number})}",
            *(
                [f"{opened.path}/prompt?{urlencode({'id': row['prompt_id']})}"]
                if number % PROMPTS == 0
                else []
            ),
        ]
        for number, row in enumerate(rows)
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_hostile_row_is_only_text(
    part: int, window: Callable[..., Window], browse: Browse, folder: Path, paths: list[list[str]]
) -> None:
    server = window("view", folder)
    page = browse(server.address)
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    assert len(paths) == len(PAYLOADS) >= 100
    for number in range(part, len(paths), PARTS):
        for path in paths[number]:
            where = f"payload {number}, {PAYLOADS[number][:60]!r}, at {path[:60]}"
            response = page.goto(server.base + path, timeout=PATIENCE)
            assert response is not None and response.status == 200, where
            assert page.evaluate(DRAWN)
            # a page that is left while a part of it is on its way tells the console so
            expect(page.locator(".htmx-request")).to_have_count(0, timeout=PATIENCE)
            seen = page.evaluate(IS_WHOLE)
            assert seen == {"canary": None, "main": True, "heads": 1, "alien": [], "links": []}, where
            assert browse.unexpected() == [], where
    assert dialogs == []


@pytest.mark.parametrize("path", ["rows", "rows?text=script&sort=-sample_index", "set"])
def test_pages_of_all_rows_show_them_as_text(
    path: str, window: Callable[..., Window], browse: Browse, folder: Path
) -> None:
    server = window("view", folder)
    page = browse(server.address)
    response = page.goto(f"{server.base}/d/{window_key(str(folder))}/{path}")
    assert response is not None and response.status == 200
    page.wait_for_load_state("networkidle")
    assert page.evaluate(IS_WHOLE) == {"canary": None, "main": True, "heads": 1, "alien": [], "links": []}
