"""What an attack is, and how it is judged: by how it ends, by what it could reach, and by what it leaves behind."""

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent
from typing import Any

from r1data.sandbox.job import Limits, Outcome, Program, ProgramInput
from r1data.sandbox.servers import SERVERS, Kind, run_on_server

TIGHT = Limits(seconds=0.5, memory=128 << 20, processes=8, output=64 << 10, disk=1 << 20)
CANARY = "canary-that-must-not-come-out"
ESCAPED = "ESCAPED"
"""What an attack prints where it got what it wanted."""
ANY = frozenset({"ok", "failed", "timeout", "memory", "output"})
PRELUDE = """
import ctypes, gc, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def attempt(what, call):
    try:
        call()
    except (OSError, ImportError, ValueError) as error:
        print("refused", what, type(error).__name__)
    else:
        print("ESCAPED", what)
def detach():
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
def texts(frame):
    while frame:
        yield repr(frame.f_locals)[:100000]
        yield repr(list(frame.f_globals))[:100000]
        frame = frame.f_back
def syscall(what, *numbers):
    if libc.syscall(*map(ctypes.c_long, numbers)) >= 0:
        print("ESCAPED", what)
    else:
        print("refused", what)
"""
HONEST = "print(sum(map(int, input().split())))"
PROCESSES = 3
"""Of a server at rest: the wall, what waits behind it, the supervisor."""


@dataclass(frozen=True)
class Attack:
    """A hostile program. `@CANARY@`, `@PORT@`, `@ABSTRACT@`, `@PARENT@`, `@HOME@`, `@PROJECT@` are filled in."""

    name: str
    source: str
    ends: frozenset[str]
    prints: str | None = None
    """What must be in its stdout: that it tried."""
    call: str | None = None
    value: Any = None
    """What its call must not return: the right answer, which it does not know."""
    then: str | None = None
    """The next program."""
    then_prints: str = ""
    language: Any = "python"
    limits: Limits = TIGHT


def attack(name: str, source: str, ends: str | frozenset[str] = "ok", **more: Any) -> Attack:
    """An attack whose source may use the prelude."""
    given = more.get("language", "python")
    return Attack(name, PRELUDE + dedent(source) if given == "python" else dedent(source), _set(ends), **more)


def _set(ends: str | frozenset[str]) -> frozenset[str]:
    return frozenset(ends.split()) if isinstance(ends, str) else ends


@dataclass(frozen=True)
class World:
    """What lies outside, for the attacks to find."""

    places: dict[str, str]
    listeners: list[socket.socket]

    def filled(self, source: str) -> str:
        """`source` with the places filled in."""
        for name, value in self.places.items():
            source = source.replace(f"@{name}@", value)
        return source

    def visited(self) -> bool:
        """Whether anybody reached one of the listeners."""
        for listener in self.listeners:
            with contextlib.suppress(BlockingIOError):
                listener.recv(1) if listener.type == socket.SOCK_DGRAM else listener.accept()
                return True
        return False


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    """A canary in a file, in the environment and behind sockets."""
    canary = folder / "canary"
    canary.write_text(CANARY)
    canary.chmod(0o644)
    name = f"\0r1-attacks-{os.getpid()}"
    with contextlib.ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        udp.bind(tcp.getsockname())
        abstract.bind(name)
        abstract.listen()
        for listener in (tcp, udp, abstract):
            listener.setblocking(False)
        os.environ["R1_CANARY"] = CANARY
        stack.callback(os.environ.pop, "R1_CANARY")
        places = {
            "CANARY": str(canary),
            "PORT": str(tcp.getsockname()[1]),
            "ABSTRACT": name.replace("\0", "\\0"),
            "PARENT": str(os.getpid()),
            "HOME": str(Path.home()),
            "PROJECT": str(Path(__file__).parents[2]),
        }
        yield World(places, [tcp, udp, abstract])


def fault(attack: Attack, outside: World, way: str) -> str:
    """What the attack achieved; empty where it was contained."""
    kind = Kind(way, False, ())
    program = Program(outside.filled(attack.source), attack.language)
    # a machine that is busy must not turn another end into a time-out
    limits = attack.limits if "timeout" in attack.ends else replace(attack.limits, seconds=10.0)
    (outcome,) = run_on_server(kind, program, [ProgramInput(stdin="20 21\n", call=attack.call)], limits)
    found = _achieved(attack, outcome, outside)
    if attack.then is not None:
        (after,) = run_on_server(kind, Program(PRELUDE + dedent(attack.then)), [ProgramInput()])
        if after.stdout.strip() != attack.then_prints:
            found.append(f"the next program: {after}")
    (normal,) = run_on_server(kind, Program(HONEST), [ProgramInput("20 22\n")])
    if normal.stdout != "42\n":
        found.append(f"a normal program afterwards: {normal}")
    return "; ".join([*found, *_left_over()])


def _achieved(attack: Attack, outcome: Outcome, outside: World) -> list[str]:
    seen = f"{outcome.stdout}{outcome.stderr}{outcome.value}{outcome.detail}"
    return [
        *([f"ended as {outcome}"] if outcome.status not in attack.ends else []),
        *(
            [f"did not try: {outcome}"]
            if attack.prints is not None and attack.prints not in outcome.stdout
            else []
        ),
        *([f"escaped: {seen[:500]}"] if ESCAPED in seen else []),
        *(["saw the canary"] if CANARY in seen else []),
        *(["passed"] if attack.value is not None and outcome.value == attack.value else []),
        *(["passed"] if outcome.stdout.strip() == "41" else []),
        *(["reached a listener"] if outside.visited() else []),
        *(
            ["wrote outside"]
            if any(Path(f, "r1-escape").exists() for f in ("/", "/tmp", "/dev/shm", "/var/tmp"))
            else []
        ),
    ]


def _left_over() -> list[str]:
    """Processes of the servers beyond those that belong to them."""
    found = []
    for server in SERVERS._all:
        family = _descendants(server.process.pid)
        if len(family) > PROCESSES:
            found.append(f"left over: {family}")
    return found


def _descendants(root: int) -> list[int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if state not in "ZX":
                parents[int(folder.name)] = int(parent)
    family = [root]
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid]
    return family
