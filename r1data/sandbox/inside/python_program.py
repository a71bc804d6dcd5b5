"""Runs a Python program in this process and writes the return value of a call.

The program can read and change everything in this process: nothing here is secret, and the written value is an
untrusted claim like any other output.
"""

import _signal  # type: ignore[import-not-found]
import atexit
import gc
import io
import json
import os
import resource
import sys
import threading
import traceback
import types
from collections.abc import Callable
from typing import Any, NoReturn

from . import confine
from .tags import Unknown, tagged

OWN_FRAMES = 2
FRAMES = 40
"""Of a traceback, the innermost."""


def main(compiled: Callable[[], Any], call: str | None, args: list[Any]) -> NoReturn:
    """The whole life of the process: source, the call if there is one, then what an interpreter does at its end."""
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)  # signal's own makes an enum of every number
    gc.enable()  # off in the warm interpreter: see `zygote`
    code = 1
    try:
        value = _run(compiled, call, args)
        if call is not None:
            _report({"value": tagged(value)})
        code = 0
    except SystemExit as error:
        code = _exit_code(error)
    except Unknown as error:
        _report({"error": str(error)})
    except BaseException as error:  # noqa: BLE001 whatever the program raised
        _tell(error)
    finally:
        _leave(code)


def prepare() -> None:
    """What each program finds, made once: streams over the first three descriptors, whatever they will be."""
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8", "surrogateescape")
    out = [io.BufferedWriter(io.FileIO(n, "w", closefd=False)) for n in (1, 2)]
    sys.stdout = io.TextIOWrapper(out[0], "utf-8", "surrogateescape")
    sys.stderr = io.TextIOWrapper(out[1], "utf-8", "backslashreplace", line_buffering=True)
    resource.setrlimit = _setrlimit
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]


def _setrlimit(
    kind: int,
    limits: tuple[int, int],
    set_limits: Callable[[int, tuple[int, int]], None] = resource.setrlimit,
) -> None:
    """As `resource.setrlimit`; a limit that may not be raised stays, as programs that ask for a large stack expect."""
    try:
        set_limits(kind, limits)
    except ValueError:
        if not (isinstance(limits, tuple | list) and len(limits) == 2):
            raise


def _run(compiled: Callable[[], Any], call: str | None, args: list[Any]) -> Any:
    try:
        code = compiled()
    except (SyntaxError, ValueError, RecursionError) as error:
        text = "".join(traceback.format_exception_only(error))
        sys.stderr.write(text)
        _report({"status": "compile", "error": text.strip().splitlines()[-1]})
        raise SystemExit(1) from None
    module = types.ModuleType("__main__" if call is None else "program")
    sys.modules[module.__name__] = module
    exec(code, module.__dict__)
    return None if call is None else _function(module, call)(*args)


def _function(module: types.ModuleType, name: str) -> Any:
    owner, dot, method = name.partition(".")
    target = getattr(module, owner)
    return getattr(target(), method) if dot else target


def _report(report: dict[str, Any]) -> None:
    data = memoryview(json.dumps(report).encode("ascii"))
    while data:
        data = data[os.write(confine.RESULT, data) :]


def _tell(error: BaseException) -> None:
    frames = error.__traceback__
    for _ in range(OWN_FRAMES):  # what the program did not write is left out of its traceback
        frames = frames.tb_next if frames else None
    traceback.print_exception(type(error), error, frames, limit=-FRAMES)
    last = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    status = "memory" if isinstance(error, MemoryError) else "failed"
    _report({"status": status, "error": last})


def _exit_code(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    sys.stderr.write(f"{error.code}\n")
    return 1


def _leave(code: int) -> NoReturn:
    """What the interpreter does at its end, but for freeing memory."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 a stream that the program closed or replaced
        code = code or 120  # as Python itself ends then
    finally:
        os._exit(code)
