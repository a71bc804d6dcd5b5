"""Servers: each is a warm process in isolation, used by one call at a time and replaced when it breaks.

Safe from any number of threads, from forked children and from pool workers (`runtime.processes`). A server ends with
its parent, however that ends: it watches the parent's pidfd. No signal is used in this process.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple, cast

from r1data.runtime.processes import ProcessPool, kill, signal_group
from r1data.sandbox import environment, groups, languages, outcomes
from r1data.sandbox.inside import pipes
from r1data.sandbox.job import LIMITS, Limits, Outcome, Program, ProgramInput, SandboxFailed

SLACK = 30.0
"""Seconds beyond a limit within which an answer must come, on a machine that is busy."""
END_SECONDS = 2.0
START_SECONDS = 60.0
"""How long a server may take to import what it needs, on a machine that is busy."""
CALLS = 5_000
"""Calls after which a server is replaced."""


class Kind(NamedTuple):
    """What servers differ in."""

    way: str
    libraries: bool
    preload: tuple[str, ...]


class Broken(SandboxFailed):
    """The server ended or did not answer; the message says which."""


class Server:
    """One process group: the launcher, the wall, the warm interpreter, the supervisor."""

    def __init__(self, kind: Kind) -> None:
        """Starts it; the first start waits until it is ready."""
        self.kind = kind
        caller = os.pidfd_open(os.getpid())
        self.group = groups.create()
        descriptors = (self.group.join, self.group.program) if self.group else None
        layout = environment.layout(kind.way, kind.libraries, kind.preload, caller, descriptors)
        # SEQPACKET: a message comes whole and with the descriptors that were sent with it
        self.replies, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = subprocess.Popen(
            [environment.interpreter(), "-S", "-s", "-P", "-B", "-m", "inside.launch", json.dumps(layout)],
            stdin=subprocess.PIPE,
            stdout=theirs.fileno(),
            stderr=subprocess.PIPE,
            bufsize=0,
            env={"PYTHONPATH": str(environment.PACKAGE), "PATH": os.defpath},
            pass_fds=[caller, *(descriptors or ())],
        )
        if self.group:
            self.group.close()
        theirs.close()  # while it is open here too, the server's end would not be seen
        os.close(caller)
        self.calls = 0
        self.ready = False
        self.grouped = False
        """Whether programs run in a control group: so the supervisor says after each."""

    def wait_until_ready(self) -> None:
        """Raises Broken with what the wall said when it could not be built."""
        if not self.ready:
            self._receive(START_SECONDS, 0)
            self.grouped = self.group is not None and self.group.take_effect()
            self.ready = True

    def start(self, order: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
        """How one start ended and what it wrote. Raises Broken where the server ends or does not answer."""
        limits = order["limits"]
        # UTF-8 takes four bytes at most
        order = order | {"input": 4 * len(task["stdin"]), "group": self.grouped}
        try:
            requests = cast(IO[bytes], self.process.stdin).fileno()
            pipes.send(requests, pipes.pack(order) + pipes.pack(task))
        except BrokenPipeError:
            raise Broken(f"the sandbox's server is gone: {self._error_text()}") from None
        reply = self._receive(limits["seconds"] + SLACK, limits["output"])
        self.grouped = reply["group"]
        return reply

    def _receive(self, seconds: float, limit: int) -> dict[str, Any]:
        poll = select.poll()
        poll.register(self.replies, select.POLLIN)
        if not poll.poll(seconds * 1000):
            raise Broken("the sandbox's server did not answer")
        try:
            data, files, _, _ = socket.recv_fds(self.replies, 65536, 3)
        except ConnectionResetError:
            data, files = b"", []
        if not data:
            raise Broken(f"the sandbox's server ended: {self._error_text()}")
        reply: dict[str, Any] = json.loads(data)
        return reply | _read_outputs(files, limit)

    def _error_text(self) -> str:
        self._end()  # first: while it lives, its stderr has no end to read to
        lines = cast(IO[bytes], self.process.stderr).read().decode("utf-8", "replace").splitlines()
        messages = [line for line in lines if line and not line.startswith((" ", "Traceback"))]
        return "; ".join(messages[-2:]) or "it said nothing"

    def _end(self) -> None:
        """By closing its input, so that each process waits for its own; where that does not help, by force."""
        cast(IO[bytes], self.process.stdin).close()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            signal_group(self.process.pid, signal.SIGKILL)
            kill(self.process)  # the group is its own only once it runs

    def is_reusable(self, error: BaseException | None) -> bool:
        """Whether another call may use it."""
        self.calls += 1
        return error is None and self.calls < CALLS

    def close(self) -> None:
        """End all of it and wait for it."""
        if self.process.returncode is None:
            self._end()
        self.forget()
        if self.group:
            self.group.remove()

    def forget(self) -> None:
        """Close this side of the pipes."""
        self.replies.close()
        for pipe in (self.process.stdin, self.process.stderr):
            if pipe:
                pipe.close()


def _read_outputs(files: list[int], limit: int) -> dict[str, Any]:
    """The texts behind descriptors, which are closed; `too_long` where one had more than `limit` bytes."""
    try:
        sizes = [os.fstat(file).st_size for file in files]
        # pread: the place in the file is shared with the program, whose writes have moved it to the end
        texts = [os.pread(file, min(size, limit), 0) for file, size in zip(files, sizes, strict=True)]
    finally:
        for file in files:
            os.close(file)
    names = ("stdout", "stderr", "result")[: len(texts)]
    contents = dict(zip(names, (text.decode("utf-8", "replace") for text in texts), strict=True))
    return contents | {"too_long": any(size > limit for size in sizes)}


class Servers(ProcessPool[Kind, Server]):
    """Servers of all kinds, kept between calls."""

    def __init__(self, size: int | None = None) -> None:
        """At most `size` at work at a time; by default one a core."""
        super().__init__(Server, size)

    @contextlib.contextmanager
    def one(self, kind: Kind) -> Iterator[Server]:
        """A server for one call. It is killed if the call does not end well, and kept otherwise."""
        with super().one(kind) as server:
            server.wait_until_ready()
            yield server


SERVERS = Servers()


def run_on_server(
    kind: Kind,
    program: Program,
    runs: Sequence[ProgramInput],
    limits: Limits = LIMITS,
    *,
    until_failure: bool = False,
) -> list[Outcome]:
    """One outcome for each of `runs`, in order; once more on a new server where the first breaks."""
    try:
        with SERVERS.one(kind) as server:
            return _outcomes(server, program, runs, limits, until_failure)
    except Broken:
        with SERVERS.one(kind) as server:
            return _outcomes(server, program, runs, limits, until_failure)


def _outcomes(
    server: Server, program: Program, runs: Sequence[ProgramInput], limits: Limits, until_failure: bool
) -> list[Outcome]:
    if program.language == "cpp":
        reply = server.start(languages.COMPILE, {"stdin": program.source})
        if reply["code"] != 0 or reply["why"]:
            return [outcomes.not_compiled(reply)] * (1 if until_failure else len(runs))
    order = languages.order(program, limits)
    results: list[Outcome] = []
    for item in runs:
        reply = server.start(order, languages.task(program, item, limits))
        order["fresh"] = False
        results.append(outcomes.read(item, reply, limits))
        if until_failure and results[-1].status != "ok":
            break
        if results[-1].status == "compile":
            results += [results[-1]] * (len(runs) - len(results))
            break
    return results
