"""Programs judged in the real sandbox."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from r1data.sandbox.job import NoIsolation, SandboxFailed
from r1data.verifiers.code.program import ExtractedProgram
from r1data.verifiers.code.truth import parse_problem
from r1data.verifiers.code.verifier import check_cases, judge_program
from r1data.verifiers.registry import check
from tests.conftest import Run
from tests.verifiers.code.programs import ADD, LIMIT, SUM, calls, case, said, stdin, verdict

SUMS = stdin(("2 3\n", "5\n"), ("10 5\n", "15\n"))
MBPP = {
    "test_list": ["assert add(2, 3) == 5", "assert add('a', 'b') in ('ab', 'ba')", "assert not add(0, 0)"]
}
CHECK = {
    "test": "def check(candidate):\n    for n in (1, 2):\n        assert candidate(n, n) == 2 * n\n",
    "entry_point": "add",
}


@pytest.mark.parametrize(
    ("source", "truth"),
    [
        (SUM, SUMS),
        (SUM, {"inputs": ["1 2"], "outputs": ["3"]}),
        (ADD, calls("add", ([2, 3], 5), ([[1], [2]], [1, 2]))),
        (ADD, MBPP),
        (ADD, CHECK),
        ("class Solution:\n    def add(self, a, b):\n        return a + b", calls("add", ([2, 3], 5))),
        ("def pair(n):\n    return n, {n}", {"asserts": ["assert pair(1) == (1, {1})"]}),
        (ADD + "\nclass A:\n    pass", {**calls("add", ([1, 1], 2)), "setup": "import math"}),
        ("print(0.1 + 0.2)", stdin(("", "0.3"), checker="float:1e-9")),
        ("import numpy\nprint(numpy.arange(3).sum())", stdin(("", "3"))),
    ],
)
def test_a_right_program_is_correct(source: str, truth: object) -> None:
    found = verdict(source, truth)
    assert (found.verdict, found.score, found.reason) == ("correct", 1.0, None)
    assert found.measures and found.measures["passed"] == found.measures["tests"]


def test_other_languages() -> None:
    js = "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number)\nconsole.log(a + b)"
    cpp = "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b; }"
    assert verdict(js, SUMS, "js").verdict == "correct"
    assert (
        verdict("function add(a, b) { return a + b }", calls("add", ([2, 3], 5)), "js").verdict == "correct"
    )
    assert verdict(cpp, SUMS, "cpp").verdict == "correct"
    assert verdict(cpp.replace("a + b", "a - b"), SUMS, "cpp").verdict == "incorrect"
    broken = verdict("int main() { return x; }", SUMS, "cpp")
    assert broken.verdict == "incorrect" and "does not compile" in (broken.reason or "")
    assert verdict(cpp, calls("add", ([2, 3], 5)), "cpp").verdict == "unverifiable"


@pytest.mark.parametrize(
    ("source", "truth", "reason"),
    [
        ("print(5)", SUMS, "test 2: printed '5', wanted '15'"),
        ("", SUMS, None),
        ("raise ValueError('no')", SUMS, "test 1: ValueError: no"),
        ("def add(a, b", calls("add", ([2, 3], 5)), "test 1: does not compile: SyntaxError"),
        ("x = 1", calls("add", ([2, 3], 5)), "test 1: "),
        (ADD.replace("+", "-"), MBPP, "test 1: got -1, wanted 5"),
        ("exit(3)", SUMS, "test 1: exit code 3"),
        ("print(input())\nprint(input())", SUMS, "test 1: EOFError"),
    ],
)
def test_a_wrong_program_says_which_test_failed(source: str, truth: object, reason: str | None) -> None:
    found = verdict(source, truth)
    if reason is None:
        assert (found.verdict, found.cause) == ("unverifiable", "no_answer")
    else:
        assert (found.verdict, found.score) == ("incorrect", 0.0)
        assert (found.reason or "").startswith(reason)


def test_the_problem_s_time_limit_makes_a_program_wrong_and_ours_does_not() -> None:
    loop = "while True:\n    pass"
    assert verdict(loop, stdin(("", "1"), seconds=0.5)).verdict == "incorrect"
    ours = verdict(loop, stdin(("", "1")), time_limit=0.5)
    assert ours.verdict == "timeout" and "verifier's own" in (ours.reason or "")


def test_the_problem_s_memory_makes_a_program_wrong_and_ours_does_not() -> None:
    greedy = "x = bytearray(3 << 30)\nprint(1)"
    assert verdict(greedy, stdin(("", "1"), memory_mb=256)).verdict == "incorrect"
    assert verdict(greedy, stdin(("", "1"))).verdict == "unverifiable"


@pytest.mark.parametrize(
    "source",
    [
        "print(10 ** int(input()))",
        "import resource\nresource.setrlimit(resource.RLIMIT_STACK, (1 << 29, -1))\nprint('1' + '0' * 5000)",
        "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\nprint('1' + '0' * (5000 + f(30000) - 30000))",
    ],
)
def test_limits_of_interpreter_and_sandbox_fail_no_program(source: str) -> None:
    truth = {"inputs": ["5000"], "outputs": ["1" + "0" * 5000]}
    assert verdict(source, truth).verdict == "correct"
    assert (
        verdict(source.replace("10 **", "11 **"), {**truth, "outputs": ["1" * 5001]}).verdict == "incorrect"
    )


def test_a_list_of_one_is_one_value_only_where_all_are() -> None:
    one = {"fn_name": "f", "inputs": [[5], [6]], "outputs": [[5], [6]]}
    some = {"fn_name": "f", "inputs": [[5], [6]], "outputs": [[5], [6, 7]]}
    alone, listed = "def f(x): return x", "def f(x): return [x] if x == 5 else [6, 7]"
    assert verdict(alone, one).verdict == verdict("def f(x): return [x]", one).verdict == "correct"
    assert verdict(listed, one).verdict == "incorrect"
    assert verdict(listed, some).verdict == "correct"
    assert verdict("def f(x): return x if x == 5 else [6, 7]", some).verdict == "incorrect"


def test_a_module_that_is_missing_here_says_nothing_of_the_program() -> None:
    source = "import no_such_module\n" + SUM
    assert verdict(source, SUMS).verdict == "unverifiable"
    assert verdict(source, {**SUMS, "libraries": False}).verdict == "incorrect"


def test_the_row_s_own_time_ends_between_rounds() -> None:
    asked = parse_problem(json.dumps(stdin(*[("", "1")] * 40)))
    found = judge_program(ExtractedProgram("print(1)", "python"), asked, LIMIT, row_seconds=0.0)
    assert found.verdict == "timeout"
    assert "of 40 tests" in (found.reason or "")


@pytest.mark.parametrize("truth", [None, "", "  ", "42", "{", "[]", '["assert f(1) == f(2)"]'])
def test_without_a_readable_truth_nothing_is_said(truth: str | None) -> None:
    found = check("code", said(ADD), truth)
    assert found.verdict == "unverifiable"
    assert found.cause == ("bad_truth" if truth and truth.strip() else "no_truth")


def test_no_isolation_is_unverifiable_and_a_broken_sandbox_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(error: Exception) -> Callable[..., None]:
        def run(*_: object, **__: object) -> None:
            raise error

        return run

    monkeypatch.setattr("r1data.sandbox.running.run", fails(NoIsolation("no isolation here")))
    assert verdict(SUM, SUMS).verdict == "unverifiable"
    monkeypatch.setattr("r1data.sandbox.running.run", fails(SandboxFailed("broken")))
    assert verdict(SUM, SUMS).verdict == "error"


def test_a_compiler_that_is_missing_says_nothing_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = verdict("int main() {}", SUMS, "cpp")
    assert found.verdict == "unverifiable" and "not installed" in (found.reason or "")


def test_many_rows_keep_their_order() -> None:
    rows = [case(SUM if n % 3 else "print(5)", SUMS) for n in range(12)]
    words = [found.verdict for found in check_cases(rows, LIMIT, threads=4)]
    assert words == ["correct" if n % 3 else "incorrect" for n in range(12)]


def test_the_command_judges_programs(r1: Run, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    rows = [
        {"prompt": "add", "truth": json.dumps(SUMS), "verifier": "code", "response": said(source)}
        for source in (SUM, "print(5)")
    ]
    done = r1("verify", write_jsonl(rows), "-o", tmp_path / "out", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = ds.dataset(tmp_path / "out" / "data", format="parquet").to_table()
    assert table["verdict"].to_pylist() == ["correct", "incorrect"]
    assert table["extracted"].to_pylist()[0].startswith("python, 2 lines, ")
