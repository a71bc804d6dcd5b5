"""The warm process: modules imported once, a copy of itself in namespaces of its own for each program.

It reads nothing of a request (the copy does), so that nothing of one program is in the memory that the next one
is copied from. It ends when its input does, when the calling process does, or when a copy broke.
"""

import gc
import importlib
import os
import select
import site
import sys
from typing import NamedTuple

from . import kernel, pipes, seccomp, supervise

WARM = (  # noqa: SIM905
    "abc argparse array ast asyncio atexit base64 bisect calendar cmath collections collections.abc contextlib copy "
    "copyreg csv dataclasses datetime decimal difflib enum fractions functools gc hashlib heapq inspect io itertools "
    "json linecache locale marshal math numbers operator os pprint queue random re resource select signal statistics "
    "string struct sys textwrap threading time traceback types typing unicodedata weakref zlib"
).split()


class Place(NamedTuple):
    """What a copy inherits besides the pipes."""

    caller: int
    """A pidfd of the calling process."""
    proc: int
    """The folder /proc of this process's namespace."""
    filter: kernel.Filter
    before: frozenset[str]
    """The processes that were there before any program."""


def main() -> None:
    """Serves until told to end: `python -c … CALLER LIBRARIES PRELOAD`."""
    caller, libraries, preload = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    _warm(list(filter(None, libraries.split(":"))), list(filter(None, preload.split(","))))
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    before = frozenset(os.listdir(proc))  # noqa: PTH208
    place = Place(caller, proc, kernel.Filter(seccomp.program(kernel.MACHINE)), before)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    gc.collect()
    gc.freeze()
    gc.disable()
    pipes.send(1, pipes.pack({"ready": True}))
    while _wanted(caller) and _copy(place):
        pass
    os._exit(0)


def _warm(libraries: list[str], preload: list[str]) -> None:
    sys.argv[:] = [""]
    sys.path[:] = [path for path in sys.path if path != os.environ.get("PYTHONPATH")] + libraries
    os.environ.pop("PYTHONPATH", None)
    sys.setrecursionlimit(10_000)
    for name in WARM + preload:
        importlib.import_module(name)
    site.setquit()
    site.setcopyright()
    site.sethelper()


def _wanted(caller: int) -> bool:
    """Waits for a request; False once there can be none."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(caller, select.POLLIN)
    readable = [descriptor for descriptor, event in poll.poll() if event & select.POLLIN]
    return readable == [0]


def _copy(place: Place) -> bool:
    """Lets a copy serve one program; False where it broke, or there is nothing more to serve."""
    child = kernel.clone(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS | kernel.CLONE_NEWPID)
    if child == 0:
        try:
            supervise.serve(place)
        except pipes.Ended:
            os._exit(1)
        except BaseException as error:  # noqa: BLE001 a copy must never run on as a second server
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(2)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
