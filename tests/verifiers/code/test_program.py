"""Which text of a response is its program."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.verifiers.code.program import LIMIT, ExtractedProgram, blocks, extract_program
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


def test_a_program_too_long_is_no_answer_of_its_own() -> None:
    found = extract_program(f"{T}```python\n{'#' * (LIMIT + 1)}\n```")
    assert isinstance(found, Verdict)
    assert found.cause == "too_long"


def test_unclosed_fences_by_the_thousand_are_one_pass() -> None:
    assert len(list(blocks("```python\n" * 100_001))) == 1
    assert len(list(blocks("```\n" * 100_000))) == 50_000
    assert not list(blocks("`" * 1_000_000 + "`x`\n"))


@settings(max_examples=100, deadline=None)
@given(st.text("`~ \nabp(1)#", max_size=80))
def test_what_stands_in_blocks_stood_in_the_text(text: str) -> None:
    for block in blocks(text):
        for line in block.text.split("\n"):
            assert line.strip() in text
