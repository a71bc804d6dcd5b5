"""vLLM's engine process: it ends with the command, even killed, and keeps off its stdout."""

import importlib.util
import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.processes import ENVIRONMENT, living
from tests.conftest import R1
from tests.served import build_bytes

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed"),
]


def test_the_engine_ends_with_a_killed_command_and_says_nothing_on_stdout(
    tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    folder = build_bytes(tmp_path / "model", context=1024)
    prompts = write_jsonl([{"prompt": f"{i}+1="} for i in range(400)])
    line = (
        f"{prompts} -o {tmp_path}/out --engine vllm --model {folder} --template plain -n 16 --max-tokens 512"
    )
    with (tmp_path / "err").open("wb") as err:
        command = subprocess.Popen(
            [R1, "sample", *line.split()],
            stdout=subprocess.PIPE,
            stderr=err,
            env=ENVIRONMENT,
            start_new_session=True,
        )
    while not (children := [pid for pid, session in living() if session == command.pid][1:]):
        assert command.poll() is None, (tmp_path / "err").read_text()
        time.sleep(0.1)
    while "1/1 model" not in (tmp_path / "err").read_text():
        assert command.poll() is None, (tmp_path / "err").read_text()
        time.sleep(0.1)
    time.sleep(1.0)
    command.send_signal(signal.SIGKILL)
    written, _ = command.communicate()
    end = time.monotonic() + 20
    while left := [pid for pid, session in living() if session == command.pid]:
        assert time.monotonic() < end, f"{left} of {children} live on"
        time.sleep(0.1)
    assert all("sha256" in json.loads(text) for text in written.decode().splitlines())
