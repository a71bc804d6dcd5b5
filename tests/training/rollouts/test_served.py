"""A vLLM server that generates for training: a real one on this machine, and one that is none."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from r1data.errors import UserError
from r1data.training.rollouts import generating
from r1data.training.rollouts.server_checks import EXTENSION, check_server
from r1data.training.settings import GrpoSettings
from tests.served import _wait, free_port
from tests.training.rollouts.engine_in_process import SHAPE
from tests.training.rollouts.test_in_process import CLOSE, in_process
from tests.training.tiny import build_model

INFO = {
    "model_config": {"logprobs_mode": "processed_logprobs"},
    "parallel_config": {"worker_extension_cls": EXTENSION},
    "weight_transfer_config": None,
}


@pytest.mark.vllm
@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed")
def test_a_run_trains_on_what_a_server_writes_and_resumes_after_it_was_gone(tmp_path: Path) -> None:
    """The server gets the weights of each step: its log-probabilities stay the trainer's. Killed in the middle, the run
    ends in one line; with a server that starts with other weights it goes on."""
    model = build_model(tmp_path / "model", tie_word_embeddings=True, **SHAPE)
    port = free_port()
    server = start(model, port, tmp_path / "log")
    try:
        killer = threading.Thread(target=kill_after, args=(server, tmp_path / "out/metrics.jsonl", 2))
        killer.start()
        done = in_process("served", tmp_path, str(port))
        killer.join()
        assert done.returncode == 1, done.stderr[-3000:]
        line = done.stderr.splitlines()[-1]
        assert "start it again and run the same command again" in line and "Traceback" not in done.stderr
        server = start(model, port, tmp_path / "log2")
        done = in_process("served", tmp_path, str(port))
        assert done.returncode == 0, done.stderr[-3000:]
    finally:
        end(server)
    rows = [json.loads(line) for line in (tmp_path / "out/metrics.jsonl").read_text().splitlines()]
    gaps = [row["rollouts/logprob_gap_max"] for row in rows if "rollouts/logprob_gap_max" in row]
    assert len(rows) == 8 and len(gaps) == 4 and max(gaps) < CLOSE


def start(model: Path, port: int, log: Path) -> "subprocess.Popen[bytes]":
    words = ["--model", model, "--port", port, "--enforce-eager", "--generation-config", "vllm"]
    words += ["--dtype", "float32", "--no-enable-chunked-prefill", "--max-num-batched-tokens", 4_096]
    words += ["--logprobs-mode", "processed_logprobs", "--worker-extension-cls", EXTENSION]
    environment = {
        **os.environ,
        "VLLM_SERVER_DEV_MODE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": "1",
    }
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *map(str, words)],
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    _wait(server, f"http://127.0.0.1:{port}", log)
    return server


def end(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def kill_after(server: "subprocess.Popen[bytes]", metrics: Path, rows: int) -> None:
    limit = time.monotonic() + 300
    work = metrics.parent / ".r1" / metrics.name
    while time.monotonic() < limit:
        written = [path.read_text().count("\n") for path in (metrics, work) if path.exists()]
        if max(written, default=0) >= rows:
            break
        time.sleep(0.01)
    end(server)


@pytest.fixture
def server() -> Iterator[Any]:
    """Answers `/health`, and `/server_info` with what `state` holds; None is 404."""
    state: dict[str, Any] = {"info": INFO}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            info = state["info"]
            missing = self.path.startswith("/server_info") and info is None
            body = b"{}" if self.path == "/health" else json.dumps({"vllm_config": info}).encode()
            self.send_response(404 if missing else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}", state
    http.shutdown()
    http.server_close()


@pytest.mark.parametrize(
    ("info", "sync", "said"),
    [
        (None, "folder", "VLLM_SERVER_DEV_MODE=1"),
        ({**INFO, "model_config": {"logprobs_mode": "raw_logprobs"}}, "folder", "processed_logprobs"),
        ({**INFO, "parallel_config": {"worker_extension_cls": ""}}, "folder", "--worker-extension-cls"),
        (INFO, "nccl", "--weight-transfer-config"),
        ({}, "folder", "vLLM"),
    ],
)
def test_a_server_without_what_is_needed_is_refused_with_its_command_line(
    server: Any, info: Any, sync: str, said: str
) -> None:
    url, state = server
    state["info"] = info
    with pytest.raises(UserError, match=said) as caught:
        check_server(url, sync)
    assert "\n" not in str(caught.value) and "trl vllm-serve" not in str(caught.value)


def test_a_server_with_all_of_it_passes_and_none_is_said(server: Any) -> None:
    check_server(server[0], "folder")
    settings = replace(GrpoSettings(), engine="vllm-server", engine_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(UserError, match=r"no vLLM server at .*api_server"):
        generating.check_engine(settings)
