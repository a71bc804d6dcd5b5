"""Attacks on the disk: filling it, and writing beside it."""

from tests.attacks.attack import attack

ATTACKS = [
    attack(
        "fills the disk",
        """
        with open("/tmp/x", "wb") as f:
            while True:
                f.write(bytes(65536))
        """,
        "failed",
    ),
    attack(
        "fills shared memory",
        """
        for i in range(99):
            with open(f"/dev/shm/{i}", "wb") as f:
                f.write(bytes(1 << 20))
        """,
        "failed",
    ),
    attack(
        "many files",
        """
        for i in range(10**6):
            open(f"/tmp/{i}", "w").close()
        """,
        "failed",
    ),
    attack(
        "sparse giant",
        'attempt("truncate", lambda: os.truncate(open("/tmp/x", "w").name, 1 << 40))',
        prints="refused",
    ),
    attack(
        "writes outside",
        """
        for f in "/ /usr /usr/lib /usr/bin /etc /run /dev /proc /opt /var /root /home /sys /lib".split():
            attempt(f, lambda: open(f + "/r1-escape", "w"))
        attempt(sys.prefix, lambda: open(sys.prefix + "/lib/r1-escape", "w"))
        """,
        prints="refused /usr/lib ",
    ),
    attack(
        "open files",
        'x = [open("/dev/null") for _ in range(9999)]',
        "failed",
    ),
]
