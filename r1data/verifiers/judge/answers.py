"""Parses a judge's reply: exactly one JSON object after its thoughts, or nothing.

Linear in the text. A fence of three backticks around the object is removed; a reply with prose around it, other keys, a
duplicate key or another value is ambiguous and counts as unreadable. Thoughts end at the first `</think>`; within the
object's strings it is no tag.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from r1data.data.responses import CLOSE

JudgeWord = Literal["correct", "incorrect"]
MOST_CHARS = 100_000
LONGEST_ANALYSIS = 1_000
"""Characters of an analysis, where an engine can hold a model to it. Ours."""
LOWEST, HIGHEST = 1, 10

_ANALYSIS = {"type": "string", "maxLength": LONGEST_ANALYSIS}


def _schema(**decision: dict[str, Any]) -> str:
    properties = {"analysis": _ANALYSIS, **decision}
    whole = {"type": "object", "properties": properties, "required": list(properties)}
    return json.dumps({**whole, "additionalProperties": False})


VERDICT_SCHEMA = _schema(correctness={"type": "string", "enum": ["correct", "incorrect"]})
SCORE = {"type": "integer", "minimum": LOWEST, "maximum": HIGHEST}
PAIR_SCHEMA = _schema(first=SCORE, second=SCORE)
ITEM_SCHEMA = _schema(met={"type": "boolean"})
SAFETY_SCHEMA = _schema(safety={"type": "string", "enum": ["safe", "unsafe"]})


def verdict(text: str) -> tuple[JudgeWord, str] | None:
    """(word, analysis) of a reply; None if it cannot be parsed."""
    reply = _parse_reply(text, {"analysis", "correctness"})
    if reply is None or not isinstance(reply["analysis"], str):
        return None
    word = reply["correctness"]
    return (word, reply["analysis"]) if word in ("correct", "incorrect") else None


def scores(text: str) -> tuple[float, float] | None:
    """The two scores of a reply, from 1 to 10; None if it cannot be parsed."""
    reply = _parse_reply(text, {"analysis", "first", "second"})
    if reply is None:
        return None
    first, second = reply["first"], reply["second"]
    if not all(type(one) in (int, float) and LOWEST <= one <= HIGHEST for one in (first, second)):
        return None
    return float(first), float(second)


def met(text: str) -> tuple[bool, str] | None:
    """(whether the requirement is met, analysis) of a reply; None if it cannot be parsed."""
    reply = _parse_reply(text, {"analysis", "met"})
    if reply is None or not isinstance(reply["analysis"], str) or not isinstance(reply["met"], bool):
        return None
    return reply["met"], reply["analysis"]


def safety(text: str) -> tuple[Literal["safe", "unsafe"], str] | None:
    """(mark, analysis) of a reply; None if it cannot be parsed."""
    reply = _parse_reply(text, {"analysis", "safety"})
    if reply is None or not isinstance(reply["analysis"], str):
        return None
    mark = reply["safety"]
    return (mark, reply["analysis"]) if mark in ("safe", "unsafe") else None


def _parse_reply(text: str, keys: set[str]) -> dict[str, Any] | None:
    """The object of a reply if its keys are `keys`; None for anything else."""
    if len(text) > MOST_CHARS:
        return None
    answer = text.strip()
    _, closed, rest = answer.partition(CLOSE)
    if closed and not answer.startswith(("{", "```")):  # else the tag is a text within the object
        answer = rest.strip()
    if answer.startswith("```") and answer.endswith("```") and "\n" in answer:
        answer = answer[answer.index("\n") : -3]
    try:
        # Not strict: engines with constrained decoding let control characters inside strings through.
        reply = json.loads(answer, object_pairs_hook=_refuse_duplicate_keys, strict=False)
    except (ValueError, RecursionError):
        return None
    return reply if isinstance(reply, dict) and reply.keys() == keys else None


def _refuse_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a key stands there twice")
    return fields
