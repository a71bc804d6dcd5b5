"""Pipes of real processes: the reader works while the writer does, and neither loses rows when the other goes."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from r1data.data.dataset import Dataset
from tests.conftest import R1, Run

ROWS, SHARD = 3_000, 20


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    row = {"truth": "4", "response": "<think>\n2 + 2\n</think>\n\n\\boxed{4}"}
    path.write_text("".join(json.dumps({"prompt": f"{n}: 2 + 2?", **row}) + "\n" for n in range(ROWS)))
    return path


def ingesting(questions: Path, out: Path) -> "subprocess.Popen[bytes]":
    command = [R1, "ingest", questions, "-o", out, "--shard-rows", str(SHARD), "--workers", "1"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def verifying(writer: "subprocess.Popen[bytes]", tmp_path: Path) -> "subprocess.Popen[bytes]":
    """A reader that has committed: the writer stands still meanwhile, or it would be done before a reader starts."""
    _wait(lambda: commits(tmp_path / "samples") >= 10)  # the first ones are in the pipe then
    writer.send_signal(signal.SIGSTOP)
    command = [R1, "verify", "-", "-o", tmp_path / "verified"]
    reader = subprocess.Popen(command, stdin=writer.stdout, stderr=subprocess.PIPE)
    _wait(lambda: commits(tmp_path / "verified") > 0 or reader.poll() is not None)
    return reader


def _wait(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.001)


def commits(dataset: Path) -> int:
    return sum(1 for _ in (dataset / ".r1/commits").glob("*"))


def committed(dataset: Path) -> list[int]:
    """When each commit came, in nanoseconds."""
    return sorted(path.stat().st_mtime_ns for path in (dataset / ".r1/commits").iterdir())


def test_the_reader_commits_while_the_writer_still_works(questions: Path, tmp_path: Path) -> None:
    writer = ingesting(questions, tmp_path / "samples")
    reader = verifying(writer, tmp_path)
    writer.send_signal(signal.SIGCONT)
    assert (writer.wait(), reader.wait()) == (0, 0)
    assert committed(tmp_path / "verified")[0] < committed(tmp_path / "samples")[-1]
    assert Dataset(tmp_path / "verified").rows == ROWS


def test_a_writer_whose_reader_goes_says_so_and_can_go_on(questions: Path, tmp_path: Path, r1: Run) -> None:
    writer = ingesting(questions, tmp_path / "samples")
    assert writer.stdout and writer.stderr
    writer.stdout.readline()
    writer.stdout.close()
    said = writer.stderr.read().decode()
    assert writer.wait() == 1
    assert "went away" in said.splitlines()[-1]
    kept = Dataset(tmp_path / "samples")
    assert 0 < kept.rows < ROWS
    assert not kept.complete
    r1("ingest", questions, "-o", tmp_path / "samples", "--shard-rows", SHARD, check=True)
    assert Dataset(tmp_path / "samples").rows == ROWS


def test_a_reader_whose_writer_is_killed_finishes_what_came(questions: Path, tmp_path: Path) -> None:
    writer = ingesting(questions, tmp_path / "samples")
    reader = verifying(writer, tmp_path)
    writer.kill()
    assert writer.stdout and reader.stderr
    writer.stdout.close()
    assert "end line" in reader.stderr.read().decode()
    assert reader.wait() == 1
    verified = Dataset(tmp_path / "verified")
    assert not verified.complete
    assert 0 < verified.rows <= Dataset(tmp_path / "samples").rows
