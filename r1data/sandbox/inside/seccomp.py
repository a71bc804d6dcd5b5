"""The filter on system calls, assembled by hand: refuses what no program that reads and prints needs.

Refused calls fail with EPERM, calls newer than this list with ENOSYS; entry points of another architecture (int
0x80, x32) kill the process. It is a deny list, not an allow list: the namespaces hold without it, it reduces the
part of the kernel that a program can reach. It does not look at what pointers point to.

Some calls are refused because no limit counts what they take: anonymous shared mappings and huge pages (the pages
stay when they are unmapped, or are in no process's resident set), larger socket and pipe buffers, file locks, watches,
attributes of files (descriptor 3 lies on a disk of no size), filters and rules of the program's own; and those that
fill memory faster than it can be looked at.
Two are answered with success and do nothing. An action for SIGCHLD: where it is ignored, the kernel forgets the
processor time of children. A lock of a byte range (fcntl): SQLite needs it to succeed; the files are the program's own.
"""

import errno
import struct

# name: (x86_64, aarch64); None where the architecture lacks it
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # other processes' memory and descriptors
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "pidfd_getfd": (438, 438), "kcmp": (312, 272),
    "process_mrelease": (448, 448),
    # mounts, roots, namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "statmount": (457, 457), "listmount": (458, 458),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    # network: a socket pair is all there is
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    # memory that outlives its process, or that no limit counts
    "shmget": (29, 194), "shmctl": (31, 195), "shmat": (30, 196), "semget": (64, 190), "semctl": (66, 191),
    "semop": (65, 193), "semtimedop": (220, 192), "msgget": (68, 186), "msgctl": (71, 187), "msgsnd": (69, 189),
    "msgrcv": (70, 188), "mq_open": (240, 180), "mq_unlink": (241, 181), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "vmsplice": (278, 75), "io_setup": (206, 0),
    # what hangs on a descriptor and is in no process: attributes of files, rules, further filters
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444), "landlock_add_rule": (445, 445), "landlock_restrict_self": (446, 446),
    # what holds up others on the same file or folder of the machine, and is counted for the user as a whole
    "flock": (73, 32), "inotify_init": (253, None), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27),
    # wide doors into the kernel
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263), "modify_ldt": (154, None), "personality": (135, 92), "uselib": (134, None),
    "lookup_dcookie": (212, 18), "nfsservctl": (180, 42),
    # the machine
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "sethostname": (170, 161), "setdomainname": (171, 162), "acct": (163, 89), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266), "syslog": (103, 116),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "vhangup": (153, 58), "iopl": (172, None), "ioperm": (173, None),
    # the supervisor's share of the processor
    "setpriority": (141, 140), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "sched_setaffinity": (203, 122), "ioprio_set": (251, 30),
    "migrate_pages": (256, 238), "move_pages": (279, 239), "mbind": (237, 235), "set_mempolicy": (238, 237),
}  # fmt: skip
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
CLONE3 = 435
NEW_NAMESPACES = 0x7E020080
"""CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""
SHARED_ANONYMOUS, HUGE_OR_FILLED = 0x21, 0x48000
"""MAP_SHARED (also a part of MAP_SHARED_VALIDATE) with MAP_ANONYMOUS; MAP_HUGETLB and MAP_POPULATE."""
FILLING = (22, 23)
"""MADV_POPULATE_READ, MADV_POPULATE_WRITE."""
SOL_SOCKET = 1
BUFFERS = (7, 8, 32, 33)
"""SO_SNDBUF, SO_RCVBUF and their FORCE."""
RANGE_LOCKS = (6, 7)
"""F_SETLK, F_SETLKW."""
OTHER_LOCKS = (37, 38, 1024, 1026, 1031)
"""F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ."""
PR_SET_SECCOMP = 22
SIGCHLD = 17
NEWEST = 462
X32 = 0x40000000

# BPF: the codes of instructions, what a filter may return, and where struct seccomp_data holds a call's number, its
# architecture and its arguments (eight bytes each, the low half first)
_LOAD, _AND, _EQUAL, _ABOVE, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR, _NOTIFY = 0x7FFF0000, 0x80000000, 0x00050000, 0x7FC00000
_NUMBER, _ARCHITECTURE = 0, 4

Line = tuple[int, int, str, str]
"""A code, its operand, where to go on yes and on no; "" is the next line."""


def _argument(index: int, high: bool = False) -> Line:
    return (_LOAD, 16 + 8 * index + 4 * high, "", "")


def _any_of(values: tuple[int, ...], place: str) -> list[Line]:
    return [(_EQUAL, value, place, "") for value in values]


ALLOW: Line = (_RETURN, _ALLOW, "", "")
INSPECTED: dict[str, tuple[tuple[int, int], list[Line]]] = {
    "mmap": (
        (9, 222),
        [
            _argument(3), (_ANY_BIT, HUGE_OR_FILLED, "refuse", ""),
            (_AND, SHARED_ANONYMOUS, "", ""), (_EQUAL, SHARED_ANONYMOUS, "refuse", "allow"),
        ],
    ),
    "rt_sigaction": (
        (13, 134),
        [
            _argument(0), (_EQUAL, SIGCHLD, "", "allow"),
            _argument(1), (_EQUAL, 0, "", "child action"),
            _argument(1, high=True), (_EQUAL, 0, "allow", "child action"),
        ],
    ),
    "madvise": ((28, 233), [_argument(2), *_any_of(FILLING, "refuse"), ALLOW]),
    "fcntl": ((72, 25), [_argument(1), *_any_of(RANGE_LOCKS, "do nothing"), *_any_of(OTHER_LOCKS, "refuse"), ALLOW]),
    "clone": ((56, 220), [_argument(0), (_ANY_BIT, NEW_NAMESPACES, "refuse", "allow")]),
    "prctl": ((157, 167), [_argument(0), (_EQUAL, PR_SET_SECCOMP, "refuse", "allow")]),
    # of itself only
    "prlimit": ((302, 261), [_argument(0), (_EQUAL, 0, "allow", "refuse")]),
    "setsockopt": (
        (54, 208),
        [_argument(1), (_EQUAL, SOL_SOCKET, "", "allow"), _argument(2), *_any_of(BUFFERS, "refuse"), ALLOW],
    ),
}  # fmt: skip
"""The calls that depend on their arguments: (x86_64, aarch64), and what is looked at."""


def program(machine: str, *, notify: bool = False) -> bytes:
    """The filter for this machine as BPF. Raises KeyError on one that is neither x86_64 nor aarch64.

    `notify`: whether an action for SIGCHLD is asked of a listener, and not answered with success at once.
    """
    architecture, column = MACHINES[machine]
    ends = [
        ("refuse", _ERROR | errno.EPERM),
        ("do nothing", _ERROR),
        ("child action", _NOTIFY if notify else _ERROR),
        ("unknown", _ERROR | errno.ENOSYS),
        ("kill", _KILL),
        ("allow", _ALLOW),
    ]
    lines: list[Line] = [
        # the architecture before all else: a number means another call in each
        (_LOAD, _ARCHITECTURE, "", ""), (_EQUAL, architecture, "", "kill"),
        (_LOAD, _NUMBER, "", ""), (_AT_LEAST, X32, "kill", ""), (_ABOVE, NEWEST, "unknown", ""),
        (_EQUAL, CLONE3, "unknown", ""),  # its flags lie behind a pointer; the C library falls back to clone
        *((_EQUAL, numbers[column], name, "") for name, (numbers, _) in INSPECTED.items()),
    ]  # fmt: skip
    refused = sorted(number for numbers in REFUSED.values() if (number := numbers[column]) is not None)
    lines += [(_EQUAL, number, "refuse", "") for number in refused]
    lines.append(ALLOW)
    places = {}
    for name, (_, inspection) in INSPECTED.items():
        places[name] = len(lines)
        lines += inspection
    places |= {name: len(lines) + i for i, (name, _) in enumerate(ends)}
    lines += [(_RETURN, value, "", "") for _, value in ends]
    return b"".join(_line(i, line, places) for i, line in enumerate(lines))


def _line(here: int, line: Line, places: dict[str, int]) -> bytes:
    code, operand, yes, no = line
    # counted from the next line, forwards only and in one byte: a list of more than 255 lines would need steps between
    jumps = [places[name] - here - 1 if name else 0 for name in (yes, no)]
    return struct.pack("HBBI", code, *jumps, operand)
