"""Attacks on the walls: mounts, roots, namespaces, rights."""

from tests.attacks.attack import attack

ATTACKS = [
    attack(
        "mount",
        """
        for a in (
            (b"tmpfs", b"/tmp", b"tmpfs", 0, None),
            (b"proc", b"/tmp", b"proc", 0, None),
            (b"/", b"/tmp", None, 4096, None),
            (None, b"/", None, 32, None),
            (None, b"/usr/lib", None, 4128, None),
        ):
            print("ESCAPED" if libc.mount(*a) == 0 else "refused")
        """,
        prints="refused",
    ),
    attack(
        "umount",
        """
        for f in (b"/proc", b"/run", b"/job", b"/"):
            print("ESCAPED" if libc.umount2(f, 2) == 0 else "refused")
        attempt("proc", lambda: os.stat("/proc/self"))
        attempt("run", lambda: os.stat("/run/inside"))
        """,
        prints="refused proc",
    ),
    attack(
        "other roots by call",
        """
        os.mkdir("/tmp/x")
        attempt("chroot", lambda: os.chroot("/tmp/x"))
        print("ESCAPED" if libc.pivot_root(b"/tmp", b"/tmp/x") == 0 else "refused")
        """,
        prints="refused chroot",
    ),
    attack(
        "new namespaces",
        """
        for bit in (7, 17, 25, 26, 27, 28, 29, 30):
            print("ESCAPED" if libc.unshare(1 << bit) == 0 else "refused")
            syscall("clone", 56, 1 << bit | 17, 0, 0, 0, 0)
        """,
        prints="refused clone",
    ),
    attack(
        "clone3",
        """
        a = (ctypes.c_ulonglong * 11)(0x10000000, 0, 0, 0, 17)
        syscall("clone3", 435, ctypes.addressof(a), 88)
        """,
        prints="refused",
    ),
    attack(
        "joins namespaces",
        """
        fd = os.pidfd_open(1)
        for kind in (0, 0x10000000, 0x20000, 0x40000000):
            syscall("setns", 308, fd, kind)
        """,
        prints="refused setns",
    ),
    attack(
        "new mount calls",
        """
        for n in (428, 429, 430, 431, 432, 433, 442, 457, 458):
            syscall(n, n, 0, 0, 0, 0, 0)
        syscall("fsopen", 430, ctypes.cast(ctypes.c_char_p(b"tmpfs"), ctypes.c_void_p).value, 0)
        """,
        prints="refused fsopen",
    ),
    attack(
        "becomes root",
        """
        for call in (
            lambda: os.setuid(0),
            lambda: os.setresuid(0, 0, 0),
            lambda: os.setgid(0),
            lambda: os.setgroups([0]),
        ):
            attempt("id", call)
        h = (ctypes.c_uint * 2)(0x20080522, 0)
        d = (ctypes.c_uint * 6)(*[0xFFFFFFFF] * 6)
        print("ESCAPED" if libc.capset(h, d) == 0 else "refused caps")
        """,
        prints="refused caps",
    ),
]
