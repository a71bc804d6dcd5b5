"""What strace saw: files opened for writing, changed, removed; connections; programs started. One file a process."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

CALLS = "open,openat,openat2,creat,unlink,unlinkat,rmdir,rename,renameat,renameat2,mkdir,mkdirat,link,linkat,symlink"
MORE = "symlinkat,truncate,chmod,fchmodat,chown,lchown,fchownat,utimensat,mknod,mknodat,connect,execve"
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")
CALL = re.compile(r"(\w+)\((.*)\)\s+= (\S+)")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
FOLDER = re.compile(r"(?:AT_FDCWD|\d+)<([^>]*)>")
INTERNET = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
REMOVALS = {"unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2"}


def command(folder: Path) -> list[str]:
    """The words that stand before a command that is to be traced."""
    log = f"{folder}/strace"
    return [
        "strace",
        "-ff",
        "-qq",
        "-y",
        "-s",
        "4096",
        "-e",
        f"trace={CALLS},{MORE}",
        "-e",
        "signal=none",
        "-o",
        log,
    ]


def acts(folder: Path) -> Iterator[tuple[object, ...]]:
    """Acts as the audit hook writes them."""
    for file in sorted(folder.glob("strace.*")):
        for line in file.read_text(errors="surrogateescape").splitlines():
            if match := CALL.match(line):
                yield from act(*match.groups())


def act(call: str, arguments: str, result: str) -> Iterator[tuple[object, ...]]:
    if call == "connect":  # also those that fail
        yield from (("connect", (four or six, 0)) for four, six in INTERNET.findall(arguments))
        return
    if result.startswith("-"):
        return
    strings = [unescape(string) for string in STRING.findall(arguments)]
    if call == "execve":
        yield ("start", tuple(strings[1:]))
        return
    paths = list(paths_of(arguments))
    if call.startswith("open") or call == "creat":
        kind = "write" if call == "creat" or WRITES.search(arguments.rpartition('"')[2]) else "read"
        # the descriptor's own path: links are followed in it
        opened = FOLDER.search(f"{result}") or None
        yield (kind, unescape(opened[1]) if opened else paths[0])
    elif call in REMOVALS:
        yield ("remove", paths[0])
        yield from (("write", path) for path in paths[1:])
    else:
        yield ("write", paths[-1])


def paths_of(arguments: str) -> Iterator[str]:
    """Each path among the arguments, made absolute by the descriptor of a folder that stands before it."""
    position = 0
    for match in STRING.finditer(arguments):
        before = FOLDER.findall(arguments[position : match.start()])
        folder = unescape(before[-1]) if before else "/"
        position = match.end()
        head, name = os.path.split(os.path.join(folder, unescape(match[1])))  # noqa: PTH118
        yield os.path.join(os.path.realpath(head), name)  # noqa: PTH118


def unescape(text: str) -> str:
    """A string as C writes it."""
    data = re.sub(rb"\\([0-7]{1,3})", lambda match: bytes([int(match[1], 8) & 255]), os.fsencode(text))
    return os.fsdecode(data.replace(b'\\"', b'"').replace(b"\\\\", b"\\"))
