"""A drawing of a recipe: every step once, no two boxes on each other, inputs above what reads them."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.window.runs.drawing import GAP, HEIGHT, WIDTH, draw

GRAPHS = st.integers(1, 30).flatmap(
    lambda count: st.lists(st.lists(st.integers(0, count - 1), max_size=4), min_size=count, max_size=count)
)


@settings(max_examples=100, deadline=None)
@given(GRAPHS)
def test_boxes_do_not_overlap_and_inputs_lie_above(reads: list[list[int]]) -> None:
    """Of any graph, with loops and steps that read themselves."""
    drawing = draw({str(i): [str(j) for j in before] for i, before in enumerate(reads)})
    assert sorted(int(box.name) for box in drawing.boxes) == list(range(len(reads)))
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - WIDTH and 0 <= box.y <= drawing.height - HEIGHT
    rows: dict[float, list[float]] = {}
    for box in drawing.boxes:
        rows.setdefault(box.y, []).append(box.x)
    for places in rows.values():
        places.sort()
        assert all(b - a >= WIDTH + GAP - 0.2 for a, b in pairwise(places))
    top = {box.name: box.y for box in drawing.boxes}
    assert all(top[link.start] < top[link.end] for link in drawing.links)


def test_a_chain_without_loops_has_all_its_lines() -> None:
    drawing = draw({"a": [], "b": ["a"], "c": ["b", "a"], "d": ["nothing"]})
    assert {(link.start, link.end) for link in drawing.links} == {("a", "b"), ("b", "c"), ("a", "c")}


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw({}).boxes == []
