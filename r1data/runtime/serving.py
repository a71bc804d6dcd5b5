"""The worker's side of `workers`: a process that does the imports once and forks the process that does the work.

The fork reads length-prefixed JSON requests and writes replies, each job under a kernel timer, so that it ends even
if the parent is gone and the job never yields the processor. At SIGUSR1, or when the fork dies, a spare fork takes
over that was prepared in advance: that takes a millisecond, while importing takes seconds and the death of a process
with two gigabytes half a second. When the parent closes the pipe or dies, all of them end; when this process dies,
so do its forks.

Not done here: isolation. What runs is this project's own code on hostile text, under limits of time and memory.
"""

import os
import resource
import signal
from collections.abc import Callable, Mapping
from typing import Any

from r1data.runtime.processes import die_with_parent
from r1data.runtime.workers import receive, send

MEMORY = 2 << 30
"""Bytes of address space."""
GRACE = 1.0
"""Seconds after the parent's limit when the kernel ends the job, should the parent not have done it."""

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


def serve(answer: Answer, memory: int | None = MEMORY) -> None:
    """Answer requests until stdin ends. What `answer` raises becomes `{"error": …}`.

    `memory` is the most address space in bytes that this process and its children may have; None: any.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Replies get a descriptor of their own, and stdout becomes stderr: what a library prints must not mix with them.
    replies = os.dup(1)
    os.dup2(2, 1)
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # blocked before the first fork: a signal that comes between two waits stays pending and is not lost
    awaited = {signal.SIGUSR1, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    current, spare = _JobProcess(answer, replies), _JobProcess(answer, replies)
    current.begin()
    while True:
        current_lost = signal.sigwait(awaited) == signal.SIGUSR1
        if current_lost:
            os.kill(current.pid, signal.SIGKILL)
        for pid, status in _reap_children():
            # it exits by itself only where stdin has ended; one that is lost dies of a signal
            if pid == current.pid and os.WIFEXITED(status):
                os.kill(spare.pid, signal.SIGKILL)
                return
            current_lost |= pid == current.pid
            if pid == spare.pid:
                spare = _JobProcess(answer, replies)
        if current_lost:
            current, spare = spare, _JobProcess(answer, replies)
            current.begin()


def _reap_children() -> list[tuple[int, int]]:
    """(pid, status) of children that are dead by now."""
    children = []
    while (child := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
        children.append(os.waitpid(child.si_pid, 0))
    return children


class _JobProcess:
    """A forked process that works once it may begin."""

    def __init__(self, answer: Answer, replies: int) -> None:
        worker = os.getpid()
        wait, self.gate = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(wait)
            return
        try:
            # With this copy of the gate open, the read below would not see that the worker has ended.
            os.close(self.gate)
            die_with_parent(worker)
            if os.read(wait, 1):
                _work(answer, replies)
        finally:
            os._exit(0)

    def begin(self) -> None:
        """Let it work."""
        os.write(self.gate, b"1")
        os.close(self.gate)


def _work(answer: Answer, out: int) -> None:
    """Do jobs until stdin ends."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    with (
        os.fdopen(0, "rb", buffering=0, closefd=False) as requests,
        os.fdopen(out, "wb", buffering=0) as replies,
    ):
        send(replies, {"ready": True})
        while (request := receive(requests)) is not None:
            # SIGALRM has no handler on purpose: it ends the process also within C code that never comes back to Python,
            # where a handler would wait for ever
            signal.setitimer(signal.ITIMER_REAL, request["time_limit"] + GRACE)
            try:
                reply = answer(request)
            except Exception as error:  # noqa: BLE001  whatever a library raises is reported, and becomes the verdict
                reply = {"error": f"{type(error).__name__}: {error}"[:200]}
            signal.setitimer(signal.ITIMER_REAL, 0)
            send(replies, {**reply, "job": request["job"]})
