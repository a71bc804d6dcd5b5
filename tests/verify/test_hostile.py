"""Input that is meant to hang, crash or fill memory: each within its limit, none an exception."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.verify import VERIFIERS, check

LIMIT = 0.5
HOSTILE = {
    "unclosed thoughts": "<think>" * 20_000,
    "unclosed boxes": "<think>so</think>" + r"\boxed{" * 20_000,
    "nested boxes": "<think>so</think>" + r"\boxed{" * 20_000 + "3" + "}" * 20_000,
    "nested braces": r"<think>so</think>\boxed{" + "{" * 20_000 + "3" + "}" * 20_000 + "}",
    "nested fractions": r"<think>so</think>\boxed{" + r"\frac{1}{" * 90 + "3" + "}" * 90 + "}",
    "nested parentheses": r"<think>so</think>\boxed{" + "(" * 400 + "3" + ")" * 400 + "}",
    "a tower of powers": r"<think>so</think>\boxed{9^{9^{9^9}}}",
    "factorials": r"<think>so</think>\boxed{12!!!!!!!!}",
    "a great exponent": r"<think>so</think>\boxed{1e999999999}",
    "5,000 digits": r"<think>so</think>\boxed{" + "1" * 5_000 + "}",
    "a megabyte of digits": "<think>so</think>" + "1" * 1_000_000,
    "a megabyte of prose": "<think>so</think>" + "the answer is " * 70_000,
    "a megabyte of commas": "<think>so</think>" + "1,111" * 200_000,
    "commas without tags": "1,111" * 200_000,
    "hedges": "1 or " * 200_000,
    "asterisks": "<think>so</think>" + "**" * 500_000,
    "dollars": "<think>so</think>" + "$" * 1_000_000,
    "blanks": "<think>so</think>answer:" + " " * 1_000_000 + "3",
    "newlines": "<think>so</think>" + " \n" * 500_000 + "x",
    "backslashes": "\\" * 1_000_000 + r"boxed{3",
    "many boxes": "<think>so</think>" + "".join(rf"\boxed{{{n}}}" for n in range(50_000)),
    "a NUL": "<think>so</think>\\boxed{3\0}",
    "a lone surrogate": "<think>so</think>\\boxed{\ud800 3}",
    "a surrogate in algebra": "<think>so</think>\\boxed{\\sqrt{\ud800}}",
    "right to left": "<think>so</think>\\boxed{\u202e3\u202c}",
    "a list of 400": r"<think>so</think>\boxed{" + "1," * 400 + "2}",
    "python": r"<think>so</think>\boxed{__import__('os').system('id')}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_within_its_limit(name: str) -> None:
    check("math", r"<think>so</think>\boxed{\sqrt{2}}", r"\sqrt{3}", time_limit=60)  # a worker is up
    start = time.process_time()  # this process's, which the load of the machine does not stretch
    verdict = check("math", HOSTILE[name], "2", time_limit=LIMIT)
    assert verdict.verdict != "correct"
    assert time.process_time() - start < 1.0


def test_a_long_answer_says_its_length() -> None:
    verdict = check("math", r"<think>so</think>\boxed{" + "1" * 5_000 + "}", "2")
    assert verdict.verdict == "unverifiable"
    assert (verdict.reason or "").startswith("answer of 5000 characters")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=20))
def test_no_text_raises(answer: str, truth: str) -> None:
    for name in VERIFIERS:
        check(name, f"<think>so</think>{answer}", truth, time_limit=5.0)
        check(name, answer, truth, time_limit=5.0)
