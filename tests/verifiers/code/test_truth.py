"""Truths of code: every notation is read, what is wanted never goes in, and what cannot be read says why."""

import base64
import json
import pickle
import zlib
from typing import Any

import pytest

from r1data.sandbox.job import Outcome
from r1data.verifiers.code.compare import PrintsText, ReturnsValue
from r1data.verifiers.code.python_tests import split_tests
from r1data.verifiers.code.truth import BadTruth, parse_problem


def packed(value: Any) -> str:
    """As LiveCodeBench packs its tests."""
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode("ascii")


SHAPES: dict[str, Any] = {
    "ours": {"tests": [{"stdin": "1 2", "stdout": "3"}], "seconds": 2, "memory_mb": 64},
    "apps": {"inputs": ["1 2", "3 4"], "outputs": ["3", "7"]},
    "apps lines": {"inputs": [["1", "2"]], "outputs": [["3"]]},
    "code contests": {"input": ["1 2"], "output": ["3"], "time_limit": 2},
    "apps calls": {"fn_name": "f", "inputs": [[1, 2]], "outputs": [[3]]},
    "taco calls": {"fn_name": "f", "inputs": ["1\n2"], "outputs": ["3"]},
    "lcb": [{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}],
    "lcb calls": [
        {"input": "[1, 2]\n3", "output": "3", "testtype": "functional", "metadata": {"func_name": "f"}},
    ],
    "open-r1": {"language": "python", "test_cases": [{"input": "1", "output": "3", "type": "stdin_stdout"}]},
    "open-r1 calls": {
        "language": "python",
        "test_cases": [{"input": [1], "output": 3, "type": "function_call", "fn_name": "f"}],
    },
    "taco rows": {"input_output": json.dumps({"inputs": ["1 2"], "outputs": ["3"]}), "time_limit": 2},
    "code contests rows": {
        "public_tests": {"input": ["1 2"], "output": ["3"]},
        "private_tests": {"input": [], "output": []},
        "generated_tests": {"input": ["3 4"], "output": ["7"]},
        "time_limit": {"seconds": 2, "nanos": 0},
    },
    "lcb rows": {
        "public_test_cases": json.dumps([{"input": "1 2", "output": "3", "testtype": "stdin"}]),
        "private_test_cases": packed(json.dumps([{"input": "3 4", "output": "7", "testtype": "stdin"}])),
    },
    "mbpp": ["assert f(1, 2) == 3"],
    "mbpp rows": {"test_list": ["assert f(1) == 3"], "test_setup_code": "class A: pass"},
    "human eval": {"test": "def check(candidate):\n    assert candidate(1) == 3\n", "entry_point": "f"},
}

UNITTEST = """
class TestF(unittest.TestCase):
    def test_one(self):
        self.assertEqual(f(1), 3)

if __name__ == "__main__":
    unittest.main()
"""


@pytest.mark.parametrize("name", SHAPES)
def test_every_notation_is_read(name: str) -> None:
    found = parse_problem(json.dumps(SHAPES[name]))
    assert found.tests
    for test in found.tests:
        assert sum(part is not None for part in (test.stdin, test.function, test.expression)) == 1
        assert isinstance(test.expectation, (PrintsText, ReturnsValue)) or "3" not in (test.expression or "")


@pytest.mark.parametrize(
    "head",
    ["", "# a file of tests\n", "import math\nfrom os import path\n\n", '"""Tests."""\nimport unittest\n'],
)
@pytest.mark.parametrize("tests", ["def test_f():\n    assert f(1) == 3", UNITTEST, "assert f(1) == 3"])
def test_a_file_of_tests_is_a_truth_as_it_stands(head: str, tests: str) -> None:
    (test,) = parse_problem(head + tests).tests
    assert test.expression == "f(1)"
    assert test.expectation.mismatch(Outcome("ok", value=3)) is None
    assert test.expectation.mismatch(Outcome("ok", value=4)) is not None


class Runs:
    """A pickle that would run something."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("it ran",)


def test_packed_tests_are_read_and_never_run(capsys: pytest.CaptureFixture[str]) -> None:
    tests = json.dumps({"inputs": ["1"], "outputs": ["2"], "fn_name": None})
    for value in (tests, {"input_output": tests}, [tests, None]):
        (test,) = parse_problem(packed(value)).tests
        assert test.stdin == "1"
    plain = base64.b64encode(zlib.compress(tests.encode())).decode("ascii")
    assert parse_problem(plain).tests[0].stdin == "1"
    bomb = base64.b64encode(zlib.compress(b"0" * (65 << 20))).decode("ascii")
    for text in (
        packed(Runs()),
        packed({"a": Runs()}),
        packed(4),
        packed("42"),
        "eJabcd",
        bomb,
        packed([b"x"]),
    ):
        with pytest.raises(BadTruth):
            parse_problem(text)
    assert "it ran" not in capsys.readouterr().out


def test_what_the_notations_say_is_kept() -> None:
    assert parse_problem(json.dumps(SHAPES["ours"])).seconds == 2
    assert parse_problem(json.dumps(SHAPES["ours"])).memory == 64 << 20
    assert parse_problem(json.dumps(SHAPES["code contests"])).seconds == 2
    assert parse_problem(json.dumps(SHAPES["apps lines"])).tests[0].stdin == "1\n2"
    assert parse_problem(json.dumps(SHAPES["taco rows"])).seconds == 2
    assert parse_problem(json.dumps(SHAPES["code contests rows"])).seconds == 2
    assert len(parse_problem(json.dumps(SHAPES["lcb rows"])).tests) == 2
    assert list(parse_problem(json.dumps(SHAPES["lcb calls"])).tests[0].args) == [[1, 2], 3]
    assert parse_problem(json.dumps(SHAPES["mbpp rows"])).setup == "class A: pass"


@pytest.mark.parametrize(
    ("truth", "says"),
    [
        ("12", "neither JSON nor tests in Python"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"tests": [{"args": [' + "9" * 5_000 + '], "returns": 1}], "function": "f"}', "no JSON"),
        ({}, "no tests"),
        ([], "no tests"),
        ({"tests": []}, "no tests"),
        ({"tests": [{"stdin": "1"}]}, "test 1"),
        ({"tests": [{"args": [1], "returns": 2}]}, "names no function"),
        ({"tests": [{"stdin": "", "stdout": "", "extra": 1}]}, "test 1"),
        ({"tests": "x"}, "list"),
        ({"inputs": ["1", "2"], "outputs": ["1"]}, "as many outputs as inputs"),
        ({"what": 1}, "keys that nobody knows: what"),
        ({"tests": [{"stdin": "", "stdout": ""}], "seconds": 0}, "seconds"),
        ({"tests": [{"stdin": "", "stdout": ""}], "seconds": "6"}, "seconds"),
        ({"tests": [{"stdin": "", "stdout": ""}], "seconds": 1e400}, "seconds"),
        ({"tests": [{"stdin": "", "stdout": ""}], "checker": "vibes"}, "checker"),
        ({"tests": [{"stdin": "", "stdout": ""}], "language": "cobol"}, "cobol"),
        ({"function": "f", "tests": [{"args": [], "returns": 1}], "language": "cpp"}, "C++"),
        ([{"input": "1", "testtype": "stdin"}], "no input and output"),
        ([{"input": "1", "output": "1", "testtype": "functional"}], "names none"),
        (["assert f(1) =="], "not Python"),
        (["assert f(1) == f(2)"], "f(1) == f(2)"),
    ],
)
def test_what_cannot_be_read_says_why(truth: Any, says: str) -> None:
    with pytest.raises(BadTruth) as caught:
        parse_problem(truth if isinstance(truth, str) else json.dumps(truth))
    assert says in str(caught.value)


HOLDS = [
    ("assert f(2) == 4", "f(2)", 4, 5),
    ("assert 4 == f(2)", "f(2)", 4, 5),
    ("assert f(2) != 4", "f(2)", 5, 4),
    ("assert (f([1], k='a')) == ([1])", "f([1], k='a')", [1], {"$tuple": [1]}),
    ("assert f(2) is True", "f(2)", True, 1),
    ("assert f(2) == True", "f(2)", 1, 0),
    ("assert f(2) is None", "f(2) is None", True, False),
    ("assert f(2) is not None", "f(2) is None", False, True),
    ("assert f(2)", "f(2)", [0, True], [0, 0]),
    ("assert not f(2)", "f(2)", [0, []], [0, 1]),
    ("assert not f(2)", "f(2)", [1, False], [2, False]),
    ("assert f(2) in (3, 4)", "f(2)", 4, 5),
    ("assert 3 in f(2)", "f(2)", [3], [4]),
    ("assert 1 <= f(2) < 5", "f(2)", 4, 5),
    ("assert abs(f(2) - 0.3) < 1e-6", "f(2)", 0.1 + 0.2, 0.4),
    ("assert abs(0.3 - f(2)) <= 1e-6", "f(2)", 0.1 + 0.2, 0.4),
    ("import math\nassert math.isclose(f(2), 3.14, rel_tol=0.01)", "f(2)", 3.15, 3.2),
    ("assert set(f(2)) == set([1, 2])", "f(2)", [0, [2, 1, 2]], [0, [1]]),
    ("assert set(f(2)) == set([1, 2])", "f(2)", [1, {"$set": [2, 1]}], [-1, {"$set": [1, 2]}]),
    ("assert len(f(2)) == 2 ** 3", "f(2)", [0, "abcdefgh"], [0, 8]),
    ("assert f(2)[0] == -1", "f(2)", [0, [-1]], [0, [1]]),
    ("assert f(2).strip() == 'a'", "f(2)", [0, " a "], [0, ["a"]]),
    ("assert f(2).startswith('a')", "f(2)", "ab", "ba"),
    ("assert isinstance(f(2), (int, str))", "f(2)", "ab", 1.5),
    ("assert f(2) - 4 == 0", "f(2)", 4, 5),
    ("ok = f(2) == 4\nassert ok", "_r1_value_0", 4, 5),
    ("assert round(f(2), 2) == 0.33", "f(2)", [0, 0.3333], [0, 0.3]),
    ("assert f(float('inf')) == float('inf')", "f(float('inf'))", {"$float": "inf"}, 1.0),
    ("assert [f(1), f(2)] == [1, 2]", "[f(1), f(2)]", [1, 2], [2, 1]),
    ("assert f(2) == 4, 'the message'", "f(2)", 4, 5),
    ("assert sum(10, 15) == 25", "sum(10, 15)", 25, 24),
    ("assert max([1, 2]) == 2", "max([1, 2])", 2, 1),
    ("x = [1, 2]\nassert f(x) == x", "f([1, 2])", [1, 2], [2]),
    ("for a, b in zip([2], [4]):\n    assert f(a) == b", "f(2)", 4, 5),
    ("inputs = [[2]]\nresults = [4.0]\nfor i, (inp, exp) in enumerate(zip(inputs, results)):\n"
     "    assertion(f(*inp), exp, 0)", "f(*[2])", 4.0000001, 4.1),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expression", "good", "bad"), HOLDS)
def test_an_assert_comes_apart(source: str, expression: str, good: Any, bad: Any) -> None:
    (test,) = split_tests([source])
    assert test.expression == expression or test.expression == f"({expression.split(' is ')[0]}) is None"
    assert test.expectation.mismatch(Outcome("ok", value=good)) is None
    assert test.expectation.mismatch(Outcome("ok", value=bad)) is not None


@pytest.mark.parametrize(
    "source",
    [
        "assert f(2) == g(3)",
        "assert same(f(2), 4)",
        "assert f(2).__eq__(4)",
        "assert all(x == 4 for x in f(2))",
        "assert f(2) == 4 or f(2) == 5",
        "assert np.allclose(f(2), [1, 2])",
        "assert (lambda x: x == 4)(f(2))",
        "def same(a, b):\n    return a == b\nassert same(f(2), 4)",
        "import random\nfor _ in range(3):\n    x = random.random()\n    assert f(x) == 2 * x",
        "with open('x') as file:\n    assert f(file) == 1",
        "try:\n    f(2)\nexcept ValueError:\n    pass",
        "assert f(2) == " + "(" * 300 + "4" + ")" * 300,
        "assert f(2) == 9 ** 9 ** 9",
        "assert f(2) == 'a' * 10 ** 10",
        "for i in range(10 ** 9):\n    assert f(i) == i",
        "for i in range(5000):\n    for j in range(5000):\n        pass\nassert f(1) == 1",
        "x = 'a'\n" + "x = x + x\n" * 60 + "assert f(1) == x",
        "s = S()\n" + "s.add(1)\n" * 1000 + "assert s.size() == 1",
        "assert False",
        "from bisect import bisect_left\nassert bisect_left([1, 2], 2) == 1",
        "import bisect as b\nplace = b.bisect_left([1, 2], 2)\nassert place == 1",
        "from bisect import *\nassert bisect_left([1, 2], 2) == 1",
        "def test_f():\n    from bisect import bisect_left\n    assert bisect_left([1, 2], 2) == 1",
    ],
)
def test_an_assert_that_does_not_come_apart_is_never_run(source: str) -> None:
    with pytest.raises(BadTruth):
        parse_problem(json.dumps([source]))


@pytest.mark.parametrize(
    "source",
    [
        "from fractions import Fraction\nhalf = Fraction(1, 2)\nassert f(half) == 4",
        "from datetime import date\nassert f(date(2020, 1, 1)) == 4",
        "from collections import deque\nitems = deque([1, 2])\nrotate(items)\nassert len(items) == 4",
        "from math import sqrt\nassert sqrt(f(2)) == 4",
        "from typing import *\nassert f(2) == 4",
        "import math\nassert f(math.pi) == 4",
    ],
)
def test_what_a_test_imports_may_be_given_to_the_program(source: str) -> None:
    (test,) = split_tests([source])
    assert "import" in test.statements


def test_statements_go_in_before_what_follows_them() -> None:
    first, second = split_tests(["s = Stack(3)\ns.push(1)\nassert s.pop() == 1\nassert s.size() == 0"])
    assert first.statements == "s = Stack(3)\ns.push(1)"
    assert second.expression == "s.size()"
