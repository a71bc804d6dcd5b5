"""Finds the answer to a task of reasoning-gym's in a response: an answer may have several lines, and any form.

The answer is the content of the answer tags or a box, one fenced block, the text after a marker ("Answer: …"; for
answers of several lines, a first line that ends in a colon), or all text after the thoughts. What is hidden is not
read; what the words beside it deny, take back or offer another for is no answer.
"""

import re

from r1data.data.responses import ANSWER_CLOSE, ANSWER_OPEN
from r1data.verifiers.extraction import beside, extract, hidden, objections, texts
from r1data.verifiers.extraction.boxes import find as find_boxes
from r1data.verifiers.extraction.json_documents import fenced_blocks
from r1data.verifiers.verdict import Verdict, no_answer

LIMIT = 10_000
"""Most characters of an answer."""

_LEAD = re.compile(r"\A[^\n]{0,200}[:：]\**[ \t]*\n")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\{([^{}]*)\}|\*\*([^*]+)\*\*|`([^`]+)`|\$([^$]+)\$")


def answer_text(response: str, gold: str | None, *, cut: bool = False) -> str | Verdict:
    """The one answer of a response, or the verdict that it has none; `gold` decides if it may have several lines.

    With `cut`, for a response that was cut, only one in a box or a block that is closed, or announced and ended.
    """
    answer = texts.after_thoughts(response)
    if isinstance(answer, Verdict):
        return answer
    answer = hidden.visible(answer)
    if ANSWER_OPEN in answer or ANSWER_CLOSE in answer:
        return no_answer("found: answer tags more than once")
    enclosed = _enclosed(answer, cut=cut)
    if isinstance(enclosed, Verdict):
        return enclosed
    several_lines = "\n" in (gold or "\n")
    if enclosed is not None:
        text = enclosed
    elif cut:
        whole_lines = texts.with_blank_end(answer, response)
        ended = None if several_lines else extract.marked_answer(whole_lines, cut=True)
        if ended is None:
            return no_answer(texts.UNENDED)
        text = ended.text
    elif several_lines:  # a marker would cut it down to one line
        text = _LEAD.sub("", answer, count=1).strip()
    else:
        marked = extract.marked_answer(answer)
        if marked and (objection := objections.find(answer, marked.end)) != objections.NONE:
            why = "it is taken back" if objection.taken_back else "another is offered beside it"
            return no_answer(f"that stands: {why}", marked.text[:LIMIT])
        text = marked.text if marked else answer
    if wrapped := _TEXT.fullmatch(text):
        text = next(filter(None, wrapped.groups()), "").strip()
    return texts.readable(text, LIMIT) if text else no_answer("found: it is blank")


def _enclosed(answer: str, *, cut: bool) -> str | Verdict | None:
    """What the one box or the one fenced block of an answer holds; None where there is none."""
    boxes = find_boxes(answer)
    if boxes.problem:
        return no_answer(boxes.problem)
    candidates = {text.strip() for text in boxes.contents}
    blocks = [] if candidates else [block for block in fenced_blocks(answer) if block.closed or not cut]
    candidates = candidates or {block.text for block in blocks}
    if len(candidates) > 1:
        return no_answer(f"found: {len(candidates)} boxes or blocks that differ")
    if blocks and beside.denies(answer[: blocks[0].start], answer[blocks[-1].end :]):
        return no_answer("that stands: the words beside the block deny it or offer another")
    return candidates.pop() if candidates else None
