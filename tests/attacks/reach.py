"""Attacks that reach out: network, files, environment, other processes, mounts, the kernel."""

from tests.attacks.attack import attack

NETWORK = [
    attack("tcp", "import socket\nattempt('tcp', lambda: socket.create_connection(('127.0.0.1', @PORT@), 1))", prints="refused"),
    attack("udp", "import socket\nattempt('udp', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', @PORT@)))", prints="refused"),
    attack("names", "import socket\nattempt('dns', lambda: socket.getaddrinfo('example.com', 80))", prints="refused"),
    attack("abstract socket", "import socket\nattempt('unix', lambda: socket.socket(socket.AF_UNIX).connect('@ABSTRACT@'))", prints="refused"),
    attack(
        "other families",
        "import socket\nfor family in range(46):\n  for kind in (1, 2, 3, 5): attempt(str(family), lambda: socket.socket(family, kind))",
        prints="refused 16",
    ),
    attack("sends a socket on", "import socket\na, b = socket.socketpair()\nattempt('bind', lambda: b.bind('/tmp/x'))\nattempt('connect', lambda: a.connect('@ABSTRACT@'))", prints="refused connect"),
]  # fmt: skip

FILES = [
    attack("system files", "for f in ('/etc/shadow', '/etc/passwd', '/etc/hostname', '/etc/ssh', '/var/log', '/sys/kernel', '/boot'):\n  attempt(f, lambda: os.stat(f))", prints="refused /etc/shadow"),
    attack("home", "attempt('home', lambda: print(os.listdir('@HOME@'))) if '@HOME@' not in sys.prefix else print('x' if set(os.listdir('@HOME@')) <= {'.pyenv', '.local', '.cache'} else 'ESCAPED')\nfor f in ('/home', '/root/.ssh', '/root/.bashrc'): attempt(f, lambda: os.stat(f))", prints="refused /home"),
    attack("canary", "attempt('canary', lambda: print(open('@CANARY@').read()))", prints="refused"),
    attack("project", "for f in ('@PROJECT@', '@PROJECT@/r1data', '@PROJECT@/tests/attacks/attack.py'): attempt(f, lambda: os.stat(f))", prints="refused"),
    attack("its own walls' sources", "attempt('run', lambda: os.stat('/run/inside'))\nimport inspect\nfor n, m in list(sys.modules.items()):\n  if n.startswith('inside.'): attempt(n, lambda: print(inspect.getsource(m)))", prints="refused run"),
    attack("link to the canary", "os.symlink('@CANARY@', '/tmp/link')\nattempt('link', lambda: print(open('/tmp/link').read()))\nos.symlink('/', '/tmp/root')\nattempt('root', lambda: os.stat('/tmp/root@CANARY@'))", prints="refused link"),
    attack("other roots", "for f in ('/proc/1/root', '/proc/self/root', '/proc/self/cwd', '/proc/self/fd', '/proc/1/environ', '/proc/2/fd'):\n  attempt(f, lambda: os.stat(f + '@CANARY@'))", prints="refused /proc/1/root"),
    attack("upwards", "attempt('up', lambda: print(open('../' * 40 + '@CANARY@'[1:]).read()))", prints="refused"),
    attack("inherited descriptors", "for n in range(4, 4096):\n  try: os.fstat(n)\n  except OSError: continue\n  print('ESCAPED', n)\nfor n in range(4): attempt(f'fchdir {n}', lambda: os.fchdir(n))", prints="refused fchdir 3"),
    attack("file handles", "h = ctypes.create_string_buffer(200); m = ctypes.c_int()\nsyscall('name', 303, -100, ctypes.cast(ctypes.c_char_p(b'/usr'), ctypes.c_void_p).value, ctypes.addressof(h), ctypes.addressof(m), 0)\nsyscall('open', 304, 0, ctypes.addressof(h), 0)", prints="refused open"),
    attack("device nodes", "import stat\nfor d in ((8, 0), (254, 0), (1, 1), (1, 2)): attempt(d, lambda: os.mknod(f'/tmp/{d[0]}-{d[1]}', 0o600 | stat.S_IFBLK, os.makedev(*d)))\nfor f in ('/dev/mem', '/dev/kmsg', '/dev/sda', '/dev/vda', '/dev/tty'): attempt(f, lambda: open(f))", prints="refused /dev/mem"),
    attack("setuid programs", "import stat, subprocess\nfor f in ('/usr/bin/su', '/usr/bin/passwd', '/usr/bin/mount', '/usr/bin/newgrp'):\n  if os.path.exists(f):\n    r = subprocess.run([f, '--help'], capture_output=True)\nprint('uid', os.getresuid())\nprint('ESCAPED' if 0 in os.getresuid() else 'refused')", "ok failed"),
]  # fmt: skip

ENVIRONMENT = [
    attack("environment", "print(dict(os.environ))", prints="PATH"),
    attack("the first environment", "e = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, 'environ')\ni = 0\nwhile e[i]: print(e[i]); i += 1\nattempt('environ', lambda: open('/proc/self/environ'))", prints="refused"),
    attack("arguments", "print(sys.argv, sys.orig_argv, sys.path); print('ESCAPED' if '@PROJECT@' in str((sys.argv, sys.orig_argv, sys.path)) else 'nothing')", prints="nothing"),
    attack("host's name", "import platform; n = platform.node(); print('refused' if n in ('sandbox', 'localhost', '(none)') else 'ESCAPED')", prints="refused"),
]  # fmt: skip

PARENT = [
    attack("signals outside", "import signal\nattempt('parent', lambda: os.kill(@PARENT@, signal.SIGTERM))\nfor pid in range(3, 70000, 1):\n  if pid == os.getpid(): continue\n  try: os.kill(pid, 0)\n  except OSError: continue\n  print('ESCAPED', pid)", prints="refused parent"),
    attack("ptrace", "for p in (1, os.getppid(), @PARENT@): syscall('attach', 101, 16, p, 0, 0); syscall('seize', 101, 0x4206, p, 0, 0)\nsyscall('traceme', 101, 0, 0, 0, 0)", prints="refused attach"),
    attack("reads the supervisor's memory", "b = ctypes.create_string_buffer(64)\niov = (ctypes.c_size_t * 2)(ctypes.addressof(b), 64); far = (ctypes.c_size_t * 2)(id(b), 64)\nfor call in (310, 311): syscall('vm', call, 1, ctypes.addressof(iov), 1, ctypes.addressof(far), 1, 0)\nfor f in ('/proc/1/mem', '/proc/self/mem'): attempt(f, lambda: open(f, 'rb'))", prints="refused /proc/1/mem"),
    attack("takes the supervisor's descriptors", "fd = os.pidfd_open(1)\nfor n in range(20): syscall('getfd', 438, fd, n, 0)", prints="refused getfd"),
    attack("slows the supervisor", "attempt('nice', lambda: os.setpriority(os.PRIO_PROCESS, 1, 19))\nattempt('group', lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))\nattempt('affinity', lambda: os.sched_setaffinity(1, {0}))\nattempt('idle', lambda: os.sched_setscheduler(1, 5, os.sched_param(0)))", prints="refused nice"),
]  # fmt: skip

MOUNTS = [
    attack("mount", "for a in ((b'tmpfs', b'/tmp', b'tmpfs', 0, None), (b'proc', b'/tmp', b'proc', 0, None), (b'/', b'/tmp', None, 4096, None), (None, b'/', None, 32, None), (None, b'/usr/lib', None, 4128, None)):\n  print('ESCAPED' if libc.mount(*a) == 0 else 'refused')", prints="refused"),
    attack("umount", "for f in (b'/proc', b'/run', b'/job', b'/'):\n  print('ESCAPED' if libc.umount2(f, 2) == 0 else 'refused')\nattempt('proc', lambda: os.stat('/proc/self'))\nattempt('run', lambda: os.stat('/run/inside'))", prints="refused proc"),
    attack("other roots by call", "os.mkdir('/tmp/x')\nattempt('chroot', lambda: os.chroot('/tmp/x'))\nprint('ESCAPED' if libc.pivot_root(b'/tmp', b'/tmp/x') == 0 else 'refused')", prints="refused chroot"),
    attack("new namespaces", "for bit in (7, 17, 25, 26, 27, 28, 29, 30):\n  print('ESCAPED' if libc.unshare(1 << bit) == 0 else 'refused')\n  syscall('clone', 56, 1 << bit | 17, 0, 0, 0, 0)", prints="refused clone"),
    attack("clone3", "a = (ctypes.c_ulonglong * 11)(0x10000000, 0, 0, 0, 17)\nsyscall('clone3', 435, ctypes.addressof(a), 88)", prints="refused"),
    attack("joins namespaces", "fd = os.pidfd_open(1)\nfor kind in (0, 0x10000000, 0x20000, 0x40000000): syscall('setns', 308, fd, kind)", prints="refused setns"),
    attack("new mount calls", "for n in (428, 429, 430, 431, 432, 433, 442, 457, 458): syscall(n, n, 0, 0, 0, 0, 0)\nsyscall('fsopen', 430, ctypes.cast(ctypes.c_char_p(b'tmpfs'), ctypes.c_void_p).value, 0)", prints="refused fsopen"),
    attack("becomes root", "for call in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0])): attempt('id', call)\nh = (ctypes.c_uint * 2)(0x20080522, 0); d = (ctypes.c_uint * 6)(*[0xffffffff] * 6)\nprint('ESCAPED' if libc.capset(h, d) == 0 else 'refused caps')", prints="refused caps"),
]  # fmt: skip

KERNEL = [
    attack("forbidden calls", "import platform\nif platform.machine() == 'x86_64':\n  for n in (101, 165, 166, 155, 161, 272, 308, 246, 320, 175, 313, 176, 321, 298, 323, 425, 426, 427, 250, 248, 249, 169, 167, 168, 103, 172, 173, 154, 135, 29, 30, 64, 68, 240, 319, 41, 42, 49, 50, 312, 440, 448, 300, 301, 303, 304): syscall(n, n, 0, 0, 0, 0, 0, 0)\nprint('done')", prints="done"),
    attack("newer calls", "for n in (463, 470, 500, 999, 1 << 20): syscall(n, n, 0, 0, 0, 0, 0, 0)", prints="refused 500"),
    attack("x32 calls", "libc.syscall(ctypes.c_long(0x40000000 | 39)); print('ESCAPED')", "failed"),
    attack("int 0x80", "import mmap\ncode = mmap.mmap(-1, 4096, prot=7)\ncode.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\nf = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))\nprint('ESCAPED', f())", "failed"),
    attack("own filter first", "syscall('listener', 317, 1, 8, 0)\nlibc.prctl(22, 0, 0, 0, 0)\nsyscall('mount', 165, 0, 0, 0, 0, 0)", prints="refused mount"),
    attack("reads and writes through the kernel", "for n in (163, 170, 171, 179, 180, 212): syscall(n, n, 0, 0, 0, 0, 0)", prints="refused"),
]  # fmt: skip

ATTACKS = [*NETWORK, *FILES, *ENVIRONMENT, *PARENT, *MOUNTS, *KERNEL]
