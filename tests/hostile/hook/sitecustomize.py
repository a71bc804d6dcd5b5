"""Notes what a watched Python process does: it runs at the start of every Python whose PYTHONPATH holds this folder.

A line for each act is appended to the file `WATCH_LOG`, a tuple as Python writes it: `("write", path)`,
`("remove", path)`, `("read", path)` for what lies under one of `WATCH_READS`, `("connect", address)`,
`("start", words)`, `("run", file)` for code in a file under `WATCH_READS` or `WATCH_FOLDER`, `("unpickle", name)`.
`WATCH_SET` holds constants that are other ones here, as `module:NAME:number`.

Native code does not pass here: inotify and strace watch that (`tests.hostile.watch`).
"""

import _thread
import importlib
import os
import sys

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.mkdir": 2,
    "os.truncate": None,
    "os.chmod": 2,
    "os.chown": 3,
    "os.utime": 3,
    "os.setxattr": None,
}
"""Event → which of its arguments is the descriptor of the folder that its first one is relative to."""
REMOVALS = {"os.remove": 1, "os.rmdir": 1, "shutil.rmtree": 1}
LOOKS = {"os.listdir", "os.scandir"}

_busy = _thread._local()


def install() -> None:
    """Watches this process from here on."""
    log = os.environ["WATCH_LOG"]
    watched = tuple(filter(None, os.environ.get("WATCH_READS", "").split(os.pathsep)))
    code = (*watched, os.environ["WATCH_FOLDER"])

    def hook(event: str, arguments: tuple) -> None:
        if getattr(_busy, "now", False):
            return
        _busy.now = True
        try:
            for act in acts(event, arguments, watched, code):
                append(log, act)
        except Exception:  # noqa: BLE001  what is watched goes on as if nobody did
            pass
        finally:
            _busy.now = False

    sys.addaudithook(hook)
    for setting in os.environ.get("WATCH_SET", "").split():
        module, name, value = setting.split(":")
        setattr(importlib.import_module(module), name, float(value))


def append(log: str, act: tuple) -> None:
    # Opened each time: a process may close descriptors that it does not know, and give their numbers to others.
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.write(file, (repr(act) + "\n").encode("utf-8", "backslashreplace"))
    os.close(file)


def acts(event: str, arguments: tuple, watched: tuple, code: tuple) -> list[tuple]:
    """What an audit event comes to; mostly nothing."""
    if event == "open":
        path, _, flags = arguments
        if isinstance(path, int) or path is None:
            return []
        if isinstance(flags, int) and flags & WRITES:
            return [("write", os.path.realpath(os.fsdecode(path)))]
        return looked_at(path, watched)
    if event in LOOKS:
        return looked_at(arguments[0] if arguments[0] is not None else ".", watched)
    if event in CHANGES:
        changed = place(arguments[0], arguments, CHANGES[event])
        return [] if event == "os.mkdir" and os.path.isdir(changed) else [("write", changed)]  # noqa: PTH112
    if event in REMOVALS:
        return [("remove", place(arguments[0], arguments, REMOVALS[event]))]
    if event == "os.rename":
        source, target, source_folder, target_folder = arguments
        return [
            ("remove", place(source, (source_folder,), 0)),
            ("write", place(target, (target_folder,), 0)),
        ]
    if event == "os.link":
        return [("write", place(arguments[1], arguments, 3))]
    if event == "os.symlink":
        return [("write", place(arguments[1], arguments, 2))]
    return others(event, arguments, code)


def others(event: str, arguments: tuple, code: tuple) -> list[tuple]:
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        address = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
        return [("connect", address if isinstance(address, tuple) else str(address))]
    if event in ("subprocess.Popen", "os.posix_spawn", "os.exec"):
        words = arguments[1]
        words = [words] if isinstance(words, (str, bytes)) else words
        return [("start", tuple(os.fsdecode(word) for word in words))]
    if event == "os.system":
        return [("start", (os.fsdecode(arguments[0]),))]
    if event == "exec":
        file = os.path.realpath(arguments[0].co_filename)
        return [("run", file)] if under(file, code) and os.path.isfile(file) else []  # noqa: PTH113
    if event == "pickle.find_class":
        return [("unpickle", ".".join(map(str, arguments)))]
    return []


def looked_at(path: object, watched: tuple) -> list[tuple]:
    if isinstance(path, int):
        path = f"/proc/self/fd/{path}"
    path = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]
    return [("read", path)] if under(path, watched) else []


def under(path: str, places: tuple) -> bool:
    return any(path == place or path.startswith(place + "/") for place in places)


def place(path: object, arguments: tuple, descriptor: "int | None") -> str:
    """The path that is changed itself: links are followed on the way to it, but not the last one."""
    if isinstance(path, int):
        return os.path.realpath(f"/proc/self/fd/{path}")
    folder = -1 if descriptor is None or len(arguments) <= descriptor else arguments[descriptor]
    start = f"/proc/self/fd/{folder}" if isinstance(folder, int) and folder >= 0 else os.getcwd()  # noqa: PTH109
    parent, name = os.path.split(os.path.join(start, os.fsdecode(path)).rstrip("/"))  # type: ignore[arg-type] # noqa: PTH118
    return os.path.join(os.path.realpath(parent), name)  # noqa: PTH118


if "WATCH_LOG" in os.environ and __name__ == "sitecustomize":
    install()
