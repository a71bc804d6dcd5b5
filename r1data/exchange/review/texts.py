"""An edited response: thoughts and answer replaced where they stand, whatever tags or tokens are around them."""

from collections.abc import Mapping
from typing import Any

from r1data.data.responses import CLOSE, OPEN, Parts, split
from r1data.exchange.review.questions import texts_of


def edited(row: Mapping[str, Any], changed: Mapping[str, str]) -> dict[str, str | None]:
    """`response`, `reasoning` and `answer` of a row after an edit.

    Args:
        changed: new texts by the names of `questions.TEXTS`.
    """
    response = row.get("response") or ""
    old = texts_of(row)
    new = {**old, **changed}
    tagged = split(response) == Parts(row.get("reasoning"), row.get("answer"))
    made = _replaced(response, old, new)
    wanted = Parts(new.get("reasoning"), new.get("answer"))
    if made is None or (tagged and _blank(split(made)) != _blank(wanted)):
        made = _written(wanted)
    parts = split(made) if tagged or len(old) == len(new) == 1 else wanted
    return {"response": made, "reasoning": parts.reasoning, "answer": parts.answer}


def _replaced(response: str, old: Mapping[str, str], new: Mapping[str, str]) -> str | None:
    """None where a text has no place in the response. Thoughts that stand in their column alone stay out of it."""
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


def _written(parts: Parts) -> str:
    if parts.reasoning is None:
        return parts.answer or ""
    return f"{OPEN}\n{parts.reasoning}\n{CLOSE}\n\n{parts.answer or ''}"


def _blank(parts: Parts) -> tuple[str, str]:
    return parts.reasoning or "", parts.answer or ""
