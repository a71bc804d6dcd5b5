"""No verifier reads an answer out of thoughts that were cut, however the answer stands in them."""

import pytest

from r1data.verifiers.registry import check

TRUTHS = {"math": "5", "choice": "B", "exact": "5", "regex": "5"}
CUT = (
    "<think>So it is 5. The answer is \\boxed{{{0}}}",
    "<think>\n<answer>{0}</answer>",
    "<think>first</think><think>Final answer: {0}",
    "<think>\n#### {0}\n",
)


@pytest.mark.parametrize("text", CUT)
@pytest.mark.parametrize("finish_reason", ["length", "stop"])
@pytest.mark.parametrize("verifier", TRUTHS)
def test_cut_thoughts_hold_no_answer(verifier: str, finish_reason: str, text: str) -> None:
    truth = TRUTHS[verifier]
    verdict = check(verifier, text.format(truth), truth, finish_reason=finish_reason)
    assert (verdict.verdict, verdict.cause) == ("unverifiable", "no_answer")
