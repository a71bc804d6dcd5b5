"""What an attack on a limit is: a program that takes more memory or processor time than it may, where nobody counts."""

from dataclasses import dataclass, replace
from textwrap import dedent
from typing import Any

from r1data.sandbox.job import Limits, Program
from tests.attacks.attack import PRELUDE

MEMORY = Limits(seconds=5.0, memory=128 << 20, processes=8, output=64 << 10, disk=16 << 20)
TIME = Limits(seconds=8.0, cpu_seconds=1.0, memory=128 << 20, processes=8, output=64 << 10, disk=1 << 20)
TOOLS = """
import mmap, signal, socket, threading, time
from contextlib import suppress
libc.mmap.restype = ctypes.c_void_p
PRIVATE, SHARED, ANONYMOUS, POPULATE = mmap.MAP_PRIVATE, mmap.MAP_SHARED, mmap.MAP_ANONYMOUS, 0x8000
N = ctypes.c_size_t
def raw(size, flags, prot=3, fd=-1):
    at = libc.mmap(None, N(size), prot, flags, fd, N(0))
    if at == N(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")
    return at
def fill(at, size):
    ctypes.memset(ctypes.c_void_p(at), 1, N(size))
def fan(n=7):
    for _ in range(n):
        if os.fork() == 0:
            return
def burn(seconds):
    start = time.process_time()
    while time.process_time() - start < seconds:
        pass
def act(handler, flags):
    # struct sigaction of the kernel: handler, flags, restorer, mask
    data = ctypes.create_string_buffer(handler.to_bytes(8, "little") + flags.to_bytes(8, "little") + bytes(16))
    return libc.syscall(13, 17, data, None, 8)
def swarm(children, seconds, wait=0.0):
    for _ in range(children):
        with suppress(OSError):
            if os.fork() == 0:
                burn(seconds)
                os._exit(0)
        time.sleep(wait)
def last():
    time.sleep(1)
"""
PERL = "require('child_process').spawnSync('/usr/bin/perl', ['-e', %r], {stdio: 'inherit'})"


@dataclass(frozen=True)
class Escape:
    """A program that takes more than its limit where nobody counts; `source` may use TOOLS where it is Python."""

    source: str
    limits: Limits = MEMORY
    language: Any = "python"

    def program(self) -> Program:
        """What runs."""
        source = dedent(self.source)
        return Program(PRELUDE + TOOLS + source if self.language == "python" else source, self.language)


def node_escape(source: str, limits: Limits = MEMORY) -> Escape:
    return Escape(source, replace(limits, processes=16), "javascript")
