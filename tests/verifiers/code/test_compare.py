"""When what came out is what was wanted."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.sandbox.job import Outcome
from r1data.verifiers.code.compare import (
    PrintsText,
    ReturnsValue,
    SatisfiesCondition,
    parse_checker,
    text_difference,
)
from r1data.verifiers.code.truth import PRINTED
from r1data.verifiers.code.values import Opaque, plain

SAME = [
    ("lines", "1 2\n3\n", "1 2\n3"),
    ("lines", "1 2  \n3\n\n\n", "1  2\n3"),
    ("lines", "1\r\n2\r\n", "1\n2"),
    ("lines", "", ""),
    ("exact", "a b\n", "a b"),
    ("tokens", "1\n2 3", "1 2\n3\n"),
    ("unordered-lines", "b\na\n", "a\nb"),
    ("float:1e-6", "0.333333333 x", "0.3333333 x"),
    ("float:1e-6", "1000000000.1", "1000000000.2"),
    ("float:1e-6", "1", "1.0"),
]
OTHER = [
    ("lines", "1 2", "1\n2"),
    ("lines", "1", "1\n2"),
    ("lines", "1\n2\n3", "1\n2"),
    ("lines", "1.0", "1"),
    ("lines", "", "1"),
    ("lines", "1\n\n2", "1\n2"),
    ("lines", "a", "A"),
    ("exact", "a b \n", "a b"),
    ("tokens", "12", "1 2"),
    ("unordered-lines", "a\na\nb", "a\nb\nb"),
    ("float:1e-6", "0.3333", "0.3334"),
    ("float:1e-6", "1000000", "1000001"),
    ("float:1e-6", "nan", "1.0"),
    ("float:1e-6", "inf", "1.0"),
    ("float:1e-6", "1.0", "inf"),
    ("float:1e-6", "-inf", "inf"),
    ("float:1e-6", "1.0 2.0", "1.0"),
]


@pytest.mark.parametrize(("rule", "got", "wanted"), SAME)
def test_same_text(rule: str, got: str, wanted: str) -> None:
    assert text_difference(got, wanted, parse_checker(rule)) is None


@pytest.mark.parametrize(("rule", "got", "wanted"), OTHER)
def test_other_text(rule: str, got: str, wanted: str) -> None:
    assert text_difference(got, wanted, parse_checker(rule)) is not None


CLOSE = [
    ("2.5", "2.50"), ("3", "3.0"), ("1.4142135623730951", "1.41421356237309504880"), ("0.66666666", "0.666667"),
    ("-1e-07 x", "-0.0000001 x"), ("100000000000000000000.0", "1e+20"), ("1000000.0000001", "1000000.0"),
    (".5", "0.5"), ("-0.0", "0.0"), ("+1.5", "1.5"), ("1.5e3", "1500.0"), ("5.", "5.0"),
]  # fmt: skip
FAR = [
    ("3.0", "3"), ("1000000", "1000001"), ("007", "7"), ("07.5", "7.5"), ("7.5", "07.5"), ("2024-01-02", "2024-01-2"),
    ("100000", "1e5"), ("1e5", "100000.5"), ("0.3333", "0.3334"), ("inf", "1.0"), ("nan", "1.0"), ("1e999", "1.0"),
    ("1.0", "inf"), ("Infinity", "inf"), ("1_0.0", "10.0"), ("１.0", "1.0"), ("1.0.0", "1.0"), ("0x10", "16.0"),
    ("1,5", "1.5"), ("True", "1.0"), ("1.0 2.0", "1.0"), ("1.0\n2.0", "1.0 2.0"), ("1.2.3", "1.2.30"),
    ("12345678901234567890", "12345678901234567891"), ("yes", "Yes"), ("", "0.0"), ("1.0f", "1.0"),
]  # fmt: skip


@pytest.mark.parametrize(("got", "wanted"), CLOSE)
def test_decimal_numbers_of_contests_are_close(got: str, wanted: str) -> None:
    assert text_difference(got, wanted, PRINTED) is None


@pytest.mark.parametrize(("got", "wanted"), FAR)
def test_all_other_words_of_contests_are_text(got: str, wanted: str) -> None:
    assert text_difference(got, wanted, PRINTED) is not None


@given(st.integers(-(10**30), 10**30), st.integers(-(10**30), 10**30))
def test_integers_of_contests_are_exact(number: int, other: int) -> None:
    assert (text_difference(str(other), str(number), PRINTED) is None) == (number == other)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_as_any_language_writes_it_is_close(number: float) -> None:
    for text in (repr(number), f"{number:.17g}", f"{number:.12e}"):
        assert text_difference(text, repr(number), PRINTED) is None


@pytest.mark.parametrize(
    "name", ["", "exakt", "float", "float:", "float:-1", "float:nan", "float:x", "exact:1"]
)
def test_an_unknown_checker_lists_the_known_ones(name: str) -> None:
    with pytest.raises(UserError, match="unordered-lines"):
        parse_checker(name)


@given(st.lists(st.sampled_from(["1", "2", "a b", ""]), max_size=6), st.integers(0, 6))
def test_a_prefix_is_not_the_whole(lines: list[str], cut: int) -> None:
    wanted = "\n".join(lines)
    got = "\n".join(lines[:cut])
    assert (text_difference(got, wanted, parse_checker("lines")) is None) == (got.rstrip() == wanted.rstrip())


def returned(value: Any, wanted: Any, tolerance: float | None = None) -> bool:
    return ReturnsValue([wanted], tolerance).mismatch(Outcome("ok", value=value)) is None


def test_values_as_json_knows_them() -> None:
    assert returned([1, 2], [1, 2])
    assert returned({"$tuple": [1, {"$tuple": [2]}]}, [1, [2]])
    assert returned({"$dict": [[1, "a"]]}, {"1": "a"})
    assert returned(True, 1) and returned(1.0, 1)
    assert not returned([1, 2], [1])
    assert not returned({"$set": [1]}, [1])
    assert not returned("1", 1)
    assert not returned(None, False)
    assert not returned({"$float": "nan"}, float("nan"))
    assert returned(0.1 + 0.2, 0.3, 1e-9) and not returned(0.1 + 0.2, 0.3)
    assert not returned(True, 1.0000001, 1e-3)


def test_a_tolerance_for_floats_leaves_integers_and_text_exact() -> None:
    def near(value: Any, wanted: Any) -> bool:
        return ReturnsValue([wanted], 1e-5, True).mismatch(Outcome("ok", value=value)) is None

    assert near([1 / 3, {"a": 2}], [0.33333, {"a": 2.0}]) and near(3.0, 3) and near(3, 3.0)
    assert not near(3.000001, 3) and not near("0.333333", "0.33333") and not near(10**9, 10**9 + 1)
    assert not near({"$float": "inf"}, 1.0) and not near(1.0, float("inf")) and not near(True, 1.000001)


@pytest.mark.parametrize(
    "value",
    [
        {"$set": [[1]]},
        {"$int": "x"},
        {"$bytes": 1},
        {"$tuple": 3},
        {"$dict": [1]},
        {"$what": []},
        {"$float": {}},
    ],
)
def test_a_forged_tag_is_no_value(value: Any) -> None:
    assert isinstance(plain(value), Opaque)
    assert plain(value) != plain(value)


def test_nesting_beyond_python_is_no_value() -> None:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    assert not returned(value, [[]])
    while value:  # taken apart by hand: freeing it recursively is the deeper trap
        value = value[0]


def test_reasons_are_short_and_escaped() -> None:
    reason = PrintsText("7").mismatch(Outcome("ok", stdout="\x1b[31m\u202e" + "9" * 10_000)) or ""
    assert len(reason) < 200 and reason.isprintable()
    assert "\\x1b" in reason
    reason = ReturnsValue(["a"]).mismatch(Outcome("ok", value=["b" * 10_000])) or ""
    assert len(reason) < 200
    assert "wanted 4" in (
        SatisfiesCondition(lambda value: value == 4, "4").mismatch(Outcome("ok", value=5)) or ""
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3),
    )
)
def test_a_value_is_itself(value: Any) -> None:
    assert returned(json.loads(json.dumps(value)), value)
