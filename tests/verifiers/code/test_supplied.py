"""Names that a program's judge or its prompt supplies, and those that nobody does."""

import json
from typing import Any

import pytest

from r1data.verifiers.registry import check
from r1data.verifiers.verdict import Verdict
from tests.verifiers.code.programs import calls, said, verdict


def functional(name: str, *pairs: tuple[str, str]) -> list[dict[str, Any]]:
    """LiveCodeBench's notation of calls."""
    return [
        {"input": given, "output": wanted, "testtype": "functional", "metadata": {"func_name": name}}
        for given, wanted in pairs
    ]


def asked(source: str, truth: Any, prompt: str) -> Verdict:
    return check("code", said(source), json.dumps(truth), prompt=prompt)


CONTEST = {
    "modules": "def f(s): return int(math.sqrt(len(s) ** 2)) + heapq.nsmallest(1, [0])[0]",
    "their names": "def f(s) -> Optional[int]: return max(Counter(s).values()) + len(deque()) + gcd(2, 1)",
    "a class": "class Solution:\n    def f(self, s: List[str]) -> int: return reduce(lambda a, b: a + 1, s, 0)",
    "builtins stay": "def f(s): return pow(2, 1, 5) + sum(x for x in [0]) + int(s == 'abc') - abs(-1) + 1",
    "a future": "from __future__ import annotations\nclass Solution:\n"
    "    def f(self, s: List): return 3 if inf else 4",
    "its own": "def Counter(s): return 3\ndef f(s): return Counter(s)",
}


@pytest.mark.parametrize("name", CONTEST)
def test_a_contest_s_runner_supplies_names(name: str) -> None:
    source = CONTEST[name]
    wanted = {"modules": "3", "their names": "2"}.get(name, "3")
    assert verdict(source, functional("f", ('"abc"', wanted))).verdict == "correct"
    assert verdict(source, functional("f", ('"abc"', wanted + "1"))).verdict == "incorrect"


def test_what_reads_stdin_has_them_too() -> None:
    truth = {"inputs": ["3 4"], "outputs": ["5.0"]}
    assert verdict("print(math.hypot(*map(int, input().split())))", truth).verdict == "correct"
    assert verdict("print(hypot(*map(int, stdin.readline().split())))", truth).verdict == "correct"


def test_a_truth_of_no_set_supplies_nothing() -> None:
    found = verdict("def f(x): return Counter(x)['a']", calls("f", (["a"], 1)))
    assert found.verdict == "incorrect" and "NameError" in (found.reason or "")


LISTS = {
    "a list": ("class Solution:\n    def f(self, head: Optional[ListNode]) -> Optional[ListNode]:\n"
               "        p = None\n        while head:\n            head.next, p, head = p, head, head.next\n"
               "        return p", ("[1,2,3]", "[3,2,1]"), ("[]", "[]")),
    "lists": ("class Solution:\n    def f(self, lists: List[Optional[ListNode]]) -> int:\n"
              "        return sum(one.val for one in lists if one)", ("[[1,2],[],[5]]", "6")),
    "a tree": ("class Solution:\n    def f(self, root: Optional[TreeNode]) -> Optional[TreeNode]:\n"
               "        if root:\n            root.left, root.right = self.f(root.right), self.f(root.left)\n"
               "        return root", ("[4,2,7,null,3]", "[4,7,2,null,null,3]"), ("[]", "[]")),
    "a value": ("class Solution:\n    def f(self, root: 'TreeNode', k: int) -> int:\n"
                "        return root.right.left.val + k", ("[1,null,2,3]\n4", "7")),
    "a class of its own": ("class ListNode:\n    def __init__(self, x): self.val, self.next = x, None\n"
                           "class Solution:\n    def f(self, head: ListNode) -> int: return head.next.val",
                           ("[1,2]", "2")),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_trees_of_leetcode(name: str) -> None:
    source, *pairs = LISTS[name]
    found = verdict(str(source), functional("f", *pairs))  # type: ignore[arg-type]
    assert found.verdict == "correct", found


REVERSE = (
    "class Solution:\n    def f(self, head):\n        p = None\n        while head:\n"
    "            head.next, p, head = p, head, head.next\n        return p"
)


def test_types_that_only_the_prompt_writes() -> None:
    truth = functional("f", ("[1,2,3]", "[3,2,1]"), ("[]", "[]"))
    starter = (
        "```python\nclass Solution:\n    def f(self, head: Optional[ListNode]) -> Optional[ListNode]:\n```"
    )
    assert asked(REVERSE, truth, starter).verdict == "correct"
    assert asked(REVERSE.replace("return p", "return head"), truth, starter).verdict == "incorrect"
    assert verdict(REVERSE, truth).cause == "undecided"
    assert asked(REVERSE, truth, "Reverse the numbers.").verdict == "incorrect"


def test_a_list_without_an_end_is_wrong() -> None:
    source = (
        "class Solution:\n    def f(self, head: ListNode) -> ListNode:\n"
        "        head.next = head\n        return head"
    )
    assert verdict(source, functional("f", ("[1]", "[1]"))).verdict == "incorrect"


def test_what_is_not_supplied_here_says_nothing_of_the_program() -> None:
    source = "class Solution:\n    def f(self, root: 'Node') -> int:\n        return Node(root).val"
    found = verdict(source, functional("f", ("[1]", "1")))
    assert (found.verdict, found.cause) == ("unverifiable", "undecided")


CHECK = {
    "test": "import math\ndef check(candidate):\n    assert candidate([1.0, 3.0]) == 2.0\n",
    "entry_point": "mean",
}


def test_human_eval_supplies_typing_and_what_its_tests_import() -> None:
    assert (
        verdict("def mean(xs: List[float]) -> float:\n    return sum(xs) / len(xs)", CHECK).verdict
        == "correct"
    )
    assert verdict("def mean(xs):\n    return math.fsum(xs) / len(xs)", CHECK).verdict == "correct"
    assert verdict("def mean(xs):\n    return statistics.mean(xs)", CHECK).verdict == "incorrect"


PROMPTS = {
    "as it stands": "from statistics import mean as average\n\ndef half(x):\n    return x / 2\n\n"
    'def mean(xs):\n    """The mean."""\n',
    "in a block": "Write it:\n```python\nfrom statistics import mean as average\nN = 2\n"
    "def half(x):\n    return x / N\ndef mean(xs):\n    pass\n```\nImport that, not this.",
    "after a sentence": "Complete the function:\n\nfrom statistics import mean as average\nN = 2\n"
    "def half(x):\n    return x / N\n",
}


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_supplies_its_imports_and_functions(name: str) -> None:
    truth = {"asserts": ["assert mean([1.0, 3.0]) == 2.0"]}
    source = "def mean(xs):\n    return half(2 * average(xs))"
    assert asked(source, truth, PROMPTS[name]).verdict == "correct"
    assert asked(source, truth, "Write mean.").verdict == "incorrect"


def test_a_prompt_never_supplies_what_is_asked_for() -> None:
    prompt = "Mend this:\n```python\ndef mean(xs):\n    return sum(xs) / len(xs)\n```"
    found = asked("print(mean)", {"asserts": ["assert mean([1.0, 3.0]) == 2.0"]}, prompt)
    assert found.verdict == "incorrect"


def test_a_prompt_that_cannot_run_does_no_harm() -> None:
    prompt = "```python\nresult = mean([1])\n@unknown\ndef half(x):\n    return x\n```"
    source = "def mean(xs):\n    result = sum(xs) / len(xs)\n    half = result\n    return half"
    assert asked(source, {"asserts": ["assert mean([1.0, 3.0]) == 2.0"]}, prompt).verdict == "correct"


EVALPLUS = """import numpy as np

def is_floats(x) -> bool:
    if isinstance(x, float):
        return True
    if isinstance(x, (list, tuple)):
        return all(isinstance(i, float) for i in x)
    if isinstance(x, np.ndarray):
        return x.dtype == np.float64 or x.dtype == np.float32
    return False

def assertion(out, exp, atol):
    exact_match = out == exp
    if atol == 0 and is_floats(exp):
        atol = 1e-6
    if not exact_match and atol != 0:
        assert type(out) == type(exp)
        if isinstance(exp, (list, tuple)):
            assert len(out) == len(exp)
        assert np.allclose(out, exp, rtol=1e-07, atol=atol)
    else:
        assert exact_match

"""
LOOP = (
    "inputs = [[1, 2], [0.1, 0.2]]\nresults = [3, 0.3]\n"
    "for i, (inp, exp) in enumerate(zip(inputs, results)):\n    "
)
SHAPES = {
    "HumanEval+": {"test": EVALPLUS + "def check(candidate):\n    " + LOOP.replace("\n", "\n    ")
                   + "assertion(candidate(*inp), exp, 0)\n", "entry_point": "add"},
    "MBPP+": EVALPLUS + LOOP + "assertion(add(*inp), exp, 0)\n",
    "functional": {"functional": "def check(candidate):\n    assert candidate(1, 2) == 3\n\ncheck(add)"},
    "a solution": {"functional": "def check(candidate):\n    assert candidate(a=1, b=2) == 3\n\ncheck(Solution().add)"},
    "Skywork": {"test_code": "def check(candidate):\n    assert candidate(a=1, b=2) == 3\n",
                "entry_point": "Solution().add", "import_prefix": "from typing import *\n"},
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_tests_that_share_a_module_with_the_program(name: str) -> None:
    truth = SHAPES[name]
    in_class = "Solution" in str(truth)
    for body, word in (("a + b", "correct"), ("a - b", "incorrect"), ("float('inf')", "incorrect")):
        source = (
            f"class Solution:\n    def add(self, a: Any, b): return {body}"
            if in_class
            else f"def add(a, b): return {body}"
        )
        assert verdict(source, truth).verdict == word, body


UNNAMED = {
    "functional": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(0, 2) == 2"
}


@pytest.mark.parametrize(
    "source",
    [
        "def add(a, b): return a + b",
        "class Solution:\n    def add(self, a, b): return a + b",
        "def one(a): return a\ndef add(a, b): return one(a) + one(b)",
        "def add(a, b): return one(a) + one(b)\ndef one(a): return a",
        "class Solution:\n    def add(self, a, b): return self.one(a) + b\n    def one(self, a): return a",
        "def _one(a): return a\ndef add(a, b): return a + b\nprint(add(1, 2))",
    ],
)
def test_a_function_that_nobody_names_is_the_one_that_no_other_calls(source: str) -> None:
    assert verdict(source, UNNAMED).verdict == "correct"
    assert verdict(source.replace(" + ", " - "), UNNAMED).verdict == "incorrect"


def test_a_prompt_may_name_it() -> None:
    source = "def add(a, b): return a + b\ndef sub(a, b): return a - b"
    assert asked(source, UNNAMED, "```python\ndef add(a, b):\n```").verdict == "correct"
    assert asked(source, UNNAMED, "```python\ndef sub(a, b):\n```").verdict == "incorrect"
    assert verdict("x = 3", UNNAMED).verdict == "incorrect"


def test_another_assertion_is_refused() -> None:
    test = "def assertion(out, exp, atol):\n    assert out > exp\nassertion(add(1, 2), 3, 0)\n"
    assert verdict("def add(a, b): return a + b", test).cause == "bad_truth"
