"""Classifies a server's reply: an answer, a transient failure, or a refusal.

When to retry is not decided here (`endpoints`).
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from r1data.errors import R1Error, UserError

if TYPE_CHECKING:
    import aiohttp

MOST_BYTES = 64 << 20
"""Bytes of an answer. Ours."""


class Refused(R1Error):
    """The server understood and will not; asking again would change nothing."""


class Missing(Refused):
    """404: no such address or no such model."""


class Failed(R1Error):
    """It was tried often enough. `timed_out`: the last time it took too long."""

    def __init__(self, why: str, *, timed_out: bool = False) -> None:
        super().__init__(why)
        self.timed_out = timed_out


class Hiccup(Exception):
    """Something that may pass.

    `cost`: tries that it uses up; `unwell`: the server gets nothing until it says that it is well, and no sooner than
    in `rest` seconds, where it named a time.
    """

    def __init__(
        self,
        why: str,
        *,
        cost: int = 1,
        unwell: bool = False,
        rest: float | None = None,
        timed_out: bool = False,
    ) -> None:
        super().__init__(why)
        self.cost, self.unwell, self.rest, self.timed_out = cost, unwell, rest, timed_out


async def read(url: str, reply: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """The JSON object in a reply.

    Raises:
        Hiccup, Refused, Missing: by its status.
        UserError: the key is wrong.
        ValueError, RecursionError: it is no JSON object, or too large.
    """
    content = await _content(reply)
    if not 200 <= reply.status < 300:
        raise _problem(url, reply.status, reply.headers.get("Retry-After"), content)
    return _object(content)


def seconds_of(retry_after: str | None) -> float | None:
    """A `Retry-After`, in seconds or as a date; None where there is none that can be read."""
    if retry_after is None:
        return None
    seconds = math.nan
    with contextlib.suppress(ValueError):
        seconds = float(retry_after)
    if math.isnan(seconds):  # no number, or the word `nan`, which is one to float
        with contextlib.suppress(ValueError, TypeError):
            seconds = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _problem(url: str, status: int, retry_after: str | None, content: bytes) -> Exception:
    message = f"{status}: {_message(content)}"
    if status in (401, 403):
        return UserError(f"{url} refuses the key ({message}); give it in OPENAI_API_KEY or with --api-key")
    if status == 404:
        return Missing(message)
    if status in (429, 503):
        return Hiccup(message, cost=0, unwell=True, rest=seconds_of(retry_after))
    if status in (502, 504):
        return Hiccup(message, unwell=True)
    if status >= 500 or status < 400 or status in (408, 409, 425):
        return Hiccup(message)
    return Refused(message)


async def _content(reply: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    # piece by piece: a body may be compressed or without a length, and read() takes all of it into memory
    async for piece in reply.content.iter_any():
        content += piece
        if len(content) > MOST_BYTES:
            raise ValueError(f"over {MOST_BYTES >> 20} MiB")
    return bytes(content)


def _object(content: bytes) -> dict[str, Any]:
    if content.lstrip()[:1] == b"<":
        raise ValueError("a web page, not JSON")
    value = json.loads(content)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def _message(content: bytes) -> str:
    """What an error's body says, in one short line."""
    try:
        error: Any = _object(content).get("error")
    except (ValueError, RecursionError):
        error = "a web page" if content.lstrip()[:1] == b"<" else None
    if isinstance(error, dict):
        error = error.get("message")
    message = str(error) if error else content[:200].decode("utf-8", "replace")
    return (message[:200].strip() or "without a reason").splitlines()[0]
