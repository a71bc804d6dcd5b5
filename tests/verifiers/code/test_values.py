"""What a program writes in place of a value: whatever it is, nothing raises outside, and nothing takes long."""

import ast
import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r1data.sandbox.job import Outcome
from r1data.verifiers.code.compare import (
    Expectation,
    PrintsText,
    ReturnsValue,
    SatisfiesCondition,
    parse_checker,
)
from r1data.verifiers.code.constants import NotConstant, fold
from r1data.verifiers.code.names import UnsupportedTest
from r1data.verifiers.code.python_tests import split_tests
from r1data.verifiers.code.values import Opaque, plain
from tests.verifiers.code.programs import calls, verdict

PRIME = 2**61 - 1
SECONDS = 1.0

hostile_numbers = st.sampled_from([10**4000, -(10**4000), 2**63, PRIME, 1e308, -0.0, 5e-324]) | st.floats()
hostile_texts = st.sampled_from(
    ["\ud800", "\0", "\u202e", "$int", "$set", "9" * 5000, "0x" + "f" * 9999, "nan"]
)
leaves = st.none() | st.booleans() | st.integers() | hostile_numbers | hostile_texts | st.text(max_size=4)
tags = st.sampled_from(["$tuple", "$set", "$dict", "$bytes", "$float", "$int", "$what", "$", "a"])
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(tags, inner, max_size=2)
        | st.dictionaries(st.sampled_from(["$dict"]), st.lists(st.lists(inner, max_size=3), max_size=3))
        | st.dictionaries(st.sampled_from(["$set", "$tuple"]), st.lists(inner, max_size=3))
    ),
    max_leaves=20,
)
EXPECTED: list[Any] = [4, 0.5, "ab", None, True, [1, [2]], {"a": [1], "10": 2.5}, [], {}]
ASSERTS = [
    "assert f(2) == 4", "assert f(2) != 4", "assert 1 < f(2) <= 5", "assert f(2) in (3, 'a')", "assert 3 in f(2)",
    "assert abs(f(2) - 0.3) < 1e-6", "assert abs(f(2) - 10 ** 25) < 1", "import math\nassert math.isclose(f(2), 0.3)",
    "assert not f(2)", "assert f(2) is None", "assert f(2) == {(1, 2): {3}}", "assert f(2) == {'a': 1}",
]  # fmt: skip
EXPECTATIONS: list[Expectation] = [
    *(ReturnsValue([value], tolerance) for value in EXPECTED for tolerance in (None, 1e-6)),
    *(test.expectation for source in ASSERTS for test in split_tests([source])),
]


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(trees)
def test_no_value_raises_outside(tree: Any) -> None:
    value = json.loads(json.dumps(tree))
    started = time.process_time()
    plain(value)
    for expectation in EXPECTATIONS:
        expectation.mismatch(Outcome("ok", value=value))
    assert time.process_time() - started < SECONDS


TEXTS = {
    "digits": "9" * 5000,
    "many digits": "9" * 10**5,
    "infinite": "1e999 -1e999",
    "newlines": "\n" * 10**5,
    "blanks": " " * 10**5,
    "not numbers": "nan\n" * 10**4,
}


@settings(max_examples=60)
@given(
    st.text(st.sampled_from("0123456789.eE+-_ \n\r\t\0\ud800\u0665naif\uff15"), max_size=40)
    | st.sampled_from([*TEXTS]),
    st.sampled_from(["lines", "exact", "tokens", "unordered-lines", "float:1e-6"]),
    st.sampled_from(["1 2\n3", "0.5", "", "digits"]),
)
def test_no_text_raises_outside(text: str, checker: str, expected: str) -> None:
    started = time.process_time()
    printed = PrintsText(TEXTS.get(expected, expected), parse_checker(checker))
    printed.mismatch(Outcome("ok", stdout=TEXTS.get(text, text)))
    assert time.process_time() - started < 5 * SECONDS


def deep(depth: int, opening: str, closing: str) -> Any:
    return json.loads(opening * depth + "1" + closing * depth)


def multiples(count: int) -> list[int]:
    """Integers of one hash."""
    return [PRIME * n for n in range(count)]


MONSTERS: dict[str, Any] = {
    "a set of colliding integers": {"$set": multiples(40_000)},
    "a set of colliding tuples": {"$set": [{"$tuple": [n, 1]} for n in multiples(30_000)]},
    "a dict of colliding keys": {"$dict": [[n, 1] for n in multiples(40_000)]},
    "a key of 5,000 digits": {"$dict": [[{"$int": hex(10**5000)}, 1]]},
    "an integer of a megabyte": {"$int": "0x" + "f" * 10**6},
    "a hundred thousand small ones": list(range(10, 150_010)),
    "deep lists": deep(900, "[", "]"),
    "deep tuples": deep(400, '{"$tuple": [', "]}"),
    "deep sets": deep(400, '{"$set": [', "]}"),
    "forged floats": [{"$float": "1e999"}, {"$float": "9" * 10**5}, {"$float": []}],
    "a text of a megabyte": "a" * 10**6,
}


@pytest.mark.parametrize("name", MONSTERS)
def test_a_monster_is_wrong_at_once(name: str) -> None:
    started = time.process_time()
    for expectation in (*EXPECTATIONS, ReturnsValue([list(range(150_001))])):
        if isinstance(expectation, SatisfiesCondition) and expectation.description.startswith(
            ("!=", "something")
        ):
            continue
        assert expectation.mismatch(Outcome("ok", value=MONSTERS[name]))
    assert time.process_time() - started < 5 * SECONDS


def test_values_that_hash_alike_by_chance_are_values() -> None:
    assert plain({"$set": [-1, -2]}) == {-1, -2}
    assert plain({"$set": [{"$set": [1]}, {"$tuple": [{"$set": []}]}]}) == {frozenset([1]), (frozenset(),)}
    assert plain({"$set": multiples(50)}) == set(multiples(50))
    assert isinstance(plain({"$set": multiples(500)}), Opaque)


@pytest.mark.parametrize(
    "source",
    [
        f"set(range(0, {PRIME} * 90000, {PRIME}))",
        "{" + ", ".join(str(n) for n in multiples(30_000)) + "}",
        "{" + ", ".join(f"{n}: 1" for n in multiples(30_000)) + "}",
        f"dict(zip(range(0, {PRIME} * 90000, {PRIME}), range(90000)))",
        "round(5, -10 ** 9)",
        "sum(" + repr([[n] for n in range(90_000)]) + ", [])",
        "sum([range(90000)] * 5000, [])",
        "str([range(90000)] * 5000)",
        "[[range(90000)] * 900] * 90000",
    ],
)
def test_a_truth_is_read_in_no_time_either(source: str) -> None:
    tree = ast.parse(source, mode="eval").body
    started = time.process_time()
    with contextlib.suppress(NotConstant):
        assert len(fold(tree)) == 90_000  # as Python has it
    assert time.process_time() - started < SECONDS


def test_a_constant_that_is_large_by_sharing_is_refused() -> None:
    shares = "a = [0] * 90000\nb = [" + "a, " * 900 + "]\nc = [" + "b, " * 900 + "]\n"
    for source in ("assert f(c) == 1", "assert f(1) == c", "assert f(1) in c", "x = f(c)", "f(c)"):
        with pytest.raises(UnsupportedTest, match="large"):
            split_tests([shares + source])


def test_a_program_that_forges_values_is_wrong_and_no_error() -> None:
    truth = calls("f", ([2], {"a": 1}))
    for value in (
        "{10 ** 5000: 1}",
        "{(1, 10 ** 5000): 1}",
        "{'$float': '1e999'}",
        f"{{n * {PRIME} for n in range(9000)}}",
    ):
        assert verdict(f"def f(x): return {value}", truth).verdict == "incorrect"
