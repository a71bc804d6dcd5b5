"""Asserts on values of the library: they are computed outside, and compared with what the program returns."""

import pytest

from tests.verifiers.code.programs import verdict

JUDGED = {
    "sys.getsizeof": ("import sys\ndef f(x): return sys.getsizeof((x, 'a'))", "f(1) == sys.getsizeof((1, 'a'))"),
    "math.pi": ("import math\ndef f(x): return math.pi * x", "f(2) == math.pi * 2"),
    "math.sqrt": ("def f(x): return [x ** 0.5]", "f(2) == [math.sqrt(2)]"),
    "an imported name": ("def f(x): return x ** 0.5", "abs(f(2) - sqrt(2)) < 1e-9"),
    "a date": ("import datetime\ndef f(x): return datetime.date(2020, 1, x)", "f(2) == datetime.date(2020, 1, 2)"),
    "a date by its name": ("import datetime\ndef f(x): return datetime.date(2020, 1, x)", "f(2) == date(2020, 1, 2)"),
    "dates in a list": ("from datetime import datetime\ndef f(x): return [datetime(2020, 1, x, 3)]",
                        "f(2) == [datetime.datetime(2020, 1, 2, hour=3)]"),
    "a span": ("import datetime\ndef f(x): return datetime.timedelta(x)", "f(2) == datetime.timedelta(days=2)"),
    "a Decimal": ("from decimal import Decimal\ndef f(x): return Decimal(x) / 4", "f(2) == Decimal('0.5')"),
    "a Fraction": ("from fractions import Fraction\ndef f(x): return Fraction(x, 4)", "f(2) == Fraction(1, 2)"),
    "letters": ("def f(x): return chr(97 + x)", "f(2) == string.ascii_lowercase[2]"),
    "phase": ("import cmath\ndef f(x): return cmath.phase(complex(0, 3 - x))", "f(2) == cmath.phase(1j)"),
}  # fmt: skip
IMPORTS = (
    "import cmath, datetime, math, string, sys\nfrom datetime import date\nfrom decimal import Decimal\n"
    "from fractions import Fraction\nfrom math import sqrt\n"
)
YES = (
    "class Yes:\n    def __eq__(self, other): return True\n"
    "    def __sub__(self, other): return 0\ndef f(x): return Yes()"
)


@pytest.mark.parametrize("name", JUDGED)
def test_a_value_of_the_library_is_computed_outside(name: str) -> None:
    source, test = JUDGED[name]
    truth = {"asserts": [f"{IMPORTS}assert {test}"]}
    assert verdict(source, truth).verdict == "correct"
    wrong = source.replace("def f(x):", "def f(x, real=None):\n    x = 1 if real is None else real\n    ")
    assert verdict(wrong, truth).verdict == "incorrect" or name == "sys.getsizeof"
    assert verdict(YES, truth).verdict == "incorrect"


@pytest.mark.parametrize(
    "test",
    [
        "assert f(2) == date(2020, 1, 2)",  # the program's, as far as anybody knows
        "import math\nassert f(2) == math.factorial(10 ** 9)",
        "import math\nassert f(2) == math.gcd(10 ** 40, 3)",
        "import math\nassert math.sqrt(f(2)) == f(4)",
        "import sys\nassert f(2) == sys.exit(4)",
        "import datetime\nassert f(2) == datetime.date(1, 2)",
        "import decimal\nassert f(2) == decimal.Decimal('1' * 5000)",
    ],
)
def test_anything_else_is_refused(test: str) -> None:
    assert verdict("def f(x): return 4", {"asserts": [test]}).cause == "bad_truth"


PYTEST = """
class TestF:
    def test_one(self):
        assert f(2) == 4

    def test_two(self):
        x = f('a')
        assert x == 'aa'
"""


def test_several_values_of_a_call_are_variables() -> None:
    truth = {
        "asserts": ["a, b = 1, 2\nx, y = f(b)\nassert x == 2\nassert y == [a]\n(z,) = g(3)\nassert z == 3"]
    }
    assert verdict("def f(n): return n, [1]\ndef g(n): return [n]", truth).verdict == "correct"
    assert verdict("def f(n): return n, [2]\ndef g(n): return [n]", truth).verdict == "incorrect"
    assert verdict("def f(n): return n, [1]\ndef g(n): return [n, n]", truth).verdict == "incorrect"


def test_classes_of_pytest_are_read() -> None:
    for truth in (PYTEST, {"test": PYTEST}, {"code": "#<INSERT>\nimport re\n" + PYTEST, "asset": None}):
        assert verdict("def f(x): return 2 * x", truth).verdict == "correct"
        assert verdict("def f(x): return 4", truth).verdict == "incorrect"
    fixture = PYTEST.replace("test_two(self)", "test_two(self, capfd)")
    assert verdict("def f(x): return 4", fixture).cause == "bad_truth"
