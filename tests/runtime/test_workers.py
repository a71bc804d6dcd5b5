"""Killable processes: time-outs end them, the next job gets a new one, none is left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from r1data.runtime.workers import Crashed, WorkerPool
from r1data.verifiers.math.formulas import _WORKERS, _reply
from r1data.verifiers.registry import check
from r1data.verifiers.verdict import Verdict

TOWER = r"<think>so</think>\boxed{9^{9^{9^9}}}"
SUM = r"\sum_{k=1}^{3} k"
"""What takes more algebra than ours."""
SIX = r"<think>so</think>\boxed{6}"


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    _reply.cache_clear()


def asked() -> Verdict:
    """An answer verified by a worker."""
    _reply.cache_clear()
    return check("math", SIX, SUM)


def children(parent: int) -> list[int]:
    """Processes of a parent, by /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ppid = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(ppid) == parent and state != "Z":
            found.append(int(stat.parent.name))
    return found


def hand_at_work() -> int:
    """The oldest of the processes that work, or will."""
    hands = [hand for worker in _WORKERS._all for hand in children(worker.process.pid)]
    return min(hands, key=lambda hand: (started(hand), hand))


def started(pid: int) -> int:
    """When a process started, in ticks since the machine did."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def gone(pids: list[int], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_a_time_out_is_its_own_verdict_and_the_next_answer_is_verified() -> None:
    _WORKERS.close()
    assert asked().verdict == "correct"
    at_work = hand_at_work()
    assert check("math", TOWER, "12", time_limit=0.5).verdict == "timeout"
    assert gone([at_work], 30.0)
    assert asked().verdict == "correct"


@pytest.mark.parametrize("which", ["hand", "worker"])
def test_a_worker_that_is_killed_is_an_error_never_incorrect(which: str) -> None:
    _WORKERS.close()
    assert asked().verdict == "correct"
    (worker,) = _WORKERS._free
    pid = hand_at_work() if which == "hand" else worker.process.pid
    threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
    verdict = check("math", TOWER, "12", time_limit=5.0)
    assert verdict.verdict == "error"
    assert asked().verdict == "correct"


def test_threads_share_the_workers() -> None:
    sums = [rf"<think>so</think>\boxed{{\sum_{{k=1}}^{{{n}}} k}}" for n in range(1, 25)]
    with ThreadPoolExecutor(6) as pool:
        verdicts = list(
            pool.map(lambda n: check("math", sums[n - 1], str(n * (n + 1) // 2)).verdict, range(1, 25))
        )
    assert verdicts == ["correct"] * 24
    assert len(_WORKERS._all) <= (os.cpu_count() or 1)


def _in_child(queue: "multiprocessing.Queue[str]") -> None:
    queue.put(asked().verdict)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_have_workers_of_their_own(method: str) -> None:
    assert asked().verdict == "correct"
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    assert queue.get(timeout=60) == "correct"
    child.join(10)
    assert asked().verdict == "correct"


PARENT = """
import sys, threading, time
from r1data.verifiers.registry import check
check("math", sys.argv[1], sys.argv[3])
busy = {"target": check, "args": ("math", sys.argv[2], "3"), "kwargs": {"time_limit": 2.0}, "daemon": True}
threading.Thread(**busy).start()
time.sleep(0.3)
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("end", ["exit", "kill"])
def test_no_process_outlives_its_parent_even_at_work(end: str) -> None:
    command = [sys.executable, "-c", PARENT, SIX, TOWER, SUM]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    workers = children(parent.pid)
    assert workers
    workers += [hand for worker in workers for hand in children(worker)]
    if end == "kill":
        parent.kill()
    parent.communicate("\n" if end == "exit" else None, timeout=30)
    assert gone(workers, 30.0)


def test_a_process_that_cannot_start_is_a_crash() -> None:
    pool = WorkerPool("r1data.verifiers.no_such_module")
    with pytest.raises(Crashed):
        pool.ask({"time_limit": 1.0})


def test_the_package_imports_nothing_heavy() -> None:
    code = "import sys, r1data.verifiers; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"sympy", "math_verify", "pyarrow", "torch", "numpy"} & set(loaded)
