r"""The final answer as a text, for verifiers that read a text and not a number.

A box's content, what follows a marker ("Answer: …"), or all that follows the thoughts, in that order. Checks that may
hang run in the processes of `POOL`.

Not done: choosing between boxes that differ; taking LaTeX commands off a text.
"""

from collections.abc import Callable, Mapping
from typing import Any

from r1data.data.responses import is_blank, split
from r1data.runtime.workers import Crashed, TimedOut, WorkerPool
from r1data.verifiers import extract
from r1data.verifiers.verdict import Verdict, no_answer, undecided, unverifiable

POOL = WorkerPool("r1data.verifiers.text_worker")


def after_thoughts(response: str) -> str | Verdict:
    """What follows the thoughts, stripped and not blank, or the verdict that there is no answer."""
    answer = split(response).answer
    if answer is None:
        return no_answer("after the thoughts: they were never closed")
    return no_answer("after the thoughts: it is blank") if is_blank(answer) else answer.strip()


def final_text(response: str, limit: int, alike: Callable[[str], str] = str.strip) -> str | Verdict:
    """The one answer that a response gives, of at most `limit` characters, or the verdict that there is none.

    Boxes of which `alike` makes the same are one answer.
    """
    answer = after_thoughts(response)
    if isinstance(answer, Verdict):
        return answer
    boxed = {alike(text): text.strip() for text in extract.boxes(answer)}
    if len(boxed) > 1:
        return no_answer(f"found: {len(boxed)} boxes that differ")
    marked = None if boxed else extract.marked(answer)
    (text,) = boxed.values() or (marked.text if marked else answer,)
    return readable(text, limit) if text else no_answer("found: it is blank")


def readable(text: str, limit: int) -> str | Verdict:
    """The text, unless it is too long or holds half a character."""
    if len(text) > limit:
        return unverifiable("too_long", f"answer of {len(text)} characters, over the limit of {limit}")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return undecided("the answer holds half a surrogate pair, which no encoding writes")
    return text


def asked(request: Mapping[str, Any], time_limit: float, extracted: str) -> dict[str, Any] | Verdict:
    """The reply of a process that is killed after `time_limit` seconds, or the verdict `timeout` or `error`."""
    try:
        return POOL.ask({**request, "time_limit": time_limit})
    except TimedOut:
        return Verdict("timeout", None, extracted, f"not checked within {time_limit:g} s")
    except Crashed as crash:
        return Verdict("error", None, extracted, str(crash))
