"""Which text of a response is its program."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.verifiers.code.program import LIMIT, ExtractedProgram, Task, blocks, extract_program
from r1data.verifiers.registry import check
from r1data.verifiers.verdict import Verdict

T = "<think>so</think>"
PY = "print(1)"


@pytest.mark.parametrize(
    ("response", "source", "language"),
    [
        (f"{T}```python\n{PY}\n```", PY, "python"),
        (f"{T}~~~py\n{PY}\n~~~", PY, "python"),
        (f"{T}```\n{PY}\n```", PY, "python"),
        (f"{T}```text\n{PY}\n```", PY, "python"),
        (f"{T}```Python3 title=x\n{PY}\n```", PY, "python"),
        (f"{T}```c++\nint main(){{}}\n```", "int main(){}", "cpp"),
        (f"{T}```js\nf()\n```", "f()", "javascript"),
        (f"{T}```C++17\nint main(){{}}\n```", "int main(){}", "cpp"),
        (f"{T}```python3.11\n{PY}\n```", PY, "python"),
        (f"{T}```python\nprint(0)\n```\nbetter:\n```python\n{PY}\n```", PY, "python"),
        (f"{T}```python\n{PY}\n```\nIt prints:\n```\n1\n```", PY, "python"),
        (f"{T}```python\n{PY}\n```\nand\n```python\nprint(0", PY, "python"),
        (f"{T}```python\n{PY}", PY, "python"),
        (f"{T}  ```python\n  if 1:\n    {PY}\n  ```", f"if 1:\n  {PY}", "python"),
        (f"{T}````python\n'''\n```\n'''\n````", "'''\n```\n'''", "python"),
        (f"{T}<answer>```python\n{PY}\n```</answer>", PY, "python"),
        (f"{T}{PY}", PY, "python"),
        (f"{T}\ndef f(x):\n    return x", "def f(x):\n    return x", "python"),
    ],
)
def test_the_last_block_that_fits(response: str, source: str, language: str) -> None:
    assert extract_program(response) == ExtractedProgram(source, language)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "response",
    [
        "",
        T,
        f"<think>```python\n{PY}\n```</think>I am not sure.",
        f"<think>```python\n{PY}\n```",
        f"{T}42",
        f"{T}Sorry",
        f"{T}The program prints one.",
        f"{T}```python\n\n```",
        f"{T}```\n{PY}\n```\n```\nprint(2)\n```",
        f"{T}```java\nclass A {{}}\n```",
    ],
)
def test_no_program_is_no_answer(response: str) -> None:
    found = extract_program(response)
    assert isinstance(found, Verdict)
    assert found.verdict == "unverifiable"
    assert found.cause == ("undecided" if "java" in response else "no_answer")


def test_the_truth_s_language_decides_among_blocks() -> None:
    response = f"{T}```python\n{PY}\n```\n```cpp\nint main(){{}}\n```"
    assert extract_program(response, "python") == ExtractedProgram(PY, "python")
    assert extract_program(response) == ExtractedProgram("int main(){}", "cpp")
    assert isinstance(extract_program(f"{T}```cpp\nint main(){{}}\n```", "python"), Verdict)
    assert extract_program(f"{T}```\nf()\n```", "javascript") == ExtractedProgram("f()", "javascript")


ADD = "def add(a, b):\n    return a + b"
SOLUTION = "class Solution:\n    def add(self, a, b):\n        return a + b"
USE = "print(add(2, 3))  # 5\nnumbers = [add(1, 1)]"
READ = "a, b = map(int, input().split())\nprint(a + b)"
CALLS = Task(frozenset(["add"]), languages=frozenset(["python"]))
READS = Task()


def block(text: str, tag: str = "python") -> str:
    return f"```{tag}\n{text}\n```\n"


@pytest.mark.parametrize(
    ("response", "source", "task"),
    [
        (block(ADD) + "Usage:\n" + block(USE), ADD, CALLS),
        (block(SOLUTION) + block("s = Solution()\nprint(s.add(2, 3))"), SOLUTION, CALLS),
        (block(ADD) + block("assert add(2, 3) == 5\ndef test_add():\n    assert add(0, 0) == 0"), ADD, CALLS),
        (block("def add(a, b): ...") + "better:\n" + block(ADD) + block(USE), ADD, CALLS),
        (block(ADD) + block("int add(int a, int b) { return a + b; }", "cpp"), ADD, CALLS),
        (block(ADD) + "```python\nprint(add(2,", ADD, CALLS),
        (block(USE) + f"```python\n{ADD}", ADD, CALLS),
        (block(ADD, "") + block("5", ""), ADD, CALLS),
        (block(ADD) + block("pip install numpy", "bash") + block("5", "text"), ADD, CALLS),
        (block("add = lambda a, b: a + b") + block(USE), "add = lambda a, b: a + b", CALLS),
        (block(READ) + "For example:\n" + block("2, 3", "python"), READ, READS),
        (block(READ) + block("5"), READ, READS),
        (block(READ) + block("print(5)"), "print(5)", READS),
        (block("print(0)") + block(PY), PY, READS),
        (block("print(0)") + block(PY), PY, CALLS),
    ],
)
def test_the_program_is_the_last_block_that_does_what_is_asked(
    response: str, source: str, task: Task
) -> None:
    assert extract_program(T + response, None, lambda: task) == ExtractedProgram(source, "python")
    in_thoughts = f"<think>{block(ADD)}</think>{block(USE)}"
    assert extract_program(in_thoughts, None, lambda: CALLS) == ExtractedProgram(USE, "python")


def test_usage_after_a_program_costs_it_nothing() -> None:
    truth = json.dumps({"asserts": ["assert add(2, 3) == 5", "x = add(1, 1)\nassert x == 2"]})
    response = T + block(ADD) + block("raise SystemExit(add(1, 2))")
    assert check("code", response, truth).verdict == "correct"


def test_a_program_too_long_is_no_answer_of_its_own() -> None:
    found = extract_program(f"{T}```python\n{'#' * (LIMIT + 1)}\n```")
    assert isinstance(found, Verdict)
    assert found.cause == "too_long"


def test_unclosed_fences_by_the_thousand_are_one_pass() -> None:
    assert len(list(blocks("```python\n" * 100_001))) == 1
    assert len(list(blocks("```\n" * 100_000))) == 50_000
    assert not list(blocks("`" * 1_000_000 + "`x`\n"))


@settings(max_examples=100)
@given(st.text("`~ \nabp(1)#", max_size=80))
def test_what_stands_in_blocks_stood_in_the_text(text: str) -> None:
    for block in blocks(text):
        for line in block.text.split("\n"):
            assert line.strip() in text
