"""The model server killed with SIGKILL in the midst of an answer and started again, ten times over, under one
`r1 sample`: no row lost, none twice, the same bytes as against a server that lives."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.chaos.commands import Digests, contents
from tests.chaos.processes import ENVIRONMENT, Pipe, Server, finish
from tests.served import build_bytes, free_port

KILLS, BETWEEN, N = 10, 30, 10
"""Deaths, answers before each, responses a prompt."""
DOWN = 0.2
"""Seconds until it is started again."""
SAMPLE = f"-o out --engine openai --model tiny --template plain --max-tokens 16 -n {N} --concurrency 8"


def start(port: int, delay: float, last: int | None) -> "subprocess.Popen[bytes]":
    words = [str(port), str(delay), *([] if last is None else [str(last)])]
    command = [sys.executable, "-m", "tests.chaos.model_server", *words]
    return subprocess.Popen(command, env=ENVIRONMENT, cwd=Path(__file__).parents[2])


class Mortal(threading.Thread):
    """A server that dies and comes back; `deaths` are the exit codes."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port, self.deaths, self.over = port, list[int](), threading.Event()

    def run(self) -> None:
        while len(self.deaths) < KILLS and not self.over.is_set():
            process = start(self.port, 0.01, BETWEEN)
            while process.poll() is None and not self.over.wait(0.02):
                pass
            process.kill()
            self.deaths.append(process.wait())
            time.sleep(DOWN)
        if not self.over.is_set():
            process = start(self.port, 0.01, None)
            self.over.wait()
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_bytes(tmp_path_factory.mktemp("bytes") / "model", hidden_size=32, intermediate_size=32)


def sampled(inputs: Path, tokenizer: Path, port: int) -> list[list[str]]:
    line = (
        f"{inputs}/p {SAMPLE} --tokenizer {tokenizer} --endpoint http://127.0.0.1:{port} --max-retry-time 60"
    )
    return [["sample", *line.split()]]


@pytest.fixture(scope="module")
def expected(
    inputs: Path, tokenizer: Path, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Digests:
    """What a server that lives gives."""
    port, folder = free_port(), tmp_path_factory.mktemp("undisturbed")
    process = start(port, 0.0, None)
    try:
        finish(sampled(inputs, tokenizer, port), folder, server)
    finally:
        process.kill()
        process.wait()
    return contents(folder, ["out"])


def test_a_server_that_dies_ten_times_costs_no_row(
    inputs: Path, tokenizer: Path, expected: Digests, server: Server, tmp_path: Path
) -> None:
    mortal = Mortal(free_port())
    mortal.start()
    try:
        pipe = Pipe(sampled(inputs, tokenizer, mortal.port), tmp_path, server, forked=True)
        assert pipe.end() == [0], pipe.said()
    finally:
        mortal.over.set()
        mortal.join()
    assert mortal.deaths == [-signal.SIGKILL] * KILLS
    assert contents(tmp_path, ["out"]) == expected
    assert "Traceback" not in pipe.said()
