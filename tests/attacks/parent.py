"""Attacks on other processes: by signals, by ptrace, through their memory and descriptors."""

from tests.attacks.attack import attack

ATTACKS = [
    attack(
        "signals outside",
        """
        import signal
        attempt("parent", lambda: os.kill(@PARENT@, signal.SIGTERM))
        for pid in range(3, 70000, 1):
            if pid == os.getpid():
                continue
            try:
                os.kill(pid, 0)
            except OSError:
                continue
            print("ESCAPED", pid)
        """,
        prints="refused parent",
    ),
    attack(
        "ptrace",
        """
        for p in (1, os.getppid(), @PARENT@):
            syscall("attach", 101, 16, p, 0, 0)
            syscall("seize", 101, 0x4206, p, 0, 0)
        syscall("traceme", 101, 0, 0, 0, 0)
        """,
        prints="refused attach",
    ),
    attack(
        "reads the supervisor's memory",
        """
        b = ctypes.create_string_buffer(64)
        iov = (ctypes.c_size_t * 2)(ctypes.addressof(b), 64)
        far = (ctypes.c_size_t * 2)(id(b), 64)
        for call in (310, 311):
            syscall("vm", call, 1, ctypes.addressof(iov), 1, ctypes.addressof(far), 1, 0)
        for f in ("/proc/1/mem", "/proc/self/mem"):
            attempt(f, lambda: open(f, "rb"))
        """,
        prints="refused /proc/1/mem",
    ),
    attack(
        "takes the supervisor's descriptors",
        """
        fd = os.pidfd_open(1)
        for n in range(20):
            syscall("getfd", 438, fd, n, 0)
        """,
        prints="refused getfd",
    ),
    attack(
        "slows the supervisor",
        """
        attempt("nice", lambda: os.setpriority(os.PRIO_PROCESS, 1, 19))
        attempt("group", lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))
        attempt("affinity", lambda: os.sched_setaffinity(1, {0}))
        attempt("idle", lambda: os.sched_setscheduler(1, 5, os.sched_param(0)))
        """,
        prints="refused nice",
    ),
]
