"""Edited responses: thoughts and answer are replaced in place, whatever tags or tokens surround them."""

from collections.abc import Mapping
from typing import Any

from r1data.data.responses import CLOSE, OPEN, Parts, split
from r1data.exchange.review.questions import texts_of


def edit_response(row: Mapping[str, Any], edits: Mapping[str, str]) -> dict[str, str | None]:
    """`response`, `reasoning` and `answer` of a row after an edit.

    Args:
        edits: new texts by the names of `questions.TEXTS`.
    """
    response = row.get("response") or ""
    old = texts_of(row)
    new = {**old, **edits}
    tagged = split(response) == Parts(row.get("reasoning"), row.get("answer"))
    new_response = _replace_parts(response, old, new)
    new_parts = Parts(new.get("reasoning"), new.get("answer"))
    if new_response is None or (tagged and _blank(split(new_response)) != _blank(new_parts)):
        new_response = _compose(new_parts)
    parts = split(new_response) if tagged or len(old) == len(new) == 1 else new_parts
    return {"response": new_response, "reasoning": parts.reasoning, "answer": parts.answer}


def _replace_parts(response: str, old: Mapping[str, str], new: Mapping[str, str]) -> str | None:
    """None where a text is not in the response. Thoughts that are only in their column stay out of it."""
    thoughts, answer = old.get("reasoning", ""), old.get("answer", "")
    if any(new[name] and not old.get(name) for name in new):
        return None
    start = response.find(thoughts) if thoughts else -1
    end = start + len(thoughts) if start >= 0 else 0
    place = response.rfind(answer) if answer else len(response)
    if place < end:
        return None
    before = response[:start] + new["reasoning"] + response[end:place] if start >= 0 else response[:place]
    return before + new.get("answer", "") + response[place + len(answer) :]


def _compose(parts: Parts) -> str:
    if parts.reasoning is None:
        return parts.answer or ""
    return f"{OPEN}\n{parts.reasoning}\n{CLOSE}\n\n{parts.answer or ''}"


def _blank(parts: Parts) -> tuple[str, str]:
    return parts.reasoning or "", parts.answer or ""
