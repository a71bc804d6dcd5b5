"""The sandbox's servers: used from threads and other processes, replaced when they break, gone with their parent."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from r1data.sandbox.job import Limits, Program, ProgramInput, SandboxFailed
from r1data.sandbox.running import run
from r1data.sandbox.servers import SERVERS, Broken, Kind

DOUBLE = Program("print(int(input()) * 2)")


def double(number: int) -> str:
    return run(DOUBLE, [ProgramInput(str(number))])[0].stdout.strip()


def family(root: int) -> set[int]:
    """A process and all that come from it, without what has ended."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state not in "ZX":
                parents[int(stat.parent.name)] = int(parent)
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return set(found)


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if pid in family(pid) and Path(f"/proc/{pid}").exists() and not zombie(pid)}


def zombie(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    return True


def gone(pids: set[int], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while alive(pids) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pids)


def test_many_threads_at_once() -> None:
    SERVERS.close()  # those of other kinds, which tests before this one asked for
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(double, range(60))) == [str(2 * n) for n in range(60)]
    assert len(SERVERS._all) <= SERVERS.size


def test_a_server_outlives_the_thread_that_started_it() -> None:
    SERVERS.close()
    thread = threading.Thread(target=double, args=[1])
    thread.start()
    thread.join()
    (server,) = SERVERS._free
    assert double(2) == "4"
    assert SERVERS._free == [server]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_a_pool_have_servers_of_their_own(method: str) -> None:
    double(1)
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        assert list(pool.map(double, range(6))) == [str(2 * n) for n in range(6)]
    assert double(4) == "8"


def test_a_dead_server_is_replaced() -> None:
    double(1)
    for server in list(SERVERS._all):
        os.killpg(server.process.pid, signal.SIGKILL)
    assert double(3) == "6"


def test_a_server_that_dies_under_a_program_is_replaced_and_the_program_tried_again() -> None:
    double(1)
    pids = {server.process.pid for server in SERVERS._free}

    def kill() -> None:
        time.sleep(0.3)
        for pid in pids:
            os.killpg(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    (outcome,) = run(Program("import time; time.sleep(1); print('done')"), [ProgramInput()])
    killer.join()
    assert outcome.stdout == "done\n"


def test_a_wall_that_cannot_be_built_is_told() -> None:
    with (
        pytest.raises(Broken, match="No module named 'no_such_module'"),
        SERVERS.one(Kind("namespaces", False, ("no_such_module",))),
    ):
        pass
    assert issubclass(Broken, SandboxFailed)


def test_nothing_is_left_after_an_exception() -> None:
    double(1)
    with pytest.raises(KeyboardInterrupt), SERVERS.one(Kind("namespaces", False, ())) as server:
        pids = family(server.process.pid)
        raise KeyboardInterrupt
    assert gone(pids)


def test_no_zombie_is_left_to_whoever_adopts_it() -> None:
    double(1)
    pids = {pid for server in SERVERS._all for pid in family(server.process.pid)}
    assert len(pids) >= 3
    SERVERS.close()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


PARENT = """
import sys, threading, time
from r1data.sandbox.job import Program, ProgramInput; from r1data.sandbox.running import run
run(Program("print(1)"), [ProgramInput()])
threading.Thread(target=run, args=[Program("import time; time.sleep(60)"), [ProgramInput()]], daemon=True).start()
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_servers_end_with_their_parent_in_the_middle_of_a_program(number: int) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert parent.stdout is not None and parent.stdout.readline() == b"ready\n"
    time.sleep(0.3)
    pids = family(parent.pid)
    assert len(pids) >= 5
    parent.send_signal(number)
    parent.wait(30)
    parent.stdout.close()
    assert gone(pids)


def test_a_program_does_not_hold_up_the_next_in_another_thread() -> None:
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(run, Program("while True: pass"), [ProgramInput()], Limits(seconds=2.0))
        quick = [double(n) for n in range(5)]
        assert quick == ["0", "2", "4", "6", "8"]
        assert not slow.done() or SERVERS.size == 1
        assert slow.result()[0].status == "timeout"


REFUSED = """
import os
from r1data.sandbox.job import NoIsolation, Program, ProgramInput
from r1data.sandbox.probe import isolation
from r1data.sandbox.running import run
from r1data.sandbox.inside import kernel
user, group = os.getuid(), os.getgid()
kernel.unshare(kernel.CLONE_NEWUSER)
for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
    open(f"/proc/self/{name}", "w").write(text)
open("/proc/sys/user/max_user_namespaces", "w").write("0")
print(isolation().name)
try:
    run(Program("print(1)"), [ProgramInput()])
except NoIsolation as error:
    print(error)
"""


def test_where_user_namespaces_are_refused_nothing_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REFUSED], capture_output=True, text=True, check=True, timeout=60
    )
    name, message = done.stdout.splitlines()
    assert name == "none"
    assert "sysctl user.max_user_namespaces" in message and "R1_SANDBOX" in message
