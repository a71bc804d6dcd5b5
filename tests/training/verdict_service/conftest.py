"""The service as a user runs it, with verifiers and rewards of a package that die, hang and raise."""

import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from r1data.training.verdict_service.clients.client import VerdictClient
from tests.conftest import R1

POISON = """
import os, signal, time
from r1data.training.rewards import Reward, each
from r1data.verifiers.verdict import Verifier, correct, incorrect

def dies(case, time_limit):
    os.kill(os.getpid(), signal.SIGKILL)

def hangs(case, time_limit):
    time.sleep(1_000)

def slow(case, time_limit):
    time.sleep(0.02)
    return correct(case.response) if case.response == case.truth else incorrect(case.response)

def brittle(scored):
    if "kill" in scored.rollout.response:
        os.kill(os.getpid(), signal.SIGKILL)
    if "raise" in scored.rollout.response:
        raise ValueError("bad response")
    return float(len(scored.rollout.response))

VERIFIERS = [Verifier(name=f.__name__, check=f, version="1", summary="for tests") for f in (dies, hangs, slow)]
DIES, HANGS, SLOW = VERIFIERS
BRITTLE = Reward("brittle", each(brittle), range=(0.0, 100.0), summary="for tests")
"""
POINTS = """[r1.verifiers]
dies = poison:DIES
hangs = poison:HANGS
slow = poison:SLOW
[r1.rewards]
brittle = poison:BRITTLE
"""


@dataclass(frozen=True)
class Running:
    """A service: its address, its token, its process, and what it has written to stderr so far."""

    url: str
    token: str
    process: "subprocess.Popen[str]"
    lines: list[str]

    @property
    def client(self) -> VerdictClient:
        return VerdictClient(self.url, self.token, timeout=60, patience=60)

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a GET with the token."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait_until_warm(self) -> None:
        for _ in range(600):
            if self.get("/health")[0] == 200:
                return
            time.sleep(0.1)
        raise AssertionError("not warm after a minute")


Start = Callable[..., "Iterator[Running]"]


@contextmanager
def started(folder: Path, *options: str, token: str | None = None) -> Iterator[Running]:
    """A service at a free port; ended with the block."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    environment.pop("R1_VERDICTS_TOKEN", None)
    if token is not None:
        environment["R1_VERDICTS_TOKEN"] = token
    process = subprocess.Popen(
        [R1, "serve-verdicts", "--port", "0", *options], env=environment, stderr=subprocess.PIPE, text=True
    )
    lines: list[str] = []
    threading.Thread(target=lambda: lines.extend(iter(process.stderr.readline, "")), daemon=True).start()  # type: ignore[union-attr]
    try:
        for _ in range(600):
            text = "".join(lines)
            url = re.search(r"at (http://\S+)\n", text)
            shown = re.search(r"^token (\S+)\n", text, re.M)
            if url and (shown or token is not None):
                break
            assert process.poll() is None, text
            time.sleep(0.05)
        else:
            raise AssertionError("".join(lines))
        yield Running(url[1], shown[1] if shown else token or "", process, lines)
    finally:
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture(scope="session")
def poison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package of verifiers and rewards that misbehave."""
    folder = tmp_path_factory.mktemp("poison")
    info = folder / "poison-1.5.dist-info"
    info.mkdir()
    (folder / "poison.py").write_text(POISON)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: poison\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text(POINTS)
    return folder


@pytest.fixture(scope="session")
def service(poison: Path) -> Iterator[Running]:
    """One for tests that leave it as it was."""
    with started(poison, "--workers", "2", "--time-limit", "1", "--grace", "1", "--max-body", "1") as running:
        running.wait_until_warm()
        yield running
