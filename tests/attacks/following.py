"""Attacks on the next program: files, memory, modules, descriptors that are left to it."""

from tests.attacks.attack import ANY, attack

EMPTY = "[] [] /job/tmp"
ATTACKS = [
    attack(
        "leaves files",
        """
        for f in ("/tmp/x", "/dev/shm/x", "y", "/tmp/.hidden", "/job/x"):
            open(f, "w").write("x")
        """,
        then='print(sorted(os.listdir("/tmp")), sorted(os.listdir("/dev/shm")), os.getcwd())',
        then_prints=EMPTY,
    ),
    attack(
        "leaves open files and a process",
        """
        open("/tmp/x", "w")
        if os.fork() == 0:
            import time
            while True:
                time.sleep(0.01)
                open("/tmp/x", "a").write("x")
        """,
        then="""
        import time
        time.sleep(0.1)
        print(sorted(os.listdir("/tmp")), sorted(os.listdir("/dev/shm")), os.getcwd())
        """,
        then_prints=EMPTY,
    ),
    attack(
        "system V memory",
        """
        for n, a in ((29, (7, 4096, 0o1777)), (64, (7, 1, 0o1777)), (68, (7, 0o1777))):
            syscall(n, n, *a)
        """,
        prints="refused 29",
        then="""
        for n, a in ((29, (7, 4096, 0o777)), (64, (7, 1, 0o777)), (68, (7, 0o777))):
            libc.syscall(n, *a) >= 0 and print("found")
        """,
        then_prints="",
    ),
    attack(
        "message queue",
        'syscall("mq", 240, ctypes.cast(ctypes.c_char_p(b"x"), ctypes.c_void_p).value, 0o102, 0o600, 0)',
        prints="refused",
    ),
    attack(
        "patched modules",
        """
        import json, builtins, math
        json.dumps = lambda *_: "41"
        builtins.print = lambda *_: None
        math.sqrt = lambda _: 41
        builtins.input = lambda: "20 21"
        """,
        then="""
        import json, math
        print(json.dumps(1), math.sqrt(4))
        """,
        then_prints="1 2.0",
    ),
    attack(
        "startup files",
        """
        import site
        for f in (
            sys.prefix + "/lib",
            site.getusersitepackages() if 0 else "/usr/lib/python3",
            "/run",
            "/tmp",
            os.path.dirname(os.__file__),
        ):
            try:
                open(f + "/sitecustomize.py", "w").write("print(41)")
                open(f + "/x.pth", "w").write("import sitecustomize")
            except OSError:
                pass
        """,
        then="""
        import importlib.util as u
        print(u.find_spec("sitecustomize"))
        """,
        then_prints="None",
    ),
    attack(
        "poisoned bytecode",
        """
        import json
        for f in (json.__cached__ or json.__file__, json.__file__):
            attempt(f, lambda: open(f, "r+b"))
        attempt("touch", lambda: os.utime(json.__file__))
        """,
        prints="refused touch",
    ),
    attack(
        "the warm interpreter's memory",
        """
        sys.setrecursionlimit(77)
        import signal
        signal.alarm(1)
        os.environ["X"] = "1"
        import gc
        gc.disable()
        """,
        then='print(sys.getrecursionlimit(), os.environ.get("X"), __import__("gc").isenabled())',
        then_prints="10000 None True",
    ),
    attack(
        "a secret in memory",
        """
        secret = "secret-of-the-" + "first"
        keep = [secret * 10 for _ in range(1000)]
        print(secret)
        """,
        then="""
        import re
        out = os.open("/tmp/peek", os.O_CREAT | os.O_RDWR)
        needles = [re.compile(b"secret-of-the-[s]econd"), re.compile(b"secret-of-the-[f]irst")]
        own = "".join(["secret-of-", "the-", "second"])
        found = [False, False]
        objects = [*gc.get_objects(), *sys.modules.values(), *globals().values(), *globals(), own]
        for page in {(id(o) >> 12) + near for o in objects for near in range(-8, 9)}:
            if libc.pwrite(out, ctypes.c_void_p(page << 12), ctypes.c_size_t(4096), ctypes.c_long(0)) > 0:
                found = [f or bool(n.search(os.pread(out, 4096, 0))) for f, n in zip(found, needles)]
        print(found)
        """,
        then_prints="[True, False]",
    ),
    attack(
        "writes to every descriptor",
        """
        for n in range(1, 256):
            try:
                os.write(n, b'{"code": 0, "why": ""}')
            except OSError:
                pass
        """,
        ANY,
    ),
    attack(
        "reads every descriptor",
        """
        got = b""
        for n in range(256):
            try:
                os.set_blocking(n, False)
                got += os.read(n, 4096)
            except OSError:
                pass
        print(got)
        """,
        prints="20 21",
    ),
    attack(
        "changes its descriptors' flags",
        """
        import fcntl
        for n in range(4):
            fcntl.fcntl(n, fcntl.F_SETFL, os.O_NONBLOCK)
            os.ftruncate(n, 0) if n else 0
        """,
        then='print(input.__name__, sys.stdin.read() == "")',
        then_prints="input True",
    ),
]
