r"""Responses that were cut at their limit of tokens: only an answer that had ended counts, and it keeps its verdict."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.training.rewards import Rollout, score
from r1data.verifiers.registry import check
from r1data.verifiers.table import verify_table

THOUGHTS = "<think>\nTwo and 3 make 5, so 5 times 2.\n</think>\n\n"
PROSE = (
    "First we add 3 and 4, which gives 7 apples.",
    "So 7 - 2 = 5",
    "That is 12.5 per hour",
    "我们有3个苹果，所以一共是8个。",
    "Option A is right about heat, and so B is 10",
    "She has 40 left. Then she buys 2 more for $1.50 each",
)
ENDED = (
    (r"\boxed{{{0}}}", "."),
    (r"The answer is {0}.", " Let me check."),
    (r"**Answer:** {0}", "\nLet me check."),
    (r"#### {0}", "\n"),
    (r"答案是{0}。", "检查一下"),
    (r"The answer is: {0}", "\n\nWe check that"),
    (r"<answer>{0}</answer>", ""),
)
"""How an answer is given, and what may follow; only with the beginning of that has an answer in a line ended."""


def verdict(verifier: str, response: str, truth: str, *, cut: bool) -> tuple[str, str | None]:
    got = check(verifier, response, truth, finish_reason="length" if cut else "stop")
    return got.verdict, got.cause


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(PROSE), min_size=1, max_size=4),
    st.sampled_from(ENDED),
    st.sampled_from(["12", "3.14", "5", "1/3"]),
    st.sampled_from(["12", "3.14", "5", "3", "7"]),
    st.data(),
    st.booleans(),
)
def test_no_number_of_unfinished_prose_is_an_answer_and_what_had_ended_stays(
    prose: list[str], style: tuple[str, str], answer: str, truth: str, data: st.DataObject, tagged: bool
) -> None:
    before = (THOUGHTS if tagged else "") + "\n".join(prose) + "\n\n"
    given_answer, rest = style[0].format(answer), style[1]
    whole = before + given_answer + rest
    kept = whole[: data.draw(st.integers(0, len(whole)), "kept")]
    got = verdict("math", kept, truth, cut=True)
    closed = given_answer.endswith(("}", "</answer>", "。"))
    needed = len(before) + len(given_answer) + (0 if closed else 1)
    if len(kept) < needed:
        assert got == ("unverifiable", "no_answer"), kept
    else:
        assert got == verdict("math", before + given_answer + " ", truth, cut=False), kept


@pytest.mark.parametrize(
    ("verifier", "response", "truth", "expected"),
    [
        ("math", "The answer is: 5", "5", "no_answer"),
        ("math", "The answer is: 5\n", "5", "correct"),
        ("math", "The answer is 3.", "3.14", "no_answer"),
        ("math", "The answer is 3. ", "3", "correct"),
        ("math", r"So it is \boxed{12", "1", "no_answer"),
        ("math", r"So it is \boxed{12}", "12", "correct"),
        ("math", "12", "12", "no_answer"),
        ("math", r"\boxed{12}, that is \boxed{1", "12", "correct"),
        ("math", r"\boxed{12} or \boxed{1", "12", "no_answer"),
        ("math", r"\boxed{12} 或 \boxed{", "12", "no_answer"),
        ("math", r"\boxed{12}, no: \boxed{13", "12", "no_answer"),
        ("math", "【答案】12<eoa>", "12", "correct"),
        ("choice", "【答案】B <eoa>", "B", "correct"),
        ("math", "We have x = 12", "12", "no_answer"),
        ("math", "**12**", "12", "no_answer"),
        ("math", "The answer is 12.\n\nWe check: 3 + 9 = 1", "12", "correct"),
        ("exact", "Paris", "Paris", "no_answer"),
        ("exact", "Answer: Paris", "Paris", "no_answer"),
        ("exact", "Answer: Paris\n", "Paris", "correct"),
        ("exact", r"\boxed{Paris} is", "Paris", "correct"),
        ("regex", "ab", "a", "no_answer"),
        ("regex", "Answer: ab\nas", "ab", "correct"),
        ("choice", "B. is", "B", "no_answer"),
        ("choice", "B", "B", "no_answer"),
        ("choice", "The answer is B", "B", "no_answer"),
        ("choice", "The answer is (B). It", "B", "correct"),
        ("choice", "所以选项B是正确的。", "B", "no_answer"),
        ("choice", "这是正确的（选项B）。", "B", "no_answer"),
        ("choice", "Therefore, the correct option is Choice_B: 25%.\n\nLet", "B", "correct"),
        ("choice", "So B is the correct answer. Let", "B", "correct"),
        ("choice", "Option B is correct. Option C", "B", "no_answer"),
        ("choice", "故选：B。因为", "B", "correct"),
        ("choice", r"\boxed{C} and", "B", "incorrect"),
        (
            "code",
            "```python\ndef f(x):\n    return x",
            json.dumps({"asserts": ["assert f(1) == 1"]}),
            "no_answer",
        ),
        ("json-schema", "12", '{"type": "integer"}', "no_answer"),
        ("json-schema", '{"a": 1', '{"type": "object"}', "no_answer"),
        ("json-schema", '{"a": 1}', '{"type": "object"}', "correct"),
        ("json-schema", '```json\n{"a": 1}\n', '{"type": "object"}', "no_answer"),
        ("json-schema", '```json\n{"a": 1}\n```\nIt', '{"type": "object"}', "correct"),
        ("code", "def f(x):\n    return x", json.dumps({"asserts": ["assert f(1) == 1"]}), "no_answer"),
    ],
)
def test_each_verifier_reads_what_had_ended_alone(
    verifier: str, response: str, truth: str, expected: str
) -> None:
    word, cause = verdict(verifier, THOUGHTS + response, truth, cut=True)
    assert (cause or word) == expected


def test_a_closed_block_of_code_is_whole() -> None:
    truth = json.dumps({"asserts": ["assert f(1) == 1"]})
    block = "```python\ndef f(x):\n    return x\n```\nThis"
    got = check("code", THOUGHTS + block, truth, finish_reason="length")
    assert got.verdict == "correct" or got.cause == "no_checker"


@pytest.mark.parametrize("verifier", ["math", "exact", "choice", "regex", "code"])
def test_unclosed_thoughts_hold_no_answer(verifier: str) -> None:
    truth = json.dumps({"asserts": ["assert f(1) == 1"]}) if verifier == "code" else "B"
    if verifier == "math":
        truth = "12"
    got = check(verifier, r"<think>\boxed{12} \boxed{B} Answer: 12" + "\n", truth, finish_reason="length")
    assert got.cause == "no_answer"


def test_rows_are_read_by_their_finish_reason() -> None:
    responses = ["So 6 + 6 = 12", "So 6 + 6 = 12", r"\boxed{12} as", "The answer is: 1"]
    table = pa.table(
        {
            "prompt": ["6+6?"] * 4,
            "response": [THOUGHTS + response for response in responses],
            "truth": ["12"] * 4,
            "verifier": ["math"] * 4,
            "finish_reason": ["stop", "length", "length", "length"],
        }
    )
    verified = verify_table(table)
    assert verified["verdict"].to_pylist() == ["correct", "unverifiable", "correct", "unverifiable"]
    assert verified["verdict_cause"].to_pylist() == [None, "no_answer", None, "no_answer"]
    rewards = score([Rollout("6+6?", r, "12", "math", "en", "length") for r in table["response"].to_pylist()])
    assert [one.correct for one in rewards] == [False, False, True, False]
