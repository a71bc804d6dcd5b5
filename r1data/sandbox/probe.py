"""Finds out which isolation this machine offers by trying to break out of it.

Bubblewrap is tried first, then the same namespaces by direct system calls. Each is trusted only after a program
inside failed to read a file, see a process, reach a port, write, mount and fork without end. If both fail, nothing
runs.
"""

import os
import platform
import secrets
import shutil
import socket
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.data.secrets import redact
from r1data.sandbox import groups
from r1data.sandbox.job import Limits, NoIsolation, Program, ProgramInput, SandboxFailed
from r1data.sandbox.servers import SERVERS, Kind, run_on_server

if TYPE_CHECKING:
    from collections.abc import Iterator

WAYS = ("bubblewrap", "namespaces")
MACHINES = ("x86_64", "aarch64")
GIVES = [
    "user, process, mount and network namespaces of its own for each program",
    "a system-call filter (seccomp) and no capabilities",
    "limits on time, memory, processes, output, open files and disk",
    "a private, empty disk for each start",
    "nothing of the user's files, environment or network in sight",
]
GET = {
    "bubblewrap": "apt-get install bubblewrap",
    "any": (
        "allow user namespaces (sysctl user.max_user_namespaces=10000; on Ubuntu also"
        " kernel.apparmor_restrict_unprivileged_userns=0; in Docker --security-opt seccomp=unconfined"
        " --security-opt systempaths=unconfined), or set R1_SANDBOX to a Piston server's address"
    ),
}
TRY = """
import ctypes, os, socket, time

def tried(call):
    try:
        call()
        return True
    except OSError:
        return False

def bomb():
    for _ in range(64):
        if os.fork() == 0:
            time.sleep(9)
            os._exit(0)

def main(canary, process, port, secret):
    libc = ctypes.CDLL(None, use_errno=True)
    return {
        "read a file of the user's": tried(lambda: open(canary).close()),
        "see a process outside": tried(lambda: os.kill(process, 0)),
        "reach a port of this machine": tried(lambda: socket.create_connection(("127.0.0.1", port), 1)),
        "write to the system's folders": any(
            tried(lambda: open(f"{folder}/r1", "w")) for folder in ("/", "/usr/lib", "/dev", "/run")
        ),
        "see the environment": secret in str(os.environ),
        "see /proc": bool(os.listdir("/proc")),
        "make namespaces": libc.unshare(0x10000000) == 0,
        "mount": libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None) == 0,
        "start processes without end": tried(bomb),
    }
"""


@dataclass(frozen=True, slots=True)
class Isolation:
    """What is in force: `name` is bubblewrap, namespaces, piston or none; `missing`: what is not, and how to get it."""

    name: str
    gives: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    grouped: bool = False
    """Whether control groups (cgroup v2) hold each program's memory, processes and processor time."""


def isolation() -> Isolation:
    """What `run` will use on this machine. Raises nothing; the first call takes a good tenth of a second."""
    if address := os.environ.get("R1_SANDBOX"):
        return Isolation("piston", [f"what the server at {redact(address)} gives"])
    try:
        name = way()
    except NoIsolation as error:
        return Isolation("none", [], [str(error)])
    missing = (
        [] if name == WAYS[0] else [f"bubblewrap, a second opinion on the outer wall: {GET['bubblewrap']}"]
    )
    if _release() < (5, 14):
        missing.append(
            "a limit on processes for each program: Linux before 5.14 counts all of the user's together"
        )
    return Isolation(name, GIVES, missing, _in_groups(name))


def _in_groups(name: str) -> bool:
    """Whether programs run in control groups; found by running one."""
    kind = Kind(name, False, ())
    if groups.parent() is None:
        return False
    run_on_server(kind, Program(""), [ProgramInput()])
    with SERVERS.one(kind) as server:
        return server.grouped


@cache
def way() -> str:
    """The first way that holds. Raises NoIsolation with the reasons where none does."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        raise NoIsolation(
            f"code cannot be run here: no sandbox for {sys.platform} on {platform.machine()};"
            " set R1_SANDBOX to a Piston server's address"
        )
    reasons = []
    for name in WAYS:
        if name == "bubblewrap" and not shutil.which("bwrap"):
            reasons.append(f"bubblewrap is not installed ({GET['bubblewrap']})")
        elif reason := leak(name):
            reasons.append(f"{name}: {reason}")
        else:
            return name
    raise NoIsolation(f"code cannot be run here: {'; '.join(reasons)}; {GET['any']}")


def leak(name: str) -> str:
    """Why this way does not hold; empty if a program inside could do nothing that it must not."""
    with _bait() as arguments:
        try:
            (outcome,) = run_on_server(
                Kind(name, False, ()), Program(TRY), [ProgramInput(call="main", args=arguments)], SMALL
            )
        except (SandboxFailed, OSError) as error:
            return str(error)
    if outcome.status != "ok":
        return f"the probe ended with {outcome.status} ({outcome.detail})"
    leaks = [what for what, done in outcome.value.items() if done]
    return f"a program inside could {', '.join(leaks)}" if leaks else ""


SMALL = Limits(seconds=10.0, processes=4)


@contextmanager
def _bait() -> "Iterator[list[Any]]":
    """A file, this process, a port and a secret that a program inside must not get at."""
    name = f"R1_PROBE_{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        canary = Path(folder, "canary")
        canary.write_text("canary")
        # open to everybody: the walls must hide it, and not that the program is another user
        Path(folder).chmod(0o755)
        canary.chmod(0o644)
        os.environ[name] = name
        try:
            yield [str(canary), os.getpid(), server.getsockname()[1], name]
        finally:
            del os.environ[name]


def _release() -> tuple[int, int]:
    major, minor = platform.release().split(".")[:2]
    return int(major), int("".join(filter(str.isdigit, minor)) or 0)
