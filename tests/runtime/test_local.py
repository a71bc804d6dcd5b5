"""Processes of this machine: what they tell, what they leave to the parent, when they end."""

import functools
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from r1data.errors import UserError
from r1data.runtime.executors import Closed, WorkerDied
from r1data.runtime.local import LocalExecutor
from r1data.runtime.stages import open_executor
from tests.runtime import stages

ROOT = Path(__file__).parents[2]


@pytest.fixture
def executor() -> LocalExecutor:
    return LocalExecutor(1)


def test_a_death_is_told_for_its_call_alone(executor: LocalExecutor) -> None:
    with pytest.raises(WorkerDied, match="SIGKILL"):
        executor.run(stages.die)
    assert executor.run(os.getpid) != os.getpid()
    executor.close()


def test_a_worker_serves_many_calls(executor: LocalExecutor) -> None:
    assert executor.run(os.getpid) == executor.run(os.getpid)
    executor.close()


def test_an_aborted_executor_takes_no_call(executor: LocalExecutor) -> None:
    executor.abort()
    with pytest.raises(Closed):
        executor.run(os.getpid)


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        ("full", OSError, "No space left on device: '/data/x'"),
        ("awkward", RuntimeError, "bad at line 1"),
        ("bug", ValueError, "a bug"),
    ],
)
def test_what_a_stage_raises_arrives(
    executor: LocalExecutor, error: str, kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        executor.run(functools.partial(stages.fail, None, error=error))
    executor.close()


def test_a_bug_keeps_the_traceback_of_its_worker(executor: LocalExecutor) -> None:
    with pytest.raises(ValueError, match="a bug") as raised:
        executor.run(functools.partial(stages.fail, None, error="bug"))
    assert "stages.py" in raised.value.__notes__[0]
    executor.close()


def test_an_unknown_executor_lists_the_known() -> None:
    with pytest.raises(UserError, match="slurm: no such executor; choose local, ray, or the ray:// address"):
        open_executor("slurm")


def started(code: str, **options: object) -> subprocess.Popen[str]:
    script = textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, text=True, stdout=subprocess.PIPE, **options
    )  # type: ignore[call-overload]


BUSY = """
    import functools, os, threading, time
    from r1data.runtime.local import LocalExecutor
    from tests.runtime import stages
    executor = LocalExecutor(2)
    pids = [executor.run(os.getpid)]
    print(pids[0], flush=True)
    executor.run(functools.partial(time.sleep, 60))
"""


def test_workers_die_with_a_parent_that_is_killed() -> None:
    parent = started(BUSY)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 10
    while Path(f"/proc/{worker}/stat").exists() and " Z " not in Path(f"/proc/{worker}/stat").read_text():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_what_a_stage_prints_stays_out_of_stdout() -> None:
    code = """
        import functools
        from r1data.runtime.local import LocalExecutor
        from tests.runtime import stages
        executor = LocalExecutor(1)
        executor.run(functools.partial(stages.chatty, None))
        executor.close()
    """
    process = started(code, stderr=subprocess.PIPE)
    out, noise = process.communicate()
    assert (out, noise) == ("", "noise\n")


def test_ctrl_c_is_the_parents() -> None:
    parent = started(BUSY, stderr=subprocess.PIPE, start_new_session=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    os.kill(worker, signal.SIGINT)
    time.sleep(0.1)
    assert Path(f"/proc/{worker}").exists()
    parent.kill()
    parent.communicate()
