"""The warm supervisor: modules are imported once, in namespaces of their own.

`python -c … CALLER LIBRARIES PRELOAD GROUP`: the number of a pidfd of the calling process, folders of packages, names
of modules to import in addition to those that most programs use, the number of a descriptor of the control group for
programs or nothing. The process started this way waits for the supervisor
and ends with it: from inside the supervisor's namespaces, /proc shows the supervisor and lets it count what runs
under it.
"""

import gc
import importlib
import os
import site
import sys
from collections.abc import Callable
from typing import NoReturn

from . import kernel, pipes, python_program, seccomp, supervise
from .places import Place

COMMON_MODULES = (  # noqa: SIM905
    "abc array atexit bisect cmath collections.abc contextlib copy dataclasses datetime decimal enum fractions"
    " functools gc heapq io itertools json marshal math numbers operator os queue random re select signal statistics"
    " string struct sys textwrap threading time traceback types typing"
).split()


def main() -> NoReturn:
    """Starts the supervisor and waits for it."""
    caller, libraries, preload, group = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    # opened before the supervisor covers /proc: by this descriptor it counts what programs use
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    before = frozenset(os.listdir(proc))  # noqa: PTH208
    plain, asking = (
        kernel.SeccompFilter(seccomp.program(kernel.MACHINE, notify=notify)) for notify in (False, True)
    )
    place = Place(caller, proc, plain, asking, before, int(group) if group else None)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    child = kernel.clone(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS | kernel.CLONE_NEWPID)
    if child == 0:
        names = [*COMMON_MODULES, *filter(None, preload.split(","))]
        _supervise(place, lambda: _warm(list(filter(None, libraries.split(":"))), names))
    os.close(0)
    os.close(1)
    os._exit(abs(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))


def _supervise(place: Place, preload: Callable[[], None]) -> NoReturn:
    try:
        supervise.serve(place, preload)
    except pipes.PipeClosed:
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 told to the caller: the server is of no use any more
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(2)


def _warm(libraries: list[str], names: list[str]) -> None:
    sys.argv[:] = [""]
    sys.path[:] = [path for path in sys.path if path != os.environ.get("PYTHONPATH")] + libraries
    for name in ("PYTHONPATH", "LD_BIND_NOW"):
        del os.environ[name]
    sys.setrecursionlimit(10_000)
    sys.set_int_max_str_digits(0)  # a limit of newer interpreters, which judges' do not have
    # a fork that draws new random numbers first is slower, and its program's verdict may differ from run to run
    register, os.register_at_fork = os.register_at_fork, lambda **_: None
    importlib.import_module("random").seed(0)
    os.register_at_fork = register
    for name in names:
        importlib.import_module(name)
    site.setquit()
    site.setcopyright()
    site.sethelper()
    python_program.prepare()
    # Frozen objects are no garbage to look at: a collection in a fork would touch, and so copy, every page of the warm
    # interpreter. `python -m benchmarks.sandbox` measures a start: about 3 ms of processor time.
    gc.collect()
    gc.freeze()
    gc.disable()
