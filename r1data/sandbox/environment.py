"""The contents of a sandbox's file system, all read-only: the interpreter, the system's libraries and tools.

Not visible: /home, /root, /etc (except the linker's cache), /var, /sys, the project, installed packages (unless a
program asks for `libraries`; r1 itself is hidden even then).
"""

import os
import shutil
import site
import sys
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent
SYSTEM = (
    "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/bin", "/usr/include", "/usr/share/nodejs",
    "/bin", "/lib", "/lib32", "/lib64", "/nix/store",
    "/etc/ld.so.cache", "/etc/ld-musl-x86_64.path", "/etc/alternatives",
)  # fmt: skip
# /dev/full reads as zeros too, and it cannot be mapped: what is mapped of /dev/zero is shared memory that nobody counts
DEVICES = [["null", "null"], ["full", "zero"], ["full", "full"], ["random", "random"], ["urandom", "urandom"]]
LINKS = {
    "/tmp": "/job/tmp", "/dev/shm": "/job/shm", "/dev/stdin": "/job/io/stdin", "/dev/stdout": "/job/io/stdout",
    "/dev/stderr": "/job/io/stderr",
}  # fmt: skip
# the hash seed decides the order of sets, on which no verdict may depend; threads count as processes of a program
VARIABLES = {
    "PATH": "/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
}  # fmt: skip
START = "from inside.zygote import main; main()"


def layout(
    way: str, libraries: bool, preload: tuple[str, ...], caller: int, group: tuple[int, int] | None = None
) -> dict[str, Any]:
    """All that `inside.launch` must know to start a server; `caller` is the number of a pidfd of this process.

    `group`: descriptors by which the server joins its control group, and of the folder of that for its programs.
    """
    packages = _packages() if libraries else []
    # -S -s -P: no packages, none of the user's, nothing from the current folder; -B: nothing can be written
    python = [inside(interpreter()), "-S", "-s", "-P", "-B", "-c", START]
    return {
        "way": way,
        "bwrap": shutil.which("bwrap"),
        "binds": [
            *_system(),
            *_python(),
            *([path, inside(path)] for path in packages),
            [f"{PACKAGE}/inside", "/run/inside"],
        ],
        "links": [[target, to] for target, to in LINKS.items()] + _system_links(),
        "devices": DEVICES,
        "folders": ["/job", "/opt"],
        "hidden": _hidden(packages),
        # LD_BIND_NOW: symbols are looked up once, in the warm process; a fork would copy the pages that they go to
        "environment": VARIABLES | {"PYTHONPATH": "/run", "LD_BIND_NOW": "1"},
        "join": group and group[0],
        "command": [
            *python,
            str(caller),
            ":".join(map(inside, packages)),
            ",".join(preload),
            str(group[1]) if group else "",
        ],
    }


def inside(path: str) -> str:
    """Where a path of ours is seen inside: elsewhere, if a program has a folder of its own there, such as /tmp."""
    return f"/opt/outside{path}" if any(path.startswith(f"{own}/") for own in LINKS) else path


@cache
def interpreter() -> str:
    """The real file of the Python that this process runs in."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def _system() -> list[list[str]]:
    paths = [path for path in map(Path, SYSTEM) if path.exists() and not path.is_symlink()]
    return [[str(path), str(path)] for path in paths] + _node()


def node() -> str:
    """Where node is inside."""
    return _node()[0][1] if _node() else "/usr/bin/node"


def _node() -> list[list[str]]:
    """A node outside of the system's folders: one file that needs nothing else."""
    path = shutil.which("node")
    real = os.path.realpath(path) if path else "/usr/bin/node"
    return [] if real.startswith("/usr/bin/") else [[real, "/opt/node"]]


def _system_links() -> list[list[str]]:
    """/lib and the like, where they are links into /usr."""
    return [
        [path, str(Path(path).readlink())]
        for path in SYSTEM
        if path.count("/") == 1 and Path(path).is_symlink()
    ]


def _python() -> list[list[str]]:
    """The interpreter's file and library, where they are not in the system's folders."""
    prefix = Path(sys.base_prefix)
    parts = [Path(interpreter()), *(prefix / name for name in ("lib", "lib64"))]
    parts += [
        Path(sysconfig.get_path("stdlib")),
        Path(sysconfig.get_path("platstdlib", vars={"platbase": sys.base_exec_prefix})),
    ]
    outside: list[Path] = []
    for part in parts:
        if part.exists() and not any(part.is_relative_to(path) for path in [*map(Path, SYSTEM), *outside]):
            outside.append(part)
    return [[os.path.realpath(part), inside(str(part))] for part in outside]


def _packages() -> list[str]:
    """Folders of installed packages that this process imports from."""
    paths = dict.fromkeys(
        [*site.getsitepackages(), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    )
    return [path for path in paths if Path(path).is_dir()]


def _hidden(packages: list[str]) -> list[str]:
    """Folders inside of what is bound that no program is to see."""
    stdlib = Path(sysconfig.get_path("stdlib"))
    folders = [stdlib / "site-packages", stdlib / "dist-packages", Path("/usr/lib/python3/dist-packages")]
    folders = [folder for folder in folders if str(folder) not in packages]
    folders += [Path(path) / "r1data" for path in packages]
    return [inside(str(folder)) for folder in folders if folder.is_dir()]
