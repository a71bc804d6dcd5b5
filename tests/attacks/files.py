"""Attacks on files: the system's, the user's, the project's, the sandbox's own."""

from tests.attacks.attack import attack

ATTACKS = [
    attack(
        "system files",
        """
        for f in ("/etc/shadow", "/etc/passwd", "/etc/hostname", "/etc/ssh", "/var/log", "/sys/kernel", "/boot"):
            attempt(f, lambda: os.stat(f))
        """,
        prints="refused /etc/shadow",
    ),
    attack(
        "home",
        """
        there = os.listdir("@HOME@") if os.path.exists("@HOME@") else []
        if set(there) - set(sys.base_prefix.split("/")):
            print("ESCAPED", there)
        for f in ("/home", "/root/.ssh", "/root/.bashrc"):
            attempt(f, lambda: os.stat(f))
        """,
        prints="refused /home",
    ),
    attack(
        "canary",
        'attempt("canary", lambda: print(open("@CANARY@").read()))',
        prints="refused",
    ),
    attack(
        "project",
        """
        for f in ("@PROJECT@", "@PROJECT@/r1data", "@PROJECT@/tests/attacks/attack.py"):
            attempt(f, lambda: os.stat(f))
        """,
        prints="refused",
    ),
    attack(
        "its own walls' sources",
        """
        attempt("run", lambda: os.stat("/run/inside"))
        import inspect
        for n, m in list(sys.modules.items()):
            if n.startswith("inside."):
                attempt(n, lambda: print(inspect.getsource(m)))
        """,
        prints="refused run",
    ),
    attack(
        "link to the canary",
        """
        os.symlink("@CANARY@", "/tmp/link")
        attempt("link", lambda: print(open("/tmp/link").read()))
        os.symlink("/", "/tmp/root")
        attempt("root", lambda: os.stat("/tmp/root@CANARY@"))
        """,
        prints="refused link",
    ),
    attack(
        "other roots",
        """
        for f in (
            "/proc/1/root",
            "/proc/self/root",
            "/proc/self/cwd",
            "/proc/self/fd",
            "/proc/1/environ",
            "/proc/2/fd",
        ):
            attempt(f, lambda: os.stat(f + "@CANARY@"))
        """,
        prints="refused /proc/1/root",
    ),
    attack(
        "upwards",
        'attempt("up", lambda: print(open("../" * 40 + "@CANARY@"[1:]).read()))',
        prints="refused",
    ),
    attack(
        "inherited descriptors",
        """
        for n in range(4, 4096):
            try:
                os.fstat(n)
            except OSError:
                continue
            print("ESCAPED", n)
        for n in range(4):
            attempt(f"fchdir {n}", lambda: os.fchdir(n))
        """,
        prints="refused fchdir 3",
    ),
    attack(
        "file handles",
        """
        h = ctypes.create_string_buffer(200)
        m = ctypes.c_int()
        syscall(
            "name",
            303,
            -100,
            ctypes.cast(ctypes.c_char_p(b"/usr"), ctypes.c_void_p).value,
            ctypes.addressof(h),
            ctypes.addressof(m),
            0,
        )
        syscall("open", 304, 0, ctypes.addressof(h), 0)
        """,
        prints="refused open",
    ),
    attack(
        "device nodes",
        """
        import stat
        for d in ((8, 0), (254, 0), (1, 1), (1, 2)):
            attempt(d, lambda: os.mknod(f"/tmp/{d[0]}-{d[1]}", 0o600 | stat.S_IFBLK, os.makedev(*d)))
        for f in ("/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/tty"):
            attempt(f, lambda: open(f))
        """,
        prints="refused /dev/mem",
    ),
    attack(
        "setuid programs",
        """
        import stat, subprocess
        for f in ("/usr/bin/su", "/usr/bin/passwd", "/usr/bin/mount", "/usr/bin/newgrp"):
            if os.path.exists(f):
                r = subprocess.run([f, "--help"], capture_output=True)
        print("uid", os.getresuid())
        print("ESCAPED" if 0 in os.getresuid() else "refused")
        """,
        "ok failed",
    ),
]
