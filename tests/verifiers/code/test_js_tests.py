"""Tests in JavaScript come apart, and what is expected stays outside."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.sandbox.job import Outcome
from r1data.verifiers.code.js_tests import split_js_tests
from r1data.verifiers.code.names import UnsupportedTest
from r1data.verifiers.code.truth import BadTruth, parse_problem
from tests.verifiers.code.programs import verdict

HOLDS: list[tuple[str, list[Any], Any, Any]] = [
    ("console.assert(f(2) === 4)", [2], 4, 5),
    ("console.assert(4 === f(2), 'a message')", [2], 4, 5),
    ("console.assert(f(2) === 4.0);", [2], 4, "4"),
    ("console.assert(f('a', \"b\\n\", `c`) == '6.00')", ["a", "b\n", "c"], 6, 7),
    ("console.assert(f(1.5) == 6.0)", [1.5], "6.00", "6.01"),
    ("console.assert(f(true, null) === true)", [True, None], True, 1),
    ("console.assert(f([-1, [2]], {a: 1, 'b': [0x10]}) === null)", [[-1, [2]], {"a": 1, "b": [16]}], None, 0),
    ("console.assert(f(2) !== 4)", [2], 5, 4),
    ("console.assert(f(2))", [2], [], 0),
    ("console.assert(!f(2))", [2], "", {}),
    ("console.assert(f(2) > 3)", [2], 4, 3),
    ("console.assert(3 < f(2))", [2], 4, 3),
    ("console.assert(f(0 ** 0, 1 - 3) === 1)", [1, -2], 1, 2),
    ("console.assert(f('a' + 'b') === 'a' + 'b')", ["ab"], "ab", "a"),
    ("console.assert(Math.abs(f(2) - 0.3) < 1e-6)", [2], 0.1 + 0.2, 0.4),
    ("console.assert(Math.abs(0.3 - f(2)) <= Math.pow(10, -6))", [2], 0.1 + 0.2, 0.4),
    (
        "console.assert(JSON.stringify(f(2)) === JSON.stringify([1.0, {a: null}]))",
        [2],
        [1, {"a": None}],
        [1, {}],
    ),
    ("console.assert(JSON.stringify(f(2)) === '[1,true]')", [2], [1, True], [1, 1]),
    ("console.assert(JSON.stringify([[]]) === JSON.stringify(f(2)))", [2], [[]], []),
    ("console.assert(f(2).toString() === '4')", [2], 4, 40),
    ("const x = [1, 2]\nconsole.assert(f(x) === 2)", [[1, 2]], 2, 1),
    ("const t = () => {\n  // one\n  console.assert(f(2) === 4) /* two */\n}\nt()", [2], 4, 5),
    ("function t() { console.assert((f(2) === 4) === true) }\nt();", [2], 4, 5),
    ("const assert = require('assert')\nassert.strictEqual(f(2), 4)", [2], 4, 5),
    ("assert.deepStrictEqual(f(2), [4], 'no')", [2], [4], [5]),
    ("assert(f(2) === 4)", [2], 4, 5),
]


@pytest.mark.parametrize(("source", "args", "good", "bad"), HOLDS)
def test_an_assertion_comes_apart(source: str, args: list[Any], good: Any, bad: Any) -> None:
    (test,) = split_js_tests(source)
    assert (test.function, test.args) == ("f", args)
    assert test.expectation.mismatch(Outcome("ok", value=good)) is None
    assert test.expectation.mismatch(Outcome("ok", value=bad)) is not None


@pytest.mark.parametrize(
    "source",
    [
        "console.assert(f(2) === g(3))",
        "console.assert(same(f(2), 4))",
        "console.assert(f(2) === 4 || f(2) === 5)",
        "for (let i = 0; i < 3; i++) { console.assert(f(i) === i) }",
        "let x = f(2)\nconsole.assert(x === 4)",
        "console.assert(f(Math.random()) === 4)",
        "console.assert(f(new Set([1])) === 4)",
        "const t = () => { console.assert(f(2) === 4) }",
        "const t = (x) => { console.assert(f(x) === 4) }\nt(2)",
        "console.assert(JSON.stringify(f(2)) === JSON.stringify((8, 13)))",
        "console.assert(f(2) === [4])",
        "console.assert(true === false)",
        "console.log(f(2))",
        "console.assert(f(`${4}`) === 4)",
        "console.assert(f(2) === " + "(" * 5000 + "4" + ")" * 5000 + ")",
        "console.assert(f(2)" + " + 1" * 5000 + " === 4)",
        "console.assert(" + "!" * 5000 + "f(2))",
        "console.assert(f(" + "[" * 5000 + ") === 4)",
        "console.assert(f(NaN) === 4)",
        "console.assert(f(2) === 4",
        "console.assert([] < {})",
        "console.assert(f(2) === 1 + null)",
        "console.assert(f(2) === 0x" + "f" * 5000 + ")",
        "const t = () => { " * 5000,
        "/*" * 50_000 + "console.assert(f(2) === 4)",
        "console.assert(f('" + "\\" * 50_001 + "') === 4)",
    ],
)
def test_what_does_not_come_apart_is_refused(source: str) -> None:
    with pytest.raises(UnsupportedTest):
        split_js_tests(source)


@given(st.text("console.assert(f<=!-+1'\"{}[]&|;\n/*0aé ", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadTruth):
        parse_problem(json.dumps({"test": text, "language": "javascript"}))


ADD = """const testAdd = () => {
  console.assert(add(2, 3) === 5)
  console.assert(add('a', 'b') === 'ab')
}
testAdd()"""


@pytest.mark.parametrize("truth", [ADD, {"test": ADD, "entry_point": "add"}, {"code": f"#<INSERT>\n{ADD}"}])
def test_programs_in_javascript_are_judged(truth: object) -> None:
    assert verdict("const add = (a, b) => a + b", truth, "js").verdict == "correct"
    assert verdict("function add(a, b) { return a + b }", truth, "javascript").verdict == "correct"
    assert verdict("const add = (a, b) => 5", truth, "js").verdict == "incorrect"
    assert (
        verdict("const add = () => ({valueOf: () => 5, toJSON: () => 5})", truth, "js").verdict == "incorrect"
    )
    assert verdict("def add(a, b): return a + b", truth).cause == "no_answer"
    assert verdict("const m = require('no-such')\nconst add = m.add", truth, "js").cause == "no_checker"
    assert verdict("throw new Error(\"Cannot find module 'x'\")", truth, "js").verdict == "incorrect"
