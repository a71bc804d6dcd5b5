"""What every request must pass and what every response carries: the token, the host, the origin, the policy.

The address that the program prints has the token in its query; it becomes a cookie at once, so that no later address,
history or log holds it. The cookie is `Lax`: a link in a report, which is a file, may lead into the window. Whatever
changes something must come from the window's own pages.
"""

import secrets
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none at all, a form of the page itself would send the origin `null`
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
LARGEST_BODY = 32 << 20
"""Bytes of a request: the texts of an edited response are below it. Ours."""

Refuse = Callable[[Request, int, str], Response]


class Guard:
    """ASGI middleware around the whole app.

    `hosts`: the names that this machine is asked by, None where that is not known, as with `--host 0.0.0.0`.
    `refuse`: makes the plain page that says why a request is refused.
    """

    def __init__(self, app: ASGIApp, *, token: str, hosts: frozenset[str] | None, refuse: Refuse) -> None:
        self.app, self.token, self.hosts, self.refuse = app, token, hosts, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if response := self._answer(request):
            await response(scope, receive, _with_headers(send))
            return
        await self.app(scope, _limited(receive), _with_headers(send))

    def _answer(self, request: Request) -> Response | None:
        """The response to a request that goes no further."""
        if self.hosts is not None and _hostname(request.headers) not in self.hosts:
            return self.refuse(
                request, 403, "this window is not at that address; open the one that r1 printed"
            )
        if request.url.path.startswith("/static/"):
            return None
        query_token = request.query_params.get("token")
        if query_token is not None and request.method in SAFE:
            if not self._is_token(query_token):
                return self.refuse(request, 401, "this token is not, or no longer, that of this window; open the "
                                   "address that r1 printed last")  # fmt: skip
            return self._with_cookie(request)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        cookie = request.cookies.get(cookie_name(request.headers))
        if not self._is_token(bearer) and not self._is_token(cookie or ""):
            old = " no longer" if cookie else ""
            said = (
                f"this window's token is{old} not here"
                if not cookie
                else "this token is no longer that of the window"
            )
            return self.refuse(request, 401, f"{said}; open the address that r1 printed, which has it")
        if request.method not in SAFE and not self._is_token(bearer) and not _is_own_page(request.headers):
            return self.refuse(request, 403, "this request comes from another page; use the window's own")
        if _length(request.headers) > LARGEST_BODY:
            return self.refuse(request, 413, f"over {LARGEST_BODY >> 20} MiB; send a shorter text")
        return None

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), self.token.encode())

    def _with_cookie(self, request: Request) -> Response:
        kept = [(name, value) for name, value in _items(request.query_params) if name != "token"]
        # A path that begins with two slashes would be another host's.
        path = "/" + request.url.path.lstrip("/")
        response = RedirectResponse(path + (f"?{urlencode(kept)}" if kept else ""), status_code=303)
        response.set_cookie(cookie_name(request.headers), self.token, httponly=True, samesite="lax", path="/")
        return response


def cookie_name(headers: Headers) -> str:
    """The name of the cookie: ports of one host share their cookies, so the port is in it."""
    port = urlsplit(f"//{headers.get('host', '')}").netloc.rpartition(":")[2]
    return f"r1_window_{port}" if port.isascii() and port.isdigit() else "r1_window"


def _items(query: QueryParams) -> list[tuple[str, str]]:
    return list(query.multi_items())


def _hostname(headers: Headers) -> str:
    host = headers.get("host", "").lower()
    return host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]


def _is_own_page(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


def _length(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else LARGEST_BODY + 1


def _limited(receive: Receive) -> Receive:
    """`receive`, which ends a body that goes on without having said its length."""
    left = LARGEST_BODY

    async def receive_limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return receive_limited


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
