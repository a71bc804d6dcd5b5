"""Attacks on memory: of one process, of many together, and where no limit of a process counts it."""

from tests.attacks.attack import attack

ATTACKS = [
    attack(
        "list",
        """
        x = [0]
        while True:
            x += x
        """,
        "memory",
    ),
    attack(
        "bytearray",
        "x = bytearray(1 << 34)",
        "memory",
    ),
    attack(
        "shared mapping",
        """
        import mmap
        m = mmap.mmap(-1, 1 << 33)
        m.write(b"x" * (1 << 33))
        """,
        "memory failed",
    ),
    attack(
        "endless recursion",
        """
        def f():
            f()
        f()
        """,
        "failed",
    ),
    attack(
        "endless recursion without a limit",
        """
        sys.setrecursionlimit(1 << 30)
        def f():
            f()
        f()
        """,
        "failed memory timeout",
    ),
    attack(
        "recursion through C",
        """
        sys.setrecursionlimit(1 << 30)
        class A:
            def __repr__(self):
                return repr(self)
        repr(A())
        """,
        "failed memory timeout",
    ),
    attack(
        "decompression bomb",
        """
        import zlib
        c = zlib.compressobj()
        b = b"".join(c.compress(bytes(1 << 20)) for _ in range(300)) + c.flush()
        zlib.decompress(b)
        """,
        "memory timeout",
    ),
    attack(
        "long text",
        'x = "x" * (1 << 40)',
        "memory",
    ),
    attack(
        "memory in many processes",
        """
        import time
        for _ in range(5):
            if os.fork() == 0:
                x = bytearray(b"x") * (60 << 20)
                time.sleep(9)
        time.sleep(9)
        """,
        "memory",
    ),
    attack(
        "memory in many processes that hide it",
        """
        import time
        libc.prctl(4, 0, 0, 0, 0)
        for _ in range(5):
            if os.fork() == 0:
                x = bytearray(b"x") * (60 << 20)
                time.sleep(9)
        time.sleep(9)
        """,
        "memory",
    ),
    attack(
        "memory file",
        'attempt("memfd", lambda: os.memfd_create("x"))',
        prints="refused memfd",
    ),
    attack(
        "memory in pipes",
        """
        import fcntl
        pipes = []
        try:
            while True:
                pipes.append(os.pipe())
                os.set_blocking(pipes[-1][1], False)
                fcntl.fcntl(pipes[-1][1], 1031, 1 << 20)
                os.write(pipes[-1][1], bytes(1 << 20))
        except OSError:
            print("refused", len(pipes) < 129)
        """,
        prints="refused True",
    ),
    attack(
        "locked memory",
        """
        import mmap
        m = mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE)
        r = libc.mlockall(3)
        print("ESCAPED" if r == 0 else "refused")
        """,
        prints="refused",
    ),
]
