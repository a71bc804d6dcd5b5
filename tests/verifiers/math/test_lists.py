"""Tuples, sets, intervals and lists: what order and brackets mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.verifiers.math import agreement, fast
from r1data.verifiers.math.values import Undecided

LISTS = st.lists(st.integers(-50, 50), min_size=2, max_size=6)


def outcome(a: str, b: str) -> bool | None:
    one, other = fast.read(a), fast.read(b)
    assert one is not None
    assert other is not None
    try:
        return agreement.same(one, other)
    except Undecided:
        return None


@given(LISTS, st.randoms())
def test_a_set_has_no_order_and_a_tuple_has(items: list[int], random: object) -> None:
    shuffled = items[::-1]
    assert outcome(rf"\{{{', '.join(map(str, items))}\}}", rf"\{{{', '.join(map(str, shuffled))}\}}") is True
    pair = (f"({', '.join(map(str, items))})", f"({', '.join(map(str, shuffled))})")
    assert outcome(*pair) is (items == shuffled)


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        (r"\emptyset", r"\varnothing", True),
        (r"\{\}", "∅", True),
        (r"\{0\}", r"\emptyset", False),
        ("(1,2)", "[1,2]", False),
        ("[1,2)", "(1,2)", False),
        (r"(-\infty, 2]", r"\left(-\infty,2\right]", True),
        ("1, 2", r"\{2, 1\}", True),
        ("1 and 2", "2, 1", True),
        ("1 or 2", "1", False),
        ("(1, 2)", "1, 2", True),
        ("(1, 2)", "2, 1", None),
        ("x=1, y=2", "1, 2", True),
        ("x=1, y=2", "y = 2, x = 1", True),
        ("x=1, y=2", "x=2, y=1", False),
        ("x=1, y=2", "2, 1", None),
        ("x=1 or x=2", "2, 1", True),
        ("3:4", "3:4", True),
        ("3:4", "6:8", True),
        ("3:4", "4:3", False),
        ("1:10", "2:20", None),
        ("(1,2), (3,4)", "(3,4), (1,2)", True),
        (r"\{5\}", "5", True),
        ("12", "12, 13", False),
        ("∞", "3", False),
        ("yes", "No", False),
        ("Monday", "monday", True),
        ("Monday", "Tuesday", None),
        ("C", "C. 5", True),
        ("C", "(C)", True),
        ("C. 5", "C. 6", None),
        ("5", "C. 5", True),
        ("C", "5", None),
        ("x=5", "y=5", None),
        ("5 pounds", "£5", None),
        ("12 months", "365 days", None),
    ],
)
def test_rules(a: str, b: str, wanted: bool | None) -> None:
    assert outcome(a, b) is wanted
    assert outcome(b, a) is wanted
