"""The last step before a program's own code: resource limits, no capabilities, seccomp, no inherited descriptors."""

import fcntl
import math
import os
import resource
import time
from typing import Any

from . import child_actions, kernel
from .places import Files, Place

DESCRIPTORS = 256
HIGH = 64
RESULT, READY, SCRATCH, SUPERVISOR = 3, 4, 5, 6
"""Where a program's starter writes the value of a call; says that it is locked; finds what starts of it share; hands
over the listener for what its filter asks."""


def lock(place: Place, files: Files, limits: dict[str, Any], own: int) -> None:
    """Limits this process and all that come from it. What was open is closed, but for the program's own files.

    `own`: bytes of address space that the interpreter has already, which are not counted as the program's.
    """
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else the supervisor may not see what it shares with others
    os.setsid()  # a signal to the own process group must not reach the supervisor's
    descriptors = [files.stdin, *files.written(), files.ready, files.scratch]
    if files.connection is not None:
        descriptors.append(files.connection)
    # first all out of the way of where they are to be: a dup2 onto a descriptor that is still needed would close it
    for target, source in enumerate(
        [fcntl.fcntl(descriptor, fcntl.F_DUPFD, HIGH) for descriptor in descriptors]
    ):
        os.dup2(source, target)
    # what the supervisor has open (its pipes, /proc, the caller's pidfd) must not be inherited
    _close_from(len(descriptors), place.proc)
    os.chdir("/tmp")
    for name, value in _limits(limits, own):
        resource.setrlimit(name, (value, value + (name == resource.RLIMIT_CPU)))
    # From here on nothing can be taken back: hard limits are only ever lowered, capabilities only ever dropped. The
    # filter comes last, so that it need not allow any call of ours; the supervisor has set no_new_privs, which stands
    # in for the capability that installing it would take.
    kernel.drop_capabilities()
    if files.connection is None:
        place.filter.install()
    else:
        child_actions.hand_over(place.asking_filter.install(listen=True), SUPERVISOR)
    # the program's seconds count from here: locking takes long on a busy machine, and is not the program's doing
    os.eventfd_write(READY, time.monotonic_ns())
    os.close(READY)


def _close_from(first: int, proc: int) -> None:
    """Closes all descriptors from `first` on, whatever their number: a limit may be lower than one opened before it."""
    try:
        kernel.close_range(first)
    except OSError:  # Linux before 5.9
        for name in os.listdir(os.open("self/fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=proc)):  # noqa: PTH208
            if int(name) >= first:
                os.closerange(int(name), int(name) + 1)


def cpu_seconds(limits: dict[str, Any]) -> int:
    """Processor seconds, of each process by the kernel and of all together by the supervisor."""
    seconds: float = limits.get("cpu_seconds") or limits["seconds"]
    return math.ceil(seconds)


def _limits(limits: dict[str, Any], own: int) -> list[tuple[int, int]]:
    memory = limits["memory"] + own
    return [
        # reserved space takes no memory, and most of what it could take (tables, mappings) is measured
        (resource.RLIMIT_AS, memory + limits.get("reserves", 0)),
        (resource.RLIMIT_DATA, memory + limits.get("beside", 0)),
        (resource.RLIMIT_STACK, limits.get("stack", 100 << 20)),
        (resource.RLIMIT_CPU, cpu_seconds(limits)),
        (resource.RLIMIT_FSIZE, max(limits["output"] + 1, limits["disk"])),
        (resource.RLIMIT_NPROC, limits["processes"] + 1),  # the supervisor is one of them
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_SIGPENDING, 64),
    ]
