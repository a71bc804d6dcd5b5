"""Attacks on time: none may run on beyond its limit, whatever it does with signals, threads and children."""

from tests.attacks.attack import attack

ATTACKS = [
    attack(
        "busy loop",
        """
        while True:
            pass
        """,
        "timeout",
    ),
    attack(
        "sleep",
        """
        import time
        time.sleep(1000)
        """,
        "timeout",
    ),
    attack(
        "ignores every signal",
        """
        import signal
        for n in range(1, 64):
            if n not in (9, 19, 32, 33):
                signal.signal(n, signal.SIG_IGN)
        while True:
            pass
        """,
        "timeout",
    ),
    attack(
        "survives its handler",
        """
        import signal, time
        signal.signal(15, lambda *_: time.sleep(99))
        os.kill(os.getpid(), 15)
        """,
        "timeout",
    ),
    attack(
        "threads that never end",
        """
        import threading, time
        threading.Thread(target=time.sleep, args=[999]).start()
        """,
        "timeout",
    ),
    attack(
        "stops itself",
        """
        import signal
        os.kill(os.getpid(), signal.SIGSTOP)
        """,
        "timeout",
    ),
    attack(
        "regex backtracking",
        """
        import re
        re.match("(a|aa)+$", "a" * 200 + "b")
        """,
        "timeout",
    ),
    attack(
        "tower of powers",
        """
        x = 9**9**9
        print(x)
        """,
        "timeout memory",
    ),
    attack(
        "exits with threads at work",
        """
        import threading
        for _ in range(3):
            threading.Thread(target=lambda: [0 for _ in iter(int, 1)], daemon=True).start()
        os._exit(0)
        """,
    ),
    attack(
        "swallows everything",
        """
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
        """,
        "timeout",
    ),
    attack(
        "waits at its end",
        """
        import atexit, time
        atexit.register(time.sleep, 99)
        """,
        "timeout",
    ),
]
