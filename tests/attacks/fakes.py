"""Attacks on the verdict: reaching the next program, and passing without the answer, which is 41 (or the value 41)."""

from tests.attacks.attack import ANY, attack

LISTS = "print(sorted(os.listdir('/tmp')), sorted(os.listdir('/dev/shm')), os.getcwd())"
EMPTY = "[] [] /job/tmp"
SEARCH = """
import gc, threading
def texts(frame):
    while frame:
        yield repr(frame.f_locals)[:100000]
        yield repr(list(frame.f_globals))[:100000]
        frame = frame.f_back
"""

NEXT = [
    attack("leaves files", "for f in ('/tmp/x', '/dev/shm/x', 'y', '/tmp/.hidden', '/job/x'): open(f, 'w').write('x')", then=LISTS, then_prints=EMPTY),
    attack("leaves open files and a process", "open('/tmp/x', 'w')\nif os.fork() == 0:\n  import time\n  while True:\n    time.sleep(0.01); open('/tmp/x', 'a').write('x')", then=f"import time; time.sleep(0.1)\n{LISTS}", then_prints=EMPTY),
    attack("system V memory", "for n, a in ((29, (7, 4096, 0o1777)), (64, (7, 1, 0o1777)), (68, (7, 0o1777))): syscall(n, n, *a)", prints="refused 29", then="for n, a in ((29, (7, 4096, 0o777)), (64, (7, 1, 0o777)), (68, (7, 0o777))): libc.syscall(n, *a) >= 0 and print('found')", then_prints=""),
    attack("message queue", "syscall('mq', 240, ctypes.cast(ctypes.c_char_p(b'x'), ctypes.c_void_p).value, 0o102, 0o600, 0)", prints="refused"),
    attack("patched modules", "import json, builtins, math\njson.dumps = lambda *_: '41'; builtins.print = lambda *_: None; math.sqrt = lambda _: 41; builtins.input = lambda: '20 21'", then="import json, math; print(json.dumps(1), math.sqrt(4))", then_prints="1 2.0"),
    attack("startup files", "import site\nfor f in (sys.prefix + '/lib', site.getusersitepackages() if 0 else '/usr/lib/python3', '/run', '/tmp', os.path.dirname(os.__file__)):\n  try: open(f + '/sitecustomize.py', 'w').write('print(41)'); open(f + '/x.pth', 'w').write('import sitecustomize')\n  except OSError: pass", then="import importlib.util as u; print(u.find_spec('sitecustomize'))", then_prints="None"),
    attack("poisoned bytecode", "import json\nfor f in (json.__cached__ or json.__file__, json.__file__):\n  attempt(f, lambda: open(f, 'r+b'))\nattempt('touch', lambda: os.utime(json.__file__))", prints="refused touch"),
    attack("the warm interpreter's memory", "sys.setrecursionlimit(77); import signal; signal.alarm(1); os.environ['X'] = '1'; import gc; gc.disable()", then="print(sys.getrecursionlimit(), os.environ.get('X'), __import__('gc').isenabled())", then_prints="10000 None True"),
    attack(
        "a secret in memory",
        "secret = 'secret-of-the-' + 'first'\nkeep = [secret * 10 for _ in range(1000)]\nprint(secret)",
        then="import gc\nout = os.open('/tmp/peek', os.O_CREAT | os.O_RDWR)\nimport re\nneedle = re.compile(b'secret-of-the-[f]irst')\nfound = False\n"
        "for page in {id(o) >> 18 for o in gc.get_objects()} | {id(o) >> 18 for o in sys.modules.values()} | {id(k) >> 18 for k in globals()}:\n"
        "  os.ftruncate(out, 0)\n  if libc.pwrite(out, ctypes.c_void_p(page << 18), ctypes.c_size_t(1 << 18), ctypes.c_long(0)) > 0:\n"
        "    found |= bool(needle.search(os.pread(out, 1 << 18, 0)))\nprint(found)",
        then_prints="False",
    ),
    attack("writes to every descriptor", "for n in range(1, 256):\n  try: os.write(n, b'{\"code\": 0, \"why\": \"\"}')\n  except OSError: pass", ANY),
    attack("reads every descriptor", "got = b''\nfor n in range(256):\n  try: os.set_blocking(n, False); got += os.read(n, 4096)\n  except OSError: pass\nprint(got)", prints="20 21"),
    attack("changes its descriptors' flags", "import fcntl\nfor n in range(4): fcntl.fcntl(n, fcntl.F_SETFL, os.O_NONBLOCK); os.ftruncate(n, 0) if n else 0", then="print(input.__name__, sys.stdin.read() == '')", then_prints="input True"),
]  # fmt: skip

PASSES = [
    attack("os._exit(0)", "os._exit(0)"),
    attack("sys.exit(0)", "sys.exit(0)"),
    attack("says nothing", ""),
    attack("os._exit(0) in a call", "def f(): os._exit(0)", "failed", call="f", value=41),
    attack("sys.exit(0) in a call", "def f(): sys.exit(0)", "failed", call="f", value=41),
    attack("prints the protocol", "print('{\"value\": 41, \"code\": 0, \"status\": \"ok\"}')\ndef f(): return None", call="f", value=41),
    attack("forges another status", "os.write(3, b'{\"status\": \"ok\", \"error\": \"x\"}'); os._exit(0)", "failed"),
    attack("forges a list", "os.write(3, b'[]'); os._exit(0)", "failed"),
    attack("raises at the end", "import atexit; atexit.register(lambda: 1 / 0); print('x'); raise SystemExit(0)", "ok failed"),
    attack("patches json and print", "import json, builtins\njson.dumps = lambda *a, **k: '{\"value\": 41}'\nbuiltins.print = lambda *a: os.write(1, b'41') if 0 else None\ndef f(): return 40", "ok failed", call="f", value=None),
    attack("equal to everything", "class All:\n  def __eq__(self, other): return True\n  __hash__ = None\ndef f(): return All()", "failed", call="f", value=41),
    attack("number equal to everything", "class All(int):\n  def __eq__(self, other): return True\n  def __hash__(self): return 41\ndef f(): return All(40)", call="f", value=41),
    attack("list equal to everything", "class All(list):\n  def __eq__(self, other): return True\n  def __iter__(self): return iter([0])\ndef f(): return All()", call="f", value=[41]),
    attack("walks frames", SEARCH + "frame = sys._getframe()\nprint('ESCAPED' if any(''.join(['exp', 'ected']) in t for t in texts(frame.f_back) if t) else 'nothing')", prints="nothing"),
    attack("searches objects", SEARCH + "found = [o for o in gc.get_objects() if isinstance(o, dict) and ('expected' in o or 'truth' in o or 'answers' in o)]\nprint('ESCAPED' if found else 'nothing')", prints="nothing"),
    attack("replaces the frame's function", "f = sys._getframe(1)\nfor n in list(f.f_globals):\n  if n.startswith('_'): f.f_globals[n] = lambda *a, **k: None\nf.f_globals['os'] = None", ANY),
    attack("writes after its end", "import atexit, threading, time\ndef late():\n  time.sleep(0.2); os.write(1, b'41')\nthreading.Thread(target=late, daemon=True).start()"),
    attack("later from a child", "import time\nif os.fork() == 0:\n  time.sleep(0.2); os.write(1, b'41'); os._exit(0)"),
    attack("reads the answer beside the input", "for f in ('/job/io/expected', '/job/io/../expected', '/tmp/expected', 'answers.txt'): attempt(f, lambda: open(f))\nprint(sorted(os.listdir('/job/io')))", prints="['stderr', 'stdin', 'stdout']"),
    attack("patches compile", "import builtins\nbuiltins.compile = builtins.exec = lambda *a, **k: None", then="print(6 * 7)", then_prints="42"),
    attack("interrupts itself", "raise KeyboardInterrupt", "failed"),
    attack("lies about its exception", "class E(Exception):\n  def __str__(self): raise SystemExit(0)\nraise E", "failed ok"),
]  # fmt: skip

ATTACKS = [*NEXT, *PASSES]
