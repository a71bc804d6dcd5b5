"""Responses to one prompt, in pairs for a judge to compare.

A response that failed or was cut, that has nothing to show, or that says what another one of its prompt says, is in no
pair. The others stand in order of length, and neighbours make a pair, each response in one at most: so the two of a
pair differ in length as little as the prompt's responses allow. Which of several pairs are taken, and of three
responses which is left over, is drawn from the seed and the prompt's id. All of this is ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from r1data.data.responses import split
from r1data.engines.base import seed_of

Aspect = Literal["helpfulness", "harmlessness"]
LEFT_OUT = ("other_set", "failed", "cut", "no_summary", "copy", "single", "left_over", "not_drawn")
"""Why a response is in no pair."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two responses to a prompt, by the numbers of their rows, with the texts that are compared."""

    rows: tuple[int, int]
    prompt: str
    texts: tuple[str, str]


@dataclass(slots=True)
class Candidates:
    """The pairs of a table, and why rows are in none, by their numbers."""

    pairs: list[Candidate] = field(default_factory=list)
    left_out: dict[int, str] = field(default_factory=dict)


def shown(row: Mapping[str, Any], aspect: Aspect) -> str:
    """What is judged of a response: the final summary for helpfulness, all of it for harmlessness."""
    response = str(row.get("response") or "")
    if aspect == "harmlessness":
        return response.strip()
    answer = row.get("answer")
    return (str(answer) if answer is not None else split(response).answer or "").strip()


def unusable(row: Mapping[str, Any], aspect: Aspect) -> str | None:
    """Why nobody is to judge a response; None where one is. A general prompt belongs to one set (R1 2.3.4), which a
    column `preference` names."""
    if row.get("preference") not in (None, aspect):
        return "other_set"
    if row.get("finish_reason") == "error" or row.get("response") is None:
        return "failed"
    if row.get("finish_reason") == "length":
        return "cut"
    return None if shown(row, aspect) else "no_summary"


def find(rows: Sequence[Mapping[str, Any]], aspect: Aspect, seed: int, most: int | None) -> Candidates:
    """The pairs of a table's rows, at most `most` of a prompt."""
    candidates = Candidates()
    by_prompt: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        reason = unusable(row, aspect)
        if reason is not None:
            candidates.left_out[number] = reason
        else:
            by_prompt[str(row["prompt_id"])].append(number)
    for prompt_id, numbers in by_prompt.items():
        _pair(candidates, rows, prompt_id, numbers, aspect, seed, most)
    return candidates


def _pair(
    candidates: Candidates,
    rows: Sequence[Mapping[str, Any]],
    prompt_id: str,
    numbers: Sequence[int],
    aspect: Aspect,
    seed: int,
    most: int | None,
) -> None:
    """Adds a prompt's pairs, and why its other rows are in none."""
    texts: dict[str, int] = {}
    for number in numbers:
        text = shown(rows[number], aspect)
        if text in texts:
            candidates.left_out[number] = "copy"
        else:
            texts[text] = number
    if len(texts) < 2:
        candidates.left_out |= dict.fromkeys(texts.values(), "single")
        return
    # By the text and not the row's number, so that the order of rows changes nothing.
    drawn = {text: seed_of(seed, f"{prompt_id}\0{text}", 0) for text in texts}
    left_over = [max(texts, key=lambda text: drawn[text])] if len(texts) % 2 else []
    candidates.left_out |= {texts[text]: "left_over" for text in left_over}
    order = sorted(
        (text for text in texts if text not in left_over), key=lambda text: (len(text), drawn[text])
    )
    pairs = sorted(
        ((order[place], order[place + 1]) for place in range(0, len(order), 2)),
        key=lambda pair: drawn[pair[0]],
    )
    for number, (a, b) in enumerate(pairs):
        if most is not None and number >= most:
            candidates.left_out |= {texts[a]: "not_drawn", texts[b]: "not_drawn"}
            continue
        candidates.pairs.append(Candidate((texts[a], texts[b]), str(rows[texts[a]]["prompt"]), (a, b)))
