"""Tests of test files that import the program, and of rows that hold more than tests."""

import json

import pytest

from r1data.verifiers import registry

DOUBLE = "```python\ndef double(x):\n    return x * 2\n```"
TRIPLE = "```python\ndef double(x):\n    return x * 3\n```"


def verdict(response: str, truth: str) -> str:
    return registry.check("code", response, truth).verdict


@pytest.mark.parametrize(
    "truth",
    [
        "from solution import double\n\ndef test_it():\n    assert double(3) == 6\n",
        "from solution import double as d\n\ndef test_it():\n    assert d(3) == 6\n",
        "from solution import *\n\ndef test_it():\n    assert double(3) == 6\n",
        "import solution\n\ndef test_it():\n    assert solution.double(3) == 6\n",
        "import math, solution as s\n\ndef test_it():\n    assert s.double(3) == 6\n",
        "from .main import double\nassert double(3) == 6\n",
        "def test_it():\n    from your_module import double\n    assert double(3) == 6\n",
    ],
)
def test_the_program_s_own_module_is_no_library(truth: str) -> None:
    assert [verdict(DOUBLE, truth), verdict(TRIPLE, truth)] == ["correct", "incorrect"]


@pytest.mark.parametrize(
    "truth",
    [
        {"text": "Double it.", "code": "def double(x): return x + x", "test_list": ["assert double(2) == 4"]},
        {"style": "rule", "ground_truth": json.dumps({"inputs": [[2]], "outputs": [4], "fn_name": "double"})},
        {"tests": [{"type": "function_call", "fn_name": "double", "input": [2], "output": 4}]},
    ],
)  # fmt: skip
def test_a_row_around_the_tests_is_read(truth: dict[str, object]) -> None:
    assert verdict(DOUBLE, json.dumps(truth)) == "correct"
    assert verdict(TRIPLE, json.dumps(truth)) == "incorrect"


def test_a_checker_that_is_a_program_is_undecided() -> None:
    tests = [{"input": "1\n", "output": "2\n"}]
    program = "```python\nprint(int(input()) + 1)\n```"
    assert verdict(program, json.dumps({"official_tests": tests})) == "correct"
    with_checker = {"official_tests": tests, "generated_checker": "import sys"}
    assert verdict(program, json.dumps(with_checker)) == "unverifiable"
