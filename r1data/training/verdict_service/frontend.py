"""The service over HTTP, by aiohttp: addresses, the token, limits, back-pressure.

    POST /verdicts           {"items": [...]}                  → {"verdicts": [...]}
    POST /rewards            {"items": [...], "rewards": {…}}  → {"rewards": [...]}
    POST /verify             NeMo Gym's resources server, with /seed_session, /aggregate_metrics, /reverify_mode
    POST /openrlhf?unknown=… OpenRLHF's remote reward
    GET  /health, /metrics

All but `/health` ask for the token, as a bearer or as the password of basic authentication (for clients that know only
an address: `http://r1:TOKEN@host:port`). A request that finds no room is answered by 429 or, once the service stops, by
503, each with `Retry-After`; whoever is let in gets all of its items back.

Not here: TLS. Between machines, put a proxy that speaks it in front, or a private network.
"""

import asyncio
import base64
import binascii
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.training.rewards import parse_weights
from r1data.training.verdict_service import nemo_gym, openrlhf, protocol
from r1data.training.verdict_service.checking import Busy
from r1data.training.verdict_service.metrics import CONTENT_TYPE, Histogram
from r1data.training.verdict_service.protocol import BadRequest
from r1data.training.verdict_service.service import Service

READ_SECONDS = 120.0
"""Seconds in which a request's body must have come. Ours."""
BODIES = 1 << 30
"""Bytes of bodies that are held at once. Ours."""
LARGE = 1 << 20
"""Bytes from which a body is decoded beside the event loop."""
OPEN_PATHS = ("/health",)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Frontend:
    """Requests to a service, and replies.

    Args:
        service: answers them.
        token: what clients must show; None: nothing.
    """

    def __init__(self, service: Service, token: str | None) -> None:
        self.service = service
        self.token = token
        self.stopping = False
        self.held = 0
        self.active = 0

    def application(self) -> web.Application:
        """The application that serves them."""
        app = web.Application(client_max_size=self.service.limits.body, middlewares=[self._middleware])
        app.router.add_get("/health", self.health)
        app.router.add_get("/metrics", self.metrics)
        app.router.add_post("/verdicts", self.verdicts)
        app.router.add_post("/rewards", self.rewards)
        app.router.add_post("/verify", self.verify)
        app.router.add_post("/seed_session", self.seed_session)
        app.router.add_post("/aggregate_metrics", self.aggregate_metrics)
        app.router.add_get("/reverify_mode", self.reverify_mode)
        app.router.add_post("/openrlhf", self.openrlhf)
        return app

    async def health(self, request: web.Request) -> web.Response:
        """200 once all checkers are warm, 503 before and while the service stops."""
        status = "stopping" if self.stopping else "ok" if self.service.ready else "starting"
        return _json({"status": status}, 200 if status == "ok" else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus' text."""
        queue = self.service.queue
        gauges = {
            "r1_queue_items": ("Items that wait for a checker.", queue.waiting),
            "r1_queue_limit": ("Items that may wait.", queue.limit),
            "r1_checkers": ("Checkers.", queue.workers),
            "r1_checkers_busy": ("Checkers at work.", queue.working),
            "r1_checker_deaths_total": ("Checkers that died or were killed at a limit.", queue.deaths),
            "r1_body_bytes": ("Bytes of requests that are held.", self.held),
        }
        text = self.service.metrics.text(gauges)
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})

    async def verdicts(self, request: web.Request) -> web.Response:
        """The verdict on each item."""
        items = protocol.items_of(await self._body(request), self.service.limits.queue)
        return _json({"verdicts": await self.service.verdicts(items)})

    async def rewards(self, request: web.Request) -> web.Response:
        """The rewards of each item."""
        body = await self._body(request)
        items = protocol.items_of(body, self.service.limits.queue)
        return _json({"rewards": await self.service.rewards(items, protocol.rewards_of(body))})

    async def verify(self, request: web.Request) -> web.Response:
        """NeMo Gym's verification of one response; accuracy alone where the row names no rewards."""
        body = await self._body(request)
        item, rewards = nemo_gym.item_and_rewards(body)
        weights = protocol.rewards_of({"rewards": ["accuracy"] if rewards is None else rewards})
        (rewarded,) = await self.service.rewards([item], weights)
        return _json(nemo_gym.verified(body, rewarded))

    async def seed_session(self, request: web.Request) -> web.Response:
        """Nothing is kept between requests."""
        await self._body(request)
        return _json({})

    async def aggregate_metrics(self, request: web.Request) -> web.Response:
        """Means over replies of `/verify`."""
        return _json(nemo_gym.aggregated(await self._body(request)))

    async def reverify_mode(self, request: web.Request) -> web.Response:
        """A response may be verified again at any time."""
        return _json("stateless")

    async def openrlhf(self, request: web.Request) -> web.Response:
        """OpenRLHF's rewards; which ones stands in the address: `?unknown=0.5&reward=accuracy&reward=format=0.5`."""
        unknown = openrlhf.unknown_value(request.query.get("unknown"))
        try:
            weights = parse_weights(request.query.getall("reward", ["accuracy"]))
        except UserError as error:
            raise BadRequest(one_line(str(error), 500)) from error
        items = openrlhf.items_of(await self._body(request), self.service.limits.queue)
        rewarded = await self.service.rewards(items, weights)
        return _json(openrlhf.reply(rewarded, unknown))

    async def _body(self, request: web.Request) -> Any:
        """The JSON value of a request's body."""
        if request.content_type != "application/json":  # what a page in a browser may send to any address
            raise BadRequest("send JSON, with Content-Type: application/json")
        try:
            body = await asyncio.wait_for(request.read(), READ_SECONDS)
        except TimeoutError as error:
            raise web.HTTPRequestTimeout(text=f"the body did not come within {READ_SECONDS:g} s") from error
        return protocol.decode(body) if len(body) < LARGE else await asyncio.to_thread(protocol.decode, body)

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        start = time.monotonic()
        path = request.match_info.route.resource.canonical if request.match_info.route.resource else "other"
        size = request.content_length
        size = self.service.limits.body if size is None and request.can_read_body else size or 0
        self.active += 1
        try:
            response = await self._answer(request, handler, size)
        finally:
            self.active -= 1
        metrics = self.service.metrics
        metrics.requests[(path, response.status)] += 1
        metrics.request_seconds.setdefault(path, Histogram()).observe(time.monotonic() - start)
        return response

    async def _answer(self, request: web.Request, handler: Handler, size: int) -> web.StreamResponse:
        if request.path not in OPEN_PATHS and not self._may(request):
            return _error("give the token: Authorization: Bearer TOKEN", 401, {"WWW-Authenticate": "Bearer"})
        if self.stopping and request.method == "POST":
            return _error("the service stops; ask another, or this one once it is back", 503, _retry(5))
        if size > self.service.limits.body:
            return _error(f"a body of {size:,} bytes; send at most {self.service.limits.body:,}", 413)
        if self.held + size > BODIES and self.held:
            return _error("too many requests at once; try again", 429, _retry(self.service.queue.patience()))
        self.held += size
        try:
            return await handler(request)
        except BadRequest as error:
            return _error(str(error), 400)
        except Busy as error:
            return _error(str(error), 429, _retry(error.seconds))
        except web.HTTPRequestEntityTooLarge:
            return _error(f"the body is over {self.service.limits.body:,} bytes; send fewer items", 413)
        except web.HTTPException as error:
            return _error(error.text or error.reason, error.status, {"Allow": error.headers.get("Allow", "")})
        finally:
            self.held -= size

    def _may(self, request: web.Request) -> bool:
        """Whether a request shows the token; compared in constant time."""
        if self.token is None:
            return True
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
            except (binascii.Error, ValueError):
                return False
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(value.strip().encode(errors="replace"), self.token.encode())


def _json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    # in ASCII: texts of a model may hold halves of surrogate pairs, which UTF-8 may not
    body = json.dumps(value).encode("ascii")
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)


def _error(message: str, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return _json({"error": message}, status, headers)


def _retry(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}
