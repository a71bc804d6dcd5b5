"""Attacks on the limits themselves: memory and processor time taken where they might not be counted.

`python -m tests.attacks.limits [WAY [NAME…]]` prints the table: how each ended, and what it took at its peak, as
measured from outside (`meter`).
"""

import os
import sys
from dataclasses import dataclass, replace

from r1data.sandbox.job import Limits, Outcome, Program, ProgramInput
from r1data.sandbox.probe import WAYS
from r1data.sandbox.servers import SERVERS, Kind, run_on_server
from tests.attacks import meter, newcomer
from tests.attacks.escape import MEMORY, PERL, TIME, Escape, node_escape

OVER = 1.2
"""What a limit may be passed by, in part of it."""
SLOWER = float(os.environ.get("SLOWER", "1"))
"""How much slower the machine is than others, for one that is emulated."""
OWN_CPU = 0.5
"""Processor seconds that the sandbox itself takes meanwhile, and the kernel to start and end 200 processes: 0.2 to 0.6
by machine, where an attack that gets through takes seconds."""
TRIES = 3
"""On a busy machine a look may come late; what no limit holds passes each time."""
FILLED_PIPES = """
        import fcntl
        fan()
        with suppress(OSError):
            while True:
                a, b = os.pipe()
                os.set_blocking(b, False)
                %s
                with suppress(BlockingIOError):
                    while True: os.write(b, bytes(%d))
                os.close(b)
        last()
    """
"""Pipes without end, as full as they get: what is done to each first, and the bytes of one write."""
ESCAPES = {
    # what processes hold
    "many processes fill": Escape("fan()\nx = []\nwhile True: x.append(bytearray(b'x' * 4096) * 256)"),
    "many processes fill at once": Escape("fan()\nraw(120 << 20, PRIVATE | ANONYMOUS | POPULATE)\nlast()"),
    "processes that hide fill": Escape(
        "libc.prctl(4, 0, 0, 0, 0)\nfan()\nx = bytearray(b'x') * (90 << 20)\nlast()"
    ),
    "orphans fill": Escape("""
        for _ in range(5):
            if os.fork() == 0:
                if os.fork() == 0:
                    x = bytearray(b"x") * (60 << 20)
                    last()
                os._exit(0)
            os.wait()
        last()
    """),
    "threads with stacks": Escape("""
        threading.stack_size(24 << 20)
        def deep():
            at = ctypes.create_string_buffer(1)
            fill(raw(20 << 20, PRIVATE | ANONYMOUS), 20 << 20)
            last()
        for _ in range(7): threading.Thread(target=deep).start()
    """),
    "vfork and exec": Escape("""
        for _ in range(7):
            os.posix_spawn("/usr/bin/perl", ["perl", "-e", "$x = 'x' x 90000000; sleep 1"], {})
        last()
    """),
    "brk": Escape(
        "libc.sbrk.restype = ctypes.c_void_p\nfan()\nat = libc.sbrk(N(100 << 20))\nfill(at, 100 << 20)\nlast()"
    ),
    "a mapping that grows": Escape("""
        libc.mremap.restype = ctypes.c_void_p
        fan()
        at, size = raw(1 << 20, PRIVATE | ANONYMOUS), 1 << 20
        while True:
            at = libc.mremap(ctypes.c_void_p(at), N(size), N(size * 2), 1)
            size *= 2
            fill(at, size)
    """),
    # what no process's resident set shows
    "shared mapping, pages let go": Escape("""
        fan()
        for _ in range(99):
            at = raw(1 << 20, SHARED | ANONYMOUS)
            fill(at, 1 << 20)
            libc.madvise(ctypes.c_void_p(at), N(1 << 20), 4)
        last()
    """),
    "shared mapping by the other flag": Escape(
        "fan()\nfill(raw(100 << 20, 3 | ANONYMOUS), 100 << 20)\nlast()"
    ),
    "shared mapping of zeros": Escape("""
        fd = os.open("/dev/zero", os.O_RDWR)
        fan()
        at = raw(100 << 20, SHARED, fd=fd)
        fill(at, 100 << 20)
        libc.madvise(ctypes.c_void_p(at), N(100 << 20), 4)
        last()
    """),
    "shared mapping, all but a page unmapped": Escape("""
        for _ in range(20):
            at = raw(50 << 20, SHARED | ANONYMOUS)
            fill(at, 50 << 20)
            libc.munmap(ctypes.c_void_p(at + 4096), N((50 << 20) - 4096))
        last()
    """),
    "shared mapping left to a child": Escape("""
        for _ in range(7):
            at = raw(60 << 20, SHARED | ANONYMOUS)
            fill(at, 60 << 20)
            if os.fork() == 0: last(); os._exit(0)
            libc.munmap(ctypes.c_void_p(at), N(60 << 20))
        last()
    """),
    "huge pages": Escape("fan()\nfill(raw(64 << 20, PRIVATE | ANONYMOUS | 0x40000), 64 << 20)\nlast()"),
    "files of memory by other calls": Escape("""
        for number, *arguments in ((319, b"x", 0), (447, 0), (29, 0, 100 << 20, 0o1600), (206, 60000, ctypes.c_long())):
            print(libc.syscall(number, *arguments))
        last()
    """),
    "sockets": Escape("""
        fan()
        keep = []
        with suppress(OSError):
            while True:
                keep += socket.socketpair()
                for s in keep[-2:]:
                    s.setblocking(False)
                    with suppress(BlockingIOError):
                        while True: s.send(bytes(100000))
        last()
    """),
    "sockets with larger buffers": Escape("""
        fan()
        keep = []
        with suppress(BlockingIOError):
            for _ in range(100):
                keep += socket.socketpair()
                with suppress(PermissionError): keep[-1].setsockopt(1, 7, 1 << 22)
                keep[-1].setblocking(False)
                with suppress(BlockingIOError):
                    while True: keep[-1].send(bytes(1 << 20))
        last()
    """),
    "datagrams": Escape("""
        fan()
        keep = []
        with suppress(OSError):
            while True:
                keep += socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
                for s in keep[-2:]:
                    s.setblocking(False)
                    with suppress(BlockingIOError):
                        s.send(b"x"); s.send(bytes(200000))
        last()
    """),
    "sockets in flight": Escape("""
        fan()
        with suppress(OSError):
            a, b = socket.socketpair()
            a.setblocking(False)
            while True:
                pair = socket.socketpair()
                pair[0].setblocking(False)
                with suppress(BlockingIOError):
                    while True: pair[0].send(bytes(100000))
                socket.send_fds(a, [b"x"], [s.fileno() for s in pair])
                for s in pair: s.close()
        last()
    """),
    "pipes": Escape(FILLED_PIPES % ("pass", 4096)),
    "larger pipes": Escape(FILLED_PIPES % ("with suppress(OSError): fcntl.fcntl(b, 1031, 1 << 20)", 65536)),
    "page tables": Escape("""
        fan()
        for _ in range(200):
            with suppress(OSError):
                at = raw(1 << 30, PRIVATE | ANONYMOUS | mmap.MAP_NORESERVE, prot=1)
                for page in range(at, at + (1 << 30), 2 << 20): ctypes.string_at(page, 1)
        last()
    """),
    "page tables of perl under node": node_escape(
        PERL
        % """
        for (1..16) { fork || last }
        for (1..22) {
            $at = syscall(9, 0, 1 << 30, 1, 0x4022, -1, 0); next if $at < 0;
            for ($i = 0; $i < 512; $i++) { unpack("P1", pack("Q", $at + ($i << 21))) }
        }
        sleep 1
    """
    ),
    "many small mappings": Escape("""
        fan()
        at = raw(160 << 20, PRIVATE | ANONYMOUS)
        for page in range(at, at + (160 << 20), 8192): libc.mprotect(ctypes.c_void_p(page), N(4096), 0)
        last()
    """),
    "files and memory": Escape("""
        for name in ("/tmp/a", "/dev/shm/b"):
            with suppress(OSError):
                with open(name, "wb", 0) as f:
                    while True: f.write(bytes(65536))
        x = bytearray(b"x") * (118 << 20)
        last()
    """),
    "the file of the result": Escape("""
        with suppress(OSError):
            while True: os.write(3, bytes(65536))
        x = bytearray(b"x") * (118 << 20)
        last()
    """),
    "locks of byte ranges": Escape("""
        import fcntl
        fan()
        for i in range(40):
            f = open(f"/tmp/{os.getpid()}-{i}", "wb")
            for n in range(3000): fcntl.lockf(f, fcntl.LOCK_EX, 1, 2 * n)
            globals()[f"f{i}"] = f
    """),
    "epoll": Escape("""
        import select
        fan()
        with suppress(OSError):
            events = [os.eventfd(0) for _ in range(100)]
            keep = []
            while True:
                keep.append(select.epoll())
                for event in events: keep[-1].register(event)
        last()
    """),
    # what node starts
    "one mapping of perl under node": node_escape(PERL % "$x = 'x' x 3000000000; sleep 1"),
    "a smaller one": node_escape(PERL % "$x = 'x' x 400000000; sleep 1"),
    "a shared one": node_escape(PERL % "syscall(9, 0, 3 << 30, 3, 0x8021, -1, 0); sleep 1"),
    "many perls under node": node_escape(PERL % "for (1..12) { fork || last } $x = 'x' x 90000000; sleep 1"),
    "bash under node": node_escape("""
        require('child_process').spawnSync('/bin/bash', ['-c', 'x=xxxxxxxx; while :; do x=$x$x; done'])
    """),
    "python under node": node_escape("""
        const s = "import os, time\\nfor _ in range(6): os.fork()\\nx = bytearray(b'x') * (90 << 20)\\ntime.sleep(1)";
        for (const name of ['/usr/bin/python3', '/usr/local/bin/python3'])
            require('child_process').spawnSync(name, ['-S', '-c', s]);
    """),
    "buffers of node": node_escape("const a = []; for (;;) a.push(Buffer.alloc(1 << 22, 1))"),
    "shared buffers of node": node_escape(
        "const a = []; for (;;) a.push(new Uint8Array(new SharedArrayBuffer(1 << 22)).fill(1))"
    ),
    "web assembly": node_escape("""
        const a = [];
        for (;;) { const m = new WebAssembly.Memory({initial: 512}); new Uint8Array(m.buffer).fill(1); a.push(m) }
    """),
    "workers of node": node_escape("""
        const {Worker} = require('worker_threads');
        const source = 'const a = []; for (;;) a.push(new Array(1e5).fill(a.length))';
        for (let i = 0; i < 4; i++) new Worker(source, {eval: true})
    """),
    "C++": Escape(
        "#include <vector>\\n#include <unistd.h>\\nint main() { for (int i = 0; i < 7; i++) if (!fork()) break;"
        " std::vector<char> v; for (;;) v.resize(v.size() + (1 << 24), 1); }".replace("\\n", "\n"),
        MEMORY,
        "cpp",
    ),
}
"""More memory than the limit."""
SPENDERS = {
    "many processes": Escape("fan()\nburn(9)", TIME),
    "threads": Escape("for _ in range(4): threading.Thread(target=burn, args=[9]).start()", TIME),
    "children ignored": Escape("signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nswarm(200, 0.05, 0.02)\nlast()", TIME),
    "children ignored by the system call": Escape("print(act(1, 0))\nswarm(200, 0.05, 0.02)\nlast()", TIME),
    "children that nobody waits for": Escape("print(act(0, 2))\nswarm(200, 0.05, 0.02)\nlast()", TIME),
    "short children": Escape("""
        act(1, 0)
        for _ in range(4000):
            with suppress(OSError):
                if os.fork() == 0: burn(0.005); os._exit(0)
            with suppress(OSError):
                while os.waitpid(-1, os.WNOHANG)[0]: pass
    """, TIME),
    "orphans": Escape("""
        for _ in range(40):
            with suppress(OSError):
                if os.fork() == 0:
                    if os.fork() == 0: burn(1)
                    os._exit(0)
                os.wait()
        last()
    """, TIME),
    "orphans of a reaper": Escape("libc.prctl(36, 1, 0, 0, 0)\nact(1, 0)\nswarm(60, 0.2)\nlast()", TIME),
    "children without a signal": Escape("""
        for _ in range(40):
            r = libc.syscall(56, 0, 0, 0, 0, 0)
            print(r)
            if r == 0: burn(0.5); os._exit(0)
        last()
    """, TIME),
    "siblings": Escape("""
        for _ in range(40):
            if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0: burn(0.5); os._exit(0)
        last()
    """, TIME),
    "a timer, and its signal ignored": Escape("""
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
        signal.signal(signal.SIGPROF, lambda *_: None)
        fan(3)
        while True: pass
    """, TIME),
    "programs one after another": Escape("""
        act(1, 0)
        while True: os.spawnl(os.P_WAIT, "/usr/bin/perl", "perl", "-e", "1 for 1..200000")
    """, TIME),
    "a thread that execs": Escape("""
        threading.Thread(target=burn, args=[0.8]).start()
        time.sleep(0.7)
        os.execv("/usr/bin/perl", ["perl", "-e", "fork; fork; 1 while 1"])
    """, TIME),
    "perl under node": node_escape(PERL % """
        $SIG{CHLD} = "IGNORE"; for (1..400) { if (!fork) { 1 for 1..500000; exit } select(undef, undef, undef, .01) }
    """, TIME),
    "node under node": node_escape("""
        const c = require('child_process');
        for (let i = 0; i < 6; i++) c.spawn(process.execPath, ['-e', 'for (;;);'])
    """, TIME),
    "workers": node_escape("""
        const {Worker} = require('worker_threads');
        for (let i = 0; i < 3; i++) new Worker('for (;;);', {eval: true})
    """, TIME),
    "C++ that ignores its children": Escape("""
        #include <signal.h>
        #include <time.h>
        #include <unistd.h>
        int main() {
            struct sigaction a = {};
            a.sa_handler = SIG_IGN; a.sa_flags = SA_NOCLDWAIT;
            sigaction(SIGCHLD, &a, 0);
            for (int i = 0; i < 400; i++) {
                if (fork() == 0) { while (clock() < CLOCKS_PER_SEC / 20); _exit(0); }
                usleep(10000);
            }
        }
    """, TIME, "cpp"),
}  # fmt: skip
"""More processor time than the limit, or than is told."""
ALL = ESCAPES | SPENDERS | newcomer.ESCAPES | newcomer.SPENDERS


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    name: str
    outcome: Outcome
    taken: meter.Reading
    limits: Limits

    def fault(self) -> str:
        """What passed its limit by more than OVER; empty where nothing did."""
        faults = []
        if self.taken.memory > self.limits.memory * OVER:
            faults.append(f"memory {self.taken.memory >> 20} MiB")
        if self.limits.cpu_seconds and self.taken.cpu > self.limits.cpu_seconds * OVER + OWN_CPU:
            faults.append(f"{self.taken.cpu:.2f} s")
        if self.outcome.cpu < self.taken.cpu * 0.8 - OWN_CPU:
            faults.append(f"told {self.outcome.cpu:.2f} s of {self.taken.cpu:.2f} s")
        return ", ".join(faults)

    def __str__(self) -> str:
        taken = f"{self.taken.memory / 2**20:6.0f} MiB {self.taken.cpu:5.2f} s"
        return (
            f"{self.name:42} {self.outcome.status:8} {taken}  told {self.outcome.cpu:5.2f} s  {self.fault()}"
        )


def measure(name: str, way: str) -> Line:
    """Runs one on a server of its own, which is gone afterwards."""
    escape, kind = ALL[name], Kind(way, False, ())
    seconds, cpu_seconds = escape.limits.seconds, escape.limits.cpu_seconds
    limits = replace(
        escape.limits, seconds=seconds * SLOWER, cpu_seconds=cpu_seconds and cpu_seconds * SLOWER
    )
    SERVERS.close()
    try:
        run_on_server(kind, Program("print(1)"), [ProgramInput()])
        (server,) = SERVERS._free
        with meter.metered(server) as reading:
            (outcome,) = run_on_server(kind, escape.program(), [ProgramInput()], limits)
    finally:
        SERVERS.close()
    return Line(name, outcome, reading, limits)


def faults_of(name: str, way: str) -> str:
    """The lines of one that passed a limit each time it was tried; empty where it was held."""
    lines = []
    for _ in range(TRIES):
        lines.append(measure(name, way))
        if not lines[-1].fault():
            return ""
    return "\n".join(map(str, lines))


def main(way: str = WAYS[0], *names: str) -> None:
    """Prints the table."""
    groups = meter.Groups.make()
    try:
        for name in names or ALL:
            print(measure(name, way), flush=True)  # noqa: T201
    finally:
        if groups:
            groups.remove()


if __name__ == "__main__":
    main(*sys.argv[1:])
