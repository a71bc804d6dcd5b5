"""What a judge said: exactly one JSON object after its thoughts, or nothing.

Linear in the text. A fence of three backticks around the object comes off; prose around it, other keys, a key twice or
another value make it nothing, since nobody could say what was meant. Thoughts end at the first `</think>`: what the
object's own strings hold is no tag.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from r1data.data.responses import CLOSE

Word = Literal["correct", "incorrect"]
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


def verdict(text: str) -> tuple[Word, str] | None:
    """The word and the analysis; None where the text is no such object."""
    found = _object(text, {"analysis", "correctness"})
    if found is None or not isinstance(found["analysis"], str):
        return None
    word = found["correctness"]
    return (word, found["analysis"]) if word in ("correct", "incorrect") else None


def scores(text: str) -> tuple[float, float] | None:
    """The two scores, from 1 to 10; None where the text is no such object."""
    found = _object(text, {"analysis", "first", "second"})
    if found is None:
        return None
    first, second = found["first"], found["second"]
    if not all(type(one) in (int, float) and LOWEST <= one <= HIGHEST for one in (first, second)):
        return None
    return float(first), float(second)


def _object(text: str, keys: set[str]) -> dict[str, Any] | None:
    if len(text) > MOST_CHARS:
        return None
    try:
        # not strict: a control character inside a string, which engines that hold a model to a schema let through
        found = json.loads(_unfenced(_after_thoughts(text.strip())), object_pairs_hook=_once, strict=False)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.keys() == keys else None


def _after_thoughts(text: str) -> str:
    _, closed, rest = text.partition(CLOSE)
    return rest.strip() if closed and not text.startswith(("{", "```")) else text


def _unfenced(answer: str) -> str:
    if answer.startswith("```") and answer.endswith("```") and "\n" in answer:
        return answer[answer.index("\n") : -3]
    return answer


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found
