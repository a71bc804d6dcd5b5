"""Bars and histograms as values that templates draw: widths in per cent of the picture, a link to the rows of each.

Pictures are SVG with presentation attributes alone; their labels are text of the page, so that they wrap, can be
selected and are read out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "good", "bad", "unsure", "rest", "c1", "c2", "c3"]
LEAST_WIDTH = 0.4
"""Per cent of the picture that a bar of more than nothing takes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a list: `count` things, `share` of all (None where shares do not add up), the rows behind it.

    `width` is in per cent of the picture. `note` stands behind the share.
    """

    label: str
    count: int
    share: float | None
    width: float
    href: str | None = None
    tone: Tone = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A list of bars with a title. `rest` is a line below it, of what is not drawn; `more` are bars that are folded."""

    name: str
    title: str
    note: str
    bars: Sequence[Bar]
    more: Sequence[Bar] = ()
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a histogram, placed in per cent of its width and height; y counts from the top."""

    label: str
    count: int
    x: float
    width: float
    y: float
    height: float
    href: str | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of the axis below a histogram, at `x` per cent of its width."""

    label: str
    x: float
    anchor: Literal["start", "middle", "end"] = "middle"


@dataclass(frozen=True, slots=True)
class Histogram:
    """Columns beside each other; `most` is the count of the highest."""

    title: str
    note: str
    columns: Sequence[Column]
    ticks: Sequence[Tick]
    most: int


def width_of(count: int, most: int) -> float:
    """The width of a bar in per cent, the greatest 100."""
    return max(LEAST_WIDTH, round(100 * count / most, 2)) if count and most else 0.0


def columns_of(counts: Sequence[tuple[str, int, str | None]]) -> list[Column]:
    """Columns of a histogram from label, count and link, of equal width."""
    most = max((count for _, count, _ in counts), default=0)
    step = 100 / max(1, len(counts))
    columns = []
    for place, (label, count, href) in enumerate(counts):
        height = width_of(count, most)
        columns.append(
            Column(
                label,
                count,
                round(step * place + 0.06 * step, 3),
                round(0.88 * step, 3),
                round(100 - height, 2),
                height,
                href if count else None,
            )
        )
    return columns


def percent(share: float) -> str:
    """`47 %`, `4.7 %`, `0.02 %`."""
    if share == 0 or share >= 0.0995:
        return f"{share * 100:.0f} %"
    return f"{share * 100:.1f} %" if share >= 0.00095 else f"{share * 100:.2g} %"
