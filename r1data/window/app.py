"""The app: all pages' routes, the guard around them, and errors as plain pages."""

import asyncio
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from r1data.data.text import one_line
from r1data.errors import R1Error
from r1data.window import live
from r1data.window.guard import Guard
from r1data.window.library import Library, UnknownKey
from r1data.window.pages import (
    compare,
    home,
    lineage,
    lost,
    prompt,
    review,
    review_api,
    row,
    rows,
    runs,
    set_pictures,
)
from r1data.window.rendering import plain_page

STATIC = Path(__file__).with_name("static")
LOOPBACK_NAMES = frozenset(("127.0.0.1", "localhost", "[::1]"))


def build_app(library: Library, *, token: str, hosts: frozenset[str] | None = LOOPBACK_NAMES) -> Starlette:
    """The window's app.

    Args:
        library: what it shows.
        token: what every request must bring.
        hosts: the names it may be asked by; None is any.
    """
    routes: list[BaseRoute] = [
        *home.routes,
        *set_pictures.routes,
        *compare.routes,
        *lineage.routes,
        *lost.routes,
        *prompt.routes,
        *rows.routes,
        *review.routes,
        *review_api.routes,
        *row.routes,
        *runs.routes,
        *live.routes,
        Mount("/static", StaticFiles(directory=STATIC), name="static"),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, token=token, hosts=hosts, refuse=_refused)],
        exception_handlers={R1Error: _of_user, HTTPException: _of_address, Exception: _of_ours},
    )
    app.state.library = library
    app.state.closing = asyncio.Event()
    return app


def _refused(request: Request, status: int, message: str) -> Response:
    return _error(request, "Not open to you", message, status)


def _of_user(request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, UnknownKey) else 400
    return _error(request, "This cannot be shown", str(error), status)


def _of_address(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    message = "no such page; go back to the start" if error.status_code == 404 else error.detail
    return _error(request, "This cannot be shown", message, error.status_code)


def _of_ours(request: Request, error: Exception) -> Response:
    # Starlette raises it again once the page is sent, and the server logs it.
    kind = f"{type(error).__name__}: {one_line(str(error), 300)}"
    return _error(request, "A fault of r1", f"{kind}; please report it with what the terminal says", 500)


def _error(request: Request, title: str, message: str, status: int) -> Response:
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"error": message}, status)
    return plain_page(title, message, status)
