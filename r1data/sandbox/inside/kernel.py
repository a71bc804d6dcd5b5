"""System calls that Python does not expose. Linux on x86_64 and aarch64; each raises OSError."""

import ctypes
import os
import platform
import struct

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PRIVATE = MS_NOSUID | MS_NODEV
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
CLONE_INTO_CGROUP = 0x200000000
MNT_DETACH = 2
SIGCHLD = 17
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_NEW_LISTENER = 1, 4, 8
CAPABILITY_VERSION_3 = 0x20080522

MACHINE = platform.machine()
NUMBERS = {
    "x86_64": {"clone": 56, "seccomp": 317, "close_range": 436, "clone3": 435},
    "aarch64": {"clone": 220, "seccomp": 277, "close_range": 436, "clone3": 435},
}

_NO_CAPABILITIES = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
# PyDLL keeps the interpreter's lock: nothing else may run between a clone and what follows it
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _check_result(result: int, what: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)."""
    texts = [text.encode() if text is not None else None for text in (source, target, kind, data)]
    result = _libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    _check_result(result, f"mount {target}")


def unmount(target: str) -> None:
    """Takes a mount out of sight now; it goes when nobody uses it."""
    _check_result(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2)."""
    _check_result(_libc.pivot_root(new.encode(), old.encode()), "pivot_root")


def unshare(flags: int) -> None:
    """unshare(2)."""
    _check_result(_libc.unshare(flags), "unshare")


def clone(flags: int) -> int:
    """fork() into new namespaces: 0 in the child. Of a process with one thread only."""
    # without a stack clone(2) is fork(2) with flags; Python must hear of it as from os.fork, because of its own locks
    ctypes.pythonapi.PyOS_BeforeFork()
    result = int(
        _libc.syscall(ctypes.c_long(NUMBERS[MACHINE]["clone"]), ctypes.c_long(flags | SIGCHLD), 0, 0, 0, 0)
    )
    if result == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    return _check_result(result, "clone")


def fork_into(group: int) -> int:
    """fork() into a control group, by a descriptor of its folder. Of a process with one thread only. Linux 5.7."""
    # struct clone_args: flags, three addresses, the signal at the end, stack, its size, TLS, two of set_tid, the group
    arguments = struct.pack("11Q", CLONE_INTO_CGROUP, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, group)
    buffer = ctypes.create_string_buffer(arguments, len(arguments))
    ctypes.pythonapi.PyOS_BeforeFork()
    numbers = (NUMBERS[MACHINE]["clone3"], ctypes.addressof(buffer), len(arguments))
    result = int(_libc.syscall(*map(ctypes.c_long, numbers)))
    error = ctypes.get_errno()
    if result == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    if result < 0:
        raise OSError(error, f"clone3: {os.strerror(error)}")
    return result


def prctl(option: int, value: int) -> None:
    """prctl(2) with one argument."""
    _check_result(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")


def close_range(first: int) -> None:
    """Closes all descriptors from `first` on."""
    numbers = (NUMBERS[MACHINE]["close_range"], first, 0xFFFFFFFF, 0)
    _check_result(_libc.syscall(*map(ctypes.c_long, numbers)), "close_range")


def drop_capabilities() -> None:
    """No capability is left, effective, permitted or inheritable."""
    # 24 bytes: version 3 has two words each of effective, permitted and inheritable ones
    _check_result(_libc.capset(_NO_CAPABILITIES, bytes(24)), "capset")


class SeccompFilter:
    """A seccomp program, ready to be put in force."""

    def __init__(self, program: bytes) -> None:
        """`program`: BPF instructions of eight bytes."""
        # kept, since the kernel gets nothing but addresses; struct sock_fprog has six bytes of padding in it
        self._code = ctypes.create_string_buffer(program, len(program))
        head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(self._code))
        self._head = ctypes.create_string_buffer(head, len(head))

    def install(self, *, listen: bool = False) -> int:
        """Puts it in force for this process and all that come from it; it cannot be taken off again.

        With `listen` the descriptor of a listener comes back, which answers what the filter asks. Without
        CAP_SYS_ADMIN, PR_SET_NO_NEW_PRIVS must be set before.
        """
        # SPEC_ALLOW: Linux before 5.16 else slows processes with a filter (SSBD)
        flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW | (SECCOMP_FILTER_FLAG_NEW_LISTENER if listen else 0)
        arguments = (SECCOMP_SET_MODE_FILTER, flags, ctypes.addressof(self._head))
        number = NUMBERS[MACHINE]["seccomp"]
        return _check_result(_libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)), "seccomp")
