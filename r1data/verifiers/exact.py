r"""`exact`: the same text, once blanks are made single and case is folded.

The answer is a box's content, what follows a marker ("Answer: …"), or all that follows the thoughts.
Unicode is compared after NFC. Not covered: synonyms, spelling variants, punctuation (it counts, save a final
full stop), more than one accepted text.
"""

import unicodedata

from r1data.verifiers.texts import final_text
from r1data.verifiers.verdict import Verdict, Verifier, correct, incorrect, no_truth

LIMIT = 10_000
"""Characters in an answer beyond which nothing is compared."""


def check(response: str, truth: str | None, time_limit: float) -> Verdict:
    """Verify one response against a text."""
    if truth is None or not truth.strip():
        return no_truth()
    text = final_text(response, LIMIT, folded)
    if isinstance(text, Verdict):
        return text
    return correct(text) if folded(text) == folded(truth) else incorrect(text)


def folded(text: str) -> str:
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
