"""The supervisor's side of control groups: limits on a program's group before a start, what it took at its end."""

import os
from typing import Any

FILES = ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "memory.events", "cpu.stat")
SPACE = 1.1
"""Over the limit on memory: the kernel also counts its own memory and cached files, which a program may not expect."""


class ProgramGroup:
    """The group that programs start in, one after the other."""

    def __init__(self, folder: int) -> None:
        """`folder`: a descriptor of the group. Raises OSError where its files may not be written."""
        self.folder = folder
        self._files = {name: self._open(name) for name in FILES}
        self._write("memory.oom.group", "1")
        if self._files["memory.swap.max"] is not None:
            self._write("memory.swap.max", "0")
        self._killed = self._cpu = 0

    def limit(self, limits: dict[str, Any], own_files: int) -> None:
        """Before a start. `own_files`: bytes that are written for the program, and not by it."""
        self._write("memory.max", str(int(limits["memory"] * SPACE) + own_files))
        self._write("pids.max", str(limits["processes"]))
        self._killed, self._cpu = (
            self._read("memory.events", b"oom_kill"),
            self._read("cpu.stat", b"usage_usec"),
        )

    def ran_out(self) -> bool:
        """Whether the kernel killed the program for its memory."""
        return self._read("memory.events", b"oom_kill") > self._killed

    def cpu(self) -> float:
        """Processor seconds since the start."""
        return (self._read("cpu.stat", b"usage_usec") - self._cpu) / 1e6

    def _open(self, name: str) -> int | None:
        flags = os.O_RDONLY if name in ("memory.events", "cpu.stat") else os.O_RDWR
        try:
            return os.open(name, flags, dir_fd=self.folder)
        except FileNotFoundError:
            if name == "memory.swap.max":  # a machine that cannot swap
                return None
            raise

    def _write(self, name: str, text: str) -> None:
        os.pwrite(self._descriptor(name), text.encode(), 0)

    def _read(self, name: str, key: bytes) -> int:
        words = os.pread(self._descriptor(name), 4096, 0).split()
        return int(words[words.index(key) + 1])

    def _descriptor(self, name: str) -> int:
        descriptor = self._files[name]
        assert descriptor is not None
        return descriptor
