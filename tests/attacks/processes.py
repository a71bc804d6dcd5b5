"""Attacks by processes: bombs, orphans, and what could be done to the supervisor."""

from tests.attacks.attack import ANY, attack

ATTACKS = [
    attack(
        "fork bomb",
        """
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """,
        "timeout memory",
    ),
    attack(
        "fork bomb whose parents go",
        """
        while True:
            try:
                detach()
            except OSError:
                pass
        """,
        ANY,
    ),
    attack(
        "thread bomb",
        """
        import threading, time
        while True:
            threading.Thread(target=time.sleep, args=[99]).start()
        """,
        "failed timeout",
    ),
    attack(
        "orphan that sleeps",
        """
        if os.fork() == 0:
            detach()
            import time
            time.sleep(99)
        """,
    ),
    attack(
        "orphan that writes",
        """
        if os.fork() == 0:
            detach()
            while True:
                os.write(1, b"0")
        """,
        "ok output",
    ),
    attack(
        "shell fork bomb",
        'os.execv("/bin/sh", ["sh", "-c", "f() { f | f & }; f; wait"])',
        ANY,
    ),
    attack(
        "kills all",
        """
        import signal
        os.kill(-1, signal.SIGKILL)
        """,
        ANY,
    ),
    attack(
        "kills its group",
        """
        import signal
        os.killpg(0, signal.SIGKILL)
        """,
        "failed",
    ),
    attack(
        "kills the supervisor",
        """
        import signal
        os.kill(1, signal.SIGKILL)
        os.kill(os.getppid(), 9)
        print("still here")
        """,
        prints="still here",
    ),
    attack(
        "stops the supervisor",
        """
        import signal
        os.kill(1, signal.SIGSTOP)
        print("still here")
        """,
        prints="still here",
    ),
    attack(
        "limits of the supervisor",
        """
        import resource
        attempt("prlimit", lambda: resource.prlimit(1, resource.RLIMIT_CPU, (0, 0)))
        """,
        prints="refused",
    ),
    attack(
        "raises its own limits",
        """
        import resource
        def raise_limit(number):
            resource.setrlimit(number, (-1, -1))
            if resource.getrlimit(number) != (-1, -1):
                raise PermissionError("it stays as it was")
        for name in ("AS", "DATA", "CPU", "FSIZE", "NPROC", "NOFILE", "STACK", "CORE"):
            number = getattr(resource, f"RLIMIT_{name}")
            attempt(name, lambda: raise_limit(number))
        """,
        prints="refused CORE",
    ),
]
