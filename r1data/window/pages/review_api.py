"""`/review/…` for scripts: the next row, an entry, an undo, how far the review is. JSON in and out.

An entry is answered with `stored` once it is on the disk, so that a client which heard nothing sends the same entry
again, with the same `entry_id`, until it does. Errors are `{"error": one line}`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from r1data.data.plain import content_id
from r1data.data.text import json_line, one_line
from r1data.errors import DamagedShard, R1Error, UserError
from r1data.exchange.review.desk import DealtRow, ReviewDesk
from r1data.exchange.review.entries import REJECT_REASONS, entry_of, reviewer_name

REVIEWER_COOKIE = "r1_reviewer"
"""Holds the reviewer's name, percent-encoded."""
SHOWN = ("prompt", "system", "truth", "domain", "language", "verdict", "extracted", "verdict_reason")
"""Columns that `/review/next` sends besides ids and texts."""


def desk_of(request: Request) -> ReviewDesk:
    """The review that is open in this window. Raises UserError where none is."""
    desk: ReviewDesk | None = request.app.state.library.desk
    if desk is None:
        raise UserError("no review is open in this window; start one with `r1 review DS -o DS`")
    return desk


def review_id(desk: ReviewDesk) -> str:
    """Tells this review from every other, also from one that was begun again in the same folder."""
    return content_id(json_line(desk.journal.record_at(0)))


def reviewer_of(request: Request, values: Mapping[str, Any]) -> str:
    """The reviewer's name, out of the `reviewer` field or the cookie. Raises UserError for none."""
    return reviewer_name(values.get("reviewer") or unquote(request.cookies.get(REVIEWER_COOKIE, "")))


def dealt_json(dealt: DealtRow) -> dict[str, Any]:
    """A dealt row as the desk's scripts have it; what its columns hold, and no more than `SHOWN` of them."""
    return {
        "prompt_id": dealt.key[0],
        "sample_index": dealt.key[1],
        "response_id": dealt.response_id,
        "texts": dict(dealt.texts),
        "adjudication": dealt.adjudication,
        "others": [each.as_json() for each in dealt.others],
        "previous": dealt.previous.as_json() if dealt.previous else None,
        "columns": {name: dealt.row[name] for name in SHOWN if dealt.row.get(name) is not None},
    }


def progress_json(desk: ReviewDesk) -> dict[str, Any]:
    """How far the review is, and how far its reviewers agree."""
    return {**desk.progress().as_json(), "agreement": desk.agreement().as_json()}


async def enter(request: Request) -> Response:
    """`POST /review/entry`: the fields of `ReviewEntry`; `review`, its id, to reach no other."""

    def store(values: dict[str, Any]) -> dict[str, Any]:
        desk = desk_of(request)
        if values.get("review") not in (None, review_id(desk)):
            raise UserError("the entry was made for another review; open that one again to send it")
        desk.record(entry_of({**values, "reviewer": reviewer_of(request, values)}))
        return {"stored": True}

    return await _posted(request, store)


async def undo(request: Request) -> Response:
    """`POST /review/undo`: `undo_id`, `reviewer`; answers with the row that was taken back."""

    def take_back(values: dict[str, Any]) -> dict[str, Any]:
        undo_id = values.get("undo_id")
        if undo_id is not None and (not isinstance(undo_id, str) or not 0 < len(undo_id) <= 100):
            raise UserError("undo_id: no text of 1 to 100 characters; send one")
        key = desk_of(request).undo(reviewer_of(request, values), undo_id)
        return {"row": None if key is None else {"prompt_id": key[0], "sample_index": key[1]}}

    return await _posted(request, take_back)


async def finish(request: Request) -> Response:
    """`POST /review/finish`: writes the dataset; answers with its summary."""
    return await _posted(request, lambda _: {"summary": desk_of(request).finish().as_json()})


def next_row(request: Request) -> Response:
    """`GET /review/next?reviewer=`: the reviewer's row, `null` where none is left."""

    def deal() -> dict[str, Any]:
        dealt = desk_of(request).deal(reviewer_of(request, request.query_params))
        return {"row": dealt_json(dealt) if dealt else None, "reasons": list(REJECT_REASONS)}

    return _answered(deal)


def progress(request: Request) -> Response:
    """`GET /review/progress`."""
    return _answered(lambda: progress_json(desk_of(request)))


async def _posted(request: Request, action: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
    body = await request.body()

    def act() -> dict[str, Any]:
        try:
            values = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            raise UserError("the request is not JSON; send an object") from None
        if not isinstance(values, dict):
            raise UserError("the request is no JSON object; send one")
        return action(values)

    return await run_in_threadpool(_answered, act)


def _answered(action: Callable[[], dict[str, Any]]) -> Response:
    try:
        # A lone surrogate, which JSON may have written as an escape, is escaped again.
        content = json.dumps(action(), default=str).encode()
    except DamagedShard as error:
        return JSONResponse({"error": one_line(str(error))}, 500)
    except R1Error as error:
        return JSONResponse({"error": one_line(str(error))}, 400)
    except OSError as error:
        reason = one_line(error.strerror or str(error))
        return JSONResponse({"error": f"not stored: {reason}; see to the disk and send it again"}, 507)
    return Response(content, media_type="application/json")


routes = [
    Route("/review/entry", enter, methods=["POST"]),
    Route("/review/undo", undo, methods=["POST"]),
    Route("/review/finish", finish, methods=["POST"]),
    Route("/review/next", next_row),
    Route("/review/progress", progress),
]
