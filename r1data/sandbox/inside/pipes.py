"""Messages on the pipe from the caller into the sandbox: four bytes of length, then the values in marshal's format.

Both sides run the same interpreter. The other direction uses JSON, because marshal would trust a program that broke
out.
"""

import marshal
import os
import struct
from typing import Any


class PipeClosed(Exception):
    """The other side closed the pipe."""


def pack(message: dict[str, Any]) -> bytes:
    """One message as bytes."""
    body = marshal.dumps(message)
    return struct.pack(">I", len(body)) + body


def send(descriptor: int, data: bytes) -> None:
    """Writes all of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def receive(descriptor: int) -> dict[str, Any]:
    """The next message. Raises PipeClosed at the end."""
    size = struct.unpack(">I", read(descriptor, 4))[0]
    message: dict[str, Any] = marshal.loads(read(descriptor, size))
    return message


def read(descriptor: int, size: int) -> bytes:
    """Exactly `size` bytes. Raises PipeClosed at the end."""
    pieces = []
    while size:
        # in pieces: os.read sets aside all that it is asked for before it reads
        piece = os.read(descriptor, min(size, 1 << 20))
        if not piece:
            raise PipeClosed
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
