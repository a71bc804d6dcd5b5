"""The page of a row in a browser: formulae are drawn under the policy, paragraphs open by keyboard."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from playwright.sync_api import expect

from r1data.data.commits import Command
from r1data.data.schema import load_schema
from r1data.data.writer import Writer
from r1data.filters.limits import LIMITS
from r1data.filters.registry import recorded_limits
from r1data.recipe.report.links import window_key
from tests.window.browser import NARROW, Browse, Window, axe, pictures
from tests.window.test_row_page import filtered

FORMULAE = r"""First, \(\frac{a}{b}\) and $x^2 + \sqrt{y}$ cost $5 and $6, but not $\unknown{x}$.

\[ \int_0^1 \begin{pmatrix} a & b \\[2pt] c & d \end{pmatrix} \, dx = \underbrace{x}_{n} \vec{v} \oiint \boxed{8} \pmb{x} \]

Donc la somme des deux nombres est égale à douze. Then we go on.
"""  # noqa: E501 - a formula is one line
STEPS = "\n\n".join(
    f"Item {chr(97 + n // 26)}{chr(97 + n % 26)}:\nwe add {n} to what we have." for n in range(150)
)


@pytest.fixture
def address(tmp_path: Path, window: Callable[..., Window]) -> str:
    """The address of a row with formulae, a fault and many paragraphs, with the token."""
    types = [(column.name, column.type) for column in load_schema("filtered").columns]
    rows = [
        filtered(n, f"{FORMULAE}\n{STEPS}", r"So \(\boxed{8}\).", drop_reasons=["mixed_language"])
        for n in (1, 2)
    ]
    command = Command("filter", {"limits": recorded_limits(LIMITS), "skip": [], "filters": {}})
    with Writer.open(tmp_path / "d", schema="filtered", command=command, announce=False) as writer:
        writer.publish("shard", pa.Table.from_pylist(rows, pa.schema(types)))
        writer.finish({})
    return window("view", tmp_path / "d").url(f"/d/{window_key(str(tmp_path / 'd'))}/row?id=p1/0&at=0")


def test_formulae_are_drawn_and_others_stay_text(address: str, browse: Browse) -> None:
    page = browse(address)
    expect(page.locator(".paragraphs .maths.drawn")).to_have_count(3)
    expect(page.locator(".maths.drawn .katex").first).to_be_visible()
    assert page.locator(".paragraphs .maths:not(.drawn)").all_text_contents() == [r"$\unknown{x}$"]
    # a wide sign has the width that KaTeX gives it as a style
    assert page.locator(".maths svg").first.evaluate("(svg) => svg.getBoundingClientRect().width") > 1
    pictures(page, "row")


def test_the_page_is_read_by_keyboard_and_by_readers_of_screens(address: str, browse: Browse) -> None:
    page = browse(address)
    assert axe(page) == []
    assert page.locator(".paragraphs details[open] mark").count() == 0  # the marked paragraph is one line
    details = page.locator(".paragraphs details").first
    assert details.get_attribute("open") is None
    details.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(details.locator(".rest")).to_be_visible()
    button = page.get_by_role("button", name="Open all paragraphs")
    button.focus()
    page.keyboard.press("Space")
    expect(page.locator(".paragraphs details:not([open])")).to_have_count(0)
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("p2/0")


def test_a_narrow_page_is_not_scrolled_sideways(address: str, browse: Browse) -> None:
    page = browse(address, width=NARROW)
    expect(page.locator(".paragraphs .maths.drawn")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    assert axe(page) == []
