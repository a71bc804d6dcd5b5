"""The sandbox as those who use it see it: outcomes, values, limits. `tests/attacks` is for those who try to get out."""

import math
import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.sandbox import environment, languages, probe
from r1data.sandbox.job import LIMITS, NoIsolation, Outcome, Program, ProgramInput
from r1data.sandbox.languages import NotInstalled
from r1data.sandbox.probe import isolation
from r1data.sandbox.running import run

ECHO = "import sys; sys.stdout.write(sys.stdin.read())"
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def one(source: str, stdin: str = "", **more: Any) -> Outcome:
    (outcome,) = run(Program(source, **more), [ProgramInput(stdin)])
    return outcome


def called(source: str, *args: Any, name: str = "f", **more: Any) -> Outcome:
    (outcome,) = run(Program(source, **more), [ProgramInput(call=name, args=args)])
    return outcome


def test_what_a_program_prints_comes_out() -> None:
    outcome = one("print(int(input()) * 2)", "21\n")
    assert (outcome.status, outcome.stdout, outcome.stderr) == ("ok", "42\n", "")
    assert outcome.cpu > 0
    assert 0 < outcome.seconds < LIMITS.seconds


def test_each_input_has_its_outcome_in_order() -> None:
    outcomes = run(Program("print(int(input()) ** 2)"), [ProgramInput(str(n)) for n in range(5)])
    assert [outcome.stdout for outcome in outcomes] == ["0\n", "1\n", "4\n", "9\n", "16\n"]


@pytest.mark.parametrize("stdin", ["", "a\0b", "é\n", "\u202e", "x" * 300_000])
def test_an_input_arrives_as_it_is(stdin: str) -> None:
    assert one(ECHO, stdin).stdout == stdin


def test_a_lone_surrogate_is_no_accident() -> None:
    assert one("print(len(input()))", "\ud800").status == "ok"


@pytest.mark.parametrize("read", ["open('/dev/stdin')", "open(0)", "__import__('os').fdopen(0)"])
def test_every_way_to_stdin(read: str) -> None:
    assert one(f"print({read}.read())", "hello").stdout == "hello\n"


def test_an_exception_is_told_by_its_last_line() -> None:
    outcome = one("def f(): raise ValueError('no such thing')\nf()")
    assert (outcome.status, outcome.detail) == ("failed", "ValueError: no such thing")
    assert "inside" not in outcome.stderr


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("exit(3)", "exit code 3"),
        ("raise SystemExit('sorry')", "sorry"),
        ("import os; os.abort()", "killed by SIGABRT"),
    ],
)  # fmt: skip
def test_another_end_than_the_usual_is_a_failure(source: str, detail: str) -> None:
    outcome = one(source)
    assert (outcome.status, outcome.detail) == ("failed", detail)


def test_exit_0_is_an_end_like_any_other() -> None:
    assert one("print(1)\nexit()\nprint(2)").stdout == "1\n"


def test_what_cannot_be_compiled_never_starts() -> None:
    outcomes = run(Program("print(1)\nx = = 2"), [ProgramInput(), ProgramInput()])
    assert [outcome.status for outcome in outcomes] == ["compile"] * 2
    assert outcomes[0].stdout == "" and outcomes[0].detail.startswith("SyntaxError")


def test_until_failure_stops_there() -> None:
    outcomes = run(
        Program("print(1 // int(input()))"),
        [ProgramInput("1"), ProgramInput("0"), ProgramInput("1")],
        until_failure=True,
    )
    assert [outcome.status for outcome in outcomes] == ["ok", "failed"]


def test_no_inputs_no_outcomes() -> None:
    assert run(Program("print(1)"), []) == []


def test_a_call_returns_its_value() -> None:
    assert called("def f(a, b=2):\n  print('noise')\n  return {'sum': a + b}", 40).value == {"sum": 42}


def test_a_method_is_called_on_a_new_object() -> None:
    source = "class Solution:\n  def __init__(self): self.x = 1\n  def f(self, a): self.x += a; return self.x"
    outcomes = run(
        Program(source),
        [ProgramInput(call="Solution.f", args=[1]), ProgramInput(call="Solution.f", args=[1])],
    )
    assert [outcome.value for outcome in outcomes] == [2, 2]


@settings(max_examples=30)
@given(JSON)
def test_what_json_knows_goes_in_and_comes_out(value: Any) -> None:
    assert called("def f(x): return x", value).value == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("(1, [2])", {"$tuple": [1, [2]]}), ("{3}", {"$set": [3]}), ("b'\\xff'", {"$bytes": "ff"}),
        ("float('-inf')", {"$float": "-inf"}), ("1 << 20000", {"$int": hex(1 << 20000)}),
        ("{1: 2}", {"$dict": [[1, 2]]}), ("2 - 1j", {"$complex": [2.0, -1.0]}),
        ("__import__('fractions').Fraction(2, 6)", {"$number": "1/3"}),
        ("{'$tuple': [1]}", {"$dict": [["$tuple", [1]]]}), ("10 ** 3000", 10**3000), ("None", None),
    ],
)  # fmt: skip
def test_what_json_lacks_is_tagged(expression: str, value: Any) -> None:
    assert called(f"def f(): return {expression}").value == value


@pytest.mark.parametrize("expression", ["object()", "iter([])", "1j.conjugate", "[print]"])
def test_another_value_is_a_failure(expression: str) -> None:
    outcome = called(f"def f(): return {expression}")
    assert outcome.status == "failed" and "JSON does not know" in outcome.detail


def test_a_missing_function_is_a_failure() -> None:
    assert called("x = 1").detail == "AttributeError: module 'program' has no attribute 'f'"


def test_the_main_guard_runs_for_stdin_and_not_for_a_call() -> None:
    source = "def f(): return 1\nif __name__ == '__main__': print(f())"
    assert one(source).stdout == "1\n"
    assert called(source).stdout == ""


def test_recursion_goes_as_deep_as_a_solution_needs() -> None:
    source = "def depth(n): return n and 1 + depth(n - 1)\nprint(depth(9000))"
    assert one(source).stdout == "9000\n"
    assert (
        one(f"import sys; sys.setrecursionlimit(10 ** 6)\n{source.replace('9000', '90000')}").stdout
        == "90000\n"
    )


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("while True: pass", "timeout"),
        ("x = [0] * 10 ** 9", "memory"),
        ("while True: print('x' * 999)", "output"),
    ],
)
def test_limits_have_words_of_their_own(source: str, status: str) -> None:
    limits = replace(LIMITS, seconds=1.0, memory=1 << 28)
    assert run(Program(source), [ProgramInput()], limits)[0].status == status


def test_a_limit_leaves_what_was_written_until_then() -> None:
    (outcome,) = run(
        Program("print('so far', flush=True)\nwhile True: pass"),
        [ProgramInput()],
        replace(LIMITS, seconds=0.5),
    )
    assert (outcome.status, outcome.stdout) == ("timeout", "so far\n")
    assert outcome.cpu > 0.01


def test_two_starts_are_the_same_to_the_last_bit() -> None:
    source = (
        "import random\nprint(random.random(), hash('x'), list({'a', 'b', 'c'}), __import__('time').tzname)"
    )
    assert len({one(source).stdout for _ in range(3)}) == 1
    assert str(random.Random(0).random()) in one(source).stdout


def test_threads_processes_and_pipes_work_within_limits() -> None:
    source = """
import asyncio, multiprocessing, subprocess
from concurrent.futures import ThreadPoolExecutor
if __name__ == "__main__":
    with ThreadPoolExecutor(3) as pool:
        print(sum(pool.map(abs, range(-3, 0))))
    print(asyncio.run(asyncio.sleep(0, "slept")))
    print(subprocess.run(["/bin/echo", "hi"], capture_output=True, text=True).stdout.strip())
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map(abs, [-1, -2]))
"""
    outcome = one(source)
    assert outcome.stdout == "6\nslept\nhi\n[1, 2]\n", outcome.stderr


def test_packages_are_seen_on_request_only() -> None:
    assert one("import numpy").detail == "ModuleNotFoundError: No module named 'numpy'"
    assert one("import numpy; print(numpy.arange(3).sum())", libraries=True).stdout == "3\n"
    assert one("import r1data", libraries=True).status == "failed"


def test_packages_below_a_folder_that_programs_have_of_their_own_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        Path(folder, "lies_in_tmp.py").write_text("value = 7")
        monkeypatch.setattr(environment, "_packages", lambda: [folder])
        program = Program(
            "import lies_in_tmp, os; print(lies_in_tmp.value, os.listdir('/tmp'))", libraries=True
        )
        (outcome,) = run(program, [ProgramInput()], preload=("lies_in_tmp",))
    assert outcome.stdout == "7 []\n", outcome


def test_preloaded_modules_are_there_already() -> None:
    (outcome,) = run(
        Program("import sys; print('numpy' in sys.modules)", libraries=True),
        [ProgramInput()],
        preload=("numpy",),
    )
    assert outcome.stdout == "True\n"


SUM = '#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << "\\n"; }'


def test_cpp_is_compiled_once_and_run_for_each_input() -> None:
    outcomes = run(Program(SUM, "cpp"), [ProgramInput("1 2"), ProgramInput("3 4")])
    assert [outcome.stdout for outcome in outcomes] == ["3\n", "7\n"]


def test_cpp_that_is_wrong_is_told_by_the_compilers_first_error() -> None:
    outcomes = run(Program("int main() { return x; }", "cpp"), [ProgramInput(), ProgramInput()])
    assert [outcome.status for outcome in outcomes] == ["compile"] * 2
    assert "error: ‘x’ was not declared" in outcomes[0].detail or "'x' was not declared" in outcomes[0].detail


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ("int *p = 0; return *p;", "failed", "killed by SIGSEGV"),
        ("return 3;", "failed", "exit code 3"),
        ("std::vector<char> v(1l << 40); return v[5];", "memory", "used more memory than allowed"),
    ],
)
def test_cpp_ends(body: str, status: str, detail: str) -> None:
    outcome = one(f"#include <vector>\nint main() {{ {body} }}", language="cpp")
    assert (outcome.status, outcome.detail) == (status, detail)


def test_cpp_recurses_deeply() -> None:
    source = (
        "#include <cstdio>\nint f(int n) { volatile char x[64] = {}; return n ? 1 + f(n - 1) + x[0] : 0; }"
    )
    assert one(f'{source}\nint main() {{ printf("%d", f(1000000)); }}', language="cpp").stdout == "1000000"


def test_javascript_reads_and_prints() -> None:
    source = "console.log(require('fs').readFileSync('/dev/stdin', 'utf8').trim().split(' ').length)"
    assert one(source, "a b c", language="javascript").stdout == "3\n"


@pytest.mark.parametrize(
    "source",
    [
        "const f = x => [x, NaN, 5n]",
        "async function f(x) { return [x, 0 / 0, 5n] }",
        "export const f = x => [x, NaN, 5n]",
    ],
)
def test_javascript_is_called(source: str) -> None:
    outcome = called(source, {"a": 1}, language="javascript")
    assert outcome.value == [{"a": 1}, {"$float": "nan"}, {"$int": "0x5"}], outcome


def test_javascript_that_throws_fails() -> None:
    assert one("throw new Error('no')", language="javascript").status == "failed"


def test_blank_lines_do_not_slow_the_search_for_imports() -> None:
    start = time.process_time()
    assert languages.node_call("\n" * 200_000 + "  import fs from 'fs'", ProgramInput())[0] == "main.mjs"
    assert languages.node_call("\n" * 200_000 + "x = 'import'", ProgramInput())[0] == "main.cjs"
    assert time.process_time() - start < 5


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages.shutil, "which", lambda _: None)
    with pytest.raises(NotInstalled, match="apt-get install nodejs"):
        run(Program("1", "javascript"), [ProgramInput()])


def test_a_call_of_cpp_is_refused() -> None:
    with pytest.raises(UserError, match="cannot be called"):
        run(Program(SUM, "cpp"), [ProgramInput(call="main")])


def test_the_isolation_in_force_has_a_name() -> None:
    assert isolation().name in ("bubblewrap", "namespaces")
    assert any("seccomp" in line for line in isolation().gives)


def test_without_isolation_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "leak", lambda _: "a program inside could read a file of the user's")
    probe.way.cache_clear()
    try:
        with pytest.raises(NoIsolation, match="could read a file"):
            run(Program("print(1)"), [ProgramInput()])
        assert isolation().name == "none" and len(isolation().missing) == 1
    finally:
        probe.way.cache_clear()


def test_the_environment_inside_is_ours_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1_TEST_KEY", "secret")
    assert "secret" not in one("import os; print(os.environ)").stdout


def test_not_a_number_stays_one() -> None:
    assert math.isnan(float(called("def f(): return float('nan')").value["$float"]))
