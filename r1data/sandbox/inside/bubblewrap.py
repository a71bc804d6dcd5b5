"""The outer isolation by bubblewrap."""

import os
from typing import Any


def enter(layout: dict[str, Any]) -> None:
    """Becomes bubblewrap, which runs `layout["command"]` in namespaces of its own. Does not return."""
    os.execv(layout["bwrap"], command(layout))


def command(layout: dict[str, Any]) -> list[str]:
    """The command line."""
    line = [
        layout["bwrap"],
        "--unshare-user",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
    ]
    line += [
        "--unshare-cgroup-try",
        "--uid",
        "65534",
        "--gid",
        "65534",
        "--hostname",
        "sandbox",
        "--proc",
        "/proc",
    ]
    line += [
        "--as-pid-1"
    ]  # bubblewrap's own process 1 outlives the one that waits for it, and is left to init
    for source, target in layout["binds"]:
        line += ["--ro-bind", source, target]
    for target, to in layout["links"]:
        line += ["--symlink", to, target]
    for source, target in layout["devices"]:
        line += ["--dev-bind", f"/dev/{source}", f"/dev/{target}"]
    for folder in layout["hidden"]:
        line += ["--tmpfs", folder, "--remount-ro", folder]
    for folder in layout["folders"]:
        line += ["--dir", folder]
    for name, value in layout["environment"].items():
        line += ["--setenv", name, value]
    # bubblewrap's own root is a writable tmpfs that all programs would share
    return [*line, "--remount-ro", "/", "--chdir", "/", "--", *layout["command"]]
