"""`/d/{key}/rows`: the rows of a dataset by search, filters and order, a page at a time."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from r1data.data.schema import Row
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.lineage.rows import row_name
from r1data.window.library import OpenDataset
from r1data.window.rendering import address, page
from r1data.window.table import FACET_COLUMNS, IN, RowQuery, RowTable, Stop
from r1data.window.waiting import while_read

PAGE_SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50
SHORT = 220
"""Characters of a prompt or an answer in the list. Ours."""
BEFORE = 60
"""Characters that are shown before the place of a search. Ours."""
SEARCH_SECONDS = 1.5
"""How long a page waits for a search before it shows what there is. Ours."""
BESIDE = ("page", "size", "counts")
"""Parameters of the page that are none of its query."""
_FIELDS = ("text", "regex", "in", "case", "sort", "length.from", "length.to")
"""Parameters of the query that the form always has a field for."""
_TEXTS = ("prompt", "answer", "response", "messages", "chosen", "rejected")
_LIST = (
    "prompt_id", "sample_index", "example_id", "preference_id", "prompt", "answer", "messages", "chosen", "verdict",
    "verdict_cause", "drop_reasons", "model", "domain", "language", "kind", "response_tokens", "tokens",
    "review_decision",
)  # fmt: skip


@dataclass(frozen=True)
class Paging:
    """Which rows of a selection are shown: page `number` of `size` rows each, from 1."""

    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def start(self) -> int:
        """The place of the first row in the selection."""
        return (self.number - 1) * self.size

    @property
    def end(self) -> int:
        return min(self.total, self.start + self.size)


@dataclass(frozen=True)
class Entry:
    """A row as the list shows it."""

    name: str
    address: str
    number: int
    prompt: Markup
    answer: Markup
    row: Row
    length: int | None

    @property
    def tone(self) -> str:
        """The class of its verdict's colour."""
        return {"correct": "good", "incorrect": "bad", "error": "bad"}.get(
            str(self.row.get("verdict")), "unsure"
        )


async def rows(request: Request) -> Response:
    """The page; a reader who leaves ends its search."""
    return await while_read(request, lambda stop: _rows(request, stop))


async def filters(request: Request) -> Response:
    """The values that can be asked for, with their numbers: a part of the page that comes after it."""
    return await while_read(request, lambda stop: _filters(request, stop))


async def progress(request: Request) -> Response:
    """How far a search is: a line of the page that asks for itself until the search is done."""
    return await while_read(request, lambda stop: _progress(request, stop))


def total(request: Request) -> Response:
    """The line that says how many rows a growing dataset has now."""
    opened = _opened(request)
    before = _whole_number(request, "rows", 0, least=0, most=1 << 62)
    table = opened.table
    return page(request, "_rows_total.html", opened=opened, table=table, before=before)


def _rows(request: Request, stop: Stop) -> Response:
    begin = time.monotonic()
    opened = _opened(request)
    query = RowQuery.from_params(request.query_params.multi_items(), beside=BESIDE)
    table = opened.table
    table.prepare()
    selection = table.select_soon(query, SEARCH_SECONDS, stop)
    paging = _paging(request, selection.total)
    shown = selection.positions[paging.start : paging.end]
    entries = [
        _entry(opened, table, query, row, paging.start + place, int(position))
        for place, (position, row) in enumerate(zip(shown, _fetched(table, query, shown), strict=True))
    ]
    counts = request.query_params.get("counts") == "1"
    return page(
        request,
        "rows.html",
        opened=opened,
        table=table,
        query=query,
        params=query.to_params(),
        query_map=_params(query),
        entries=entries,
        paging=paging,
        pages={name: _page_address(opened, query, paging, number) for name, number in _steps(paging).items()},
        sizes=PAGE_SIZES,
        within=IN,
        chips=_chips(opened, query, paging),
        facets=_facets(table, query, stop) if counts else None,
        hidden=[(name, value) for name, value in query.to_params() if name in FACET_COLUMNS],
        kept=[(name, value) for name, value in query.to_params() if name not in {*FACET_COLUMNS, *_FIELDS}],
        seconds=time.monotonic() - begin,
        selection=selection,
    )


def _progress(request: Request, stop: Stop) -> Response:
    opened = _opened(request)
    query = RowQuery.from_params(request.query_params.multi_items(), beside=(*BESIDE, "shown"))
    shown = _whole_number(request, "shown", 0, least=0, most=PAGE_SIZES[-1])
    table = opened.table
    selection = table.select_soon(query, SEARCH_SECONDS, stop)
    answer = page(
        request,
        "_rows_progress.html",
        opened=opened,
        table=table,
        selection=selection,
        shown=shown,
        query_map=_params(query),
    )
    if shown == 0 and selection.total:
        answer.headers["HX-Refresh"] = "true"  # nothing is shown yet that could move under the reader
    return answer


def _filters(request: Request, stop: Stop) -> Response:
    opened = _opened(request)
    query = RowQuery.from_params(request.query_params.multi_items(), beside=BESIDE)
    return page(request, "_rows_filters.html", opened=opened, facets=_facets(opened.table, query, stop))


def _opened(request: Request) -> OpenDataset:
    opened: OpenDataset = request.app.state.library.dataset(request.path_params["key"])
    return opened


def _facets(table: RowTable, query: RowQuery, stop: Stop) -> list[dict[str, Any]]:
    """The columns to filter by, each with values, their form in an address, numbers, and whether they are asked for."""
    names = [name for name in FACET_COLUMNS if name in table.types]
    counts = table.facets_of(query, names, stop)
    facets = []
    for name in names:
        asked = query.of(name)
        values = [(None if value is None else str(value), number) for value, number in counts[name]]
        values += [(value, 0) for value in asked if value not in {each for each, _ in values}]
        if len(values) > 1 or asked:
            choices = [
                {"value": RowQuery().with_values(name, value).to_params()[0][1], "label": value, "rows": number,
                 "chosen": value in asked}
                for value, number in values
            ]  # fmt: skip
            facets.append({"name": name, "label": name.replace("_", " "), "choices": choices})
    return facets


def _paging(request: Request, total: int) -> Paging:
    size = _whole_number(request, "size", DEFAULT_SIZE, least=1, most=PAGE_SIZES[-1])
    number = _whole_number(request, "page", 1, least=1, most=1 << 62)
    last = Paging(1, size, total).last
    return Paging(min(number, last), size, total)


def _whole_number(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if text == "":
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19 and least <= int(text) <= most):
        raise UserError(f"{name}={one_line(text, 60)}: give a whole number from {least} to {most}")
    return int(text)


def _steps(paging: Paging) -> Mapping[str, int | None]:
    before = paging.number - 1 if paging.number > 1 else None
    after = paging.number + 1 if paging.number < paging.last else None
    return {
        "first": 1 if before else None,
        "previous": before,
        "next": after,
        "last": paging.last if after else None,
    }


def _page_address(opened: OpenDataset, query: RowQuery, paging: Paging, number: int | None) -> str | None:
    if number is None:
        return None
    return _address(opened, query, size=paging.size, page=number if number > 1 else None)


def _address(opened: OpenDataset, query: RowQuery, size: int = DEFAULT_SIZE, page: int | None = None) -> str:
    """The page of a query."""
    return address(
        f"{opened.path}/rows", _params(query), size=size if size != DEFAULT_SIZE else None, page=page
    )


def _params(query: RowQuery) -> dict[str, list[str]]:
    params: dict[str, list[str]] = {}
    for name, value in query.to_params():
        params.setdefault(name, []).append(value)
    return params


def _chips(opened: OpenDataset, query: RowQuery, paging: Paging) -> list[tuple[str, str]]:
    """What is asked for beside the search, in words, and the page without it."""
    chips = []
    for name, values in query.values:
        for value in values:
            rest = query.with_values(name, *(each for each in values if each != value))
            label = "none" if value is None else value or '""'
            chips.append((f"{name}: {label}", _address(opened, rest, paging.size)))
    for name, least, most in query.ranges:
        label = f"{'' if least is None else f'{least:g} ≤ '}{name}{'' if most is None else f' ≤ {most:g}'}"
        chips.append((label, _address(opened, query.with_range(name, None, None), paging.size)))
    return chips


def _fetched(table: RowTable, query: RowQuery, positions: Any) -> list[Row]:
    names = {name for name in _LIST if name in table.types}
    if "answer" not in table.types or query.searches or table.length_unit == "characters":
        names |= {name for name in _TEXTS if name in table.types}
    return table.fetch(positions, [name for name in table.columns if name in names])


def _entry(
    opened: OpenDataset, table: RowTable, query: RowQuery, row: Row, place: int, position: int
) -> Entry:
    name = _name(row, position)
    prompt, response = _texts_of(row)
    link = address(f"{opened.path}/row", {"id": name, "at": place, **_params(query)})
    answer = row.get("answer") or response or ""
    lengths = (row.get("response_tokens"), row.get("tokens"))
    length = next((each for each in lengths if each is not None), None)
    if table.length_unit == "characters":
        length = len(response or prompt)
    if query.text and not _hit(query, answer):
        answer = response if response and _hit(query, response) else answer
    return Entry(name, link, position, _excerpt(prompt, query), _excerpt(answer, query), row, length)


def _name(row: Row, position: int) -> str:
    """What the row is called in addresses and by `r1 why`."""
    if row.get("prompt_id") is not None:
        return row_name(row["prompt_id"], row.get("sample_index"))
    return str(row.get("example_id") or row.get("preference_id") or position)


def _texts_of(row: Row) -> tuple[str, str | None]:
    """Prompt and response of a row of any schema."""
    if row.get("messages") is not None:
        parts: dict[bool, list[str]] = {True: [], False: []}
        for message in row["messages"]:
            if message["role"] != "system":
                parts[message["role"] == "assistant"].append(message["content"] or "")
        return "\n".join(parts[False]), "\n".join(parts[True])
    return row.get("prompt") or "", row.get("response") or row.get("chosen")


def _hit(query: RowQuery, text: str) -> re.Match[str] | None:
    """Where the text of the search stands first."""
    return (
        re.search(re.escape(query.text), text, 0 if query.match_case else re.IGNORECASE)
        if query.text
        else None
    )


def _excerpt(text: str, query: RowQuery) -> Markup:
    """The beginning of a text, or what stands around the place of the search, which is marked."""
    hit = _hit(query, text)
    if hit is None:
        return escape(one_line(text, SHORT))
    start = max(0, hit.start() - BEFORE)
    before = ("…" if start else "") + one_line(text[start : hit.start()])
    after = one_line(text[hit.end() : hit.end() + 8 * SHORT], SHORT)
    space_before = " " if text[start : hit.start()][-1:].isspace() else ""
    space_after = " " if text[hit.end() : hit.end() + 1].isspace() else ""
    return Markup("{}<mark>{}</mark>{}").format(
        before + space_before, one_line(hit[0], SHORT), space_after + after
    )


routes = [
    Route("/d/{key}/rows", rows),
    Route("/d/{key}/rows/filters", filters),
    Route("/d/{key}/rows/progress", progress),
    Route("/d/{key}/rows/total", total),
]
