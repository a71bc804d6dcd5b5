"""Attacks on the filter of system calls."""

from tests.attacks.attack import attack

ATTACKS = [
    attack(
        "forbidden calls",
        """
        import platform
        if platform.machine() == "x86_64":
            for n in (
                101,
                165,
                166,
                155,
                161,
                272,
                308,
                246,
                320,
                175,
                313,
                176,
                321,
                298,
                323,
                425,
                426,
                427,
                250,
                248,
                249,
                169,
                167,
                168,
                103,
                172,
                173,
                154,
                135,
                29,
                30,
                64,
                68,
                240,
                319,
                41,
                42,
                49,
                50,
                312,
                440,
                448,
                300,
                301,
                303,
                304,
            ):
                syscall(n, n, 0, 0, 0, 0, 0, 0)
        print("done")
        """,
        prints="done",
    ),
    attack(
        "newer calls",
        """
        for n in (463, 470, 500, 999, 1 << 20):
            syscall(n, n, 0, 0, 0, 0, 0, 0)
        """,
        prints="refused 500",
    ),
    attack(
        "x32 calls",
        """
        libc.syscall(ctypes.c_long(0x40000000 | 39))
        print("ESCAPED")
        """,
        "failed",
    ),
    attack(
        "int 0x80",
        """
        import mmap
        code = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
        code.write(b"\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3")
        f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
        print("ESCAPED", f())
        """,
        "failed",
    ),
    attack(
        "own filter first",
        """
        syscall("listener", 317, 1, 8, 0)
        libc.prctl(22, 0, 0, 0, 0)
        syscall("mount", 165, 0, 0, 0, 0, 0)
        """,
        prints="refused mount",
    ),
    attack(
        "reads and writes through the kernel",
        """
        for n in (163, 170, 171, 179, 180, 212):
            syscall(n, n, 0, 0, 0, 0, 0)
        """,
        prints="refused",
    ),
]
