"""Attacks on what surrounds a process: variables, arguments, names."""

from tests.attacks.attack import attack

ATTACKS = [
    attack(
        "environment",
        "print(dict(os.environ))",
        prints="PATH",
    ),
    attack(
        "the first environment",
        """
        e = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
        i = 0
        while e[i]:
            print(e[i])
            i += 1
        attempt("environ", lambda: open("/proc/self/environ"))
        """,
        prints="refused",
    ),
    attack(
        "arguments",
        """
        print(sys.argv, sys.orig_argv, sys.path)
        print("ESCAPED" if "@PROJECT@" in str((sys.argv, sys.orig_argv, sys.path)) else "nothing")
        """,
        prints="nothing",
    ),
    attack(
        "host's name",
        """
        import platform
        n = platform.node()
        print("refused" if n in ("sandbox", "localhost", "(none)") else "ESCAPED")
        """,
        prints="refused",
    ),
]
