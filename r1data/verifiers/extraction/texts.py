r"""Extracts the final answer as a text, for verifiers that compare texts rather than numbers.

The answer is a box's content, a JSON object's "answer", the text after a marker ("Answer: …"), or all text after the
thoughts, in that order; none of them if the text takes it back or offers another. Checks that may hang run in the
worker processes of `POOL`.

Not done: choosing between boxes that differ; removing LaTeX commands other than those that only set a text's look.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from r1data.data.responses import is_blank, split
from r1data.runtime.workers import Crashed, TimedOut, WorkerPool
from r1data.verifiers.extraction import announcements, beside, extract, json_answers, objections
from r1data.verifiers.extraction.boxes import find as find_boxes
from r1data.verifiers.extraction.extract import ExtractedAnswer
from r1data.verifiers.verdict import Case, Verdict, no_answer, undecided, unverifiable

POOL = WorkerPool("r1data.verifiers.text_worker")
UNENDED = "that had ended when the response was cut at its limit of tokens"
"""Why a response that was cut has no answer."""


def after_thoughts(response: str) -> str | Verdict:
    """The text after the thoughts, stripped and not blank, or the verdict that there is no answer."""
    answer = split(response).answer
    if answer is None:
        return no_answer("after the thoughts: they were never closed")
    if objection := beside.objection_to_tags(response):
        return no_answer(objection)
    return no_answer("after the thoughts: it is blank") if is_blank(answer) else answer.strip()


def with_blank_end(answer: str, response: str) -> str:
    """An answer that was stripped, with the line break or blank that its response ends in."""
    blanks = response[len(response.rstrip()) :]
    return answer + ("\n" if "\n" in blanks else blanks[:1])


def final_answer(
    case: Case, limit: int, normalise: Callable[[str], str] = str.strip
) -> ExtractedAnswer | Verdict:
    """The one answer of a response, or the verdict that there is none.

    Args:
        case: its response is read; of one that was cut, only what was boxed, or announced and ended.
        limit: most characters of an answer.
        normalise: answers that it maps to the same text are one answer.
    """
    answer = after_thoughts(case.response)
    if isinstance(answer, Verdict):
        return answer
    whole_lines = with_blank_end(answer, case.response)
    answer = extract.shown_of_cut(whole_lines) if case.is_cut else extract.shown(answer)
    boxes = find_boxes(answer)
    if boxes.problem:
        return no_answer(boxes.problem)
    boxed = {normalise(text): text.strip() for text in boxes.contents}
    if len(boxed) > 1:
        return no_answer(f"found: {len(boxed)} boxes that differ")
    if boxed:
        text = boxes.contents[-1]
        return _one_answer(ExtractedAnswer(text, "box", boxes.end), answer, limit, normalise)
    if "{" in answer and (json_answer := json_answers.find(answer)):
        if any(normalise(other) != normalise(json_answer.text) for other in json_answer.rivals):
            return no_answer("that is one: several under the key", json_answer.text[:limit])
        extracted = ExtractedAnswer(json_answer.text, "json", json_answer.end)
        return _one_answer(extracted, answer, limit, normalise)
    if marked := extract.marked_answer(answer, cut=case.is_cut):
        return _one_answer(marked, answer, limit, normalise)
    if case.is_cut:
        return no_answer(UNENDED)
    return _one_answer(ExtractedAnswer(answer, "whole answer", len(answer)), answer, limit, normalise)


def _one_answer(
    extracted: ExtractedAnswer, answer: str, limit: int, normalise: Callable[[str], str]
) -> ExtractedAnswer | Verdict:
    """The answer, unless it is blank, cannot be read, or what follows takes it back or offers another."""
    if not extracted.text:
        return no_answer("found: it is blank")
    objection = objections.find(answer, extracted.end)
    if objection.taken_back:
        return no_answer("that stands: it is taken back", extracted.text[:limit])
    if any(normalise(offer) != normalise(extracted.text) for offer in objection.offers):
        return no_answer("that is one: another is offered beside it", extracted.text[:limit])
    text = readable(extracted.text, limit)
    return text if isinstance(text, Verdict) else extracted


_WRAPPED = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal|sc)?|mathrm|mathbf|mathit|mathsf|mathtt|mbox|emph|operatorname)\s*\{([^{}]*)\}"
)
_DELIMITERS = (
    ("$$", "$$"),
    ("$", "$"),
    ("\\(", "\\)"),
    ("\\[", "\\]"),
    ("**", "**"),
    ("__", "__"),
    ("`", "`"),
    ("*", "*"),
    ('"', '"'),
    ("“", "”"),
)


def undressed(text: str) -> str:
    r"""The text without `\text{…}` and the like, and without the delimiters or bold that enclose all of it."""
    text = text.strip()
    for _ in range(4):
        if "\\" in text:
            text = _WRAPPED.sub(r"\1", text).replace("\\ ", " ").strip()
        for start, end in _DELIMITERS:
            inner = text[len(start) : len(text) - len(end)]
            if (
                len(text) > len(start) + len(end)
                and text.startswith(start)
                and text.endswith(end)
                and start not in inner
            ):
                text = inner.strip()
    return text


_IS = re.compile(rf"(?<!\w)(?:{announcements.pattern('copula')})(?!\w)", re.I)


def shorter_texts(extracted: ExtractedAnswer) -> list[str]:
    """Texts that say the same as an answer: without its reason, its second sentence, or what stands before "is".

    "The capital is Paris." says Paris, "Paris, because it is the seat of government" too. Nothing of a text that hedges
    or denies.
    """
    text = extracted.text
    if len(text) > extract.LINE * 2 or "\n" in text.strip():
        return []
    if extracted.rule != "whole answer":
        return objections.without_reasons(text)
    copulas = list(_IS.finditer(text))
    if (
        len(copulas) != 1
        or objections.doubts(text)
        or objections.spoils(text)
        or not text[: copulas[0].start()].strip()
    ):
        return []
    behind = text[copulas[0].end() :].strip(" :")
    return [behind, behind.rstrip(".。! ")]


def candidates(extracted: ExtractedAnswer, response: str) -> list[str]:
    """The texts any of which may be what was asked for: the answer, without its dressing, shorter, and as JSON."""
    texts = [extracted.text, undressed(extracted.text), *shorter_texts(extracted)]
    if extracted.rule == "json":  # the object itself
        texts.append(split(response).answer or "")
    return list(dict.fromkeys(texts))


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
