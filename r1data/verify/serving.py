"""The worker's side of `workers`: a process that imports once and forks the one that works.

The hand reads length-prefixed JSON requests and writes replies, each job under the kernel's own timer, so that it ends
even if the parent is gone and the job never gives the processor back. Told by SIGUSR1, or when the hand dies, the
process forks another, which takes milliseconds where an import takes seconds. When the parent closes the pipe or
dies, both end; when this process dies, so does its hand.

Not done here: isolation. What runs is our own code on hostile text, under limits of time and memory.
"""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from r1data.verify.workers import receive, send

MEMORY = 2 << 30
"""Bytes of address space."""
GRACE = 1.0
"""Seconds after the parent's limit when the kernel ends the hand, should the parent not have done it."""
_DIE_WITH_PARENT = 1
"""prctl's PR_SET_PDEATHSIG."""

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


def serve(answer: Answer) -> None:
    """Answer requests until stdin ends. What `answer` raises becomes `{"error": …}`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.dup(1)
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    hand = 0

    def end_hand(*_: object) -> None:
        if hand:
            os.kill(hand, signal.SIGKILL)

    signal.signal(signal.SIGUSR1, end_hand)
    parent = os.getpid()
    while True:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])  # until `hand` names the hand that lives
        hand = os.fork()
        if not hand:
            if libc is not None:
                libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
            try:
                if os.getppid() == parent:
                    _work(answer, replies)
            finally:
                os._exit(0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
        status = _waited(hand)
        hand = 0
        if os.WIFEXITED(status):  # the parent is gone; a hand that is ended dies of a signal
            return


def _waited(hand: int) -> int:
    """The status of the hand, which is not yet reaped, so that its number is nobody else's."""
    os.waitid(os.P_PID, hand, os.WEXITED | os.WNOWAIT)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    return os.waitpid(hand, 0)[1]


def _work(answer: Answer, out: int) -> None:
    """Do jobs until stdin ends."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    with (
        os.fdopen(0, "rb", buffering=0, closefd=False) as requests,
        os.fdopen(out, "wb", buffering=0) as replies,
    ):
        send(replies, {"ready": True})
        while (request := receive(requests)) is not None:
            signal.setitimer(signal.ITIMER_REAL, request["time_limit"] + GRACE)
            reply = _answered(answer, request)
            signal.setitimer(signal.ITIMER_REAL, 0)
            send(replies, {**reply, "job": request["job"]})


def _answered(answer: Answer, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return answer(request)
    except Exception as error:  # noqa: BLE001  whatever a library raises is reported, and becomes the verdict
        return {"error": f"{type(error).__name__}: {error}"[:200]}
