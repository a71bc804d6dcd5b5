"""The outer isolation without bubblewrap: the same namespaces, mounts and links by direct system calls."""

import os
import socket
from typing import Any

from . import kernel

ALL = (
    kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS | kernel.CLONE_NEWCGROUP
)  # fmt: skip
ROOT = "/tmp"
"""Covered in the new mount namespace; any folder that all machines have."""
BOUND = kernel.MS_BIND | kernel.MS_REC
READ_ONLY = kernel.MS_BIND | kernel.MS_REMOUNT | kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV


def enter(layout: dict[str, Any]) -> None:
    """Runs `layout["command"]` in namespaces of its own and ends as it does. Does not return."""
    user, group = os.getuid(), os.getgid()
    kernel.unshare(ALL)
    # setgroups before gid_map: since Linux 3.19 the kernel refuses the map of an unprivileged process otherwise
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"65534 {user} 1"),
        ("gid_map", f"65534 {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
            file.write(text)
    # a new process namespace holds only children of the one that asked for it: this fork is its process 1
    child = os.fork()
    if child:
        os.close(0)
        os.close(1)
        os._exit(abs(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
    _build(layout)
    socket.sethostname("sandbox")
    # after the mounts, which need them; the file system is complete and read-only from here on
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    os.execv(layout["command"][0], layout["command"])


def _build(layout: dict[str, Any]) -> None:
    """A root of what `layout` lists, and nothing else."""
    # private: nothing that is mounted here shows outside, and nothing from there comes in later
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    # every source is held open before a mount covers its path
    sources = [(os.open(source, os.O_PATH), target) for source, target in layout["binds"]]
    sources += [
        (os.open(f"/dev/{source}", os.O_PATH), f"/dev/{target}") for source, target in layout["devices"]
    ]
    kernel.mount("tmpfs", ROOT, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755,size=1m")
    for source, target in sources:
        _bind(source, ROOT + target, read_only=not target.startswith("/dev/"))
    for folder in [*layout["folders"], "/proc", "/old"]:
        os.makedirs(ROOT + folder, exist_ok=True)  # noqa: PTH103
    kernel.mount("proc", f"{ROOT}/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    for target, to in layout["links"]:
        os.symlink(to, ROOT + target)  # noqa: PTH211
    # above what is bound already, and before the old root goes, while paths can still be named
    for folder in layout["hidden"]:
        kernel.mount("tmpfs", ROOT + folder, "tmpfs", kernel.MS_RDONLY, "size=4k")
    kernel.pivot_root(ROOT, f"{ROOT}/old")
    os.chdir("/")
    kernel.unmount("/old")  # with it goes the last way to the machine's own files
    kernel.mount("none", "/", None, READ_ONLY)  # last, since /old, links and folders had to be made on it


def _bind(source: int, target: str, *, read_only: bool) -> None:
    if os.stat(source).st_mode & 0o170000 == 0o040000:
        os.makedirs(target, exist_ok=True)  # noqa: PTH103
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    kernel.mount(f"/proc/self/fd/{source}", target, None, BOUND)
    os.close(source)
    # a bind takes its source's flags and ignores those that are asked for: read-only needs a second call
    if read_only:
        kernel.mount("none", target, None, READ_ONLY)
