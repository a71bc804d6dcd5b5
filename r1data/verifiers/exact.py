r"""`exact`: compares texts after collapsing blanks and folding case.

The answer is a box's content, the text after a marker ("Answer: …"), or all text after the thoughts; where the truth is
`[[X]]`, what double brackets hold (`double_brackets`).
Unicode is compared after NFC. Not covered: synonyms, spelling variants, punctuation (it counts, save a final
full stop), more than one accepted text.
"""

import unicodedata

from r1data.data.responses import split
from r1data.verifiers import double_brackets
from r1data.verifiers.texts import final_text
from r1data.verifiers.verdict import Case, Verdict, Verifier, correct, incorrect, no_truth, undecided

LIMIT = 10_000
"""Most characters of an answer."""


def check(case: Case, time_limit: float) -> Verdict:
    """Verify one response against a text."""
    truth = case.truth
    if truth is None or not truth.strip():
        return no_truth()
    expected = double_brackets.content(truth)
    if expected is not None:
        answer = split(case.response).answer
        if answer is not None and (verdict := double_brackets.compare(answer, expected, fold_text)):
            return verdict
        truth = expected
    text = final_text(case.response, LIMIT, fold_text)
    if isinstance(text, Verdict):
        return text
    if fold_text(text) == fold_text(truth):
        return correct(text)
    if expected is not None and "\\boxed" not in case.response:
        return undecided("no double brackets, in which the truth stands", text)
    return incorrect(text)


def fold_text(text: str) -> str:
    """NFC, case folded, runs of blanks as one space, no blanks or full stop at the ends."""
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    return plain.removesuffix(".").removesuffix("。").strip().casefold()


VERIFIER = Verifier(
    name="exact",
    check=check,
    version="1",
    summary="the text, with single blanks, case folded, NFC, no final full stop",
    judge_may_review=True,
)
