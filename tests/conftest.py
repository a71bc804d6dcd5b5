"""What many tests share: the command as a process, rows to feed it, a model hub that is never asked."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# A job that a script starts in the background ignores Ctrl-C, and so would all that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Nothing is timed: an example takes as long as the machine is busy. Else as Hypothesis has it, in CI its own profile.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

R1 = Path(sys.executable).parent / "r1"

pytest_plugins = ["tests.s3", "tests.served", "tests.training.real_tokenizers", "tests.window.browser"]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def _same_signal_handlers() -> Iterator[None]:
    """Whatever a test calls in this process leaves the handlers of signals as they were."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.fixture(scope="session")
def r1() -> Run:
    """Runs `r1 …` as a user would and returns the finished process."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([R1, *map(str, arguments)], capture_output=True, text=True, **options)  # type: ignore[call-overload]

    return run


@pytest.fixture
def write_jsonl(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows to a JSON Lines file in the test's folder."""

    def write(rows: list[dict[str, object]], name: str = "rows.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        return path

    return write
