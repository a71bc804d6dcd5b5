"""The responses of two models to the same prompts, in pairs.

A prompt's samples stand in order of `sample_index`; sample i of A meets sample i modulo n of B's n, so that a baseline
with one response a prompt meets each of A's. Only the summary is compared, never the thoughts. A response that failed,
that was cut, or that has nothing after its thoughts is in no match: its row stays, with the reason.

Prompts are the same where their `prompt_id` is; where the two share none, where system message and text are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.sampling.preferences.candidates import Aspect, shown, unusable

Row = dict[str, Any]
PROMPT_COLUMNS = ("prompt_id", "prompt", "system", "domain", "language", "source", "license")
ASPECT: Aspect = "helpfulness"
"""The judge sees what a response tells the user, never its thoughts."""
COLUMNS = {
    **dict.fromkeys(PROMPT_COLUMNS, pa.string()),
    "sample_index": pa.int32(),
    "a": pa.string(),
    "b": pa.string(),
    "a_model": pa.string(),
    "b_model": pa.string(),
    "subset": pa.string(),
    "choice": pa.string(),
    "result": pa.string(),
    "win": pa.float64(),
    "a_first_a": pa.float64(),
    "a_first_b": pa.float64(),
    "b_first_a": pa.float64(),
    "b_first_b": pa.float64(),
    "judge": pa.string(),
}
"""Of a match: the prompt, the two texts, people's `choice` (a, b, tie) if it was published, A's `result`, and the
judge's mean scores of the two (1 to 10) where A stood first, and where B did."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """B's responses, by prompt.

    Attributes:
        responses: by `prompt_id`, in order of `sample_index`.
        ids: `prompt_id` by system message and text.
        rows: how many there are.
    """

    responses: Mapping[str, Sequence[Row]]
    ids: Mapping[tuple[str, str], str]
    rows: int


def baseline(rows: Iterable[Row]) -> Baseline:
    """B's responses as `pair` looks them up."""
    by_prompt: dict[str, list[Row]] = defaultdict(list)
    ids: dict[tuple[str, str], str] = {}
    number = 0
    for row in rows:
        by_prompt[str(row["prompt_id"])].append(row)
        ids.setdefault(_text(row), str(row["prompt_id"]))
        number += 1
    in_order = {
        prompt_id: sorted(responses, key=lambda row: row.get("sample_index") or 0)
        for prompt_id, responses in by_prompt.items()
    }
    return Baseline(in_order, ids, number)


def partners(a_rows: Iterable[Row], b: Baseline) -> dict[str, str]:
    """Ids of A's prompts → those of B's.

    Raises UserError where the two share no prompt, or an id stands for two prompts.
    """
    texts = {str(row["prompt_id"]): _text(row) for row in a_rows}
    shared = {prompt_id: prompt_id for prompt_id in texts if prompt_id in b.responses}
    for prompt_id in shared:
        if texts[prompt_id] != _text(b.responses[prompt_id][0]):
            raise UserError(
                f"prompt_id {one_line(prompt_id, 60)!r} stands for one prompt in A and another in B; ingest both "
                "from files without prompt_id, so that ids follow from the text"
            )
    shared = shared or {prompt_id: b.ids[text] for prompt_id, text in texts.items() if text in b.ids}
    if not shared:
        raise UserError(
            f"A has responses to {len(texts):,} prompts, B to {len(b.responses):,}, and no prompt is in both; sample "
            "both models on the same prompts"
        )
    return shared


def pair(a_rows: Sequence[Row], b: Baseline, partner: Mapping[str, str], places: Sequence[int]) -> list[Row]:
    """The matches of A's rows, one each, with the columns `COLUMNS`; `result` is None where one is to judge.

    Args:
        partner: as `partners` says.
        places: of each response among its prompt's.
    """
    return [_match(row, b, partner, place) for row, place in zip(a_rows, places, strict=True)]


def _match(a_row: Row, b: Baseline, partner: Mapping[str, str], place: int) -> Row:
    match: Row = dict.fromkeys(COLUMNS)
    match |= {name: a_row.get(name) for name in PROMPT_COLUMNS}
    match |= {"sample_index": a_row.get("sample_index"), "a": shown(a_row, ASPECT), "a_model": _model(a_row)}
    b_id = partner.get(str(a_row["prompt_id"]))
    if b_id is None:
        return match | {"result": "no_baseline"}
    b_row = b.responses[b_id][place % len(b.responses[b_id])]
    match |= {"b": shown(b_row, ASPECT), "b_model": _model(b_row)}
    for side, row in (("a", a_row), ("b", b_row)):
        if reason := unusable(row, ASPECT):
            return match | {"result": f"{side}_{reason}"}
    return match


def _model(row: Row) -> str | None:
    return None if row.get("model") in (None, "unknown") else str(row["model"])


def _text(row: Row) -> tuple[str, str]:
    return str(row.get("system") or ""), str(row["prompt"])
