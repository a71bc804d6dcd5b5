"""Sends many concurrent requests to one or several HTTP servers, and retries what fails transiently.

A request goes to the server with the fewest requests in flight. Transient failures (no connection, a time-out, 429,
5xx, a body that is not JSON) are retried after a delay that doubles, with jitter; `Retry-After` is respected. A
server that does not answer is left alone until its `/health` does, and its requests go to the others. All limits are
this project's.

Not covered: answers streamed token by token, HTTP proxies, custom certificates.
"""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from r1data.data.text import one_line
from r1data.engines import replies
from r1data.engines.replies import MOST_BYTES, Failed, Fields, Hiccup, Missing, Refused
from r1data.errors import UserError

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")
Read = Callable[[Fields], T]

TRIES = 6
"""How often a request may fail; a time-out counts as three, since what took too long once does so again."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0
"""Seconds between tries."""
CONNECT_SECONDS = 10.0
LOOK_SECONDS = 30.0
"""Seconds for an answer to a GET, which no model has to write."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """`concurrency`: requests under way at one server; `timeout`: seconds for one answer; `patience`: seconds without
    any answer after which all is given up.
    """

    concurrency: int = 64
    timeout: float = 3_600.0
    patience: float = 600.0


@dataclass(slots=True)
class Endpoint:
    """One address. `since`: when it began to do without an answer; `pauses`: its rests from then on."""

    url: str
    under_way: int = 0
    resting: bool = False
    pauses: int = 0
    since: float | None = None


@dataclass(slots=True)
class Endpoints:
    """Addresses that serve the same, to be used from one event loop."""

    session: aiohttp.ClientSession
    servers: Sequence[Endpoint]
    limits: RequestLimits
    lost: int = 0
    answered: bool = False
    fatal: UserError | None = None
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    probes: set[asyncio.Task[None]] = field(default_factory=set)

    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        read: Read[T],
        *,
        most_bytes: int = MOST_BYTES,
        may_refuse: bool = False,
    ) -> T:
        """What `read` makes of an answer of at most `most_bytes`. `may_refuse`: the caller has another way to ask.

        Raises:
            Refused: the server will not (400, 413, 422).
            Failed: it failed too often, or for too long while others were answered.
            UserError: nothing is answered any more, or the key or the model's name is wrong.
        """
        tries, start = 0, time.monotonic()
        while True:
            server = await self._free()
            try:
                answer = await self._once(server, "POST", path, body, read, most_bytes)
                server.pauses, server.since, self.lost, self.answered = 0, None, 0, True
                return answer
            except Hiccup as hiccup:
                tries += hiccup.cost
                self._rest_or_fail(server, hiccup, tries, start)
            except Missing as missing:
                raise UserError(f"{server.url} says {missing}; check --model and --endpoint") from None
            except Refused as refusal:
                # only while nothing was answered: then it may be the server that is wrong, and not this request
                if not (self.answered or may_refuse):
                    self._count_lost(str(refusal))
                raise
            finally:
                server.under_way -= 1
                await self._tell()
            await asyncio.sleep(pause(tries))

    async def get(self, server: Endpoint, path: str, read: Read[T]) -> T:
        """One answer from one server, waited for as long as patience lasts.

        Raises Missing and Refused by its status, UserError where there is no answer.
        """
        start, tries = time.monotonic(), 0
        while True:
            try:
                return await self._once(server, "GET", path, None, read, MOST_BYTES)
            except Hiccup as hiccup:
                seconds_left = self.limits.patience - (time.monotonic() - start)
                if seconds_left <= 0:
                    raise UserError(no_server(server.url, hiccup)) from None
                if not tries:
                    sys.stderr.write(
                        f"waiting up to {seconds_left:.0f} s for {server.url} : {one_line(str(hiccup))}\n"
                    )
                tries += 1
                await asyncio.sleep(min(seconds_left, pause(tries)))

    async def close(self) -> None:
        """Ends the probes and the connections."""
        for probe in self.probes:
            probe.cancel()
        await asyncio.gather(*self.probes, return_exceptions=True)
        await self.session.close()

    async def _once(
        self,
        server: Endpoint,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        read: Read[T],
        most_bytes: int,
    ) -> T:
        import aiohttp

        seconds = self.limits.timeout if method == "POST" else min(self.limits.timeout, LOOK_SECONDS)
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        try:
            request = self.session.request(
                method, server.url + path, json=body, allow_redirects=False, timeout=timeout
            )
            async with request as reply:
                return read(await replies.read(server.url, reply, most_bytes))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Hiccup(f"no connection ({_why(error)})", cost=0, unwell=True) from None
        except TimeoutError:
            reason = f"timed out after {seconds:g} s"
            raise Hiccup(reason, cost=TRIES // 2, unwell=True, timed_out=True) from None
        except aiohttp.ClientError as error:
            raise Hiccup(f"the connection broke off ({_why(error)})", unwell=True) from None
        except (ValueError, RecursionError) as error:
            raise Hiccup(f"an answer that cannot be read ({_why(error)})") from None

    async def _free(self) -> Endpoint:
        """The least busy server that is well, once there is one; its request counts from now."""
        async with self.changed:
            # found and counted without an `await` between: else all who wake at once would go to the same server
            await self.changed.wait_for(lambda: self.fatal or self._least_busy())
            if self.fatal:
                raise self.fatal
            server = self._least_busy()
            if server is None:
                raise RuntimeError("woken without a free server")
            server.under_way += 1
            return server

    def _least_busy(self) -> Endpoint | None:
        free = [s for s in self.servers if not s.resting and s.under_way < self.limits.concurrency]
        return min(free, key=lambda server: server.under_way, default=None)

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def _rest_or_fail(self, server: Endpoint, hiccup: Hiccup, tries: int, start: float) -> None:
        """Lets the server rest where it is unwell. Raises Failed where it was the last try."""
        if hiccup.unwell:
            server.since = server.since or time.monotonic()
            # one probe a server, though all its requests fail at once; kept, because a loop holds tasks only weakly
            if not server.resting:
                server.resting = True
                probe = asyncio.create_task(self._rest_until_well(server, hiccup))
                self.probes.add(probe)
                probe.add_done_callback(self.probes.discard)
        seconds, patience = time.monotonic() - start, self.limits.patience
        # A server that answers others and tells this one to come later, for as long as patience lasts, means this one.
        starves = hiccup.busy and self.answered and seconds > patience
        if tries >= TRIES or starves or seconds > patience + self.limits.timeout:
            self._count_lost(str(hiccup))
            raise Failed(f"{hiccup}; given up after several tries", timed_out=hiccup.timed_out)

    async def _rest_until_well(self, server: Endpoint, hiccup: Hiccup) -> None:
        server.pauses += 1
        rest = pause(server.pauses) if hiccup.rest is None else min(hiccup.rest, self.limits.patience)
        await asyncio.sleep(rest)
        while not self._given_up(hiccup) and not await self._well(server):
            server.pauses += 1
            await asyncio.sleep(pause(server.pauses))
        server.resting = False
        await self._tell()

    def _given_up(self, hiccup: Hiccup) -> bool:
        """True once no server has answered anything for as long as patience lasts."""
        # longer where it may be the requests: by then each has been tried once more, and fails alone
        patience = self.limits.patience * (1.5 if hiccup.busy and self.answered else 1)
        oldest = time.monotonic() - patience
        if all(server.since is not None and server.since <= oldest for server in self.servers):
            self._stop(f"nothing answers for {patience:g} s now ({hiccup}); start the server")
        return self.fatal is not None

    async def _well(self, server: Endpoint) -> bool:
        import aiohttp

        limit = aiohttp.ClientTimeout(total=CONNECT_SECONDS)
        try:
            url = server.url + "/health"
            async with self.session.get(url, timeout=limit, allow_redirects=False) as reply:
                return reply.status < 500
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    def _count_lost(self, why: str) -> None:
        """Where as many requests as run at once fail one after the other, it is not the requests."""
        self.lost += 1
        if self.lost >= self.limits.concurrency * len(self.servers):
            self._stop(f"the last {self.lost} requests all failed ({why}); see to the server")

    def _stop(self, why: str) -> None:
        urls = " and ".join(server.url for server in self.servers)
        self.fatal = self.fatal or UserError(f"at {urls} {why} and run the same command again")


def no_server(url: str, why: Exception) -> str:
    """The line for an address where something else is, or nothing, and what to do about it."""
    return f"no OpenAI-compatible server at {url} ({why}); start one there, or give another address"


def pause(tries: int) -> float:
    """Seconds before the next try: doubling, and half of it by chance so that not all come back at once."""
    # an exponent without a bound ends in an OverflowError, since a server may rest for hours
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(max(tries - 1, 0), 16)) * random.uniform(0.5, 1)


def _why(error: Exception) -> str:
    return one_line(str(getattr(error, "strerror", None) or error), 100) or type(error).__name__


class Loop:
    """An event loop in a thread of its own; what still runs when the block ends is cancelled."""

    def __enter__(self) -> Loop:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="r1-requests", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.submit(_cancel_all()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts `work`; to be called from any other thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait(self, seconds: float) -> None:
        """Waits until all that was submitted has ended, at most so long."""
        self.submit(_wait_for_all(seconds)).result()


async def _wait_for_all(seconds: float) -> None:
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others, timeout=seconds)


async def _cancel_all() -> None:
    # waited for, so that each closes its connection while the loop still runs
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
