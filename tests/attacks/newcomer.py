"""Thirty attacks that were written without looking at the others, and what each found.

Fourteen are programs that must be contained (`ATTACKS`), nine take memory or time where it might not be counted
(`ESCAPES`, `SPENDERS`), seven want a verdict, another row or what its parent has open (`test_newcomer`).

Seven found something, and six of these are mended: "attributes of the result's file" (1.3 GiB under a limit of 128
MiB), "filters kept by their listeners", "rules without end", "named pipes", "times of devices" (a program could leave
something to the next, and change the machine's own /dev), the size of the disk (it told how long the expected output
is, to 256 characters), and a signal that a program sends itself (it was taken for a time-out). Left is "names that are
not there": the kernel keeps such names, until it needs their memory, and only a control group counts them.
"""

from tests.attacks.attack import ANY, attack
from tests.attacks.escape import PERL, TIME, Escape, node_escape

ATTACKS = [
    attack(
        "sends past a pair of sockets",
        # found: nothing; of a pair only datagrams look at the address, and there is none but their own
        """
        import socket
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            a, b = socket.socketpair(socket.AF_UNIX, kind)
            for address in ("@ABSTRACT@", "@CANARY@", "/run/systemd/notify"):
                for send in (lambda: a.sendto(b"x", address), lambda: a.sendmsg([b"x"], [], 0, address)):
                    try: print("sent", send())
                    except OSError as error: print("refused", error)
        for family in range(2, 46):
            for kind in (1, 2, 3, 5):
                two = (ctypes.c_int * 2)()
                if libc.syscall(53, family, kind, 0, two) == 0:
                    print("ESCAPED", family, kind)
        """,
        prints="refused",
    ),
    attack(
        "networks by node and its tools",
        # found: nothing
        """
        const net = require("net"), dgram = require("dgram"), cp = require("child_process"), port = @PORT@;
        const say = what => console.log("ESCAPED", what), none = () => {};
        const attempt = f => { try { f() } catch (e) { console.log("refused", e.message) } };
        attempt(() => net.connect(port, "127.0.0.1").on("connect", () => say("net")).on("error", none));
        attempt(() => net.connect("@ABSTRACT@").on("connect", () => say("abstract")).on("error", none));
        attempt(() => {
            const u = dgram.createSocket("udp4");
            u.on("error", none);
            u.send("x", port, "127.0.0.1", none);
        });
        attempt(() => {
            const {TCP} = process.binding("tcp_wrap");
            if (new TCP(1).bind("127.0.0.1", 0) === 0) say("tcp");
        });
        attempt(() => {
            const {Pipe} = process.binding("pipe_wrap");
            if (new Pipe(1).bind("/tmp/p") === 0) say("pipe");
        });
        for (const command of [
            "exec 3<>/dev/tcp/127.0.0.1/" + port + " && echo ESCAPED", "echo x >/dev/udp/127.0.0.1/" + port,
            "perl -MIO::Socket -e 'print qq(ESCAPED) if IO::Socket::INET->new(qq(127.0.0.1:" + port + "))'",
            "curl -s http://127.0.0.1:" + port + " && echo ESCAPED", "getent passwd root && echo ESCAPED"])
            attempt(() => console.log(String(cp.spawnSync("bash", ["-c", command]).stdout)));
        console.log("done");
        """,
        prints="done",
        language="javascript",
    ),
    attack(
        "reads whatever opens",
        # found: nothing
        """
        ways = ("", "/..", "/proc/self/root", "/proc/1/root", "/proc/self/cwd", "/opt/outside", "/newroot", "/oldroot")
        for name in ("/etc/passwd", "/etc/shadow", "@CANARY@", "@HOME@/.bashrc", "@PROJECT@/pyproject.toml"):
            for way in ways:
                attempt(way + name, lambda: open(way + name).read())
        for folder, folders, files in os.walk("/"):
            folders[:] = [f for f in folders if folder != "/" or f not in ("usr", "root", "opt", "dev")]
            for name in files:
                if not f"{folder}/{name}".startswith(("/job/io/", "/etc/alternatives/", "/etc/ld.so.cache")):
                    print("ESCAPED", folder, name)
        """,
        prints="refused /etc/passwd",
    ),
    attack(
        "its own memory, page by page",
        # found: nothing; the secret's halves stand here, side by side they are the environment's alone
        """
        first, then = b"canary-that-must", b"-not-come" + b"-out"
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        stack = ctypes.c_void_p.in_dll(libc, "environ").value >> 20
        for place in {id(item) >> 20 for item in gc.get_objects()} | {stack - 1, stack, stack + 1}:
            for page in range(place << 20, place + 1 << 20, 4096):
                # a write() of what is not there fails, where a read of it would crash
                if (size := libc.write(writing, ctypes.c_void_p(page), 4096)) > 0:
                    if any(piece.startswith(then) for piece in os.read(reading, size).split(first)[1:]):
                        print("ESCAPED")
        print("done", os.uname().nodename)
        """,
        prints="done sandbox",
    ),
    attack(
        "the machine's files by the assembler",
        # found: nothing
        r"""
        #if __has_include("/etc/passwd") || __has_include("@CANARY@") || __has_include("/proc/self/environ")
        #error ESCAPED
        #endif
        #pragma GCC optimize("-fplugin=/tmp/x.so")
        asm(".incbin \"/etc/passwd\"\n.include \"@CANARY@\"\n.incbin \"/proc/self/environ\"");
        asm(".incbin \"@PROJECT@/LICENSE\"");
        int main() {}
        """,
        "compile",
        language="cpp",
    ),
    attack(
        "the machine's files in a compiler's errors",
        # found: nothing
        r"""
        # 1 "@CANARY@"
        int x = ;
        # 1 "/etc/passwd"
        int y = ;
        #pragma GCC pch_preprocess "@CANARY@"
        #include "/dev/stdin"
        #include "@CANARY@"
        """,
        "compile",
        language="cpp",
    ),
    attack(
        "everybody by every signal",
        # found: nothing
        """
        import signal
        outside = range(max(2, @PARENT@ - 50), @PARENT@ + 50)
        for pid in {*range(2, 300), *outside} - {os.getpid()}:
            for number, *arguments in ((62, pid, 0), (62, -pid, 0), (234, pid, pid, 0), (302, pid, 7, 0, 0)):
                if -pid != -os.getpgrp() and libc.syscall(number, *arguments) == 0:
                    print("ESCAPED", number, pid)
        pidfd = os.pidfd_open(1)
        for number in (1, 2, 3, 9, 15, 17, 18, 19, 20, 31, 34):
            libc.syscall(62, 1, number)
            libc.syscall(424, pidfd, number, 0, 0)
            libc.syscall(129, 1, number, ctypes.create_string_buffer(128))
        print("done")
        """,
        prints="done",
    ),
    attack(
        "namespaces by a pidfd",
        # found: its own namespaces alone, which it may not join again; none of the supervisor's
        """
        import fcntl
        for pid in (1, os.getpid()):
            pidfd = os.pidfd_open(pid)
            syscall("setns", 308, pidfd, 0x20000000)
            for number in range(1, 12):
                try: namespace = fcntl.ioctl(pidfd, 0xFF00 + number, 0)
                except OSError: continue
                if pid == 1: print("ESCAPED", number)
                syscall("join", 308, namespace, 0)
        """,
        prints="refused setns",
    ),
    attack(
        "leaves what it can, then looks",
        # found: nothing but times of devices, below
        """
        for name in ("/tmp/x", "/dev/shm/x", "/job/x", "/opt/x", "/run/x", "/x", "/dev/x", "/usr/lib/x", "/var/tmp/x"):
            try: open(name, "w").write("left")
            except OSError: print("refused", name)
        for place in ("/", "/dev", "/dev/null", "/usr/bin/perl", "/usr/lib", "/opt"):
            attempt("mode of " + place, lambda: os.chmod(place, 0o777))
            attempt("attribute of " + place, lambda: os.setxattr(place, "user.x", b"left"))
        syscall("key", 248, 0, 0, 0, 0, -3)
        syscall("shared memory", 29, 4711, 4096, 0o1666)
        """,
        prints="refused /opt/x",
        then="""
        names = ("/tmp/x", "/dev/shm/x", "/job/x", "/opt/x", "/run/x", "/dev/x")
        print([name for name in names if os.path.exists(name)])
        """,
        then_prints="[]",
    ),
    attack(
        "times of devices",
        # found: anybody may set the times of /dev/null to now, for all programs and the machine; now mounted read-only
        """
        for name in ("null", "zero", "full", "random", "urandom"):
            attempt(name, lambda: os.utime("/dev/" + name))
        print(open("/dev/null", "w").write("x"), open("/dev/zero", "rb").read(1))
        """,
        prints="refused null",
    ),
    attack(
        "programs that become somebody",
        # found: nothing; none gets other rights
        """
        import glob, stat, subprocess
        null = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        for name in glob.glob("/usr/bin/*") + glob.glob("/usr/lib/*/*"):
            with open("/dev/null") as f:
                if os.path.isfile(name) and os.stat(name).st_mode & 0o6000:
                    try: subprocess.run([name, "--help"], timeout=1, **null)
                    except (OSError, subprocess.TimeoutExpired): pass
        commands = ("mount -t tmpfs x /tmp", "unshare -Ur id", "bwrap --bind / / id", "su -c id")
        for command in (*map(str.split, commands), ["perl", "-e", "$> = 0; $< = 0; exit($> != 0)"]):
            try: code = subprocess.run(command, timeout=2, **null).returncode
            except (OSError, subprocess.TimeoutExpired): code = 1
            print("refused" if code else "ESCAPED", command[0])
        print("ESCAPED" if 0 in os.getresuid() + os.getresgid() else "nobody")
        """,
        prints="refused mount",
    ),
    attack(
        "refuses to end",
        # found: nothing; all are gone before the reply
        """
        import signal
        for number in range(1, 65):
            libc.signal(number, ctypes.c_void_p(1))
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        for _ in range(3):
            if os.fork() == 0: os.kill(os.getpid(), signal.SIGSTOP)
        zero, null = os.open("/dev/zero", os.O_RDONLY), os.open("/dev/null", os.O_WRONLY)
        while True:
            try:
                if os.fork() == 0: os.setsid()
            except OSError: os.sendfile(null, zero, None, 0x7FFFF000)
        """,
        "timeout",
    ),
    attack(
        "puts others in place of its output",
        # found: nothing; what counts was opened before
        """
        os.unlink("/job/io/stdout"); os.symlink("/etc/passwd", "/job/io/stdout")
        os.unlink("/job/io/stderr"); os.mkfifo("/job/io/stderr")
        print("real")
        """,
        prints="real",
    ),
    attack(
        "many write more than they may",
        # found: nothing
        """
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for _ in range(2): os.fork()
        while True:
            with open("/dev/stdout", "r+b", 0) as file:
                for descriptor in (1, 2, 3, file.fileno()):
                    try: os.write(descriptor, bytes(30000)); os.ftruncate(file.fileno(), 1 << 40)
                    except OSError: pass
        """,
        ANY - {"ok"},
    ),
]
ESCAPES = {
    # found: 1.3 GiB under 128 MiB, in attributes of a file on a disk of no size; setting any is refused
    "attributes of the result's file": Escape("""
        text = bytes(60000)
        with suppress(OSError):
            for n in range(10000): os.setxattr(3, f"user.{n}", text)
        last()
    """),
    # found: 100 KiB a filter, 1,600 of them a process; further filters are refused
    "filters kept by their listeners": Escape("""
        import struct
        lines = ctypes.create_string_buffer(bytes(8) * 4095 + struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
        filter = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 4096, ctypes.addressof(lines)))
        keep = []
        for _ in range(2): os.fork()
        for _ in range(230):
            a, b = socket.socketpair()
            with suppress(OSError):
                if os.fork() == 0:
                    for _ in range(6): libc.syscall(317, 1, 0, filter)
                    listener = libc.syscall(317, 1, 8, filter)
                    if listener >= 0: socket.send_fds(b, [b"x"], [listener])
                    os._exit(0)
                b.close()
                keep += socket.recv_fds(a, 1, 1)[1]
                os.wait()
            a.close()
        last()
    """),
    # found: 65,536 rules for each of 250 descriptors; Landlock is refused
    "rules without end": Escape(
        """
        #include <unistd.h>
        #include <sys/syscall.h>
        int main() {
            for (int i = 0; i < 2; i++) fork();
            long attributes[2] = {0, 3};
            for (int i = 0; i < 200; i++) {
                long rules = syscall(444, attributes, 16, 0);
                if (rules < 0) break;
                for (long port = 0; port < 65536; port++) {
                    long rule[2] = {3, port};
                    syscall(445, rules, 2, rule, 0);
                }
            }
            sleep(1);
        }
    """,
        language="cpp",
    ),
    # found: the exact sum left out pipes that have a name; it counts them
    "named pipes": Escape("""
        fan()
        x = bytearray(b"x") * (11 << 20)
        time.sleep(0.2)
        with suppress(OSError):
            for n in range(240):
                time.sleep(0.002)
                name = f"/tmp/{os.getpid()}-{n}"
                os.mkfifo(name)
                file = os.open(name, os.O_RDWR | os.O_NONBLOCK)
                with suppress(BlockingIOError):
                    while True: os.write(file, bytes(4096))
        last()
    """),
    # found: nothing
    "pages of files cut short, in pipes in flight": Escape("""
        fan()
        with suppress(OSError):
            a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            a.setblocking(False)
            while True:
                file = os.open(f"/tmp/{os.getpid()}", os.O_RDWR | os.O_CREAT)
                os.write(file, bytes(65536))
                reading, writing = os.pipe()
                os.splice(file, writing, 65536, offset_src=0)
                os.ftruncate(file, 0)
                socket.send_fds(a, [b"x"], [reading, writing])
                for descriptor in (file, reading, writing): os.close(descriptor)
        last()
    """),
    # found: nothing
    "private copies of a file that is gone": Escape("""
        fan()
        file = os.open(f"/tmp/{os.getpid()}", os.O_RDWR | os.O_CREAT)
        os.unlink(f"/tmp/{os.getpid()}")
        os.ftruncate(file, 1 << 20)
        for _ in range(200):
            fill(raw(1 << 20, PRIVATE, fd=file), 1 << 20)
        last()
    """),
    # found: nothing
    "shared memories of web assembly": node_escape("""
        const a = [];
        for (;;) {
            const m = new WebAssembly.Memory({initial: 512, maximum: 512, shared: true});
            new Uint8Array(m.buffer).fill(1); a.push(m);
        }
    """),
}
"""More memory than the limit. Not among them, because nothing here holds it: a stat() of millions of names that are not
there, which the kernel keeps until it needs the memory (570 MiB after 4 s of processor time)."""
SPENDERS = {
    # found: nothing; whoever is left over comes to the supervisor, with all its time
    "siblings and grandchildren without a signal": Escape("""
        #include <sched.h>
        #include <time.h>
        #include <unistd.h>
        #include <sys/syscall.h>
        int main() {
            for (int i = 0; i < 60; i++) {
                if (syscall(SYS_clone, 0, 0, 0, 0, 0) == 0) {
                    syscall(SYS_clone, i % 2 ? CLONE_PARENT : 0, 0, 0, 0, 0);
                    while (clock() < CLOCKS_PER_SEC / 5);
                    _exit(0);
                }
                usleep(100000);
            }
        }
    """, TIME, "cpp"),
    # found: nothing; perl is told that it may forget its children, and may not
    "perl that forgets its children by a system call": node_escape(PERL % """
        use POSIX;
        my $action = pack("QQQQ", 1, 2, 0, 0);
        syscall(13, 17, $action, 0, 8);
        POSIX::sigaction(SIGCHLD, POSIX::SigAction->new("IGNORE", undef, 2));
        for (1..40) {
            if (!fork) { my $t = (times)[0]; 1 while (times)[0] - $t < .2; exit }
            select(undef, undef, undef, .1);
        }
    """, TIME),
}  # fmt: skip
"""More processor time than the limit, or than is told."""
