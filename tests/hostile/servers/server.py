"""A server on loopback, written on bare sockets so that it can send anything at all.

It lists the model `tiny` and answers each prompt well, unless told otherwise: `listing` takes the place of the list,
and `answer` that of every reply to a request that holds the word POISON.
"""

import contextlib
import json
import re
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

Send = Callable[[bytes], object]
Way = Callable[[Send], None]
"""Sends one reply, whatever it is."""
POISON = "POISON"


def reply(body: bytes | object, status: str = "200 OK", *headers: str) -> Way:
    """A reply of good form; what is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *headers,
    ]
    data = "\r\n".join(head).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + content

    def way(send: Send) -> None:
        send(data)

    return way


def answer_of(text: object = "ok", **other: object) -> dict[str, object]:
    """What a server says that is well; the same for completions and chats."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "text": text, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    return {"choices": [choice], "usage": usage, **other}


GOOD_LISTING = reply({"data": [{"id": "tiny"}]})


@dataclass
class Server:
    """`asked` are the paths and heads of the requests that it got."""

    listing: Way = GOOD_LISTING
    answer: Way = field(default_factory=lambda: reply(answer_of()))
    good: str = "ok"
    asked: list[bytes] = field(default_factory=list)

    def __enter__(self) -> "Server":
        outer, self.closing = self, threading.Event()

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    while (head := self.head()) and not outer.closing.is_set():
                        length = re.search(rb"(?i)content-length: (\d+)", head)
                        body = self.rfile.read(int(length[1])) if length else b""
                        outer.asked.append(head)
                        outer.way(head, body)(self.request.sendall)

            def head(self) -> bytes:
                lines = []
                while (line := self.rfile.readline()) not in (b"\r\n", b""):
                    lines.append(line)
                return b"".join(lines)

        class Threads(socketserver.ThreadingTCPServer):
            daemon_threads = allow_reuse_address = True
            request_queue_size = 128

        self.server = Threads(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def way(self, head: bytes, body: bytes) -> Way:
        """What answers a request."""
        if head.startswith(b"GET /v1/models"):
            return self.listing
        if head.startswith(b"POST") and POISON.encode() not in body:
            return reply(answer_of(self.good))
        return self.answer if head.startswith(b"POST") else reply({})


def endlessly(start: bytes, piece: bytes, pause: float = 0.0) -> Way:
    """`start`, and `piece` again and again for as long as somebody reads."""

    def way(send: Send) -> None:
        send(start)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            send(piece)
            time.sleep(pause)

    return way


def parts(*pieces: bytes, then_close: bool = True) -> Way:
    """These bytes, and the end of the connection."""

    def way(send: Send) -> None:
        for piece in pieces:
            send(piece)
        if then_close:
            raise OSError("hung up")

    return way
