"""`format` and `format-r1-zero` check the tags of a response (R1 2.2.2, format reward). They need no truth.

`format`: one pair of think tags at the start of the response, not empty, and an answer after it.
`format-r1-zero`: the same with the answer in one pair of answer tags. The text between the tags is not checked.
A response whose `<think>` was part of the prompt counts as incorrect: put the tag back before verifying.
What shows nothing is nothing: blanks, fillers, marks without a letter, comments and entities of HTML. A tag that is
cut or spelt otherwise counts as a tag too many.
Not covered: whether the thoughts are thoughts, whether the answer answers, other pairs of tags than these two.
"""

from r1data.data.responses import well_formed
from r1data.verifiers.verdict import Case, Verdict, Verifier, correct, incorrect


def check(case: Case, time_limit: float) -> Verdict:
    """R1's layout: `<think>…</think>…`."""
    return _in("r1", case.response)


def check_r1_zero(case: Case, time_limit: float) -> Verdict:
    """R1-Zero's layout: `<think>…</think><answer>…</answer>`."""
    return _in("r1-zero", case.response)


def _in(layout: str, response: str) -> Verdict:
    if well_formed(response, layout):
        return correct(None)
    return incorrect(None, f"not in the {layout} layout")


VERIFIER = Verifier(
    name="format",
    check=check,
    version="2",
    summary="one pair of think tags around something, then an answer",
    needs_truth=False,
)
VERIFIER_R1_ZERO = Verifier(
    name="format-r1-zero",
    check=check_r1_zero,
    version="2",
    summary="the same, with the answer in one pair of answer tags",
    needs_truth=False,
)
