r"""`exact`: the same text, once blanks are made single and case is folded.

The answer is a box's content, what follows a marker ("Answer: …"), or all that follows the thoughts.
Unicode is compared after NFC. Not covered: synonyms, spelling variants, punctuation (it counts, save a final
full stop), more than one accepted text.
"""

import unicodedata

from r1data.responses import split
from r1data.verify import extract
from r1data.verify.verdict import Verdict, correct, incorrect, no_answer, unverifiable

VERSION = "1"
LIMIT = 10_000
"""Characters in an answer beyond which nothing is compared."""


def check(response: str, truth: str | None, time_limit: float) -> Verdict:
    """Verify one response against a text."""
    if truth is None or not truth.strip():
        return unverifiable("no truth to compare with")
    answer = split(response).answer
    if answer is None:
        return no_answer("after the thoughts: they were never closed")
    texts = extract.boxes(answer) or _marked(answer)
    if len({folded(text) for text in texts if len(text) <= LIMIT}) > 1:
        return no_answer(f"found: {len(texts)} boxes that differ")
    text = texts[-1].strip()
    if not text:
        return no_answer("after the thoughts: it is blank")
    if len(text) > LIMIT:
        return unverifiable(f"answer of {len(text)} characters, over the limit of {LIMIT}")
    return correct(text) if folded(text) == folded(truth) else incorrect(text)


def _marked(answer: str) -> list[str]:
    found = extract.marked(answer)
    return [found.text if found else answer]


def folded(text: str) -> str:
    """NFC, case folded, runs of blanks as one space, no blanks or full stop at the ends."""
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    return plain.removesuffix(".").removesuffix("。").strip().casefold()
