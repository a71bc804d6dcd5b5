"""A dataset to hand over, the fake hub, and `r1` as a process that knows no other hub than that one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from r1data.data.commits import Command
from r1data.data.dataset import Dataset
from r1data.data.writer import Writer
from tests.conftest import R1
from tests.exchange.fake_hub import TOKEN, FakeHub

HubR1 = Callable[..., subprocess.CompletedProcess[str]]
SHARDS = 4


def prompts(first: int, count: int = 3, **more: Any) -> pa.Table:
    ids = [f"p{number}" for number in range(first, first + count)]
    same = {"domain": "math", "language": "en", "source": "made up", "license": "MIT", **more}
    return pa.table(
        {"prompt_id": ids, "prompt": ids, **{name: [value] * count for name, value in same.items()}}
    )


def write(path: Path, shards: int = SHARDS, *, complete: bool = True, **more: Any) -> Path:
    """A dataset of prompts; writing it again with more shards goes on."""
    with Writer.open(path, schema="prompt", command=Command("test"), announce=False) as writer:
        for number in range(shards):
            if not writer.has(f"part-{number}"):
                writer.publish(f"part-{number}", prompts(3 * number, **more))
        writer.finish(complete=complete)
    return path


def facts(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What `--json` printed, on stdout or as stderr's last line."""
    assert done.returncode == 0, done.stderr
    last = (done.stdout.splitlines() or [""])[-1]
    found: dict[str, Any] = json.loads(last if '"to"' in last else done.stderr.splitlines()[-1])
    return found


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The only line of a command that refused."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith(("copy:", "compare:", "push:"))]
    assert done.returncode == 1 and len(lines) == 1, (done.returncode, done.stderr)
    assert not done.stdout
    return lines[0]


def files(dataset: Path) -> dict[str, bytes]:
    """The files that a copy has too."""
    found = [*dataset.glob("data/*"), *dataset.glob(".r1/commits/*")]
    return {str(path.relative_to(dataset)): path.read_bytes() for path in found}


def same(one: Path, other: Path) -> bool:
    """True where two datasets have the same digest and the same bytes in the same files."""
    return files(one) == files(other) and Dataset(one).digest == Dataset(other).digest


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write(tmp_path / "rows")


@pytest.fixture(scope="session")
def only_hub() -> Iterator[FakeHub]:
    hub = FakeHub()
    yield hub
    hub.shutdown()
    hub.server_close()


@pytest.fixture
def hub(only_hub: FakeHub) -> FakeHub:
    """The fake hub, with nothing in it."""
    only_hub.forget()
    return only_hub


@pytest.fixture(scope="session")
def environment(only_hub: FakeHub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a command needs to know of the fake hub; bytecode is kept, as on a user's machine."""
    strange = ("HF_", "TRANSFORMERS_", "PYTHONDONT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    home = str(tmp_path_factory.mktemp("hf"))
    own = {"HF_ENDPOINT": only_hub.url, "HF_TOKEN": TOKEN, "HF_HOME": home, "HF_HUB_DISABLE_XET": "1"}
    return {**kept, **own, "HF_HUB_DISABLE_TELEMETRY": "1"}


@pytest.fixture(scope="session")
def forks(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.exchange.forks"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, env=environment, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def hub_r1(hub: FakeHub, environment: dict[str, str], forks: subprocess.Popen[str], tmp_path: Path) -> HubR1:
    """Runs `r1 …` in the test's folder; with keywords in an environment that they change."""

    def run(*arguments: object, **changed: str) -> subprocess.CompletedProcess[str]:
        line = [str(argument) for argument in arguments]
        if changed:
            env = {**environment, **changed}
            return subprocess.run(
                [R1, *line], capture_output=True, text=True, cwd=tmp_path, env=env, timeout=120
            )
        assert forks.stdin and forks.stdout
        forks.stdin.write(json.dumps({"arguments": line, "folder": str(tmp_path)}) + "\n")
        forks.stdin.flush()
        done = json.loads(forks.stdout.readline())
        return subprocess.CompletedProcess(line, done["code"], done["stdout"], done["stderr"])

    return run
