"""The same result on Ray: a cluster of three simulated nodes, workers that are killed, a node that goes away."""

import functools
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.data.writer import Summary
from r1data.errors import RowsLost, UserError
from r1data.runtime.ray import RayExecutor
from r1data.runtime.stages import Output, run_stage
from tests.conftest import Run
from tests.runtime import stages
from tests.runtime.stages import COMMAND, make_source

pytest.importorskip("ray")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Three nodes of one core; commands and this process find it by RAY_ADDRESS."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    nodes.add_node(num_cpus=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ADDRESS", nodes.address)
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.chdir(ROOT)
        yield nodes
    nodes.shutdown()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_source(tmp_path_factory.mktemp("given") / "source", shards=12, rows=4)


def copied(source: str, out: Path, stage: Callable[[pa.Table], pa.Table], executor: str = "ray") -> Summary:
    output = {"rows": Output(str(out), "prompt", stages.count)}
    return run_stage(open_source(source), output, stage, command=COMMAND, executor=executor)["rows"]


def test_the_command_line_gives_what_it_gives_here(
    cluster: Any, r1: Run, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [
        {"prompt": f"{n}+1", "truth": str(n + 1), "response": f"</think>\\boxed{{{n}}}"} for n in range(40)
    ]
    r1("ingest", write_jsonl(rows), "-o", tmp_path / "ds", "--shard-rows", "10", check=True)
    r1("verify", tmp_path / "ds", "-o", tmp_path / "here", check=True)
    there = r1("verify", "ds", "-o", "there", "--executor", "ray", "--json", cwd=tmp_path)
    assert there.returncode == 0, there.stderr
    assert Dataset(tmp_path / "there").digest == Dataset(tmp_path / "here").digest
    assert all(line.startswith(("verify: ", "{")) for line in there.stderr.splitlines())
    assert [len(json.loads(line)) for line in there.stdout.splitlines()] == [4] * 5


def test_a_set_is_the_same_that_is_built_here(
    cluster: Any, r1: Run, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [
        {"prompt": f"question {n // 3}", "response": f"<think>{n}</think>\n\n{n % 20}"} for n in range(90)
    ]
    r1("ingest", write_jsonl(rows), "-o", tmp_path / "ds", "--shard-rows", "30", check=True)
    wanted = ("--max-per-prompt", "2", "--selection", "diverse", "--dropped")
    r1("build", tmp_path / "ds", "-o", tmp_path / "here", *wanted, tmp_path / "left-here", check=True)
    made = r1("build", "ds", "-o", "there", *wanted, "left-there", "--executor", "ray", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert Dataset(tmp_path / "there").digest == Dataset(tmp_path / "here").digest
    assert Dataset(tmp_path / "left-there").digest == Dataset(tmp_path / "left-here").digest


def test_workers_that_are_killed_change_nothing(cluster: Any, source: str, tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    dying = functools.partial(stages.die_once, marks=str(tmp_path / "marks"))
    there = copied(source, tmp_path / "there", dying)
    assert list((tmp_path / "marks").iterdir())
    assert there.digest == copied(source, tmp_path / "here", stages.same, "local").digest


def test_a_row_that_kills_is_set_aside_as_it_is_here(cluster: Any, source: str, tmp_path: Path) -> None:
    for executor in ("ray", "local"):
        with pytest.raises(RowsLost, match="1 row"):
            copied(source, tmp_path / executor, functools.partial(stages.die_of, rows=("6",)), executor)
    assert Dataset(tmp_path / "ray").digest == Dataset(tmp_path / "local").digest


def test_what_a_stage_raises_arrives(cluster: Any, source: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        copied(source, tmp_path / "out", functools.partial(stages.fail, error="full"))


def test_a_folder_that_a_worker_does_not_find_is_said(
    cluster: Any, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("r1data.data.stores.local.LocalStore.prepare", lambda _: None)
    with pytest.raises(UserError, match=r"does not find this folder.*one that all machines share"):
        copied(source, tmp_path / "out", stages.same)


def test_nothing_of_rays_comes_to_stdout(cluster: Any, capfd: pytest.CaptureFixture[str]) -> None:
    executor = RayExecutor(None, 1)
    with pytest.raises(Exception, match="WorkerCrashed"):
        executor.run(stages.die)
    executor.close()
    assert capfd.readouterr() == ("", "")


def test_a_cluster_of_its_own_ends_with_a_command_that_is_killed(tmp_path: Path) -> None:
    code = """
        import functools, time, ray
        from r1data.runtime.ray import RayExecutor
        executor = RayExecutor(None, 1)
        print(ray._private.worker.global_worker.node.session_name, flush=True)
        executor.run(functools.partial(time.sleep, 60))
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        text=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "RAY_ADDRESS": "local"},
    )
    assert parent.stdout is not None
    session = parent.stdout.readline().strip()
    assert any("raylet" in line for line in _mentioning(session))
    parent.kill()
    parent.communicate()
    until = time.monotonic() + 20
    while _mentioning(session):
        assert time.monotonic() < until, _mentioning(session)
        time.sleep(0.1)


def _mentioning(word: str) -> list[str]:
    """Command lines of the processes that name a session."""
    listed = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if word in line]


def test_no_cluster_is_one_line() -> None:
    with pytest.raises(UserError, match="no Ray cluster at ray://127"):
        RayExecutor("ray://127.0.0.1:9")


def test_a_node_that_goes_away_in_the_middle_changes_nothing(
    cluster: Any, source: str, tmp_path: Path
) -> None:
    """The last test on the cluster: it takes a node from it."""
    leaving = next(iter(cluster.worker_nodes))

    def leave() -> None:
        while len(list((tmp_path / "there/data").glob("*"))) < 3:
            time.sleep(0.02)
        cluster.remove_node(leaving, allow_graceful=False)

    remover = threading.Thread(target=leave, daemon=True)
    remover.start()
    there = copied(source, tmp_path / "there", functools.partial(stages.slow, seconds=1.0))
    remover.join()
    here = copied(source, tmp_path / "here", stages.same, "local")
    assert there.digest == here.digest
    assert Dataset(tmp_path / "there").entries == Dataset(tmp_path / "here").entries
