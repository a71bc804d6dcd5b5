"""What a start is, in each language. A compiler is a program like any other here, with limits of its own."""

import marshal
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from . import confine, kernel, python_program

if TYPE_CHECKING:
    from .supervise import Job

COMPILE = {"seconds": 20.0, "memory": 1 << 30, "processes": 16, "output": 1 << 20, "disk": 64 << 20}
GXX = [
    "/usr/bin/g++",
    "-O2",
    "-std=gnu++17",
    "-fdiagnostics-color=never",
    "-x",
    "c++",
    "-",
    "-o",
    "/opt/program",
]
NODE_RESERVES, NODE_STACK = 1 << 29, 16 << 20
"""Bytes that node takes beside its heap, and of the stack of each of its threads."""


class Program(Protocol):
    """One source text, made ready."""

    broken: str
    """Why it can never start, if it cannot."""
    limits: dict[str, Any]
    scratch: int
    """A file that its starts share before their own code runs; -1 for none."""

    def start(self, run: dict[str, Any]) -> None:
        """Becomes the program, in a process that is locked already. Does not return."""


class Python:
    """Compiled by its first start, inside its limits; the next ones read the code that that one left."""

    broken = ""

    def __init__(self, header: dict[str, Any], job: "Job") -> None:
        """Nothing is read yet."""
        self.source, self.limits = header["source"], header["limits"]
        self.scratch = os.memfd_create("code")

    def start(self, run: dict[str, Any]) -> None:
        """Runs the source here."""
        code = os.pread(confine.SCRATCH, os.fstat(confine.SCRATCH).st_size, 0)
        python_program.main(lambda: self._compiled(code), run, confine.RESULT)

    def _compiled(self, left: bytes) -> Any:
        code = marshal.loads(left) if left else compile(self.source, "<program>", "exec", dont_inherit=True)
        if not left:
            os.write(confine.SCRATCH, marshal.dumps(code))
        os.close(confine.SCRATCH)
        return code


class Cpp:
    """g++, then the program on a disk that is read-only by then."""

    scratch = -1

    def __init__(self, header: dict[str, Any], job: "Job") -> None:
        """Compiles."""
        self.limits = header["limits"] | {"stack": min(256 << 20, header["limits"]["memory"] // 4)}
        kernel.mount("tmpfs", "/opt", "tmpfs", kernel.PRIVATE, f"size={COMPILE['disk']}")
        self.broken = self._compile(header["source"], job)
        kernel.mount("tmpfs", "/opt", None, kernel.PRIVATE | kernel.MS_REMOUNT | kernel.MS_RDONLY)

    def _compile(self, source: str, job: "Job") -> str:
        made = job.go(_Command(GXX, COMPILE), {"stdin": source})
        if made["why"]:
            return f"the compiler met its limit ({made['why']})"
        return "" if made["code"] == 0 else made["stderr"] or f"the compiler ended with {made['code']}"

    def start(self, run: dict[str, Any]) -> None:
        """Becomes it."""
        _become(["/opt/program"])


class JavaScript:
    """node, with the heap as its limit: it reserves more address space than any limit on that could allow."""

    broken = ""
    scratch = -1

    def __init__(self, header: dict[str, Any], job: "Job") -> None:
        """Writes the source to a disk that is read-only then."""
        self.limits = header["limits"] | {"reserves": NODE_RESERVES, "stack": NODE_STACK}
        source = header["source"]
        kernel.mount("tmpfs", "/opt", "tmpfs", kernel.PRIVATE, f"size={len(source.encode()) + (64 << 10)}")
        self.file = Path("/opt", header["file"])
        self.file.write_text(source, "utf-8", "replace")
        kernel.mount("tmpfs", "/opt", None, kernel.PRIVATE | kernel.MS_REMOUNT | kernel.MS_RDONLY)

    def start(self, run: dict[str, Any]) -> None:
        """Becomes node."""
        heap = self.limits["memory"] * 3 // 4 >> 20
        options = [
            f"--max-old-space-size={heap}",
            f"--stack-size={NODE_STACK * 3 // 4 >> 10}",
            "--v8-pool-size=1",
        ]
        _become(["/usr/bin/node", *options, str(self.file), *run["arguments"]])


class _Command:
    broken = ""
    scratch = -1

    def __init__(self, command: list[str], limits: dict[str, Any]) -> None:
        self.command, self.limits = command, limits

    def start(self, run: dict[str, Any]) -> None:
        _become(self.command)


def _become(command: list[str]) -> None:
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.execv(command[0], command)


KINDS: dict[str, Callable[[dict[str, Any], "Job"], Program]] = {
    "python": Python,
    "cpp": Cpp,
    "javascript": JavaScript,
}
