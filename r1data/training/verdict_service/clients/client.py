"""A client of `r1 serve-verdicts`: sends items, waits while the service is busy or away, returns rewards or verdicts.

The standard library alone: this file also works copied into the environment of another trainer. An item is a mapping
with `response` and what is known of `prompt`, `truth`, `verifier`, `language`, `finish_reason`. A reward of None is an
unknown verdict; it must not become 0.
"""

import json
import os
import random
import time
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPSConnection
from typing import Any

ITEMS = 256
"""Items a request: small enough that several checkers share a rollout and a lost connection repeats little."""
PARALLEL = 16
"""Requests in flight at once."""
Item = Mapping[str, Any]
AGAIN = (408, 429, 502, 503, 504)
"""Statuses after which the same request is sent again."""


class ServiceError(RuntimeError):
    """The service refused a request, or did not answer for as long as the client waits."""


class VerdictClient:
    """A client; safe from any number of threads.

    Args:
        url: the service's address; by default the environment's R1_VERDICTS_URL. The token may stand in it, as the
            password: `http://r1:TOKEN@host:8009`.
        token: the token; by default the environment's R1_VERDICTS_TOKEN.
        timeout: seconds for the reply to one request.
        patience: seconds for which a service that is busy, away or restarting is asked again.

    Raises:
        ValueError: there is no address, or it is none of http or https.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        timeout: float = 900.0,
        patience: float = 900.0,
    ) -> None:
        url = url or os.environ.get("R1_VERDICTS_URL")
        if not url:
            raise ValueError("no address of r1 serve-verdicts; give url, or set R1_VERDICTS_URL")
        self._parts = urllib.parse.urlsplit(url)
        if self._parts.scheme not in ("http", "https") or not self._parts.hostname:
            raise ValueError("the address of r1 serve-verdicts begins with http:// or https://")
        _ = self._parts.port  # raises ValueError on one that cannot be, which no waiting mends
        token = token or urllib.parse.unquote(self._parts.password or "")
        token = token or os.environ.get("R1_VERDICTS_TOKEN", "")
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self.timeout = timeout
        self.patience = patience

    def verdicts(self, items: Iterable[Item]) -> list[dict[str, Any]]:
        """The verdict on each item, in order: a mapping with `verdict`, `cause`, `score`, `extracted`, `reason`."""
        return self._batches("/verdicts", "verdicts", list(items), {})

    def rewards(
        self, items: Iterable[Item], rewards: Mapping[str, float] | Sequence[str]
    ) -> list[dict[str, Any]]:
        """For each item, in order: `reward` (weighted sum, or None), `rewards` by name, `verdict`, `error`.

        `rewards` are names, or weights by name. Responses to one prompt stand side by side: a reward that compares them
        compares those of one request.
        """
        weights = dict(rewards) if isinstance(rewards, Mapping) else dict.fromkeys(rewards, 1.0)
        return self._batches("/rewards", "rewards", list(items), {"rewards": weights})

    def _batches(self, path: str, key: str, items: list[Item], more: dict[str, Any]) -> list[dict[str, Any]]:
        batches = list(_batches(items))
        with ThreadPoolExecutor(min(PARALLEL, len(batches)) or 1) as pool:
            replies = pool.map(lambda batch: self.post(path, {"items": batch, **more})[key], batches)
            return [reply for batch in replies for reply in batch]

    def post(self, path: str, value: Any) -> Any:
        """The reply to one request. Raises ServiceError."""
        body = json.dumps(value).encode("ascii")
        end = time.monotonic() + self.patience
        wait, why = 0.5, ""
        while True:
            pause = wait
            try:
                status, headers, reply = self._send(path, body)
                if status == 200:
                    return json.loads(reply)
                why = _message(status, reply)
                if status not in AGAIN:
                    raise ServiceError(f"{self._where()}{path}: {why}")
                pause = float(headers.get("Retry-After") or wait)
            except (OSError, HTTPException, ValueError) as error:
                why = f"{type(error).__name__}: {error}"
            if time.monotonic() + pause > end:
                raise ServiceError(
                    f"{self._where()}{path}: no reply for {self.patience:g} s ({why}); is r1 serve-verdicts running?"
                )
            time.sleep(pause * random.uniform(1.0, 1.5))
            wait = min(2 * wait, 30.0)

    def _send(self, path: str, body: bytes) -> tuple[int, HTTPMessage, bytes]:
        secure = self._parts.scheme == "https"
        kind = HTTPSConnection if secure else HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=self.timeout)
        try:
            connection.request("POST", self._parts.path.rstrip("/") + path, body, self._headers)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def _where(self) -> str:
        """The address without the token."""
        port = f":{self._parts.port}" if self._parts.port else ""
        return f"{self._parts.scheme}://{self._parts.hostname}{port}"


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Batches of about `ITEMS` that keep the responses to one prompt, where they stand side by side, together."""
    batch: list[Item] = []
    for item in items:
        if len(batch) >= ITEMS and item.get("prompt") != batch[-1].get("prompt"):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _message(status: int, reply: bytes) -> str:
    try:
        return f"{status}: {json.loads(reply)['error']}"
    except (ValueError, KeyError, TypeError):
        return str(status)
