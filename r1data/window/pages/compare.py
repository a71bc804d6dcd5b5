"""`/compare?a=KEY&b=KEY`: two datasets, or two models of one, side by side on the same prompts; `b` may be left out."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from r1data.data.schema import Row
from r1data.errors import UserError
from r1data.window.library import Library, OpenDataset
from r1data.window.pages.lineage import required
from r1data.window.rendering import address, page
from r1data.window.sides.pairs import CHANGES, Pair, Pairing, Side, pair, pairs, samples
from r1data.window.sides.rivals import texts_of
from r1data.window.sides.stations import tone_of
from r1data.window.table.query import RowQuery
from r1data.window.text import text_html

PAGE = 10
"""Prompts of a page. Ours."""
CHIPS = 40
"""Samples of a prompt that are named on each side; the prompt's page has all. Ours."""
TEXT_LIMIT = 6_000
"""Characters of a response that are shown; the row's page has all. Ours."""
KEPT = 20
COLUMNS = ("sample_index", "verdict", "extracted", "verdict_cause")


@dataclass
class Cache:
    """Figures of pairings, by what both sides hold. Safe between threads."""

    entries: OrderedDict[tuple[Any, ...], Pairing] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, one: Side, other: Side) -> Pairing:
        """The figures of two sides. Raises as `pair` does."""
        key = (one.table.uri, one.table.digest, one.model, other.table.uri, other.table.digest, other.model)
        with self.lock:
            if key in self.entries:
                return self.entries[key]
        pairing = pair(one, other)
        with self.lock:
            self.entries[key] = pairing
            while len(self.entries) > KEPT:
                self.entries.popitem(last=False)
        return pairing


CACHE = Cache()


@dataclass(frozen=True)
class Column:
    """One side of the page: its letter, dataset and model, and the models to choose from."""

    letter: str
    opened: OpenDataset
    model: str | None
    models: list[str]

    @property
    def side(self) -> Side:
        return Side(self.opened.table, self.model)

    @property
    def name(self) -> str:
        return self.opened.name if self.model is None else f"{self.opened.name}, {self.model}"


def compare(request: Request) -> Response:
    """The figures of both sides, and a page of prompts with both responses."""
    library, query = request.app.state.library, request.query_params
    one, other = columns(library, request)
    change = query.get("change") or None
    if change is not None and change not in CHANGES:
        raise UserError(f"change={change!r:.40}: choose one of {', '.join(CHANGES)}")
    pairing = CACHE.of(one.side, other.side)
    total = pairing.prompts(change) if change else pairing.shared
    number = _page(query.get("page", "1"), total)
    shown = pairs(one.side, other.side, change, (number - 1) * PAGE, PAGE)
    here = {"a": one.opened.key, "b": other.opened.key, "model_a": one.model, "model_b": other.model}
    return page(
        request,
        "compare.html",
        sides=(one, other),
        datasets=list(library.datasets.values()),
        pairing=pairing,
        changes=CHANGES,
        change=change,
        total=total,
        number=number,
        pages=max(1, -(-total // PAGE)),
        entries=_entries(one, other, shown),
        here=here,
        swapped=address(
            "/compare",
            {"a": here["b"], "b": here["a"], "model_a": other.model, "model_b": one.model},
        ),
        tone_of=tone_of,
    )


def columns(library: Library, request: Request) -> tuple[Column, Column]:
    """Both sides; where a dataset holds several models and none is named, one is chosen, never all mixed.

    Raises:
        UserError: a side is not open, has no rows to pair, or a model that is not there.
    """
    query = request.query_params
    first = library.dataset(required(request, "a"))
    opened = [first, library.dataset(query["b"]) if query.get("b") else _other(library, first)]
    models = [_models(each) for each in opened]
    named = [query.get("model_a") or None, query.get("model_b") or None]
    for each, there, model in zip(opened, models, named, strict=True):
        if model is not None and model not in there:
            raise UserError(f"{each.name}: no rows of model {model!r:.120}; it has {', '.join(there)[:400]}")
    chosen = [
        model if model or len(there) < 2 else there[0] for model, there in zip(named, models, strict=True)
    ]
    if opened[0] is opened[1] and named[1] is None and len(models[0]) > 1:
        chosen[1] = next(model for model in models[0] if model != chosen[0])
    one, other = (
        Column(letter, each, model, there)
        for letter, each, model, there in zip("AB", opened, chosen, models, strict=True)
    )
    return one, other


def _other(library: Library, first: OpenDataset) -> OpenDataset:
    """The dataset that stands beside one where none is named: another that is open, or itself."""
    with library.lock:
        others = [each for each in library.datasets.values() if each is not first]
    return others[0] if others else first


def _models(opened: OpenDataset) -> list[str]:
    """The models of a dataset by name; none where rows do not say."""
    table = opened.table
    if "prompt_id" not in table.columns:
        raise UserError(
            f"{opened.name}: its rows have no prompt_id to pair them by; choose a dataset of prompts or samples"
        )
    if "model" not in table.columns:
        return []
    return sorted(str(value) for value, _ in table.facets(RowQuery(), "model") if value is not None)


def _entries(one: Column, other: Column, shown: list[Pair]) -> list[dict[str, Any]]:
    """The prompts of a page with what both sides have of each."""
    ids = [each.prompt_id for each in shown]
    sides = [samples(column.side, ids, COLUMNS) if ids else {} for column in (one, other)]
    telling_verdicts = [
        {"better": "incorrect", "worse": "correct"},
        {"better": "correct", "worse": "incorrect"},
    ]
    picked: list[dict[str, dict[str, Any]]] = [
        {
            prompt_id: _telling(group, verdicts.get(each.change))
            for each, (prompt_id, group) in zip(shown, rows.items(), strict=True)
            if group
        }
        for rows, verdicts in zip(sides, telling_verdicts, strict=True)
    ]
    whole = [
        _rows(column, {prompt_id: row["position"] for prompt_id, row in chosen.items()})
        for column, chosen in zip((one, other), picked, strict=True)
    ]
    entries = []
    for each in shown:
        rows = [by_prompt.get(each.prompt_id) for by_prompt in whole]
        entries.append(
            {
                "pair": each,
                "prompt": _prompt(rows),
                "sides": [
                    {
                        "column": column,
                        "rate": rate,
                        "samples": by_prompt[each.prompt_id][:CHIPS],
                        "more": max(0, len(by_prompt[each.prompt_id]) - CHIPS),
                        "row": row,
                        **_response(row),
                    }
                    for column, by_prompt, row, rate in zip(
                        (one, other), sides, rows, (each.first, each.second), strict=True
                    )
                ],
            }
        )
    return entries


def _telling(group: list[dict[str, Any]], verdict: str | None) -> dict[str, Any]:
    """The sample that shows the change: the first with this verdict, else the first."""
    return next((row for row in group if row.get("verdict") == verdict), group[0])


def _rows(column: Column, positions: dict[str, int]) -> dict[str, Row]:
    rows = column.opened.table.fetch(list(positions.values()))
    return dict(zip(positions, rows, strict=True))


def _prompt(rows: list[Row | None]) -> list[tuple[str, Any]]:
    """What was asked, once where both sides have the same."""
    prompt_texts = [
        "\n\n".join(text for label, text in texts_of(row) if label in ("system", "user", "prompt"))[
            :TEXT_LIMIT
        ]
        for row in rows
        if row is not None
    ]
    if len(set(prompt_texts)) <= 1:
        return [("prompt", text_html(text)) for text in prompt_texts[:1]]
    return [(f"prompt in {letter}", text_html(text)) for letter, text in zip("AB", prompt_texts, strict=True)]


def _response(row: Row | None) -> dict[str, Any]:
    texts = texts_of(row) if row is not None else []
    response = texts[-1][1] if texts and texts[-1][0] not in ("prompt", "system") else ""
    return {"text": text_html(response[:TEXT_LIMIT]), "cut": len(response) > TEXT_LIMIT}


def _page(value: str, total: int) -> int:
    """The number of a page, from 1. Raises UserError where it is none."""
    if not (value.isascii() and value.isdigit() and 0 < len(value) < 10):
        raise UserError(f"page={value!r:.40}: give a number from 1 on")
    return min(max(1, int(value)), max(1, -(-total // PAGE)))


routes = [Route("/compare", compare)]
