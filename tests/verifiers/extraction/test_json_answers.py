r"""Answers that are given as JSON."""

import pytest

from r1data.verifiers.extraction.json_answers import find
from r1data.verifiers.registry import check

T = "<think>so</think>"


@pytest.mark.parametrize(
    "text",
    [
        '{"answer": 12}', '{"answer": "12"}', '```json\n{"reasoning": "3*4", "answer": "12"}\n```',
        '{"final answer": "12"}',
        '{"Final_Answer": 12, "confidence": 0.9}', "{'answer': '12'}",
        'So {"steps": ["3*4"], "answer": "\\\\boxed{12}"}',
        '{"答案": 12}', '{"answer": "12"} Let me know if this helps.', '{"answer": [12]}',
        '{"reasoning": "The answer is 13.", "answer": 12}',
    ],
)  # fmt: skip
def test_the_value_under_answer_is_the_answer(text: str) -> None:
    assert check("math", T + text, "12").verdict == "correct"
    assert check("math", T + text, "13").verdict == "incorrect"


def test_tex_in_a_json_string_is_read_escaped_or_not() -> None:
    for text in (r'{"answer": "\frac{1}{2}"}', r'{"answer": "\\frac{1}{2}"}'):
        assert check("math", T + text, r"\frac{1}{2}").verdict == "correct"


def test_two_objects_that_differ_are_no_answer() -> None:
    assert check("math", T + '{"answer": 13} {"answer": 12}', "12").cause == "no_answer"
    assert check("exact", T + '{"answer": "Rome"} {"answer": "Paris"}', "Paris").cause == "no_answer"
    assert check("math", T + '{"answer": 12} {"answer": 12.0}', "12").verdict == "correct"


@pytest.mark.parametrize(
    "text",
    ['{"answer": 12', '{"answer": null}', '{"answer": }', '{"answers_seen": 12}', '"answer": 12', "{}"],
)
def test_what_is_no_closed_object_with_an_answer_gives_none(text: str) -> None:
    assert find(text) is None


def test_the_object_itself_may_be_asked_for() -> None:
    assert check("exact", T + '{"answer": "Paris"}', '{"answer": "Paris"}').verdict == "correct"
    assert check("regex", T + '{"answer": 12}', r'\{"answer": \d+\}').verdict == "correct"
