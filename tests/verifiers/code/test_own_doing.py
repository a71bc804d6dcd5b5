"""What a program does itself is wrong and never unknown: in training an unknown costs nothing where wrong costs."""

import json

import pytest

from r1data.sandbox.job import Outcome
from r1data.verifiers.code.program import ExtractedProgram
from r1data.verifiers.code.runs import limits_for
from r1data.verifiers.code.truth import parse_problem
from r1data.verifiers.code.verifier import outcome_verdict
from tests.verifiers.code.programs import LIMIT, stdin, verdict

SLEEPS = {
    "once": "import time\ntime.sleep(60)",
    "again and again": "import time\nwhile True:\n    time.sleep(0.01)",
    "for a lock": "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "for a signal": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "for a child": "import subprocess\nsubprocess.run(['sleep', '60'])",
}


@pytest.mark.parametrize("name", SLEEPS)
def test_a_program_that_sleeps_is_wrong(name: str) -> None:
    found = verdict(SLEEPS[name], stdin(("", "1"), seconds=0.2))
    assert found.verdict == "incorrect" and "slept" in (found.reason or ""), found


def test_a_program_that_did_not_get_the_cpu_is_not_wrong() -> None:
    problem = parse_problem(json.dumps(stdin(("", "1"), seconds=0.2)))
    outcome = Outcome("timeout", seconds=2.6, cpu=0.1)
    program = ExtractedProgram("print(1)", "python")
    found = outcome_verdict(problem.tests[0], outcome, program, problem, limits_for(problem, LIMIT))
    assert found.verdict == "timeout" and found.score is None


def test_one_that_is_too_slow_for_us_and_wrong_elsewhere_is_wrong() -> None:
    source = "n = int(input())\nwhile n == 1:\n    pass\nprint(0)"
    assert verdict(source, stdin(("1", "1"), ("2", "2")), time_limit=0.5).verdict == "incorrect"
    assert verdict(source, stdin(("1", "1"), ("2", "0")), time_limit=0.5).verdict == "timeout"


OWN_DOING = {
    "8 GiB": "x = bytearray(8 << 30)\nprint(3)",
    "a list of 8 GiB": "x = [0] * (1 << 30)\nprint(3)",
    "raises the error": "raise MemoryError",
    "raises it later": "try:\n    print(3)\nfinally:\n    raise MemoryError('no')",
    "a module that is here": "import numpy\nraise ModuleNotFoundError(\"No module named 'numpy'\")",
    "a module in a text": 'x = """\nimport foo\n"""\nraise ModuleNotFoundError("No module named \'foo\'")',
    "comments": "print(3)\n" + "#" * 200_001,
    "exits": "import sys\nsys.exit(0)",
    "kills itself": "import os\nos.kill(os.getpid(), 9)",
    "ends at once": "import os\nos._exit(0)",
    "stops at a limit that it did not meet": "import os, signal\nos.kill(os.getpid(), signal.SIGXCPU)",
    "prints without end": "while True:\n    print(3)",
    "says that memory is out": "import os, sys\nsys.stderr.write('MemoryError')\nsys.stderr.flush()\nos._exit(1)",
}


@pytest.mark.parametrize("name", OWN_DOING)
def test_what_a_program_does_itself_is_wrong(name: str) -> None:
    found = verdict(OWN_DOING[name], stdin(("", "4")))
    assert found.verdict == "incorrect", found


def test_a_program_in_cpp_that_asks_for_too_much_is_wrong() -> None:
    source = "#include <vector>\nint main() { std::vector<char> v(8l << 30); return v[5]; }"
    assert verdict(source, stdin(("", "4")), "cpp").verdict == "incorrect"
    thrown = "#include <new>\nint main() { throw std::bad_alloc(); }"
    assert verdict(thrown, stdin(("", "4")), "cpp").verdict == "incorrect"


OWN_VALUES = {
    "an instance": "class A: pass\ndef f(x): return A()",
    "of a class called Decimal": "class Decimal: pass\ndef f(x): return Decimal()",
    "of a class in disguise": "import decimal\nclass Decimal: pass\nDecimal.__module__ = 'decimal'\n"
    "def f(x): return Decimal()",
    "of a class called ndarray": "class ndarray: pass\nndarray.__module__ = 'numpy'\ndef f(x): return ndarray()",
    "that says yes": "class A:\n    def __bool__(self): return True\n    def __eq__(self, o): return True\n"
    "    def __getitem__(self, n): return 4\ndef f(x): return A()",
    "a list of them": "class A: pass\ndef f(x): return [A()]",
}


@pytest.mark.parametrize("name", OWN_VALUES)
def test_an_object_of_its_own_is_wrong(name: str) -> None:
    found = verdict(OWN_VALUES[name], {"asserts": ["assert f(2) == 4"]})
    assert found.verdict == "incorrect", found


NUMBERS = {
    "complex": ("def f(x): return complex(4, x)", "4 + 2j"),
    "complex in a list": ("def f(x): return [1j, complex(x)]", "[1j, 2]"),
    "complex without an imaginary part": ("def f(x): return complex(x)", "2"),
    "a Decimal": ("from decimal import Decimal\ndef f(x): return Decimal(x) / 4", "0.5"),
    "a Fraction": ("from fractions import Fraction\ndef f(x): return Fraction(x, 4)", "0.5"),
    "numpy's": (
        "import numpy as np\ndef f(x): return [np.int64(x), np.float32(0.5), np.bool_(1)]",
        "[2, 0.5, True]",
    ),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_libraries_compare_as_python_compares_them(name: str) -> None:
    source, wanted = NUMBERS[name]
    assert verdict(source, {"asserts": [f"assert f(2) == {wanted}"]}).verdict == "correct"
    assert verdict(source, {"asserts": [f"assert f(3) == {wanted}"]}).verdict == "incorrect"


def test_digits_of_long_integers_are_read_outside() -> None:
    source = "def f(n): return 10 ** n"
    for test in ("len(str(f(5000))) == 5001", "str(f(5000)) == '1' + '0' * 5000", "f(5000) == 10 ** 5000"):
        assert verdict(source, {"asserts": [f"assert {test}"]}).verdict == "correct"
        assert verdict(source.replace("10", "11"), {"asserts": [f"assert {test}"]}).verdict == "incorrect"
    assert (
        verdict("def f(n): return '1' * n", {"asserts": ["assert int(f(5000)) % 9 == 5"]}).verdict
        == "correct"
    )
