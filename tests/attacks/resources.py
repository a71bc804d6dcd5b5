"""Attacks on time, memory, processes, disk and output."""

from tests.attacks.attack import ANY, attack

FORKED = """
def detach():
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
"""

TIME = [
    attack("busy loop", "while True: pass", "timeout"),
    attack("sleep", "import time; time.sleep(1000)", "timeout"),
    attack(
        "ignores every signal",
        "import signal\nfor n in range(1, 64):\n  if n not in (9, 19, 32, 33): signal.signal(n, signal.SIG_IGN)\n"
        "while True: pass",
        "timeout",
    ),
    attack(
        "survives its handler",
        "import signal, time\nsignal.signal(15, lambda *_: time.sleep(99))\nos.kill(os.getpid(), 15)",
        "timeout",
    ),
    attack("threads that never end", "import threading, time\nthreading.Thread(target=time.sleep, args=[999]).start()", "timeout"),
    attack("stops itself", "import signal; os.kill(os.getpid(), signal.SIGSTOP)", "timeout"),
    attack("regex backtracking", "import re; re.match('(a|aa)+$', 'a' * 200 + 'b')", "timeout"),
    attack("tower of powers", "x = 9 ** 9 ** 9; print(x)", "timeout memory"),
    attack("exits with threads at work", "import threading\nfor _ in range(3): threading.Thread(target=lambda: [0 for _ in iter(int, 1)], daemon=True).start()\nos._exit(0)"),
    attack("swallows everything", "while True:\n  try:\n    while True: pass\n  except BaseException: pass", "timeout"),
    attack("waits at its end", "import atexit, time; atexit.register(time.sleep, 99)", "timeout"),
]  # fmt: skip

MEMORY = [
    attack("list", "x = [0]\nwhile True: x += x", "memory"),
    attack("bytearray", "x = bytearray(1 << 34)", "memory"),
    attack("shared mapping", "import mmap; m = mmap.mmap(-1, 1 << 33); m.write(b'x' * (1 << 33))", "memory failed"),
    attack("endless recursion", "def f(): f()\nf()", "failed"),
    attack("endless recursion without a limit", "sys.setrecursionlimit(1 << 30)\ndef f(): f()\nf()", "failed memory timeout"),
    attack(
        "recursion through C",
        "sys.setrecursionlimit(1 << 30)\nclass A:\n  def __repr__(self): return repr(self)\nrepr(A())",
        "failed memory timeout",
    ),
    attack(
        "decompression bomb",
        "import zlib\nc = zlib.compressobj()\nb = b''.join(c.compress(bytes(1 << 20)) for _ in range(300)) + c.flush()\nzlib.decompress(b)",
        "memory timeout",
    ),
    attack("long text", "x = 'x' * (1 << 40)", "memory"),
    attack(
        "memory in many processes",
        "import time\nfor _ in range(5):\n  if os.fork() == 0:\n    x = bytearray(b'x') * (60 << 20)\n    time.sleep(9)\ntime.sleep(9)",
        "memory",
    ),
    attack("memory file", "attempt('memfd', lambda: os.memfd_create('x'))", prints="refused memfd"),
    attack(
        "memory in pipes",
        "import fcntl\npipes = []\ntry:\n  while True:\n    pipes.append(os.pipe()); os.set_blocking(pipes[-1][1], False)\n"
        "    fcntl.fcntl(pipes[-1][1], 1031, 1 << 20)\n    os.write(pipes[-1][1], bytes(1 << 20))\n"
        "except OSError: print('refused', len(pipes) < 129)",
        prints="refused True",
    ),
    attack("locked memory", "import mmap\nm = mmap.mmap(-1, 1 << 20)\nr = libc.mlockall(3)\nprint('ESCAPED' if r == 0 else 'refused')", prints="refused"),
]  # fmt: skip

PROCESSES = [
    attack("fork bomb", "while True:\n  try: os.fork()\n  except OSError: pass", "timeout memory"),
    attack("fork bomb whose parents go", FORKED + "while True:\n  try: detach()\n  except OSError: pass", ANY),
    attack("thread bomb", "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=[99]).start()", "failed timeout"),
    attack("orphan that sleeps", FORKED + "if os.fork() == 0:\n  detach()\n  import time; time.sleep(99)"),
    attack(
        "orphan that writes",
        FORKED + "if os.fork() == 0:\n  detach()\n  while True: os.write(1, b'0')\n",
        "ok output",
    ),
    attack("shell fork bomb", "os.execv('/bin/sh', ['sh', '-c', 'f() { f | f & }; f; wait'])", ANY),
    attack("kills all", "import signal; os.kill(-1, signal.SIGKILL)", ANY),
    attack("kills its group", "import signal; os.killpg(0, signal.SIGKILL)", "failed"),
    attack("kills the supervisor", "import signal; os.kill(1, signal.SIGKILL); os.kill(os.getppid(), 9); print('still here')", prints="still here"),
    attack("stops the supervisor", "import signal; os.kill(1, signal.SIGSTOP); print('still here')", prints="still here"),
    attack("limits of the supervisor", "import resource\nattempt('prlimit', lambda: resource.prlimit(1, resource.RLIMIT_CPU, (0, 0)))", prints="refused"),
    attack("raises its own limits", "import resource\nfor n in range(16):\n  try: resource.setrlimit(n, (-1, -1)); print('ESCAPED' if n not in (10, 12, 13, 14, 15) and resource.getrlimit(n)[1] == -1 and n not in (5,) else '')\n  except (ValueError, OSError): print('refused')", prints="refused"),
]  # fmt: skip

DISK = [
    attack("fills the disk", "with open('/tmp/x', 'wb') as f:\n  while True: f.write(bytes(65536))", "failed"),
    attack("fills shared memory", "for i in range(99):\n  with open(f'/dev/shm/{i}', 'wb') as f: f.write(bytes(1 << 20))", "failed"),
    attack("many files", "for i in range(10 ** 6): open(f'/tmp/{i}', 'w').close()", "failed"),
    attack("sparse giant", "attempt('truncate', lambda: os.truncate(open('/tmp/x', 'w').name, 1 << 40))", prints="refused"),
    attack(
        "writes outside",
        "for f in '/ /usr /usr/lib /usr/bin /etc /run /dev /proc /opt /var /root /home /sys /lib'.split():\n"
        "  attempt(f, lambda: open(f + '/r1-escape', 'w'))\nattempt(sys.prefix, lambda: open(sys.prefix + '/lib/r1-escape', 'w'))",
        prints="refused /usr/lib ",
    ),
    attack("open files", "x = [open('/dev/null') for _ in range(9999)]", "failed"),
]  # fmt: skip

OUTPUT = [
    attack("endless stdout", "while True: print('x' * 1000)", "output"),
    attack("endless stderr", "while True: print('x' * 1000, file=sys.stderr)", "output"),
    attack("endless and silent on errors", "while True:\n  try: os.write(1, bytes(1000))\n  except OSError: pass", "output"),
    attack("huge value", "def f(): return 'x' * (1 << 24)", "output", call="f"),
    attack("endless result", "while True: os.write(3, bytes(1000))", "output"),
    attack("deep value", "def f():\n  x = []\n  for _ in range(10 ** 5): x = [x]\n  return x", "failed", call="f"),
    attack("deep forged value", "def f(): os.write(3, b'[' * 60000); os._exit(0)", "failed", call="f"),
    attack("long forged number", "def f(): os.write(3, b'{\"value\": ' + b'9' * 60000 + b'}'); os._exit(0)", "failed", call="f"),
    attack("closed stdout", "sys.stdout.close(); os.close(1); print('x')", "failed"),
    attack("seeks in stdout", "print('x' * 100); sys.stdout.flush(); os.ftruncate(1, 1 << 19)", "output"),
    attack("no text", "os.write(1, bytes(range(256)))"),
]  # fmt: skip

ATTACKS = [*TIME, *MEMORY, *PROCESSES, *DISK, *OUTPUT]
