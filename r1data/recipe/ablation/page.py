"""`receipts.html`: what each filter is worth as dots with their 95% intervals, and the table. One file, no script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from r1data.recipe.ablation.receipts import METRIC, Receipt, Receipts, explanation, table
from r1data.recipe.report.markup import Markup, document, join, tag
from r1data.recipe.report.page import STYLE, save

FILE = "receipts.html"
WIDTH, LEFT, RIGHT, ROW, TOP = 400, 130, 16, 26, 22


def write(receipts: Receipts, folder: Path) -> Path:
    """Writes the page into the folder."""
    title = f"What each filter of {receipts.facts['recipe']} is worth"
    notes = [tag("p", line, class_="note") for line in explanation(receipts)]
    body = tag("main", tag("h1", title), tag("figure", picture(receipts)), _table(receipts), *notes)
    path = folder / FILE
    save(document(title, STYLE, body), path)
    return path


def picture(receipts: Receipts) -> Markup:
    """A dot and an interval for each arm's worth, in points; 0 is a line across."""
    shown = [each for each in receipts.receipts if each.worth is not None]
    ends = [end * 100 for each in shown for end in _ends(each)]
    most = max([1.0, *map(abs, ends)])
    height = TOP + ROW * len(shown) + 20

    def x(points: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (points + most) / (2 * most), 1)

    parts = [
        tag("title", f"{METRIC} with all filters minus {METRIC} of each arm, in points, with 95% intervals"),
        tag("text", f"points of {METRIC}: right of the line, the filter pays", x=0, y=12),
        tag("line", class_="axis", x1=x(0), x2=x(0), y1=TOP, y2=height - 18),
    ]
    for number, each in enumerate(shown):
        parts += _row(each, x(_value(each)), [x(end * 100) for end in _ends(each)], TOP + ROW * number + 12)
    for points in (-most, 0.0, most):
        parts.append(tag("text", f"{points:+.1f}", x=x(points), y=height - 4, text_anchor="middle"))
    return tag("svg", join(parts, "\n"), viewBox=f"0 0 {WIDTH} {height}", role="img")


def _row(receipt: Receipt, dot: float, ends: Sequence[float], y: float) -> list[Markup]:
    corners = ((dot - 4, y), (dot, y - 4), (dot + 4, y), (dot, y + 4))
    points = " ".join(f"{round(a, 1)},{b}" for a, b in corners)
    return [
        tag("text", receipt.arm.name, x=0, y=y + 4),
        tag("line", class_="line c0", x1=ends[0], x2=ends[-1], y1=y, y2=y),
        tag("polygon", class_="line c0", points=points),
    ]


def _value(receipt: Receipt) -> float:
    return receipt.worth.difference.value * 100 if receipt.worth else 0.0


def _ends(receipt: Receipt) -> list[float]:
    if receipt.worth is None:
        return []
    each = receipt.worth.difference
    return [each.value if end is None else end for end in (each.low, each.high)]


def _table(receipts: Receipts) -> Markup:
    rows = table(receipts)
    columns = list(next(iter(rows.values())))
    head = tag("tr", *(tag("th", name, scope="col") for name in ("arm", *columns)))
    body = [
        tag("tr", tag("th", name, scope="row"), *(tag("td", cells[column]) for column in columns))
        for name, cells in rows.items()
    ]
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="scroll", tabindex=0)
