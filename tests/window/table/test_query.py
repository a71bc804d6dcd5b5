"""The query of an address: there and back, and one clear line about a bad one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.window.table import IN, RowQuery

NAMES = st.sampled_from(["domain", "verdict", "drop_reasons", "model", "sample_index", "meta.kind"])
VALUES = st.lists(st.none() | st.text(max_size=6) | st.sampled_from(["-", "-none", "--", "math"]), min_size=1)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-10, 10).map(float)


@st.composite
def queries(draw: st.DrawFn) -> RowQuery:
    query = RowQuery(
        text=draw(st.text(max_size=8)),
        regex=draw(st.text(max_size=8)),
        within=draw(st.sampled_from(IN)),
        match_case=draw(st.booleans()),
    )
    for name in draw(st.sets(NAMES)):
        query = query.with_values(name, *draw(VALUES))
    for name in draw(st.sets(NAMES)):
        query = query.with_range(name, draw(NUMBERS), draw(NUMBERS))
    return query.sorted_by(draw(NAMES), draw(st.booleans())) if draw(st.booleans()) else query


@given(queries())
def test_a_query_comes_back_from_its_address(query: RowQuery) -> None:
    assert RowQuery.from_params(query.to_params()) == query


def test_a_parameter_without_a_value_asks_for_nothing() -> None:
    sent_by_a_form = [("text", ""), ("domain", ""), ("length.from", ""), ("sort", "")]
    assert RowQuery.from_params(sent_by_a_form) == RowQuery()


def test_parameters_of_the_page_are_left_to_it() -> None:
    assert RowQuery.from_params([("page", "3"), ("text", "a")], beside=("page",)) == RowQuery(text="a")


@pytest.mark.parametrize(
    "pairs",
    [
        [("in", "footnotes")],
        [("case", "yes")],
        [("length.from", "long")],
        [("length.to", "nan")],
        [("text", "x" * 1_001)],
        [("text", "a"), ("text", "b")],
        [("domain", "-unknown")],
        [("a b", "1")],
        [("sort", "--")],
        [("domain", str(number)) for number in range(101)],
    ],
)
def test_a_bad_parameter_is_one_line(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(UserError) as error:
        RowQuery.from_params(pairs)
    assert "\n" not in str(error.value)
