"""The first process of a server: gives up root, then sets up the outer isolation.

Root is given up before anything else is set up: whatever breaks out of the later layers is only nobody. If the
interpreter is in a folder that nobody may not enter (root's home), it is first bound elsewhere, in a mount namespace
of this process.
"""

import contextlib
import json
import os
import resource
import sys
from typing import Any

from . import bubblewrap, kernel, namespaces

NOBODY = 65534
STAGES = ("/mnt", "/media", "/srv", "/opt")
WAYS = {"bubblewrap": bubblewrap.enter, "namespaces": namespaces.enter}


def main() -> None:
    """`python -m inside.launch LAYOUT`, a JSON object that `environment.layout` made."""
    layout: dict[str, Any] = json.loads(sys.argv[1])
    os.setsid()
    os.umask(0o022)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if layout["join"] is not None:
        _join_group(layout["join"])
    if os.geteuid() == 0:
        _give_up_root(layout)
    os.environ.clear()
    os.environ.update(layout["environment"])
    WAYS[layout["way"]](layout)


def _join_group(descriptor: int) -> None:
    """Before the namespaces: what is seen of the hierarchy from inside begins at this group."""
    with contextlib.suppress(OSError):  # the caller sees that nobody is in it, and does without
        os.write(descriptor, b"0")
    os.close(descriptor)


def _give_up_root(layout: dict[str, Any]) -> None:
    # mounts first: once this process is nobody it may make none outside of a user namespace
    with contextlib.suppress(PermissionError):  # root of a container, which may not mount
        kernel.unshare(kernel.CLONE_NEWNS)
        layout["binds"] = _bind_reachable(layout["binds"])
    with contextlib.suppress(OSError):  # a user namespace that maps root alone
        # groups, group, user: each step needs the root that the last one gives up
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else its own /proc/self is root's


def _bind_reachable(binds: list[list[str]]) -> list[list[str]]:
    """The same binds, each from where nobody can reach it."""
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    stage = next(folder for folder in STAGES if os.path.isdir(folder))  # noqa: PTH112
    # opened before the tmpfs covers the stage: a source may lie below it
    sources = [(os.open(source, os.O_PATH), target) for source, target in binds]
    kernel.mount("tmpfs", stage, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755,size=1m")
    staged = []
    for i, (source, target) in enumerate(sources):
        place = f"{stage}/{i}"
        if os.stat(source).st_mode & 0o170000 == 0o040000:  # noqa: PTH116 - a folder goes onto a folder alone
            os.mkdir(place)  # noqa: PTH102
        else:
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY))
        kernel.mount(f"/proc/self/fd/{source}", place, None, kernel.MS_BIND)
        os.close(source)
        staged.append([place, target])
    return staged


if __name__ == "__main__":
    main()
