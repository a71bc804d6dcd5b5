"""Attacks by output: too much of it, or such that reading it hurts."""

from tests.attacks.attack import attack

ATTACKS = [
    attack(
        "endless stdout",
        """
        while True:
            print("x" * 1000)
        """,
        "output",
    ),
    attack(
        "endless stderr",
        """
        while True:
            print("x" * 1000, file=sys.stderr)
        """,
        "output",
    ),
    attack(
        "endless and silent on errors",
        """
        while True:
            try:
                os.write(1, bytes(1000))
            except OSError:
                pass
        """,
        "output",
    ),
    attack(
        "huge value",
        """
        def f():
            return "x" * (1 << 24)
        """,
        "output",
        call="f",
    ),
    attack(
        "endless result",
        """
        while True:
            os.write(3, bytes(1000))
        """,
        "output",
    ),
    attack(
        "deep value",
        """
        def f():
            x = []
            for _ in range(10**5):
                x = [x]
            return x
        """,
        "failed",
        call="f",
    ),
    attack(
        "deep forged value",
        """
        def f():
            os.write(3, b"[" * 60000)
            os._exit(0)
        """,
        "failed",
        call="f",
    ),
    attack(
        "long forged number",
        """
        def f():
            os.write(3, b'{"value": ' + b"9" * 60000 + b"}")
            os._exit(0)
        """,
        "failed",
        call="f",
    ),
    attack(
        "closed stdout",
        """
        sys.stdout.close()
        os.close(1)
        print("x")
        """,
        "failed",
    ),
    attack(
        "seeks in stdout",
        """
        print("x" * 100)
        sys.stdout.flush()
        os.ftruncate(1, 1 << 19)
        """,
        "output",
    ),
    attack(
        "no text",
        "os.write(1, bytes(range(256)))",
    ),
]
