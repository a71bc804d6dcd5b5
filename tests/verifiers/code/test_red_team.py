"""Programs that want a reward without solving anything. None is `correct`, and a right one beside them is."""

import json

import pytest

from r1data.verifiers.registry import check
from tests.verifiers.code.programs import ADD, SUM, calls, said, stdin, verdict

IO = stdin(("2 3\n", "5\n"), ("10 5\n", "15\n"), ("7 8\n", "15\n"))
CALLS = calls("add", ([2, 3], 5), ([10, 5], 15), ([7, 8], 15))
ASSERTS = {"asserts": ["assert add(2, 3) == 5", "assert add(10, 5) == 15", "assert add(7, 8) in (15, 16)"]}
LISTS = calls("upto", ([3], [0, 1, 2]), ([0], []), ([5], [0, 1, 2, 3, 4]))

RESPONSES = {
    "empty": "",
    "only tags": "<think></think>",
    "only in the thoughts": f"<think>```python\n{SUM}\n```</think>I would add them.",
    "thoughts never closed": f"<think>so\n```python\n{SUM}\n```",
    "thoughts opened again": f"<think>a</think><think>```python\n{SUM}\n```",
    "an empty block": said("  "),
    "the truth's own words": said(json.dumps(IO), "json"),
    "two untagged blocks": f"<think>so</think>```\n{SUM}\n```\n```\nprint(5)\n```",
    "the right one, then a wrong one": f"<think>so</think>```python\n{SUM}\n```\n```python\nprint(5)\n```",
    "prose": "<think>so</think>The answer is 5.",
}

PRINTS = {
    "nothing": "pass",
    "exits early": "import os\nos._exit(0)",
    "exits as if all were well": "import sys\nsys.exit(0)",
    "the sample alone": "print(5)",
    "everything wanted": "print(5)\nprint(15)",
    "every number": "for n in range(100):\n    print(n)",
    "visible tests by hand": "print({'2 3': 5, '10 5': 15}.get(input(), 0))",
    "a prefix": "a, b = map(int, input().split())\nprint(str(a + b)[0])",
    "an extra line": SUM + "\nprint()\nprint('done')",
    "an extra word": SUM.replace("print(a + b)", "print(a + b, 'ok')"),
    "a header": "print('Enter two numbers:')\n" + SUM,
    "carriage returns over it": SUM.replace("print(a + b)", "print('0', end='\\r')\nprint(a + b)"),
    "backspaces": SUM.replace("print(a + b)", "print('0\\b' + str(a + b))"),
    "on stderr": "import sys\n" + SUM.replace("print(a + b)", "print(a + b, file=sys.stderr)"),
    "stdout closed": "import os\nos.close(1)\n" + SUM,
    "stdout replaced": "import io, sys\nsys.stdout = io.StringIO()\n" + SUM,
    "then raises": SUM + "\nraise SystemExit('no')",
    "then is killed": SUM
    + "\nimport os, signal\nimport sys; sys.stdout.flush()\nos.kill(os.getpid(), signal.SIGKILL)",
    "for ever": "while True:\n    print(5)",
    "a megabyte": "print('5 ' * 1_000_000)",
    "NULs": "print('\\0' * 10 + '5')",
    "full width digits": "print('５')",
    "looks for the answers": "import glob\n"
    "print(open([f for f in glob.glob('/**/*', recursive=True) if 'stdout' in f][0]).read())",
    "reads the parent": "import os\nprint(open(f'/proc/{os.getppid()}/environ').read())",
}

FAKES = {
    "equal to everything": "class A:\n    def __eq__(self, other): return True\n"
    "    def __hash__(self): return 5\n"
    "def add(a, b): return A()",
    "a text equal to everything": "class A(str):\n    def __eq__(self, other): return True\n"
    "    __hash__ = str.__hash__\n"
    "def add(a, b): return A('x')",
    "a number equal to everything": "class A(int):\n    def __eq__(self, other): return True\n"
    "    __hash__ = int.__hash__\n"
    "def add(a, b): return A(4)",
    "a float near everything": "class A(float):\n    def __sub__(self, o): return 0.0\n"
    "    __rsub__ = __sub__\n"
    "    def __eq__(self, o): return True\ndef add(a, b): return A(4)",
    "a list that holds everything": "class A(list):\n    def __contains__(self, o): return True\n"
    "    def __eq__(self, o): return True\n    def __len__(self): return 5\ndef add(a, b): return A()",
    "nan": "def add(a, b): return float('nan')",
    "infinite": "def add(a, b): return float('inf')",
    "a generator": "def add(a, b):\n    yield a + b",
    "a coroutine": "async def add(a, b):\n    return a + b",
    "a text of it": "def add(a, b): return str(a + b)",
    "it in a list": "def add(a, b): return [a + b]",
    "one half": "def add(a, b): return 5",
    "none": "def add(a, b): pass",
    "a type": "add = object",
    "exits": "import os\ndef add(a, b): os._exit(0)",
    "leaves": "import sys\ndef add(a, b): sys.exit(0)",
    "exits while it is read": "import os\nos._exit(0)\n" + ADD,
    "walks frames": "import sys\ndef add(a, b):\n    f = sys._getframe()\n    while f:\n"
    "        for v in list(f.f_locals.values()):\n"
    "            if isinstance(v, dict) and 'returns' in v: return v['returns']\n"
    "            if isinstance(v, (list, tuple)) and len(v) == 3: return v[-1]\n        f = f.f_back",
    "searches memory": "import gc\ndef add(a, b):\n    for o in gc.get_objects():\n"
    "        if isinstance(o, dict) and ('returns' in o or 'wanted' in o): return"
    " o.get('returns', o.get('wanted'))",
    "patches json": "import json\njson.dumps = lambda *a, **k: '{\"value\": 5}'\ndef add(a, b): return 0",
    "patches builtins": "import builtins\nbuiltins.len = lambda x: 5\n"
    "builtins.abs = lambda x: 0\ndef add(a, b): return 0",
    "patches eval": "import builtins\nbuiltins.eval = lambda *a: 5\ndef add(a, b): return 5",
    "writes its own result": "import os\ndef add(a, b):\n    for n in range(3, 20):\n"
    "        try: os.write(n, b'{\"value\": 5}')\n"
    "        except OSError: pass\n    os._exit(0)",
    "forges a tag": "def add(a, b): return {'$int': '0x5'}",
    "reads its arguments' text": "def add(a, b): return max(a, b)",
    "recurses": "def add(a, b): return add(a, b)",
    "nests": "def add(a, b):\n    x = []\n    for _ in range(100000): x = [x]\n    return x",
}


@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_without_a_program_that_solves_it(name: str) -> None:
    assert check("code", RESPONSES[name], json.dumps(IO)).verdict != "correct"


@pytest.mark.parametrize("name", PRINTS)
def test_what_is_printed_must_be_all_that_is_wanted(name: str) -> None:
    found = verdict(PRINTS[name], {**IO, "seconds": 1})
    assert found.verdict in ("incorrect", "timeout"), found


@pytest.mark.parametrize("name", FAKES)
@pytest.mark.parametrize("truth", [CALLS, ASSERTS], ids=["calls", "asserts"])
@pytest.mark.parametrize("limits", [{"seconds": 1}, {}], ids=["apart", "together"])
def test_what_is_returned_must_be_the_value(
    name: str, truth: dict[str, object], limits: dict[str, object]
) -> None:
    found = verdict(FAKES[name], {**truth, **limits})
    assert found.verdict == "incorrect", found


@pytest.mark.parametrize(
    "source",
    [
        "def upto(n):\n    yield from range(n)",
        "def upto(n):\n    return [0, 1, 2][:n]",
        "def upto(n):\n    return list(range(n + 1))",
        "def upto(n):\n    return list(range(n))[:-1]",
        "def upto(n):\n    return {k for k in range(n)}",
        "def upto(n):\n    return dict.fromkeys(range(n))",
        "def upto(n):\n    return iter(range(n))",
    ],
)
def test_a_part_of_a_list_or_another_kind_of_it_is_not_the_list(source: str) -> None:
    assert verdict(source, LISTS).verdict == "incorrect"


def test_the_right_programs_beside_them_are_correct() -> None:
    assert verdict(SUM, IO).verdict == "correct"
    assert verdict(ADD, CALLS).verdict == "correct"
    assert verdict(ADD, ASSERTS).verdict == "correct"
    assert verdict("def upto(n):\n    return list(range(n))", LISTS).verdict == "correct"
    assert verdict("def add(a, b): return float(a + b)", CALLS).verdict == "correct"  # 5.0 == 5, as in Python
    assert verdict("def f(): return True", calls("f", ([], 1))).verdict == "correct"  # so is True == 1


def test_a_program_that_remembers_its_calls_is_judged_call_by_call() -> None:
    remembers = "seen = []\ndef f(x):\n    seen.append(x)\n    return seen"
    assert verdict(remembers, calls("f", ([1], [1]), ([2], [2]))).verdict == "correct"
    learns = "n = 0\ndef f(x):\n    global n\n    n += 1\n    return n"
    assert (
        verdict(learns, calls("f", ([0], 1), ([0], 2))).verdict == "correct"
    )  # as a check in one process has it
    assert verdict(learns, calls("f", ([0], 1), ([0], 2), seconds=5)).verdict == "incorrect"


def test_a_comparison_is_as_strict_as_its_assert() -> None:
    assert verdict("def f(): return [1]", {"asserts": ["assert f() == (1,)"]}).verdict == "incorrect"
    assert verdict("def f(): return 1", {"asserts": ["assert f() is True"]}).verdict == "incorrect"
    assert verdict("def f(): return 1", {"asserts": ["assert f() == True"]}).verdict == "correct"
