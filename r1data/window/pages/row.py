"""`/d/{key}/row?id=…`: one row, all of it: texts with what filters marked, the verdict, figures, what became of it.

`id` is `PROMPT_ID/SAMPLE`, a prompt's, an example's or a preference's id. The rest of the address is the query that the
row was found with, for the rows before and after it.
"""

from urllib.parse import urlencode

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from r1data.data.schema import Row
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.window.library import OpenDataset
from r1data.window.pages.row_ids import positions_of
from r1data.window.rendering import page
from r1data.window.row_view import RowView, as_text, readable
from r1data.window.table import RowQuery, RowTable
from r1data.window.text import text_html

BESIDE = ("id", "at", "from", "open")
"""Parameters that are the page's and not the query's."""
ID_COLUMNS = ("example_id", "preference_id", "prompt_id")


def row(request: Request) -> Response:
    """The page of a row."""
    opened: OpenDataset = request.app.state.library.dataset(request.path_params["key"])
    table = opened.table
    query = RowQuery.from_params(request.query_params.multi_items(), beside=BESIDE)
    row_id = _required(request, "id")
    position = _position(table, row_id)
    values = table.fetch([position])[0]
    view = RowView(
        values,
        opened.dataset(),
        start=_number(request.query_params.get("from")) or 0,
        all_open=request.query_params.get("open") == "all",
    )
    before, after, at, total = _neighbours(table, query, position, _number(request.query_params.get("at")))
    return page(
        request,
        "row.html",
        opened=opened,
        view=view,
        text_html=text_html,
        measure_text=_measure_text,
        row_id=row_id,
        at=at,
        total=total,
        before=_address(opened, table, query, before, at - 1),
        after=_address(opened, table, query, after, at + 1),
        back=_with_query(f"{opened.path}/rows", query.to_params()),
        here=_with_query(f"{opened.path}/row", [("id", row_id), ("at", str(at)), *query.to_params()]),
    )


def text(request: Request) -> Response:
    """One column of a row as plain text, whole, with characters that do not show made visible."""
    opened: OpenDataset = request.app.state.library.dataset(request.path_params["key"])
    table = opened.table
    column = _required(request, "column")
    if column not in table.types:
        raise UserError(f"{opened.name}: no column {column!r:.120}; choose one of the row's page")
    values = table.fetch([_position(table, _required(request, "id"))], [column])[0]
    return PlainTextResponse(readable(as_text(values[column])), headers={"Content-Disposition": "inline"})


def _position(table: RowTable, row_id: str) -> int:
    """The number of the row that an id names, the first of several. Raises UserError where there is none."""
    positions = positions_of(table, row_id)
    for column in ("example_id", "preference_id"):
        if not positions and column in table.types:
            positions = table.select(RowQuery(values=((column, (row_id,)),))).positions.tolist()
    if positions:
        return positions[0]
    raise UserError(f"{table.uri}: no row {row_id!r:.120}; look among its rows, or with r1 why")


def row_id_of(row: Row) -> str:
    """The id by which `_position` finds a row."""
    for column in ("example_id", "preference_id"):
        if row.get(column) is not None:
            return str(row[column])
    sample = row.get("sample_index")
    return str(row.get("prompt_id")) if sample is None else f"{row.get('prompt_id')}/{sample}"


def _neighbours(
    table: RowTable, query: RowQuery, position: int, at: int | None
) -> tuple[int | None, int | None, int, int]:
    """The rows before and after one in the selection, its place there (from 0), and how many rows that has."""
    selection = table.select(query)
    if at is None or not 0 <= at < selection.total or selection.positions[at] != position:
        places = np.flatnonzero(selection.positions == position)
        if not len(places):
            return None, None, 0, 0
        at = int(places[0])
    before, after = selection.neighbours(at)
    return (
        None if before is None else int(selection.positions[before]),
        None if after is None else int(selection.positions[after]),
        at,
        selection.total,
    )


def _address(
    opened: OpenDataset, table: RowTable, query: RowQuery, position: int | None, at: int
) -> str | None:
    if position is None:
        return None
    columns = [name for name in (*ID_COLUMNS, "sample_index") if name in table.types]
    row_id = row_id_of(table.fetch([position], columns)[0])
    return _with_query(f"{opened.path}/row", [("id", row_id), ("at", str(at)), *query.to_params()])


def _with_query(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _required(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if not value:
        raise UserError(f"the address lacks {name}=; go there from the dataset's rows")
    return value


def _measure_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else one_line(as_text(value), 500)


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else None


routes = [Route("/d/{key}/row", row), Route("/d/{key}/row/text", text)]
