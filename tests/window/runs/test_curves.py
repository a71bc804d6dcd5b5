"""A curve keeps what a reader would miss: its extremes, its end, its order; and no more than a chart can show."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.window.runs.curves import MAX_POINTS, Curve


def filled(values: list[float], pieces: list[int]) -> Curve:
    curve, start = Curve(), 0
    for size in [*pieces, len(values)]:
        extend(curve, values[start : start + size], start)
        start += size
    return curve


def extend(curve: Curve, values: list[float], first: int) -> None:
    rows = np.arange(first, first + len(values))
    curve.extend(2 * rows, np.array(values, float), rows)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 30_000),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(1, 5_000), max_size=8),
)
def test_a_curve_keeps_extremes_and_stays_small(count: int, seed: int, pieces: list[int]) -> None:
    values = np.random.default_rng(seed).normal(size=count).tolist()
    curve = filled(values, pieces)
    points = curve.points()
    assert len(points.steps) == len(points.values) <= MAX_POINTS + max(curve.width, 2)
    assert points.steps == sorted(points.steps)
    if values:
        assert (min(points.values), max(points.values)) == (min(values), max(values))
        assert (points.steps[-1], points.values[-1]) == (2 * count - 2, values[-1]) or curve.width > 1
    if count <= MAX_POINTS - 1:
        assert points.values == values


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_who_reads_what_was_added_has_what_who_reads_all_has(first: int, second: int) -> None:
    values = np.random.default_rng(first).normal(size=first + second).tolist()
    curve = filled(values[:first], [])
    seen = curve.points()
    extend(curve, values[first:], first)
    change = curve.points(since=first)
    kept = [(s, v) for s, v in zip(seen.steps, seen.values, strict=True) if s < change.start]
    whole = curve.points()
    assert [*kept, *zip(change.steps, change.values, strict=True)] == list(
        zip(whole.steps, whole.values, strict=True)
    )
