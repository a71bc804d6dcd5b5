r"""Extracts the final answer as a text, for verifiers that compare texts rather than numbers.

The answer is a box's content, the text after a marker ("Answer: …"), or all text after the thoughts, in that order.
Checks that may hang run in the worker processes of `POOL`.

Not done: choosing between boxes that differ; removing LaTeX commands.
"""

from collections.abc import Callable, Mapping
from typing import Any

from r1data.data.responses import is_blank, split
from r1data.runtime.workers import Crashed, TimedOut, WorkerPool
from r1data.verifiers import extract
from r1data.verifiers.verdict import Verdict, no_answer, undecided, unverifiable

POOL = WorkerPool("r1data.verifiers.text_worker")


def after_thoughts(response: str) -> str | Verdict:
    """The text after the thoughts, stripped and not blank, or the verdict that there is no answer."""
    answer = split(response).answer
    if answer is None:
        return no_answer("after the thoughts: they were never closed")
    return no_answer("after the thoughts: it is blank") if is_blank(answer) else answer.strip()


def final_text(response: str, limit: int, normalise: Callable[[str], str] = str.strip) -> str | Verdict:
    """The one answer of a response, or the verdict that there is none.

    Args:
        response: the whole text, think tags included.
        limit: most characters of an answer.
        normalise: boxes that it maps to the same text are one answer.
    """
    answer = after_thoughts(response)
    if isinstance(answer, Verdict):
        return answer
    boxed = {normalise(text): text.strip() for text in extract.boxes(answer)}
    if len(boxed) > 1:
        return no_answer(f"found: {len(boxed)} boxes that differ")
    marked_answer = None if boxed else extract.marked_answer(answer)
    (text,) = boxed.values() or (marked_answer.text if marked_answer else answer,)
    return readable(text, limit) if text else no_answer("found: it is blank")


def readable(text: str, limit: int) -> str | Verdict:
    """The text, or the verdict that it is too long or contains a lone surrogate."""
    if len(text) > limit:
        return unverifiable("too_long", f"answer of {len(text)} characters, over the limit of {limit}")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return undecided("the answer holds half a surrogate pair, which no encoding writes")
    return text


def ask_worker(request: Mapping[str, Any], time_limit: float, extracted: str) -> dict[str, Any] | Verdict:
    """The reply of a worker process, or the verdict `timeout` or `error`.

    Args:
        request: names its check under "check" (`text_worker`).
        time_limit: seconds after which the process is killed.
        extracted: the answer, for the verdict.
    """
    try:
        return POOL.ask({**request, "time_limit": time_limit})
    except TimedOut:
        return Verdict("timeout", None, extracted, f"not checked within {time_limit:g} s")
    except Crashed as crash:
        return Verdict("error", None, extracted, str(crash))
