r"""`exact`: compares texts after collapsing blanks and folding case.

The answer is a box's content, the text after a marker ("Answer: …"), or all text after the thoughts; where the truth is
`[[X]]`, what double brackets hold (`double_brackets`).
Unicode is compared after NFC. Not covered: synonyms, spelling variants, punctuation (it counts, save a final
full stop), more than one accepted text.
"""

import unicodedata

from r1data.verifiers.extraction import double_brackets
from r1data.verifiers.extraction.extract import LINE, shown
from r1data.verifiers.extraction.texts import after_thoughts, candidates, final_answer, undressed
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
        answer = after_thoughts(case.response)
        if isinstance(answer, Verdict):
            return answer
        if verdict := double_brackets.compare(shown(answer), expected, fold_text):
            return verdict
        truth = expected
    extracted = final_answer(case, LIMIT, fold_text)
    if isinstance(extracted, Verdict):
        return extracted
    text, folded_truth = extracted.text, fold_text(truth)
    if any(fold_text(one) == folded_truth for one in candidates(extracted, case.response)):
        return correct(text)
    if expected is not None and "\\boxed" not in case.response:
        return undecided("no double brackets, in which the truth stands", text)
    if extracted.rule == "whole answer" and len(text) > LINE and folded_truth in fold_text(text):
        return undecided("the truth stands within a longer text that announces no answer", text)
    return incorrect(text)


def fold_text(text: str) -> str:
    """NFC, lower case, runs of blanks as one space; without what only sets its look, and full stop at the end."""
    # Not `casefold`, which makes other letters of some: `ſ` is no `s`. German writes ß as SS in capitals.
    plain = unicodedata.normalize("NFC", " ".join(undressed(text).split()))
    return plain.removesuffix(".").removesuffix("。").strip().lower().replace("ß", "ss")


VERIFIER = Verifier(
    name="exact",
    check=check,
    version="2",
    summary="the text, with single blanks, in lower case, NFC, no final full stop",
    judge_may_review=True,
    answer_form="\\boxed{{answer}}",
)
