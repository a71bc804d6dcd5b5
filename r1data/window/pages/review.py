"""`/review`: the annotator's desk. The page and its parts; what its script sends goes to `review_api`.

A row and how far the review is are made here as HTML, so that a text of a model is escaped in one place. The texts to
edit go to the script as JSON, exactly as they are.
"""

import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from r1data.errors import R1Error, UserError
from r1data.exchange.review.desk import DealtRow, ReviewDesk
from r1data.exchange.review.entries import LONGEST_NAME, REJECT_REASONS, reviewer_name
from r1data.filters.apply import locate_filters
from r1data.filters.marks import Mark
from r1data.lineage.rows import row_name
from r1data.recipe.report.links import window_key
from r1data.window.pages.review_api import REVIEWER_COOKIE, desk_of, review_id
from r1data.window.rendering import page
from r1data.window.row_view import CAUSES, LONGEST_MEASURED
from r1data.window.text import text_html
from r1data.window.text.paragraphs import folded

COOKIE_SECONDS = 365 * 86_400
_VERDICT_CLASSES = {"correct": "good", "incorrect": "bad"}


def desk(request: Request) -> Response:
    """The desk with the reviewer's row; without a name, the question for one."""
    opened = desk_of(request)
    if opened.closed:
        return page(request, "review_finished.html", desk=opened, commands=next_commands(opened))
    reviewer = _remembered(request, opened)
    if reviewer is None:
        return _names(request, opened)
    return page(request, "review.html", **_state(opened, reviewer), reasons=REJECT_REASONS)


def row(request: Request) -> Response:
    """The row of the reviewer, and how far the review is: what the script shows next."""
    opened = desk_of(request)
    if opened.closed:
        raise UserError("this review is finished; load the page again")
    reviewer = reviewer_name(request.query_params.get("reviewer"))
    return page(request, "_review_row.html", **_state(opened, reviewer))


def standing(request: Request) -> Response:
    """How far the review is, alone."""
    opened = desk_of(request)
    return page(request, "_review_standing.html", **_standing(opened, request.query_params.get("reviewer")))


def names(request: Request) -> Response:
    """Asks for the reviewer's name."""
    return _names(request, desk_of(request))


async def take_name(request: Request) -> Response:
    """Remembers the name in a cookie."""
    opened = desk_of(request)
    fields = parse_qs((await request.body()).decode(errors="replace"), max_num_fields=10)
    entered = [text for text in fields.get("reviewer", ()) if text.strip()]
    try:
        name = _allowed(opened, reviewer_name(entered[0] if entered else None))
    except UserError as error:
        return _names(request, opened, str(error), 400)
    response = RedirectResponse("/review", status_code=303)
    response.set_cookie(REVIEWER_COOKIE, quote(name, safe=""), max_age=COOKIE_SECONDS, path="/", httponly=True,
                        samesite="lax")  # fmt: skip
    return response


def next_commands(opened: ReviewDesk) -> list[str]:
    """What to run once the dataset is written."""
    out = shlex.quote(opened.out)
    kept = shlex.quote(opened.out.rstrip("/") + "-kept")
    sft = shlex.quote(opened.out.rstrip("/") + "-sft")
    return [f"r1 filter {out} -o {kept}", f"r1 build {kept} -o {sft}", f"r1 inspect {out}"]


def _marks(row: Mapping[str, Any]) -> dict[str, list[Mark]]:
    """What filters would drop the row for, by column; none where they cannot read it."""
    if len(row.get("response") or "") > LONGEST_MEASURED:
        return {}
    try:
        return locate_filters(row)
    except R1Error:
        return {}


def _state(opened: ReviewDesk, reviewer: str) -> dict[str, Any]:
    dealt = opened.deal(reviewer)
    return {**_standing(opened, reviewer), "dealt": _dealt(dealt) if dealt else None}


def _standing(opened: ReviewDesk, reviewer: str | None) -> dict[str, Any]:
    return {
        "desk": opened,
        "review": review_id(opened),
        "reviewer": reviewer,
        "dataset_path": f"/d/{window_key(opened.uri)}",
        "progress": opened.progress(),
        "agreement": opened.agreement(),
    }


def _dealt(dealt: DealtRow) -> dict[str, Any]:
    """A dealt row as its template has it."""
    values = dealt.row
    verdict = values.get("verdict")
    thoughts, answer = dealt.texts.get("reasoning"), dealt.texts.get("answer")
    marks = _marks(values)
    return {
        "name": row_name(*dealt.key),
        "number": dealt.position + 1,
        "texts": {
            "prompt": _html(values, "prompt"),
            "system": _html(values, "system"),
            "truth": _html(values, "truth"),
            "extracted": _html(values, "extracted"),
        },
        "thoughts": folded(thoughts, marks.get("reasoning", ())) if thoughts else None,
        "answer": folded(answer, marks.get("answer", ()), all_open=True) if answer else None,
        "marked_for": sorted({mark.kind.replace("_", " ") for each in marks.values() for mark in each}),
        "verdict": verdict,
        "verdict_class": _VERDICT_CLASSES.get(str(verdict), "unsure"),
        "cause": CAUSES.get(str(values.get("verdict_cause")), values.get("verdict_cause")),
        "reason": values.get("verdict_reason"),
        "cut_off": values.get("finish_reason") == "length",
        "facts": {
            name: values[name]
            for name in ("domain", "language", "model", "response_tokens")
            if values.get(name) is not None
        },
        "adjudication": dealt.adjudication,
        "others": dealt.others,
        "data": {
            "prompt_id": dealt.key[0],
            "sample_index": dealt.key[1],
            "response_id": dealt.response_id,
            "texts": dict(dealt.texts),
            "previous": dealt.previous.as_json() if dealt.previous else None,
            "others": [dict(each.texts) for each in dealt.others],
        },
    }


def _html(values: Mapping[str, Any], name: str) -> Markup | None:
    value = values.get(name)
    return None if value is None or value == "" else text_html(str(value))


def _names(request: Request, opened: ReviewDesk, error: str | None = None, status: int = 200) -> Response:
    seen = sorted(opened.progress().by_reviewer)
    choices = opened.settings.reviewers or seen
    return page(
        request,
        "review_name.html",
        status,
        desk=opened,
        choices=choices,
        any_name=not opened.settings.reviewers,
        longest=LONGEST_NAME,
        error=error,
    )


def _remembered(request: Request, opened: ReviewDesk) -> str | None:
    """The name in the cookie, where it may review here."""
    try:
        return _allowed(opened, reviewer_name(unquote(request.cookies.get(REVIEWER_COOKIE, ""))))
    except UserError:
        return None


def _allowed(opened: ReviewDesk, name: str) -> str:
    allowed = opened.settings.reviewers
    if allowed and name not in allowed:
        raise UserError(f"{name} does not review here; choose one of the names")
    return name


routes = [
    Route("/review", desk),
    Route("/review/row", row),
    Route("/review/standing", standing),
    Route("/review/name", names),
    Route("/review/name", take_name, methods=["POST"]),
]
