"""vLLM's own server, started, killed with all that it started, and started again; a random model for it."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.served import build_bytes, free_port

START_SECONDS = 600
ENVIRONMENT = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "GOMP_SPINCOUNT": "2000"}
"""Threads that spin while they wait would make every figure a matter of what else runs here."""


def tiny_model(folder: Path) -> Path:
    """A random Qwen2 of 0.3M parameters over bytes, whose responses hardly ever end by themselves."""
    return build_bytes(folder, context=2_048, initializer_range=0.3)


class ModelServer:
    """A server at one port, under the name `tiny`; its log lies beside the model."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, wait: bool = True) -> None:
        """Starts it, and waits until it is well."""
        words = [
            "--model",
            self.folder,
            "--served-model-name",
            "tiny",
            "--port",
            self.port,
            "--enforce-eager",
        ]
        words += ["--generation-config", "vllm", "--dtype", "float32", "--no-enable-log-requests"]
        words += ["--no-enable-chunked-prefill", "--max-num-batched-tokens", 4_096]
        with (self.folder.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *map(str, words)],
                env={**os.environ, **ENVIRONMENT},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + START_SECONDS
        while wait and not self.well():
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError(f"vLLM's server does not start; see {self.folder.parent}/server.log")
            time.sleep(0.5)

    def well(self) -> bool:
        """Whether it says so."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """SIGKILL to the whole group: the server alone would leave its engine behind."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
