"""The kinds of starts, by name; each runs in a process that is already confined, and none returns."""

import marshal
import os
import signal
from collections.abc import Callable
from typing import Any, NoReturn

from . import confine, python_program

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


def python(task: dict[str, Any]) -> NoReturn:
    """Runs a source here. The first start compiles it, the next ones read the code that that one left."""
    cached_code = os.pread(confine.SCRATCH, os.fstat(confine.SCRATCH).st_size, 0)

    def compiled() -> Any:
        code = (
            marshal.loads(cached_code)
            if cached_code
            else compile(task["source"], "<program>", "exec", dont_inherit=True)
        )
        if not cached_code:
            os.write(confine.SCRATCH, marshal.dumps(code))
        # Closed before the program runs, which could else change the code that the next start reads.
        os.close(confine.SCRATCH)
        return code

    python_program.main(compiled, task["call"], task["args"])


def compiler(task: dict[str, Any]) -> NoReturn:
    """Becomes g++, which reads stdin."""
    _become(GXX)


def compiled(task: dict[str, Any]) -> NoReturn:
    """Becomes what the compiler made."""
    _become(["/opt/program"])


def node(task: dict[str, Any]) -> NoReturn:
    """Becomes node."""
    path = f"/job/io/{task['file']}"
    with open(path, "w", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        file.write(task["source"])
    _become([task["node"], *task["options"], path, *task["arguments"]])


def _become(command: list[str]) -> NoReturn:
    os.close(confine.SCRATCH)
    # Python ignores these two, and what is ignored stays so across execv
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execv(command[0], command)


STARTS: dict[str, Callable[[dict[str, Any]], NoReturn]] = {
    "python": python,
    "compiler": compiler,
    "compiled": compiled,
    "node": node,
}
