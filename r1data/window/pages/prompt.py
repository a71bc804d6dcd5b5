"""`/d/{key}/prompt?id=…`: all samples of a prompt, or an RL group's rollouts step by step, as a strip of cards.

Cards are made of narrow columns; the text of a sample is read when it is asked for.
"""

from itertools import accumulate
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from r1data.data.schema import Row
from r1data.errors import UserError
from r1data.window.library import OpenDataset
from r1data.window.pages.lineage import required
from r1data.window.pages.row_ids import row_of
from r1data.window.rendering import page
from r1data.window.sides.rivals import is_cut, texts_of
from r1data.window.sides.samples import (
    ANSWERS_LIMIT,
    COLUMNS,
    REWARD,
    Sample,
    answers,
    pass_rate,
    sample_of,
    steps,
)
from r1data.window.sides.stations import tone_of
from r1data.window.text import text_html

PAGE = 200
"""Cards of a page. Ours."""
SAMPLES_LIMIT = 20_000
"""Samples of a prompt that are looked at, the first ones. Ours."""
NO_ANSWER = "-none"
"""In addresses: samples from which no answer was extracted."""


def prompt(request: Request) -> Response:
    """The strip of a prompt's samples, a page of them."""
    opened = request.app.state.library.dataset(request.path_params["key"])
    prompt_id = required(request, "id")
    query = request.query_params
    every = samples_of(opened, prompt_id)
    if not every:
        raise UserError(f"{opened.name}: no samples of prompt {prompt_id!r:.120}; look among its rows")
    chosen = [sample for sample in every if _has_answer(sample, query)]
    start = _place(query.get("from", "0"), len(chosen))
    shown = chosen[start : start + PAGE]
    grouped, every_step = answers(every), steps(every)
    first = opened.table.fetch([every[0].number])[0]
    return page(
        request,
        "prompt.html",
        opened=opened,
        prompt_id=prompt_id,
        first=first,
        prompt_texts=_prompt_texts(first),
        steps=steps(shown),
        every_step=every_step,
        starts=list(accumulate((len(each.samples) for each in every_step), initial=0)),
        page_size=PAGE,
        rate=pass_rate(every),
        answers=grouped[:ANSWERS_LIMIT],
        more_answers=max(0, len(grouped) - ANSWERS_LIMIT),
        total=len(every),
        chosen=len(chosen),
        start=start,
        stop=start + len(shown),
        previous=max(0, start - PAGE) if start else None,
        following=start + PAGE if start + PAGE < len(chosen) else None,
        answer=query.get("answer"),
        verdict=query.get("verdict"),
        longest=max((sample.tokens or 0 for sample in every), default=0),
        widest=max((abs(sample.advantage or 0.0) for sample in every), default=0.0),
        models=sorted({sample.model for sample in every if sample.model is not None}),
        has_verdicts=any(sample.verdict for sample in every),
        tone_of=tone_of,
        no_answer=NO_ANSWER,
    )


def text(request: Request) -> Response:
    """One sample's response, for a card that was opened."""
    opened = request.app.state.library.dataset(request.path_params["key"])
    row = row_of(opened, required(request, "id"))
    texts = texts_of(row)
    return page(request, "_sample_text.html", text=text_html(texts[-1][1] if texts else ""), cut=is_cut(row))


def samples_of(opened: OpenDataset, prompt_id: str) -> list[Sample]:
    """The samples of a prompt, by step and number, without texts."""
    table = opened.table
    positions = table.positions_of(prompt_id)[:SAMPLES_LIMIT]
    columns = [name for name in table.columns if name in COLUMNS or name.startswith(REWARD)]
    rows = table.fetch(positions, columns)
    samples = [sample_of(position, row) for position, row in zip(positions, rows, strict=True)]
    return sorted(
        samples, key=lambda sample: (sample.step is None, sample.step or 0)
    )  # stable: numbers stay in order


def _prompt_texts(row: Row) -> list[tuple[str, Any]]:
    """What was asked, a label and HTML each."""
    asked = texts_of(row)
    asked = asked[:-1] if row.get("messages") or row.get("response") is not None else asked
    return [(label, text_html(each)) for label, each in asked]


def _has_answer(sample: Sample, query: Any) -> bool:
    answer, verdict = query.get("answer"), query.get("verdict")
    if answer is not None and (NO_ANSWER if sample.extracted is None else sample.extracted) != answer:
        return False
    return verdict is None or str(sample.verdict) == verdict


def _place(value: str, end: int) -> int:
    """The place of the first card. Raises UserError where it is no number."""
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise UserError(f"from={value!r:.40}: give the number of a sample, 0 or more")
    return min(int(value), max(0, end - 1))


routes = [Route("/d/{key}/prompt", prompt), Route("/d/{key}/prompt/text", text)]
