"""Tests with classes of their own that hold values: linked lists and graphs, as in QuixBugs."""

import pytest

from tests.verifiers.code.programs import verdict
from tests.verifiers.code.test_false_passes import CHEATS

NODE = """
class Node:
    \"\"\"A node.\"\"\"
    def __init__(self, value=None, successor=None, successors=[]):
        self.value = value
        self.successor = successor
        self.successors = successors
"""
REVERSE = (
    NODE
    + """
def test1():
    node1 = Node(1)
    node2 = Node(2, node1)
    node3 = Node(3, node2)
    result = f(node3)
    assert result == node1
    output = []
    while result:
        output.append(result.value)
        result = result.successor
    assert output == [1, 2, 3]

def test2():
    result = f(None)
    assert not result
    output = []
    while result:
        output.append(result.value)
        result = result.successor
    assert not output

test1()
test2()
"""
)
FOUND = (
    NODE
    + """
a = Node("a")
b = Node("b", None, [a])
c = Node("c")
lengths = {(b, a): 2}

def test1():
    found = f(b, a)
    assert found

def test2():
    found = f(b, c)
    assert not found

def test3():
    a.successors = [c]
    found = f(b, c)
    assert found
    assert [n.value for n in g([c, b])] == ["c", "b"]
    result = h(lengths, b)
    assert result == 2

def test4():
    found = f(b, c)
    assert found
"""
)
REVERSES = """
def f(node):
    previous = None
    while node:
        node.successor, previous, node = previous, node, node.successor
    return previous
"""
FINDS = """
def f(start, goal):
    return start is goal or any(f(one, goal) for one in start.successors)
def g(nodes): return nodes
def h(lengths, node): return sum(n for (a, b), n in lengths.items() if a is node)
"""


@pytest.mark.parametrize(("test", "source"), [(REVERSE, REVERSES), (FOUND, FINDS)])
def test_records_go_in_and_results_are_read(test: str, source: str) -> None:
    assert verdict(source, test).verdict == "correct"
    assert verdict(source, {"test": test, "entry_point": "f"}).verdict == "correct"


@pytest.mark.parametrize(
    ("test", "source"),
    [
        (REVERSE, "def f(node): return node"),
        (REVERSE, "def f(node): return Node(1, Node(2, Node(3)))"),
        (REVERSE, "def f(node):\n    if node:\n        first = node.successor.successor\n"
         "        first.successor = first\n        return first"),
        (REVERSE, REVERSES.replace("return previous", "return previous and previous.successor")),
        (FOUND, FINDS.replace("start is goal", "True")),
        (FOUND, FINDS.replace("any(", "all(")),
        (FOUND, FINDS.replace("return nodes", "return nodes[::-1]")),
        (FOUND, FINDS.replace("sum(n", "sum(n + 1")),
    ],
)  # fmt: skip
def test_a_wrong_program_is_incorrect(test: str, source: str) -> None:
    assert verdict(source, test).verdict == "incorrect"


@pytest.mark.parametrize("test", [REVERSE, FOUND])
def test_no_cheat_passes(test: str) -> None:
    for cheat, source in CHEATS.items():
        assert verdict(source, test).verdict in ("incorrect", "unverifiable"), cheat


@pytest.mark.parametrize(
    "test",
    [
        NODE.replace("value=None", "value=4") + "n = Node()\nassert f(n) == 4",
        NODE
        + "    def same(self, other):\n        return self.value == other\nn = Node(4)\nassert n.same(f(2))",
        NODE.replace("self.value = value", "self.value = value == 4") + "n = Node(f(2))\nassert n.value",
        NODE + "n = Node(f(2))\nassert same(n, 4)",
        NODE + "x = f(2)\nwhile x != 4:\n    x = x.next\nassert x",
        NODE + "out = []\nx = f(2)\nwhile x:\n    out.append(4)\n    x = x.next\nassert out",
        NODE + "out = []\nx = f(2)\nwhile x:\n    out.append(g(x))\n    x = x.next\nassert out",
        NODE + "n = Node(4)\nn.value = f(2)\nassert n",
        NODE + "assert [x.value == 4 for x in f(2)]",
        NODE + "assert [g(x) for x in f(2)]",
    ],
)
def test_what_may_compare_inside_is_refused(test: str) -> None:
    found = verdict("def f(x): return 4", test)
    assert (found.verdict, found.cause) == ("unverifiable", "bad_truth"), found
