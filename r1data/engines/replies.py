"""Reads a server's reply, which may hold anything: an answer, a transient failure, or a refusal.

Bodies are bounded, also after decompression; texts that go into a message become one short line without characters
that do not show; a field of an answer is read with the type that it should have (`Fields`), and what came instead is
said. When to retry is not decided here (`endpoints`).
"""

from __future__ import annotations

import contextlib
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

from r1data.data.text import one_line, storable
from r1data.errors import R1Error, UserError

if TYPE_CHECKING:
    import aiohttp

MOST_BYTES = 4 << 20
"""Bytes of an answer of which nobody knows how long it may be, such as a list of models. Ours."""
MOST_BYTES_OF_ERROR = 1 << 16
LONGEST_MESSAGE = 200
MOST_COUNT = 2**31 - 1
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


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
    in `rest` seconds, where it named a time; `busy`: it answers, and says to come later.
    """

    def __init__(
        self,
        why: str,
        *,
        cost: int = 1,
        unwell: bool = False,
        rest: float | None = None,
        timed_out: bool = False,
        busy: bool = False,
    ) -> None:
        super().__init__(why)
        self.cost, self.unwell, self.rest = cost, unwell, rest
        self.timed_out, self.busy = timed_out, busy


async def read(url: str, reply: aiohttp.ClientResponse, most_bytes: int = MOST_BYTES) -> Fields:
    """The JSON object in a reply of at most `most_bytes`, counted after decompression.

    Raises:
        Hiccup, Refused, Missing: by its status.
        UserError: the key is wrong.
        ValueError, RecursionError: it is no JSON object, or too large.
    """
    if not 200 <= reply.status < 300:
        content = await _content(reply, MOST_BYTES_OF_ERROR, cut=True)
        raise _problem(url, reply, content)
    return Fields(_object(await _content(reply, most_bytes)))


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


def _problem(url: str, reply: aiohttp.ClientResponse, content: bytes) -> Exception:
    status = reply.status
    message = f"{status}: {_message(content)}"
    if status in (401, 403):
        return UserError(f"{url} refuses the key ({message}); give it in OPENAI_API_KEY or with --api-key")
    if status == 404:
        return Missing(message)
    if status in (429, 503):
        rest = seconds_of(reply.headers.get("Retry-After"))
        return Hiccup(message, cost=0, unwell=True, rest=rest, busy=True)
    if status in (502, 504):
        return Hiccup(message, unwell=True)
    if 300 <= status < 400 and (place := reply.headers.get("Location")):
        # Never followed: the key would go to whoever the server names.
        return Hiccup(f"{status}: a redirect to {one_line(place, 100)}, which is not followed")
    if status >= 500 or status < 400 or status in (408, 409, 425):
        return Hiccup(message)
    return Refused(message)


async def _content(reply: aiohttp.ClientResponse, most_bytes: int, *, cut: bool = False) -> bytes:
    """The body, decompressed; `cut`: no more than its beginning."""
    encoding = reply.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise ValueError(f"encoded as {one_line(encoding, 40)}, which nobody asked for")
    unzip = None if encoding == "identity" else zlib.decompressobj(_GZIP_OR_ZLIB)
    content = bytearray()
    # piece by piece: read() would take all of a body into memory, and all that a compressed one grows to
    async for piece in reply.content.iter_any():
        try:
            content += piece if unzip is None else unzip.decompress(piece, most_bytes + 1 - len(content))
        except zlib.error as error:
            raise ValueError(f"broken {encoding}: {error}") from None
        if len(content) > most_bytes:
            if cut:
                return bytes(content[:most_bytes])
            raise ValueError(f"over {most_bytes / 2**20:.3g} MiB")
    return bytes(content)


def _object(content: bytes) -> dict[str, Any]:
    start = content[:100].lstrip()
    if start[:1] == b"<":
        raise ValueError("a web page, not JSON")
    if start.startswith((b"data:", b"event:", b":")):
        raise ValueError("a stream of events, not JSON")
    value = json.loads(content)
    if not isinstance(value, dict):
        raise ValueError(f"{_kind(value)}, not an object")
    return value


def _message(content: bytes) -> str:
    """What an error's body says, in one short line."""
    try:
        error: Any = _object(content).get("error")
    except (ValueError, RecursionError):
        error = "a web page" if content.lstrip()[:1] == b"<" else None
    if isinstance(error, dict):
        error = error.get("message")
    message = error if isinstance(error, str) else content[:1_000].decode("utf-8", "replace")
    return one_line(message, LONGEST_MESSAGE) or "without a reason"


_ABSENT: Any = object()
_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "a yes or no", type(None): "null"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number")


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object of a server, read field by field with the type that it should have.

    Each method takes a name, and a default where the field may be absent or null. They raise ValueError with what came
    instead of what. `path` is where in the reply it stands.
    """

    values: Mapping[str, Any]
    path: str = ""

    def text(self, name: str, default: str = _ABSENT) -> str:
        """A text, as it may be stored: without NUL and lone surrogates."""
        return storable(self._value(name, str, "a text", default))

    def text_or_null(self, name: str) -> str | None:
        """A text, or null; it must not be absent."""
        return None if self.values.get(name, _ABSENT) is None else self.text(name)

    def count(self, name: str, default: int = _ABSENT) -> int:
        """A whole number from 0 to 2^31 - 1."""
        value = self._value(name, (int, float), "a number", default)
        if not 0 <= value <= MOST_COUNT or value != int(value):
            raise ValueError(f"{self.path}{name}: {one_line(str(value), 40)} where a count should be")
        return int(value)

    def object(self, name: str, default: Mapping[str, Any] = _ABSENT) -> Fields:
        """An object in it."""
        return Fields(self._value(name, dict, "an object", default), f"{self.path}{name}.")

    def objects(self, name: str, most: int) -> list[Fields]:
        """A list of at most `most` objects."""
        values = self._value(name, list, "a list", _ABSENT)
        if len(values) > most:
            raise ValueError(f"{self.path}{name}: {len(values):,} where at most {most:,} should be")
        for value in values:
            if not isinstance(value, dict):
                raise ValueError(f"{self.path}{name}: {_kind(value)} where an object should be")
        return [Fields(value, f"{self.path}{name}[{number}].") for number, value in enumerate(values)]

    def counts(self, name: str) -> list[int] | None:
        """A list of whole numbers from 0 to 2^31 - 1; None where it is absent or null."""
        values = self._value(name, list, "a list", None)
        if values is not None and not all(type(one) is int and 0 <= one <= MOST_COUNT for one in values):
            raise ValueError(f"{self.path}{name}: not all of it are counts")
        return cast("list[int] | None", values)

    def _value(self, name: str, kinds: type | tuple[type, ...], kind: str, default: Any) -> Any:
        value = self.values.get(name)
        if value is None and default is not _ABSENT:
            return default
        if name not in self.values:
            raise ValueError(f"no {self.path}{name}")
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(f"{self.path}{name}: {_kind(value)} where {kind} should be")
        return value
