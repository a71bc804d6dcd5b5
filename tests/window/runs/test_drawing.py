"""A drawing of a recipe: every step once, no two boxes on each other, inputs above what reads them."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.window.runs import drawing
from r1data.window.runs.drawing import GAP, HEIGHT, WIDTH, draw

GRAPHS = st.integers(1, 30).flatmap(
    lambda count: st.lists(st.lists(st.integers(0, count - 1), max_size=4), min_size=count, max_size=count)
)


@settings(max_examples=100, deadline=None)
@given(GRAPHS)
def test_boxes_do_not_overlap_and_inputs_lie_above(reads: list[list[int]]) -> None:
    """Of any graph, with loops and steps that read themselves."""
    drawn = draw({str(i): [str(j) for j in before] for i, before in enumerate(reads)})
    assert sorted(int(box.name) for box in drawn.boxes) == list(range(len(reads)))
    for box in drawn.boxes:
        assert 0 <= box.x <= drawn.width - WIDTH and 0 <= box.y <= drawn.height - HEIGHT
    rows: dict[float, list[float]] = {}
    for box in drawn.boxes:
        rows.setdefault(box.y, []).append(box.x)
    for places in rows.values():
        places.sort()
        assert all(b - a >= WIDTH + GAP - 0.2 for a, b in pairwise(places))
    top = {box.name: box.y for box in drawn.boxes}
    assert all(top[link.start] < top[link.end] for link in drawn.links)


def test_a_chain_without_loops_has_all_its_lines() -> None:
    drawn = draw({"a": [], "b": ["a"], "c": ["b", "a"], "d": ["nothing"]})
    assert {(link.start, link.end) for link in drawn.links} == {("a", "b"), ("b", "c"), ("a", "c")}


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw({}).boxes == []


@pytest.mark.parametrize(
    "reads",
    [
        {str(i): [str(i - 1)] if i else [] for i in range(drawing.MAX_STEPS + 1)},
        {str(i): [str(j) for j in range(i)] for i in range(100)},
    ],
    ids=["steps", "lines"],
)
def test_what_nobody_could_look_at_is_not_drawn(reads: dict[str, list[str]]) -> None:
    assert draw(reads).boxes == []


def test_inputs_that_are_far_above_are_named_and_not_linked() -> None:
    far = draw(
        {"set": [], "other": [], "a": ["other"], "b": ["a"], "c": ["b"], "d": ["c", "set"], "e": ["a", "set"]}
    )
    assert {box.name: box.named for box in far.boxes if box.named} == {"d": ("set",)}
