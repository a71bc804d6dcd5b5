r"""`regex`: the truth is a pattern, and the whole answer must match it.

The answer is a box's content, the text after a marker ("Answer: …"), or all text after the thoughts. The engine is RE2,
through pyarrow, so the time is linear in the answer for any pattern: `\d` and `\w` are ASCII, `.` matches no newline
without `(?s)`, case matters without `(?i)`, and blanks matter except at the ends.

Not covered: lookaround, backreferences and whatever else RE2 lacks (`unverifiable`, with the reason); a pattern that
matches anything makes any answer `correct`.
"""

import re
from collections.abc import Mapping
from typing import Any

from r1data.verifiers.extraction import texts
from r1data.verifiers.verdict import Case, Verdict, Verifier, correct, incorrect, no_truth, unverifiable

LIMIT = 10_000
"""Most characters of an answer."""
PATTERN_LIMIT = 10_000
_LARGE = re.compile(r"\{\d|\\[pP]|\(\?[a-zA-Z]*i")
"""Constructs that compile a short pattern to a large automaton, which takes seconds on a long answer."""
_SHORT = 200


def check(case: Case, time_limit: float) -> Verdict:
    """Verify one response against a pattern; patterns that may be slow are matched in a worker process."""
    truth = case.truth
    if not truth:
        return no_truth()
    if len(truth) > PATTERN_LIMIT:
        return unverifiable(
            "too_long", f"pattern of {len(truth)} characters, over the limit of {PATTERN_LIMIT}"
        )
    extracted = texts.final_answer(case, LIMIT)
    if isinstance(extracted, Verdict):
        return extracted
    text, *others = texts.candidates(extracted, case.response)
    verdict = _match(text, truth, time_limit)
    if verdict.verdict != "incorrect":
        return verdict
    matches = (_match(other, truth, time_limit) for other in others)
    return next((match for match in matches if match.verdict == "correct"), verdict)


def _match(text: str, truth: str, time_limit: float) -> Verdict:
    request = {"check": "regex", "pattern": truth, "text": text}
    is_small = len(truth) <= _SHORT and not _LARGE.search(truth)
    reply = handle_request(request) if is_small else texts.ask_worker(request, time_limit, text)
    if isinstance(reply, Verdict):
        return reply
    if "error" in reply:
        return Verdict("error", None, text, reply["error"])
    if "unknown" in reply:
        return unverifiable("bad_truth", f"the truth is no pattern that RE2 knows: {reply['unknown']}", text)
    return correct(text) if reply["matches"] else incorrect(text)


def handle_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """`{"matches": bool}`, or `{"unknown": why}` for a pattern that RE2 does not support. Linear in the text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    pattern = request["pattern"]
    try:
        # First by itself: `a)|(b` is no pattern, but would become one within the parentheses below.
        pc.match_substring_regex(pa.array([""]), pattern)
        matches = pc.match_substring_regex(pa.array([request["text"]]), rf"\A(?:{pattern})\z")
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        return {"unknown": str(error).removeprefix("Invalid regular expression: ")[:200]}
    return {"matches": matches[0].as_py()}


VERIFIER = Verifier(
    name="regex",
    check=check,
    version="2",
    summary="all of the answer with the truth, a pattern, by RE2",
)
