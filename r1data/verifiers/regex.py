r"""`regex`: the truth is a pattern, and the whole answer must match it.

The answer is a box's content, what follows a marker ("Answer: …"), or all that follows the thoughts. The engine is
RE2, by way of pyarrow, so the time is linear in the answer whatever the pattern: `\d` and `\w` are ASCII, `.` is no
newline unless the pattern says `(?s)`, case counts unless it says `(?i)`, blanks count but for those at the ends.

Not covered: lookaround, backreferences and whatever else RE2 does not know (`unverifiable`, and the reason says so);
a pattern that matches anything makes anything `correct`.
"""

import re
from collections.abc import Mapping
from typing import Any

from r1data.verifiers import texts
from r1data.verifiers.verdict import Verdict, Verifier, correct, incorrect, no_truth, unverifiable

LIMIT = 10_000
"""Characters in an answer beyond which nothing is matched."""
PATTERN_LIMIT = 10_000
_LARGE = re.compile(r"\{\d|\\[pP]|\(\?[a-zA-Z]*i")
"""What makes a short pattern a large automaton, which takes seconds over a long answer."""
_SHORT = 200


def check(response: str, truth: str | None, time_limit: float) -> Verdict:
    """Verify one response against a pattern; one that may be slow is matched in a process that can be killed."""
    if not truth:
        return no_truth()
    if len(truth) > PATTERN_LIMIT:
        return unverifiable(
            "too_long", f"pattern of {len(truth)} characters, over the limit of {PATTERN_LIMIT}"
        )
    text = texts.final_text(response, LIMIT)
    if isinstance(text, Verdict):
        return text
    request = {"check": "regex", "pattern": truth, "text": text}
    is_small = len(truth) <= _SHORT and not _LARGE.search(truth)
    reply = answer(request) if is_small else texts.asked(request, time_limit, text)
    if isinstance(reply, Verdict):
        return reply
    if "error" in reply:
        return Verdict("error", None, text, reply["error"])
    if "unknown" in reply:
        return unverifiable("bad_truth", f"the truth is no pattern that RE2 knows: {reply['unknown']}", text)
    return correct(text) if reply["matches"] else incorrect(text)


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """`{"matches": bool}`, or `{"unknown": why}` for what RE2 does not read. Linear in the text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    pattern = request["pattern"]
    try:
        pc.match_substring_regex(
            pa.array([""]), pattern
        )  # by itself: a stray parenthesis must not meet those below
        found = pc.match_substring_regex(pa.array([request["text"]]), rf"\A(?:{pattern})\z")
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        return {"unknown": str(error).removeprefix("Invalid regular expression: ")[:200]}
    return {"matches": found[0].as_py()}


VERIFIER = Verifier(
    name="regex",
    check=check,
    version="1",
    summary="all of the answer with the truth, a pattern, by RE2",
)
