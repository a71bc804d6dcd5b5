"""Machines meet, compare what they run, and notice when one is gone; two nodes on loopback train like one."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from r1data.engines.models import load_model
from r1data.errors import UserError
from r1data.training.processes import nodes
from r1data.training.processes.placement import Placement
from tests.training import harness
from tests.training.loop.test_resume import ROOT, logged, told, weights
from tests.training.loop.test_stopping import kept_steps

PATIENCE = 600.0
"""Seconds that two nodes may take on a busy machine."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def together(
    *identities: dict[str, object], wait: float = 30, act: Callable[[nodes.Meeting], object] = lambda _: None
) -> list[str]:
    """What the machines of a meeting raise; all of them are threads here."""
    head = f"127.0.0.1:{free_port()}"

    def attend(rank: int) -> str:
        try:
            with nodes.meet(
                Placement(nodes=len(identities), rank=rank, head=head, wait=wait), identities[rank]
            ) as meeting:
                act(meeting)
        except UserError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(identities)) as threads:
        return list(threads.map(attend, range(len(identities))))


def test_three_machines_meet() -> None:
    def act(meeting: nodes.Meeting) -> None:
        if meeting.placement.rank == 0:
            meeting.announce("here")
        else:
            assert meeting.follow() == "here"

    assert together({"torch": "2"}, {"torch": "2"}, {"torch": "2"}, act=act) == ["", "", ""]


def test_another_version_is_refused_everywhere() -> None:
    first, second = together({"torch": "2.13"}, {"torch": "2.12"})
    assert first == second
    assert "node 1" in first and "has torch 2.12, and node 0 has 2.13" in first


def test_what_the_first_machine_cannot_prepare_ends_all() -> None:
    def act(meeting: nodes.Meeting) -> None:
        if meeting.placement.rank == 0:
            raise UserError("no row to train on")
        meeting.follow()

    assert together({}, {}, act=act) == ["no row to train on"] * 2


def test_who_does_not_come_is_named() -> None:
    placement = Placement(nodes=4, rank=0, head=f"127.0.0.1:{free_port()}", wait=1)
    with (
        pytest.raises(UserError, match=r"nodes 1, 2, 3 of 4 did not come .* within 1 s"),
        nodes.meet(placement, {}),
    ):
        pass


def test_a_first_machine_that_does_not_answer_is_named() -> None:
    placement = Placement(nodes=2, rank=1, head=f"127.0.0.1:{free_port()}", wait=1)
    with pytest.raises(UserError, match=r"node 0 did not answer at 127\.0\.0\.1"), nodes.meet(placement, {}):
        pass


def test_a_rank_that_is_taken_is_refused() -> None:
    head = f"127.0.0.1:{free_port()}"

    def attend(rank: int) -> str:
        with (
            pytest.raises(UserError) as error,
            nodes.meet(Placement(nodes=3, rank=rank, head=head, wait=2), {}),
        ):
            pass
        return str(error.value)

    with ThreadPoolExecutor(3) as threads:
        messages = sorted(threads.map(attend, (0, 1, 1)))
    assert messages[0] == "--rank 1: another machine has it; give each its own, from 0"
    assert "node 2 of 3 did not come" in messages[1]


def test_a_machine_that_is_turned_away_says_nothing_in_the_other_one_s_name() -> None:
    def act(meeting: nodes.Meeting) -> None:
        if meeting.placement.rank:
            with pytest.raises(UserError, match="another machine has it"), nodes.meet(meeting.placement, {}):
                pass
            assert not meeting.store.check(["end/1"])

    assert together({}, {}, act=act) == ["", ""]


def test_another_machine_s_failure_is_told() -> None:
    failed = threading.Event()

    def act(meeting: nodes.Meeting) -> None:
        if meeting.placement.rank:
            failed.set()
            raise UserError("process 3 died")
        failed.wait()
        raise UserError(meeting.blame() or "nothing")

    first, second = together({}, {}, act=act)
    assert second == "process 3 died"
    assert first.startswith("node 1") and first.endswith("failed: process 3 died")


def test_a_folder_that_is_not_shared_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "SHARED_SECONDS", 0.1)
    token = nodes.mark(tmp_path)
    nodes.check_mark(tmp_path, token, Placement(nodes=2, rank=1))
    with pytest.raises(UserError, match="does not see what node 0 writes"):
        nodes.check_mark(tmp_path, "another", Placement(nodes=2, rank=1))


class Pair:
    """Two nodes on loopback, each a command of its own."""

    def __init__(self, model: Path, out: Path, logs: Path) -> None:
        head = f"127.0.0.1:{free_port()}"
        self.logs = [logs / f"node{rank}" for rank in (0, 1)]
        self.processes = [self._start(rank, head, model, out) for rank in (0, 1)]

    def _start(self, rank: int, head: str, model: Path, out: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.training.harness", "sft", str(model), str(out)]
        node = {"R1_TEST_NODES": "2", "R1_TEST_RANK": str(rank), "R1_TEST_HEAD": head}
        with self.logs[rank].open("w") as log:
            return subprocess.Popen(command, stderr=log, cwd=ROOT, env={**os.environ, **node})

    def wait(self) -> list[int]:
        return [process.wait(PATIENCE) for process in self.processes]

    def last_line(self, rank: int) -> str:
        return self.logs[rank].read_text().strip().splitlines()[-1]


def wait_for(steps: int, out: Path) -> None:
    end = time.monotonic() + PATIENCE
    while logged(out / ".r1/metrics.jsonl") < steps:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.slow
def test_two_nodes_train_like_one_and_go_on_after_one_is_killed(qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "broken"
    pair = Pair(qwen, out, tmp_path)
    wait_for(7, out)
    pair.processes[1].kill()
    assert pair.wait() == [1, -signal.SIGKILL]
    assert "node 1" in pair.last_line(0) and "is gone" in pair.last_line(0)
    for folder in (out, tmp_path / "whole"):
        assert Pair(qwen, folder, tmp_path).wait() == [0, 0]
    assert weights(out) == weights(tmp_path / "whole")
    harness.main("sft", str(qwen), str(tmp_path / "one"))
    losses = [[row["loss"] for row in told(folder)] for folder in (tmp_path / "one", out)]
    assert losses[1] == pytest.approx(losses[0], abs=1e-4)
    one, two = (load_model(folder).state_dict() for folder in (tmp_path / "one", out))
    assert all(torch.allclose(one[key], two[key], atol=1e-4) for key in one)


@pytest.mark.slow
def test_a_signal_to_one_node_stops_both(qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "stopped"
    pair = Pair(qwen, out, tmp_path)
    wait_for(2, out)
    pair.processes[1].send_signal(signal.SIGTERM)
    assert pair.wait() == [143, 143]
    assert kept_steps(out)[-1] == logged(out / ".r1/metrics.jsonl")
