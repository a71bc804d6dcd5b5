"""The inputs and outputs of the sandbox: types that all of its parts share.

Expected answers are not among them: a program's output comes out and is compared outside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from r1data.errors import UserError

Language = Literal["python", "cpp", "javascript"]
Status = Literal["ok", "failed", "timeout", "memory", "output", "compile"]
"""`failed`: it raised, exited with another code than 0 or was killed by a signal. `compile`: it never started."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one start of a program may use."""

    seconds: float = 6.0
    """Of wall time; of CPU time as many, rounded up, where `cpu_seconds` is None."""
    cpu_seconds: float | None = None
    """Of CPU time, by the program and its children. A time-out on a busy machine is told from one that the program
    earned by `Outcome.cpu`."""
    memory: int = 1 << 30
    """Bytes."""
    room: int = 0
    """Bytes of address space beyond `memory`: what is asked for and not filled. More is refused."""
    processes: int = 16
    output: int = 1 << 20
    """Bytes of stdout, of stderr, and of a call's value as JSON, each."""
    disk: int = 16 << 20
    """Bytes of files."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Program:
    """Source text. `libraries`: whether Python sees the packages installed beside r1, and not its own library alone."""

    source: str
    language: Language = "python"
    libraries: bool = False


@dataclass(frozen=True, slots=True)
class ProgramInput:
    """One start of a program: fed `stdin`; with `call`, that function is called once the source has run."""

    stdin: str = ""
    call: str | None = None
    """A function's name, or `Class.method` (the class is made without arguments). Python and JavaScript."""
    args: Sequence[Any] = ()
    """Values that JSON knows."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one start went. `value`: what the call returned, as far as JSON knows it (tuples and sets are tagged)."""

    status: Status
    stdout: str = ""
    stderr: str = ""
    value: Any = None
    seconds: float = 0.0
    """Wall time of the program itself, without the sandbox's own."""
    cpu: float = 0.0
    """CPU time of the program and its children, in seconds."""
    detail: str = ""
    """The last line of a traceback, the signal, or the compiler's first error; at most 300 characters."""
    claimed: bool = False
    """Of `memory`: the program said so itself (`MemoryError`), or asked for more than its address space."""
    asleep: bool = False
    """Of `timeout`: all of it slept to the end, while the machine had processors for it."""


class NoIsolation(UserError):
    """This machine offers no isolation that holds; nothing was run. The message says what is missing."""


class SandboxFailed(Exception):
    """The sandbox itself broke; nothing can be said of the program."""
