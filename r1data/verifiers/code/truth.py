"""Parses truths of code prompts: our own notation and those of public data sets, recognised by their shape.

| shape | from |
|---|---|
| `{"tests": [{"stdin", "stdout"} or {"args", "returns"}], "asserts": […], …}` | ours (docs/code.md) |
| `{"inputs": […], "outputs": […], "fn_name"?}`, also `input`, `output` | APPS, TACO, CodeContests |
| `{"public_tests", "private_tests", "generated_tests"}`, `{"input_output": …}` | CodeContests, APPS, TACO |
| `[{"input", "output", "testtype" or "type", "metadata" or "fn_name"}]`, also under `test_cases` | LiveCodeBench, … |
| `{"public_test_cases", "private_test_cases"}`, also packed (`packed`) | LiveCodeBench |
| `["assert …"]`, `{"test_list": […], "test_setup_code"}` | MBPP |
| tests in Python as they stand: asserts, `def check(…)`, functions `test_…`, classes of unittest | BigCodeBench, … |
| `{"test": "def check(candidate): …", "entry_point"}` | HumanEval, EvalPlus |
| `{"functional": "…"}`, `{"test_code": "…"}`, `{"code": "…"}` | rllm, Skywork, SandboxFusion |
| `{"official_tests": […]}`, `{"ground_truth": "…"}` around any of these | Open-R1's Codeforces, verl |
| tests in JavaScript: `console.assert`, node's `assert` | HumanEvalPack |

Any other truth raises BadTruth, whose message becomes the reason of an `unverifiable`. Not covered: checkers that are
programs, interactive problems, files.
"""

import ast
import functools
import json
import math
import re
from collections.abc import Mapping
from typing import Any, cast, get_args

from r1data.errors import UserError
from r1data.sandbox.job import Language
from r1data.verifiers.code import python_tests
from r1data.verifiers.code.compare import Checker, PrintsText, ReturnsValue, parse_checker
from r1data.verifiers.code.js_tests import IS_JAVASCRIPT, split_js_tests
from r1data.verifiers.code.names import UnsupportedTest
from r1data.verifiers.code.packed import is_packed, unpacked
from r1data.verifiers.code.problem import CodeProblem, ProgramTest

KEYS = frozenset(
    ("language", "function", "tests", "asserts", "setup", "seconds", "memory_mb", "libraries", "checker", "reference",
     "origin")
)  # fmt: skip
PYTHON_KEYS = ("test", "functional", "test_code")
"""Keys of tests in Python as they stand; `code` is one too where there is nothing else: MBPP's is its solution."""
CASES_KEYS = ("test_cases", "official_tests", "tests")
"""Keys of lists of tests with input and output."""
LIMIT_KEYS = frozenset(("time_limit", "seconds", "memory_limit", "memory_mb", "libraries", "language"))
ENTRY_KEYS = ("entry_point", "fn_name", "function")
_PYTHON = re.compile(
    r"^(?:assert[ (]|(?:async )?def \w+\(|class \w+|import \w|from \w[\w.]* import )", re.MULTILINE
)
"""A line that tests in Python have, a file of unittest say; whether they can be read is for the reader of tests."""
NEAR = 1e-6
"""By how much decimal numbers of contests may differ, absolute or relative: what their statements and checkers say
(testlib's `dcmp`); APPS's and TACO's own runner takes 1e-5 relative and 1e-8 absolute (numpy's `allclose`),
LiveCodeBench's compares decimals exactly."""
LEETCODE_NEAR = 1e-5
"""The same for LeetCode, whose statements accept 1e-5."""
PRINTED = Checker("numbers", NEAR)
MOST_SECONDS, MOST_MEMORY_MB = 600, 65_536


class BadTruth(Exception):
    """A truth without usable tests; the message says why."""


@functools.lru_cache(maxsize=8)  # the responses to a prompt come one after the other
def parse_problem(truth: str) -> CodeProblem:
    """The problem that a truth describes. Raises BadTruth."""
    try:
        parsed = _problem(_loaded(truth))
    except (UnsupportedTest, UserError) as error:
        raise BadTruth(
            f"a test that cannot be judged: {error}" if isinstance(error, UnsupportedTest) else str(error)
        ) from error
    if not parsed.tests:
        raise BadTruth("the truth holds no tests")
    if parsed.calls_functions and parsed.language == "cpp":
        raise BadTruth("the truth calls functions, which cannot be done in C++")
    return parsed


def _loaded(truth: str) -> Any:
    text = truth.lstrip()
    if not text.startswith(("{", "[")):
        if is_packed(text) and (inner := unpacked(text)) is not None:
            return _json(inner)
        if _PYTHON.search(truth) or IS_JAVASCRIPT.search(truth):
            return {"test": truth}
        raise BadTruth("the truth is neither JSON nor tests in Python")
    try:
        return json.loads(truth)
    except (ValueError, RecursionError) as error:
        raise BadTruth(f"the truth is no JSON: {error}") from error


def _problem(raw: Any) -> CodeProblem:
    """The problem of a parsed truth; its notation is told by its keys, those of few data sets before ours."""
    if isinstance(raw, list):
        return CodeProblem(_listed(raw, {}), contest=_is_contest(raw))
    if not isinstance(raw, dict):
        raise BadTruth("the truth is neither an object nor a list")
    if key := next((key for key in PYTHON_KEYS if isinstance(raw.get(key), str)), None):
        return _python_module(raw, raw[key])
    if "input_output" in raw:
        inner = _json(raw["input_output"])
        if isinstance(inner, dict):
            return _problem({**inner, **{key: raw[key] for key in LIMIT_KEYS & raw.keys()}})
    if parts := [raw[key] for key in ("public_tests", "private_tests", "generated_tests") if raw.get(key)]:
        return _code_contests(raw, parts)
    if parts := [raw[key] for key in ("public_test_cases", "private_test_cases") if raw.get(key)]:
        cases = [case for part in parts for case in _cases(part)]
        return CodeProblem(_listed(cases, raw), _language(raw), **_limits(raw), contest=_is_contest(cases))
    if "test_list" in raw:
        setup = "\n".join([*_texts(raw.get("test_imports") or []), raw.get("test_setup_code") or ""])
        tests = python_tests.split_tests(_texts(raw["test_list"]), setup=setup)
        return CodeProblem(tests, "python", setup=setup.strip())
    if "ground_truth" in raw:  # verl's `reward_model`
        return _problem(_loaded(_text(raw["ground_truth"], "ground_truth")))
    if key := next(
        (key for key in CASES_KEYS if key in raw and (key != "tests" or _is_listed(raw[key]))), None
    ):
        if raw.get("generated_checker"):
            raise BadTruth("the truth is checked by a program, which is not run")
        cases = raw[key]
        if not isinstance(cases, list):
            return CodeProblem(_columns(cases), _language(raw), **_limits(raw), contest=True)
        return CodeProblem(_listed(cases, raw), _language(raw), **_limits(raw), contest=_is_contest(cases))
    if {"inputs", "outputs"} <= raw.keys() or {"input", "output"} <= raw.keys():
        return CodeProblem(_columns(raw), _language(raw), **_limits(raw), contest=True)
    if isinstance(raw.get("code"), str):
        return _python_module(raw, raw["code"])
    return _own_format(raw)


def _is_listed(cases: Any) -> bool:
    """Whether tests are LiveCodeBench's objects and not our own."""
    return isinstance(cases, list) and any(
        isinstance(case, dict) and {"input", "output"} <= case.keys() for case in cases
    )


def _python_module(raw: Mapping[str, Any], source: str) -> CodeProblem:
    """Tests that stand in one module with the program: HumanEval's, rllm's `functional`, Skywork's `test_code`.

    Those in JavaScript are told by what only they have; SandboxFusion marks the program's place.
    """
    source = source.replace("#<INSERT>", "", 1)
    if _is_javascript(raw, source):
        return CodeProblem(split_js_tests(source), "javascript", **_limits(raw))
    name = next((raw[key] for key in ENTRY_KEYS if isinstance(raw.get(key), str)), None)
    setup = "\n".join(_text(raw.get(key) or "", key) for key in ("import_prefix", "setup") if raw.get(key))
    tests, shared = python_tests.read_tests([source], name, setup=setup)
    records = [text for text in shared.values() if text.startswith("class ")]
    return CodeProblem(
        tests,
        "python",
        **_limits(raw),
        setup="\n".join(filter(None, [setup, *records])),
        typing_names=True,
        imports={name: text for name, text in shared.items() if text not in records},
    )


def _is_javascript(raw: Mapping[str, Any], source: str) -> bool:
    if raw.get("language") is not None:
        return _language(raw) == "javascript"
    if not IS_JAVASCRIPT.search(source):
        return False
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return True
    return False


def _own_format(raw: Mapping[str, Any]) -> CodeProblem:
    if unknown := sorted(raw.keys() - KEYS):
        raise BadTruth(f"the truth has keys that nobody knows: {', '.join(unknown)[:80]}")
    checker = parse_checker(_text(raw.get("checker") or "lines", "checker"))
    tests = [
        _own_test(test, raw.get("function"), checker, n) for n, test in enumerate(_list(raw, "tests"), 1)
    ]
    asserts = _texts(_list(raw, "asserts"))
    setup = _text(raw.get("setup") or "", "setup")
    language = _language(raw) or ("python" if asserts or setup else None)
    return CodeProblem(
        [*tests, *python_tests.split_tests(asserts, setup=setup)], language, **_limits(raw), setup=setup
    )


def _own_test(test: Any, function: Any, checker: Checker, number: int) -> ProgramTest:
    match test:
        case {"stdout": str(expected), **rest} if rest.keys() <= {"stdin"}:
            return ProgramTest(
                PrintsText(expected, checker), stdin=_text(rest.get("stdin", ""), f"test {number}: stdin")
            )
        case {"args": list(args), "returns": expected, **rest} if rest.keys() <= {"function"}:
            name = rest.get("function", function)
            if not isinstance(name, str):
                raise BadTruth(f"test {number} of the truth names no function")
            return ProgramTest(ReturnsValue([expected], checker.tolerance), function=name, args=args)
    raise BadTruth(f"test {number} of the truth is neither stdin and stdout nor args and returns")


def _code_contests(raw: Mapping[str, Any], parts: list[Any]) -> CodeProblem:
    """CodeContests' own rows: public, private and generated tests, and a limit in seconds and nanoseconds."""
    if not all(isinstance(part, dict) and {"input", "output"} <= part.keys() for part in parts):
        raise BadTruth("tests of the truth without input and output")
    tests = [test for part in parts for test in _columns(part)]
    limit = raw.get("time_limit")
    if isinstance(limit, dict):
        seconds, nanos = (limit.get(key) or 0 for key in ("seconds", "nanos"))
        limit = seconds + nanos / 1e9 if isinstance(seconds, int) and isinstance(nanos, int) else None
    return CodeProblem(tests, **_limits({**raw, "time_limit": limit or None}), contest=True)


def _cases(value: Any) -> list[Any]:
    """LiveCodeBench's tests, which are a list, JSON or packed."""
    if isinstance(value, str) and is_packed(value):
        value = unpacked(value)
    cases = _json(value)
    if not isinstance(cases, list):
        raise BadTruth("the tests of the truth are no list")
    return cases


def _columns(raw: Mapping[str, Any]) -> list[ProgramTest]:
    """APPS's notation: a list of inputs and a list of outputs."""
    inputs = raw["inputs"] if "inputs" in raw else raw["input"]
    outputs = raw["outputs"] if "outputs" in raw else raw["output"]
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
        raise BadTruth("the truth has not as many outputs as inputs")
    name = raw.get("fn_name")
    if name:
        return _apps_calls(str(name), inputs, outputs)
    return [
        ProgramTest(PrintsText(_lines(expected), PRINTED), stdin=_lines(stdin))
        for stdin, expected in zip(inputs, outputs, strict=True)
    ]


def _apps_calls(name: str, inputs: list[Any], outputs: list[Any]) -> list[ProgramTest]:
    """Calls in APPS. Some of its problems wrap each expected value in a list of one, and nothing says which do.

    Where all are lists of one either form counts, as in its own checker; where any is not, a list of one is meant.
    """
    pairs = [
        (_json_lines(args), _json(expected)) if isinstance(args, str) else (args, expected)
        for args, expected in zip(inputs, outputs, strict=True)
    ]
    if not all(isinstance(args, list) for args, _ in pairs):
        raise BadTruth("the arguments of a call are no list")
    may_be_wrapped = all(isinstance(expected, list) and len(expected) == 1 for _, expected in pairs)
    return [
        ProgramTest(
            ReturnsValue([expected, *(expected if may_be_wrapped else [])], NEAR, True),
            function=name,
            args=args,
        )
        for args, expected in pairs
    ]


def _is_contest(cases: list[Any]) -> bool:
    return any(isinstance(case, dict) for case in cases)


def _listed(cases: list[Any], whole: Mapping[str, Any]) -> list[ProgramTest]:
    """The tests of a list: asserts, or LiveCodeBench's objects."""
    if cases and all(isinstance(case, str) for case in cases):
        return python_tests.split_tests(cases)
    return [_listed_test(case, whole, number) for number, case in enumerate(cases, 1)]


def _listed_test(case: Any, whole: Mapping[str, Any], number: int) -> ProgramTest:
    if not isinstance(case, dict) or not {"input", "output"} <= case.keys():
        raise BadTruth(f"test {number} of the truth has no input and output")
    stdin, expected = case["input"], case["output"]
    kind = case.get("testtype") or case.get("type") or ""
    name = _function(case) or _function(whole)
    if "func" not in kind and not (name and not kind):
        return ProgramTest(PrintsText(_lines(expected), PRINTED), stdin=_lines(stdin))
    if name is None:
        raise BadTruth(f"test {number} of the truth calls a function and names none")
    args = _json_lines(stdin) if isinstance(stdin, str) else stdin
    return ProgramTest(ReturnsValue([_json(expected)], LEETCODE_NEAR, True), function=name, args=args)


def _function(case: Mapping[str, Any]) -> str | None:
    meta = case.get("metadata") or {}
    if isinstance(meta, str):
        meta = _json(meta)
    name = case.get("fn_name") or (meta.get("func_name") if isinstance(meta, dict) else None)
    return str(name) if name else None


def _limits(raw: Mapping[str, Any]) -> dict[str, Any]:
    libraries = raw.get("libraries")
    if libraries not in (None, True, False):
        raise BadTruth("libraries in the truth must be true or false")
    seconds = _number(raw, ("seconds", "time_limit"), MOST_SECONDS)
    memory = _number(raw, ("memory_mb", "memory_limit"), MOST_MEMORY_MB)
    return {"seconds": seconds, "memory": memory and int(memory * 2**20), "libraries": libraries}


def _number(raw: Mapping[str, Any], names: tuple[str, ...], most: float) -> float | None:
    name = next((name for name in names if raw.get(name) is not None), None)
    if name is None:
        return None
    value = raw[name]
    # `true` is an int to Python, and NaN, which JSON readers let through, is no limit.
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not (0 < value <= most and math.isfinite(value))
    ):
        raise BadTruth(f"{name} in the truth must be a number above 0, up to {most:,}")
    return float(value)


def _language(raw: Mapping[str, Any]) -> Language | None:
    from r1data.verifiers.code.program import TAGS

    name = raw.get("language")
    if name is None:
        return None
    if not isinstance(name, str) or name.lower() not in TAGS:
        raise BadTruth(f"language {str(name)[:40]!r} in the truth: known are {', '.join(get_args(Language))}")
    return TAGS[name.lower()]


def _list(raw: Mapping[str, Any], name: str) -> list[Any]:
    value = raw.get(name) or []
    if not isinstance(value, list):
        raise BadTruth(f"{name} in the truth must be a list")
    return value


def _texts(values: Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadTruth("asserts in the truth must be a list of texts")
    return cast(list[str], values)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise BadTruth(f"{name} in the truth must be a text")
    return value


def _lines(value: Any) -> str:
    """A text, also if it is a list of lines."""
    if isinstance(value, list):
        return "\n".join(map(_lines, value))
    return value if isinstance(value, str) else json.dumps(value)


def _json(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadTruth(f"no JSON in a test of the truth: {text[:40]!r}") from None


def _json_lines(text: str) -> list[Any]:
    """LiveCodeBench's arguments: one JSON value per line."""
    return [_json(line) for line in text.split("\n") if line.strip()]
