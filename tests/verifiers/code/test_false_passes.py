"""Tests that hold what is expected where a program could see or decide it, and programs that cheat on them.

A cheat knows nothing of the task: it looks at what it is given, answers as it is asked to, and defines whatever the
test uses. None is `correct`; where the test can be judged at all, a right program is.
"""

import json

import pytest

from tests.verifiers.code.programs import verdict

YES = """
class Yes:
    def __init__(self, *args, **options): pass
    def __call__(self, *args, **options): return self
    def __getattr__(self, name):
        if name.startswith('__'): raise AttributeError(name)
        return self
    def __eq__(self, other): return True
    def __ne__(self, other): return True
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __contains__ = __lt__
    def __bool__(self): return True
    def __hash__(self): return 4
    def __len__(self): return 4
    def __iter__(self): return iter([self])
    def __getitem__(self, key): return self
    def __sub__(self, other): return 0
    __rsub__ = __add__ = __radd__ = __mod__ = __mul__ = __neg__ = __abs__ = __round__ = __sub__
    def __enter__(self): return self
    def __exit__(self, *args): return True
    def __instancecheck__(self, value): return True
    def __str__(self): return 'yes'
    def __format__(self, spec): return '4'
"""
SHADOWED = (
    "isinstance bool len sorted set str int float list tuple dict type round abs sum min max repr next iter any all "
    "hash zip map filter callable hasattr getattr issubclass same check_equal assert_equal assert_true assert_f verify "
    "compare equals approx isclose allclose fabs TestCase pytest unittest np numpy math operator"
)
NAMES = "f g candidate Result"
"""Names that the tests call."""
EQUAL_ARGUMENTS = "def same(*a, **k): return Yes()\n"

CHEATS = {
    "mocks": "from unittest.mock import MagicMock\n"
    + "".join(f"{name} = MagicMock()\n" for name in [*NAMES.split(), "same", "verify", "compare"]),
    "evaluates to True": YES
    + "import builtins\nreal = builtins.eval\n"
    + "builtins.eval = lambda source, *scope: Yes() if '_' not in source else True\n"
    + "".join(f"{name} = Yes()\n" for name in NAMES.split()),
    "reads what is asked": """
import sys
def f(*args, **options):
    frame, texts = sys._getframe(), []
    while frame:
        texts += [repr(value) for value in frame.f_locals.values() if isinstance(value, (str, list))]
        frame = frame.f_back
    return 4 if any('4' in text for text in texts) else 'no'
g = candidate = same = verify = compare = f
Result = lambda *args: f
""",
    "an object that says yes": YES + "".join(f"{name} = Yes()\n" for name in NAMES.split()),
    "a class of such objects": YES + "".join(f"{name} = Yes\n" for name in NAMES.split()),
    "every builtin says yes": YES
    + "".join(f"{name} = lambda *a, **k: True\n" for name in NAMES.split())
    + "".join(f"{name} = Yes()\n" for name in SHADOWED.split()),
    "every function returns True": "".join(
        f"{name} = lambda *a, **k: True\n" for name in [*NAMES.split(), *SHADOWED.split()]
    ),
    "an object, and functions that return True": YES
    + "".join(f"{name} = lambda *a, **k: Yes()\n" for name in NAMES.split())
    + "".join(f"{name} = lambda *a, **k: True\n" for name in SHADOWED.split()),
    "text and list and int that say yes": """
class S(str):
    def startswith(self, *a): return True
    endswith = isdigit = equals = issubset = __contains__ = __eq__ = startswith
    __hash__ = str.__hash__
class L(list):
    def __contains__(self, item): return True
    def __eq__(self, other): return True
    def __len__(self): return 4
    def issubset(self, other): return True
    equals = count = index = issubset
f = g = candidate = lambda *a, **k: S('no')
Result = lambda *a, **k: L([0])
""",
    "keeps what it is shown": """
seen = []
def f(*args, **options):
    seen.extend([*args, *options.values()])
    return seen[-1] if len(seen) > 1 else 0
def same(*args, **options):
    seen.extend([*args, *options.values()])
    return True
g = candidate = f
check_equal = assert_equal = assert_true = assert_f = verify = compare = same
class Result:
    def __init__(self, *args): self.value = seen[-1] if seen else 0
    def __getattr__(self, name):
        def method(*args, **options):
            seen.extend(args)
            return True
        return method
""",
}

JUDGED = {
    "tests in main": "if __name__ == '__main__':\n    assert f(2) == 4",
    "a check in main": "def check(c):\n    assert c(2) == 4\nif __name__ == '__main__':\n    check(f)",
    "sub-tests": "import unittest\nclass T(unittest.TestCase):\n    def test_f(self):\n"
    "        for n, m in [(1, 2), (2, 4)]:\n            with self.subTest(n=n):\n"
    "                self.assertEqual(f(n), m)",
    "a count": "assert f([4]).count(4) == 2",
    "a key": "assert f('ab').find('ba') == 1",
    "a statement of nose": "assert_equal(f(2), 4)",
    "a statement of unittest": "import unittest\nunittest.TestCase().assertEqual(f(2), 4)",
    "a statement of numpy": "import numpy as np\nnp.testing.assert_allclose(f(2), 4.0)",
    "a statement of numpy with a message": "import numpy as np\nnp.testing.assert_equal(f(2), 4, 'wrong', False)",
    "almost equal by places, a message and a distance": "assertAlmostEqual(f(2), 4.05, None, 'far off', 0.1)",
    "assertTrue": "assertTrue(f(2) == 4)",
    "assertIn": "self.assertIn(f(2), [4, 16])",
    "assertIsInstance": "self.assertIsInstance(f(2), int)\nself.assertAlmostEqual(f(2), 4.0, places=3)",
    "a method of a text": "assert f('ab').startswith('ab')\nassert f('ab') == 'abab'",
    "a method of a text alone": "assert f('ab').endswith('bab')",
    "a method of a text, negated": "assert not f('ab').startswith('b')\nassert f('ab').startswith('abab')",
    "a method of a set": "assert g([1, 2]).issubset({1, 2, 3})",
    "a superset": "assert {1, 2, 3}.issuperset(g([1, 2]))",
    "isinstance": "assert isinstance(g([2]), set)",
    "isinstance of two": "assert isinstance(f(2), (int, float))\nassert f(2) == 4",
    "type": "assert type(f(2)) is int\nassert f(2) == 4",
    "len": "assert len(f('ab')) == 4\nassert f('ab')[0] == 'a'",
    "len alone": "assert len(f([1, 2])) == 4",
    "a container of the program's": "assert 2 in g([1, 2])\nassert 3 not in g([1, 2])",
    "not unequal": "assert not f(2) != 4",
    "a chain": "assert 3 < f(2) < 5",
    "a chain of equals": "assert 4 == f(2) == 4",
    "arithmetic": "assert f(2) - 4 == 0",
    "a remainder": "assert f(2) % 4 == 0\nassert f(2) + 1 == 5",
    "distance": "assert abs(f(2) - 4) < 1e-6",
    "isclose": "import math\nassert math.isclose(f(2), 4)",
    "approx": "import pytest\nassert f(2) == pytest.approx(4)",
    "set": "assert set(g([1, 2, 2])) == {1, 2}",
    "sorted": "assert sorted(g([2, 1])) == [1, 2]",
    "str": "assert str(f(2)) == '4'",
    "float": "assert float(f(2)) == 4.0\nassert round(f(2), 1) == 4",
    "joined": "assert ''.join(f('ab')) == 'abab'",
    "a comprehension": "assert [f(x) for x in [1, 2]] == [2, 4]",
    "a comparison in a variable": "ok = f(2) == 4\nassert ok",
    "isinstance in a variable": "ok = isinstance(g([2]), set)\nassert ok",
    "a comparison of a comparison": "assert (f(2) == 4) is True",
    "a condition of a method": "assert f('a').isalpha() and f('1').isdigit()\nassert f('1') == '11'",
    "a test function": "def test_f():\n    assert f(2) == 4\ntest_f()",
    "a test case": "import unittest\nclass T(unittest.TestCase):\n    def setUp(self):\n        self.n = 2\n"
    "    def test_f(self):\n        self.assertEqual(f(self.n), 4)\n"
    "        self.assertTrue(f('ab').startswith('abab'))\n"
    "if __name__ == '__main__':\n    unittest.main()",
    "a check that is called": "def check(c):\n    assert c(2) == 4\ncheck(f)",
    "a check with another parameter": {
        "test": "def check(func):\n    assert func(2) == 4\n",
        "entry_point": "f",
    },
    "items in any order": "self.assertCountEqual(g([1, 2]), [2, 1])",
    "an index": "assert f('ab')[3] == 'b'",
    "keys": "assert list({1: 2}.keys()) == [1]\nassert f([1])[1] == 1",
    "a part of a case": "for case in [(2, 4), (3, 6)]:\n    assert f(case[0]) == case[1]",
    "a part of a case in a variable": "case = {'x': 2, 'want': 4}\nr = f(case['x'])\nassert r == 4",
    "the items of a dict": "cases = {2: 4}\nfor k, v in cases.items():\n    assert f(k) == v",
    "a method of a constant": "assert f('ab') == 'ABAB'.lower()",
    "an annotated constant": "x: int = 2\nassert f(x) == 4",
}
RIGHT = "def f(x): return 2 * x\ndef g(x): return set(x)\n"

REFUSED = {
    "a function of the program compares": "assert same(f(2), 4)",
    "by keyword": "assert same(f(2), expected=4)",
    "its result is True": "assert same(f(2), 4) == True",
    "its result is a word": "assert same(f(2), 4) == 'equal'",
    "its result is 0": "assert compare(f(2), 4) == 0",
    "in a list": "assert same([f(2), 4])",
    "with a star": "assert same(*[f(2), 4])",
    "in a formatted text": "assert same(f'{f(2)} 4')",
    "as an operator": "assert same(f(2) - 4)",
    "as a comparison": "assert same(f(2) == 4)",
    "a variable": "r = f(2)\nassert same(r, 4)",
    "a variable and a statement": "r = f(2)\nsame(r, 4)\nassert r",
    "a statement": "check_equal(f(2), 4)\nassert f(0) is not None",
    "the function and what it returns": "assert verify(f, 2, 4)",
    "a lambda": "assert verify(lambda: f(2), 4)",
    "a walrus": "assert (r := f(2)) and r == 4",
    "a walrus in an argument": "assert same(r := f(2), 4)",
    "a method of a result": "r = f(2)\nr.check_equal(4)\nassert r",
    "a function of the test": "def same(a, b):\n    return a == b\nassert same(f(2), 4)",
    "a default": "def same(a, b=4):\n    return a == b\nassert same(f(2))",
    "a lambda of the test": "same = lambda a: a == 4\nassert same(f(2))",
    "a decorated test": "import pytest\n@pytest.mark.parametrize('a', [2])\ndef test_f(a):\n    assert f(a) == 4",
    "a decorated check": {"test": "@twice\ndef check(c):\n    assert c(2) == 4\n", "entry_point": "f"},
    "tests that nobody calls": "def run():\n    assert f(2) == 4\nassert f(0) is not None",
    "a partial": "import functools, operator\nsame = functools.partial(operator.eq, 4)\nassert same(f(2))",
    "a partial, compared": "import functools as t, operator as o\nsame = t.partial(o.eq, 4)\nassert same(f(2)) == 1",
    "a comparison that gives None": "assert verify(f, 2, 4) is None",
    "a comparison of a result that gives None": "assert same(f(2), 4) is None",
    "an instance that holds it": "assert Result(4).check(f(2)) == 1",
    "a statement of an instance": "r = Result(4)\nr.expect(f(2))\nassert f(0) is not None",
    "a key that holds it": "assert sorted(f(2), key=lambda x: x != 4)[0] == 4",
    "a constant in a list": "assert [f(2), abs(4)] == [4, 4]",
    "another check": {"test": "def check(c):\n    assert c(2) == 4\ncheck(g)", "entry_point": "f"},
    "deep calls": "assert " + "f(" * 60 + "same(f(2), 4)" + ")" * 60,
    "a loop over a number": "assert [f(x) for x in 4] == [4]",
    "nested comprehensions": "assert [[f(x) for x in range(1000)] for y in range(1000)] == 4",
    "deep sums": "assert f(2)" + " + 1" * 5000 + " == 4",
    "a check of the program's": "check(f(2), 4)\nassert f(0) is not None",
    "a test case with a helper": "import unittest\nclass T(unittest.TestCase):\n    def same(self, a, b):\n"
    "        self.assertEqual(a, b)\n    def test_f(self):\n        self.same(f(2), 4)",
    "a test case with exceptions": "import unittest\nclass T(unittest.TestCase):\n    def test_f(self):\n"
    "        with self.assertRaises(ValueError):\n            f(-1)\n        self.assertEqual(f(2), 4)",
    "a function of the setup": {
        "test_list": ["assert assert_f(2, 4)"],
        "test_setup_code": "def assert_f(a, b):\n    return f(a) == b",
    },
    "all": "assert all(x == 4 for x in [f(2)])",
    "any in map": "assert any(map(lambda x: x == 4, [f(2)]))",
    "two of the program's": "assert f(2) == g(4)",
    "equals of a class": "assert Result(2).equals(4)",
    "eq": "assert f(2).__eq__(4)",
    "operator": "import operator\nassert operator.eq(f(2), 4)",
    "hasattr": "assert hasattr(f(2), 'four')",
    "assertRaises": "self.assertRaises(ValueError, f, 4)",
    "pytest.raises": "import pytest\nwith pytest.raises(ValueError):\n    f(4)",
    "unknown assertion": "self.assertRegex(f(2), '4')",
    "an empty list": "assert same(f(2), [])",
    "an empty dict": "assert same({}, f(2))",
    "an empty set": "assert same(f(2), set())",
    "an empty text": "assert same(f(2), f'')",
    "a default of a lambda": "assert same(lambda y=4: f(2))",
    "an instance of a result": "assert Result(f(2)).to(4)",
    "an instance of a result, in a variable": "r = Result(f(2))\nassert r.to(4)",
    "an instance of a result, asked": "r = Result(f(2))\nok = r.good()\nassert ok",
    "an instance of an instance": "assert Result(Result(f(2))).good()",
    "the whole of a case": "case = {'x': 2, 'want': 4}\nassert f(case) == case['want']",
    "a class of tests that nobody runs": "class TestF:\n    def test_f(self):\n        verify(f(2), 4)\n"
    "assert f(0) is not None",
    "a test with parameters": "def test_f(n):\n    verify(f(n), 4)\nassert f(0) is not None",
    "a constant that was changed": "xs = [1, 2]\nassert f(xs) is not None\nassert len(xs) == 2",
    "a lambda of the setup": {
        "test_list": ["assert same(f(2))"],
        "test_setup_code": "same = lambda x: x == 4",
    },
    "a class of the setup": {
        "test_list": ["r = Result(f(2)).good()\nassert r"],
        "test_setup_code": "class Result:\n    def __init__(self, x): self.x = x\n"
        "    def good(self): return self.x == 4",
    },
    "an import of the setup, in a variable": {
        "test_list": ["r = same(f(2))\nassert r"],
        "test_imports": ["from operator import truth as same"],
    },
}
ASKED = {
    "startswith of an object": "assert f(2).startswith('ab')",
    "equals of an object": "assert f(2).equals(4)",
    "equals of an object, compared": "assert f(2).equals(4) == 1",
    "a variable's method": "r = f(2)\nassert r.equals(4)",
    "an object's truth": "assert f(2)",
    "a container": "assert 4 in f(2)",
    "an item's truth": "assert f(2)[4]",
    "isinstance of an object": "assert isinstance(f(2), int)",
    "a method without arguments": "assert f(2).is_four()",
    "an attribute": "assert f(2).four",
    "a predicate, compared": "assert f(2).is_four() == 1",
    "a count": "assert f(2).count(4) == 1",
    "a key": "assert f(2)['four'] == 1",
}


def asserts(source: object) -> object:
    return {"asserts": [source]} if isinstance(source, str) else source


@pytest.mark.parametrize("name", [*JUDGED, *REFUSED])
def test_no_cheat_is_correct(name: str) -> None:
    truth = asserts({**JUDGED, **REFUSED}[name])
    for cheat, source in CHEATS.items():
        found = verdict(source, truth)
        assert found.verdict in ("incorrect", "unverifiable"), (cheat, found)


@pytest.mark.parametrize("name", JUDGED)
def test_a_right_program_is_correct(name: str) -> None:
    found = verdict(RIGHT, asserts(JUDGED[name]))
    assert found.verdict == "correct", found


@pytest.mark.parametrize("name", JUDGED)
def test_a_wrong_program_is_incorrect(name: str) -> None:
    found = verdict("def f(x): return x\ndef g(x): return [len(x) + 5]\n", asserts(JUDGED[name]))
    assert found.verdict == "incorrect", found


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_compare_inside_is_refused(name: str) -> None:
    found = verdict(RIGHT, asserts(REFUSED[name]))
    assert (found.verdict, found.cause) == ("unverifiable", "bad_truth"), found


@pytest.mark.parametrize("name", ASKED)
def test_an_object_of_its_own_that_would_be_asked_is_wrong(name: str) -> None:
    found = verdict(YES + "f = lambda *a: Yes()\n", asserts(ASKED[name]))
    assert found.verdict == "incorrect", found


def test_an_object_of_a_library_that_would_be_asked_is_undecided() -> None:
    found = verdict("import re\nf = lambda *a: re.match('4', '4')\n", asserts("assert f(2).startswith('ab')"))
    assert (found.verdict, found.cause) == ("unverifiable", "undecided"), found


HONEST = {
    "a class": ("class Stack:\n    def __init__(self, n): self.items = []\n"
                "    def push(self, x): self.items.append(x)\n"
                "    def pop(self): return self.items.pop()\n    def __len__(self): return len(self.items)\n"
                "    def __str__(self): return f'Stack({self.items})'\n    def has(self, x): return x in self.items\n",
                "s = Stack(3)\ns.push(1)\nassert s.has(1)\nassert len(s) == 1\nassert str(s) == 'Stack([1])'\n"
                "assert s.items == [1]\nassert s.items[0] == 1\nassert s.pop() == 1\nassert not s.has(1)"),
    "two classes": ("class P:\n    def __init__(self, x): self.x = x\n"
                    "class T:\n    def __init__(self): self.all = []\n"
                    "    def add(self, p, n=1): self.all.append(p.x * n)\n"
                    "def far(p, n): return p.x + n\n",
                    "t = T()\nt.add(P(2))\nt.add(P(3), 2)\nassert t.all == [2, 6]\nassert far(P(2), 3) == 5"),
    "a generator": ("def f(n): yield from range(n)", "assert list(f(3)) == [0, 1, 2]\nassert next(f(2)) == 0\n"
                    "assert set(f(2)) == {0, 1}\nassert sum(f(4)) == 6\nx = list(f(2))\nassert x == [0, 1]"),
    "keys": ("def f(n): return dict.fromkeys(range(n)).keys()", "assert list(f(2)) == [0, 1]\nassert len(f(2)) == 2"),
    "a node": ("class N:\n    def __init__(self, v, n=None): self.val, self.next = v, n\ndef build(xs):\n"
               "    h = None\n    for x in reversed(xs): h = N(x, h)\n    return h\n"
               "def total(n): return n.val + (total(n.next) if n.next else 0)",
               "h = build([1, 2])\nassert h.val == 1\nassert h.next.val == 2\nassert h.next.next is None\n"
               "assert total(h) == 3\nassert total(build([4])) == 4\nassert build([1]) is not None"),
    "a counter": ("from collections import Counter\ndef f(s): return Counter(s)",
                  "assert f('aab')['a'] == 2\nassert f('aab').get('b') == 1\nassert f('a') == {'a': 1}\n"
                  "assert sorted(f('ab').keys()) == ['a', 'b']\nassert str(f('a')) == \"Counter({'a': 1})\""),
    "decimals": ("from decimal import Decimal\ndef f(n): return Decimal(n) / 4",
                 "assert float(f(2)) == 0.5\nassert str(f(2)) == '0.5'\nassert round(float(f(1)), 1) == 0.2"),
    "arrays": ("import numpy as np\ndef f(n): return np.arange(n)\ndef b(n): return np.bool_(n)",
               "assert f(3).tolist() == [0, 1, 2]\nassert len(f(3)) == 3\nassert b(1)\n"
               "assert not b(0)\n"
               "import numpy as np\nnp.testing.assert_array_equal(f(2), [0, 1])"),
    "dates": ("import datetime\ndef f(n): return datetime.date(2020, 1, n)",
              "assert f(2).strftime('%Y-%m-%d') == '2020-01-02'\n"
              "assert f(2).day == 2\nassert str(f(3)) == '2020-01-03'"),
    "large": ("def f(n): return list(range(n))", "assert len(f(400000)) == 400000\nassert f(400000)[-1] == 399999"),
    "matches": ("import re\ndef f(s): return re.match('a', s)", "assert f('ab')\nassert not f('b')"),
    "a key": ("def f(n): return [(k, -k) for k in range(n)]",
              "assert sorted(f(2), key=lambda p: p[1]) == [(1, -1), (0, 0)]\nassert dict(f(2)) == {0: 0, 1: -1}"),
    "a function for an argument": ("def f(g, x): return g(x)\ndef ok(xs, g): return all(map(g, xs))\n"
                                   "def inc(x): return x + 1",
                                   "assert f(lambda x: x + 1, 2) == 3\nassert f(inc, 2) == 3\n"
                                   "assert ok([1], lambda x: x > 0)"),
    "frozen sets": ("def f(): return {frozenset([1]): {(1, frozenset([2]))}}",
                    "assert f() == {frozenset([1]): {(1, frozenset([2]))}}"),
    "a lambda that calls a method": ("def f(xs, key): return [key(x) for x in xs]",
                                     "assert f(['a'], lambda x: x.upper()) == ['A']"),
    "a shadowed builtin": ("def sum(a, b): return a + b\ndef max(xs): return xs[0]",
                           "assert sum(10, 15) == 25\nassert max([1, 2]) == 1"),
    "a changed list": ("def f(n): return [n]\ndef h(xs): xs.append(2)",
                       "x = f(1)\nn = x.count(1) == 1\nx.append(3)\nassert x == [1, 3]\n"
                       "assert n\nh(x)\nassert x[-1] == 2"),
    "a changed argument": ("def f(xs): xs.sort()\ndef total(xs): return sum(xs)",
                           "xs = [3, 1]\nf(xs)\nassert xs == [1, 3]\nassert xs[0] == 1\nassert total(xs) == 4"),
    "items one by one": ("def f(n): yield from range(n)",
                         "g = f(4)\nassert next(g) == 0\nassert next(g) == 1\nassert list(g) == [2, 3]"),
    "nan": ("def f(x): return float(x)", "import math\nassert math.isnan(f('nan'))\nassert not math.isinf(f('1'))"),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_what_honest_programs_return_is_read_as_before(name: str) -> None:
    source, tests = HONEST[name]
    found = verdict(source, json.dumps({"asserts": [tests]}))
    assert found.verdict == "correct", found


INFINITE = {
    "allclose": "import numpy as np\nnp.testing.assert_allclose(f(2), float('inf'))",
    "allclose of a list": "import numpy as np\nnp.testing.assert_allclose([f(2)], [float('-inf')])",
    "evalplus": "assertion(f(2), float('inf'), 1e-6)",
    "a call": {"tests": [{"args": [2], "returns": float("inf")}], "function": "f", "checker": "float:1e-6"},
    "almost equal": "self.assertAlmostEqual(f(2), float('inf'))",
}


@pytest.mark.parametrize("name", INFINITE)
def test_no_finite_number_is_close_to_an_infinite_one(name: str) -> None:
    for value in ("5.0", "float('nan')"):
        found = verdict(f"def f(x): return {value}", asserts(INFINITE[name]))
        assert found.verdict == "incorrect", found


def test_the_first_item_of_several_is_not_all_of_them() -> None:
    truth = {"fn_name": "f", "inputs": [[2]], "outputs": [[1, 2, 3]]}
    assert verdict("def f(x): return 1", truth).verdict == "incorrect"
    assert verdict("def f(x): return [1, 2, 3]", truth).verdict == "correct"


def test_an_iterator_that_is_empty_is_a_failed_test() -> None:
    assert verdict("def f(x): return []", asserts("assert next(iter(f(2))) == 4")).verdict == "incorrect"


def test_a_reason_shows_the_value_and_not_how_it_came() -> None:
    assert verdict("def f(x): return 3", asserts("assert f(2) + 1 == 5")).reason == "test 1: got 3, wanted 5"
    assert (
        verdict("def f(x): return False", asserts("assert f(2)")).reason
        == "test 1: got False, wanted something true"
    )
    for test, wanted in (
        ("assertAlmostEqual(f(2), 4)", "almost 4"),
        ("assertNotAlmostEqual(f(2), 3)", "not almost 3"),
    ):
        assert verdict("def f(x): return 3", asserts(test)).reason == f"test 1: got 3, wanted {wanted}"
