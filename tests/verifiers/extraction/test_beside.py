"""Answer tags: what stands beside them, in all verifiers that compare."""

import pytest

from r1data.verifiers.registry import check

T = "<think>so</think>"
KINDS = {
    "math": ("12", "12", "13"),
    "choice": ("B", "B", "C"),
    "exact": ("Paris 7", "Paris 7", "Rome 8"),
    "regex": (r"abc-\d+", "abc-1", "xyz-2"),
    "json-schema": ('{"const": 12}', "12", "13"),
}
"""By verifier: truth, a right answer, a wrong one."""


@pytest.mark.parametrize("verifier", KINDS)
@pytest.mark.parametrize(
    "text",
    [
        "<answer>{right}</answer> or {wrong}", "It is not <answer>{right}</answer>", "No <answer>{right}</answer>",
        "<answer>{right}</answer>\nNo, it is {wrong}.", "<answer>{right}</answer> is wrong",
        "<answer>{right}</answer>?",
        "<answer>{right}</answer><answer>", "<answer>{right}</answer>\n\n\\boxed{{{wrong}}}",
    ],
)  # fmt: skip
def test_what_words_beside_the_tags_deny_or_rival_is_no_answer(verifier: str, text: str) -> None:
    truth, right, wrong = KINDS[verifier]
    assert check(verifier, T + text.format(right=right, wrong=wrong), truth).cause == "no_answer"


@pytest.mark.parametrize("verifier", KINDS)
@pytest.mark.parametrize(
    "text",
    [
        "<answer>{right}</answer>", "I am sure.\n<answer>{right}</answer>\n",
        "<answer>{right}</answer>\nI hope this helps!",
        "It is not {wrong}. <answer>{right}</answer>", "<answer> {right} </answer><|im_end|>",
        "Ответ на плане: <answer>{right}</answer>", "Après chaque repas: <answer>{right}</answer>",
        "<answer>{right}</answer>\nOur reasons are above.",
        "So {wrong} is wrong.\n<answer>{right}</answer>", "That is false.\n\n### Answer:\n<answer>{right}</answer>",
        "So \\boxed{{{right}}}.\n<answer>{right}</answer>", "<answer>{right}</answer>\n\\boxed{{{right}}}",
    ],
)  # fmt: skip
def test_other_words_beside_the_tags_do_no_harm(verifier: str, text: str) -> None:
    truth, right, wrong = KINDS[verifier]
    assert check(verifier, T + text.format(right=right, wrong=wrong), truth).verdict == "correct"
