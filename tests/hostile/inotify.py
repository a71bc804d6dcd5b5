"""The kernel's notes of what was opened, read, changed or removed below some folders, by whom ever."""

import ctypes
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

EVENTS = {
    0x1: "read",
    0x2: "written",
    0x4: "metadata changed",
    0x20: "opened",
    0x40: "moved away",
    0x80: "moved in",
    0x100: "created",
    0x200: "removed",
    0x400: "removed",
    0x800: "moved away",
}
NONBLOCK = 0x800
FOLDER = 0x40000000


class Inotify:
    """Watches files, and folders with all below them, from `__enter__` on."""

    def __init__(self, places: Sequence[Path]) -> None:
        self.places = places
        self.watched: dict[int, Path] = {}

    def __enter__(self) -> "Inotify":
        libc = ctypes.CDLL(None, use_errno=True)
        self.file = libc.inotify_init1(NONBLOCK)
        if self.file < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        # all are listed before the first is watched, or the list itself would be noted
        below = [path for place in self.places for path in (place, *place.rglob("*"))]
        for path in below:
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                continue
            number = libc.inotify_add_watch(self.file, os.fsencode(path), sum(EVENTS))
            if number < 0:
                raise OSError(ctypes.get_errno(), f"inotify_add_watch {path}")
            self.watched[number] = path
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.file)

    def events(self) -> list[str]:
        """`opened PATH` and the like, each once, since the start or the last call."""
        notes: dict[str, None] = {}
        while True:
            try:
                data = os.read(self.file, 1 << 16)
            except BlockingIOError:
                return list(notes)
            while data:
                number, mask, _, length = struct.unpack_from("iIII", data)
                name = data[16 : 16 + length].rstrip(b"\0")
                data = data[16 + length :]
                path = self.watched.get(number, Path("?"))
                path = path / os.fsdecode(name) if name else path
                notes |= {f"{word} {path}": None for bit, word in EVENTS.items() if mask & bit}
