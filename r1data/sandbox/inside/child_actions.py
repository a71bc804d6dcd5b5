"""Decides who may set an action for SIGCHLD where a program needs one: node, which learns only so that a child ended.

A process that ignores SIGCHLD (or sets SA_NOCLDWAIT) makes the kernel forget the processor time of its children. The
filter asks here. Node itself may, since no JavaScript chooses what it sets (its disk is mounted noexec, so that it
loads no code of the program's); whatever else runs is told that it succeeded, and nothing happens.
"""

import fcntl
import os
import resource
import select
import socket
import struct

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
"""SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND."""
_SIZE = 80
_CONTINUE = 1


def hand_over(listener: int, descriptor: int) -> None:
    """In the program's process: gives the listener to the supervisor. Both descriptors are closed."""
    with socket.socket(fileno=descriptor) as connection:
        socket.send_fds(connection, [b"\0"], [listener])
    os.close(listener)


class Questions:
    """In the supervisor: what comes from a program's filter."""

    def __init__(self, proc: int, trusted: str, space: int) -> None:
        """`trusted`: the file whose processes may; `space`: bytes of address space for each that it starts.

        `theirs` is for the program, and closed here once it has it.
        """
        self._proc, self._trusted, self._space = proc, trusted, space
        self._first = 0
        self._ours, self.theirs = socket.socketpair()
        self._listener = -1

    def watch(self, poll: select.poll, first: int) -> None:
        """The poll sees when there is something to answer; `first` is the number of the program's first process."""
        self.theirs.close()
        self._first = first
        poll.register(self._ours, select.POLLIN)

    def answer(self, poll: select.poll, descriptors: list[int]) -> list[int]:
        """Takes care of what the poll saw; those of the descriptors that are somebody else's."""
        if self._ours.fileno() in descriptors:
            poll.unregister(self._ours)
            _, received, _, _ = socket.recv_fds(self._ours, 1, 1)
            if received:  # else the process ended before
                self._listener = received[0]
                poll.register(self._listener, select.POLLIN)
        if self._listener in descriptors:
            self._decide(poll)
        return [number for number in descriptors if number not in (self._ours.fileno(), self._listener)]

    def close(self) -> None:
        """Nobody answers any more: what is asked from now on fails."""
        self.theirs.close()
        self._ours.close()
        if self._listener >= 0:
            os.close(self._listener)

    def _decide(self, poll: select.poll) -> None:
        call = bytearray(_SIZE)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, call)
            number, pid = struct.unpack_from("=QI", call)
            if pid != self._first:
                self._limit(pid)
            flags = _CONTINUE if _runs(self._proc, pid, self._trusted) else 0
            fcntl.ioctl(self._listener, _SEND, struct.pack("=QqiI", number, 0, 0, flags))
        except OSError:  # who asked was killed, or all are gone
            if not _is_used(self._listener):
                poll.unregister(self._listener)

    def _limit(self, pid: int) -> None:
        """Node needs far more address space than what it starts, which asks before it becomes another program."""
        limit, _ = resource.prlimit(pid, resource.RLIMIT_AS)
        if limit > self._space:
            resource.prlimit(pid, resource.RLIMIT_AS, (self._space, self._space))


def _is_used(listener: int) -> bool:
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    return not any(event & select.POLLHUP for _, event in poll.poll(0))


def _runs(proc: int, pid: int, path: str) -> bool:
    """Whether a process of this namespace runs that file."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        # the number in the outer namespace, whose /proc it is
        with open(os.open(f"self/fdinfo/{descriptor}", os.O_RDONLY, dir_fd=proc)) as file:  # noqa: PTH123
            outer = next(line.split()[1] for line in file if line.startswith("Pid:"))
        return os.path.samestat(os.stat(f"{outer}/exe", dir_fd=proc), os.stat(path))  # noqa: PTH116
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False
    finally:
        os.close(descriptor)
