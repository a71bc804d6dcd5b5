"""Line charts as inline SVG: a line for each series, a band of one standard error, axes with units.

Drawn small (400 units wide), so that the text stays readable when a phone scales the picture down. Colours come
from the page's style sheet, so that they follow light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from r1data.recipe.report.markup import Markup, join, tag
from r1data.recipe.report.pool import Curve

WIDTH, HEIGHT = 400, 256
LEFT, RIGHT, BOTTOM = 40, 46, 40
ROW = 19
TICKS = 5
EMPTY: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True)
class Series:
    """A curve and what it is called."""

    label: str
    curve: Curve


@dataclass(frozen=True)
class Frame:
    """From values to places on the canvas."""

    top: float
    max_x: float
    max_y: float
    min_y: float = 0.0

    def x(self, step: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * step / self.max_x, 1)

    def y(self, value: float) -> float:
        inside = min(max(value, self.min_y), self.max_y) - self.min_y
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - self.top) * inside / (self.max_y - self.min_y), 1)


def line_chart(
    series: Sequence[Series], *, name: str, unit: str, share: bool, marks_at: Mapping[int, str] = EMPTY
) -> Markup:
    """The SVG of `series` over optimizer steps.

    `name` becomes the accessible title, `unit` stands above the vertical axis; shares are shown in per cent. `marks_at`
    are steps that get a line across, and what they are.
    """
    legend = len(series) if len(series) > 1 else 0
    high = max(v + (e or 0) for s in series for v, e in zip(s.curve.values, s.curve.errors, strict=True))
    low = min(v for s in series for v in s.curve.values)
    marks = ticks(min(high, 1.0) if share else high)
    if low < 0:
        step = max(marks[1], ticks(-low)[1])
        marks = [
            float(f"{i * step:.12g}")
            for i in range(math.floor(low / step), math.ceil(max(high, 0) / step) + 1)
        ]
    frame = Frame(28 + ROW * legend, max(max(s.curve.steps) for s in series) or 1, marks[-1], marks[0])
    trends = [
        f"{s.label}: {_shown(s.curve.values[0], share)} at step {s.curve.steps[0]}, "
        f"{_shown(s.curve.values[-1], share)} at step {s.curve.steps[-1]}"
        for s in series
    ]
    parts = [
        tag("title", name),
        tag("desc", "; ".join(trends)),
        *_axes(frame, marks, unit, share, ROW * legend),
    ]
    for i, each in enumerate(series[:legend]):
        y = ROW * i + 8
        parts.append(tag("line", class_=f"line c{i}", x1=1, x2=19, y1=y, y2=y))
        parts.append(tag("text", each.label, x=26, y=y + 4, class_=f"c{i}"))
    parts += _marks(frame, marks_at)
    # All bands before all lines, so that no band covers another one's line.
    parts += [_band(frame, s.curve, i) for i, s in enumerate(series)]
    parts += [_line(frame, s.curve, i) for i, s in enumerate(series)]
    parts += _ends(frame, series, share)
    return tag("svg", join(parts, "\n"), viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img")


def ticks(high: float) -> list[float]:
    """Round marks from 0 to at least `high`, about five of them."""
    if high <= 0:
        return [0.0, 1.0]
    rough = high / (TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    # The tolerances keep an error of rounding from adding a mark, or from taking a step twice as large.
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    return [float(f"{i * step:.12g}") for i in range(math.ceil(high / step - 1e-9) + 1)]


def _axes(frame: Frame, marks: Sequence[float], unit: str, share: bool, offset: float) -> list[Markup]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [tag("text", unit, x=0, y=offset + (16 if offset else 12))]
    for mark in marks:
        y = frame.y(mark)
        parts.append(tag("line", class_="axis" if mark == 0 else "grid", x1=LEFT, x2=right, y1=y, y2=y))
        label = _tick(mark * 100 if share else mark)
        parts.append(tag("text", label, x=LEFT - 7, y=y + 4, text_anchor="end"))
    parts += [
        tag("text", _tick(mark), x=frame.x(mark), y=bottom + 17, text_anchor="middle")
        for mark in ticks(frame.max_x)
        if mark <= frame.max_x
    ]
    parts.append(tag("text", "optimizer steps", x=(LEFT + right) / 2, y=HEIGHT - 5, text_anchor="middle"))
    return parts


def _marks(frame: Frame, marks_at: Mapping[int, str]) -> list[Markup]:
    parts = []
    for step, text in marks_at.items():
        x = frame.x(min(step, frame.max_x))
        line = tag("line", class_="mark", x1=x, x2=x, y1=frame.top, y2=HEIGHT - BOTTOM)
        parts += [line, tag("text", text, class_="mark", x=x, y=frame.top - 4, text_anchor="middle")]
    return parts


def _band(frame: Frame, curve: Curve, index: int) -> Markup:
    points = [
        (s, v, e) for s, v, e in zip(curve.steps, curve.values, curve.errors, strict=True) if e is not None
    ]
    if len(points) < 2:
        return join(())
    upper = [f"{frame.x(s)},{frame.y(v + e)}" for s, v, e in points]
    lower = [f"{frame.x(s)},{frame.y(v - e)}" for s, v, e in reversed(points)]
    return tag("polygon", class_=f"band c{index}", points=" ".join(upper + lower))


def _line(frame: Frame, curve: Curve, index: int) -> Markup:
    points = " ".join(f"{frame.x(s)},{frame.y(v)}" for s, v in zip(curve.steps, curve.values, strict=True))
    return tag("polyline", class_=f"line c{index}", points=points)


def _ends(frame: Frame, series: Sequence[Series], share: bool) -> list[Markup]:
    """The last value of each line beside its end, moved apart where two would overlap."""
    last = sorted((frame.y(s.curve.values[-1]), i) for i, s in enumerate(series))
    parts, next_free_y = [], 0.0
    for y, i in last:
        label_y = max(y + 4, next_free_y)
        next_free_y = label_y + 14
        x, text = frame.x(series[i].curve.steps[-1]) + 5, _shown(series[i].curve.values[-1], share)
        parts.append(tag("text", text, class_=f"label c{i}", x=x, y=round(label_y, 1)))
    return parts


def _shown(value: float, share: bool) -> str:
    if share:
        return f"{value * 100:.0f}\u202f%" if value >= 0.0995 or value == 0 else f"{value * 100:.1f}\u202f%"
    if 0 < abs(value) < 0.01:
        return f"{value:.1g}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"


def _tick(mark: float) -> str:
    return f"{mark:,.10g}"
