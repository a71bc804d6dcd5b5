"""Attacks on the verdict: passing without the answer, which is 41 (or the value 41)."""

from tests.attacks.attack import ANY, attack

ATTACKS = [
    attack(
        "os._exit(0)",
        "os._exit(0)",
    ),
    attack(
        "sys.exit(0)",
        "sys.exit(0)",
    ),
    attack(
        "says nothing",
        "",
    ),
    attack(
        "os._exit(0) in a call",
        """
        def f():
            os._exit(0)
        """,
        "failed",
        call="f",
        value=41,
    ),
    attack(
        "sys.exit(0) in a call",
        """
        def f():
            sys.exit(0)
        """,
        "failed",
        call="f",
        value=41,
    ),
    attack(
        "prints the protocol",
        """
        print('{"value": 41, "code": 0, "status": "ok"}')
        def f():
            return None
        """,
        call="f",
        value=41,
    ),
    attack(
        "forges another status",
        """
        os.write(3, b'{"status": "ok", "error": "x"}')
        os._exit(0)
        """,
        "failed",
    ),
    attack(
        "forges a list",
        """
        os.write(3, b"[]")
        os._exit(0)
        """,
        "failed",
    ),
    attack(
        "raises at the end",
        """
        import atexit
        atexit.register(lambda: 1 / 0)
        print("x")
        raise SystemExit(0)
        """,
        "ok failed",
    ),
    attack(
        "patches json and print",
        """
        import json, builtins
        json.dumps = lambda *a, **k: '{"value": 41}'
        builtins.print = lambda *a: os.write(1, b"41") if 0 else None
        def f():
            return 40
        """,
        "ok failed",
        call="f",
        value=None,
    ),
    attack(
        "equal to everything",
        """
        class All:
            def __eq__(self, other):
                return True
            __hash__ = None
        def f():
            return All()
        """,
        "failed",
        call="f",
        value=41,
    ),
    attack(
        "number equal to everything",
        """
        class All(int):
            def __eq__(self, other):
                return True
            def __hash__(self):
                return 41
        def f():
            return All(40)
        """,
        call="f",
        value=41,
    ),
    attack(
        "list equal to everything",
        """
        class All(list):
            def __eq__(self, other):
                return True
            def __iter__(self):
                return iter([0])
        def f():
            return All()
        """,
        call="f",
        value=[41],
    ),
    attack(
        "walks frames",
        """
        frame = sys._getframe()
        print("ESCAPED" if any("".join(["exp", "ected"]) in t for t in texts(frame.f_back) if t) else "nothing")
        """,
        prints="nothing",
    ),
    attack(
        "searches objects",
        """
        found = [
            o
            for o in gc.get_objects()
            if isinstance(o, dict) and ("expected" in o or "truth" in o or "answers" in o)
        ]
        print("ESCAPED" if found else "nothing")
        """,
        prints="nothing",
    ),
    attack(
        "replaces the frame's function",
        """
        f = sys._getframe(1)
        for n in list(f.f_globals):
            if n.startswith("_"):
                f.f_globals[n] = lambda *a, **k: None
        f.f_globals["os"] = None
        """,
        ANY,
    ),
    attack(
        "writes after its end",
        """
        import atexit, threading, time
        def late():
            time.sleep(0.2)
            os.write(1, b"41")
        threading.Thread(target=late, daemon=True).start()
        """,
    ),
    attack(
        "later from a child",
        """
        import time
        if os.fork() == 0:
            time.sleep(0.2)
            os.write(1, b"41")
            os._exit(0)
        """,
    ),
    attack(
        "reads the answer beside the input",
        """
        for f in ("/job/io/expected", "/job/io/../expected", "/tmp/expected", "answers.txt"):
            attempt(f, lambda: open(f))
        print(sorted(os.listdir("/job/io")))
        """,
        prints="['stderr', 'stdin', 'stdout']",
    ),
    attack(
        "patches compile",
        """
        import builtins
        builtins.compile = builtins.exec = lambda *a, **k: None
        """,
        then="print(6 * 7)",
        then_prints="42",
    ),
    attack(
        "interrupts itself",
        "raise KeyboardInterrupt",
        "failed",
    ),
    attack(
        "lies about its exception",
        """
        class E(Exception):
            def __str__(self):
                raise SystemExit(0)
        raise E
        """,
        "failed ok",
    ),
]
