"""`/d/{key}/lost?id=…`: a dropped row beside what it lost to, with the differences marked."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from r1data.data.schema import Row
from r1data.errors import UserError
from r1data.lineage.dedup_history import Winner
from r1data.window.library import Library, OpenDataset
from r1data.window.pages.lineage import required, row_address
from r1data.window.pages.row_ids import positions_of, row_of
from r1data.window.rendering import page
from r1data.window.sides.differences import Span
from r1data.window.sides.rivals import TEXT_LIMIT, Turn, is_cut, turns, winner_of
from r1data.window.text import Mark, text_html

MATHS_CHARACTERS = 40_000
"""Characters of two texts up to which formulae are drawn. Ours."""


def lost(request: Request) -> Response:
    """Two columns: this row, and the one that stayed; or this row alone, with the words that an evaluation has too."""
    library = request.app.state.library
    opened = library.dataset(request.path_params["key"])
    row_id = required(request, "id")
    row = row_of(opened, row_id)
    winner = winner_of(opened.place, row)
    other = _row_of_winner(library, winner, row) if winner else None
    return page(
        request,
        "lost.html",
        opened=opened,
        row_id=row_id,
        row=row,
        reasons=row.get("drop_reasons") or [],
        winner=winner,
        other=other,
        winner_address=row_address(library, winner.dataset, winner.row) if winner else None,
        cut=is_cut(row) or (other is not None and is_cut(other)),
        text_limit=TEXT_LIMIT,
        turns=[(turn, *shown(turn)) for turn in turns(row, other)],
    )


def _row_of_winner(library: Library, winner: Winner, row: Row) -> Row | None:
    """The whole row that another lost to; None where it cannot be read any more."""
    try:
        opened: OpenDataset = library.open_dataset(winner.dataset)
        positions = positions_of(opened.table, winner.row)
        rows = opened.table.fetch(positions)
    except (UserError, OSError):
        return None
    # In a set one sample may stand twice, under two ids.
    named = [
        each for each in rows if row.get("lost_to") is not None and each.get("example_id") == row["lost_to"]
    ]
    return next(iter([*named, *rows]), None)


def shown(turn: Turn) -> tuple[Markup, Markup | None]:
    """Both texts of a turn as HTML, with what differs and what is shared marked."""
    left = marks(turn.marks, "only", "not in the other")
    if turn.shared:
        left.append(Mark(*turn.shared, "shared", "shared with an evaluation"))
    right = marks(turn.other_marks, "only-other", "not in this row")
    maths = len(turn.text) + len(turn.other or "") <= MATHS_CHARACTERS
    return (
        text_html(turn.text, left, maths=maths),
        None if turn.other is None else text_html(turn.other, right, maths=maths),
    )


def marks(spans: tuple[Span, ...], kind: str, title: str) -> list[Mark]:
    """Marks of one kind."""
    return [Mark(start, end, kind, title) for start, end in spans]


routes = [Route("/d/{key}/lost", lost)]
