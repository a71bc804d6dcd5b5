"""Servers for tests: real vLLM, started once, and a fake that misbehaves on demand."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests import tiny

START_SECONDS = 300
SHAPE = {"vocab_size": 272, "eos_token_id": 257, "pad_token_id": 258, "initializer_range": 0.1}
CHAT = (
    "{% for m in messages %}<|start|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)


@dataclass(frozen=True)
class Served:
    """A model folder and the address where it is served as `tiny`."""

    folder: Path
    url: str


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def build_bytes(folder: Path, *, context: int = 16_384, **config: object) -> Path:
    """A random model over bytes with chat tokens and a chat template, large enough for vLLM."""
    tiny.build(folder, context=context, **{**SHAPE, **config})
    for file in folder.glob("*token*"):
        file.unlink()
    byte_tokenizer().save_pretrained(folder)
    return folder


def byte_tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import AddedToken, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens(["<|start|>", "<|end|>", "<|pad|>"])
    inner.add_tokens([AddedToken("<think>", special=False), AddedToken("</think>", special=False)])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|end|>", pad_token="<|pad|>", chat_template=CHAT
    )


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """vLLM's own server; with it ends all that it started."""
    folder = build_bytes(tmp_path_factory.mktemp("served") / "model")
    port, log = free_port(), folder.parent / "log"
    words = ["--model", folder, "--served-model-name", "tiny", "--port", port, "--enforce-eager"]
    words += ["--generation-config", "vllm", "--dtype", "float32", "--no-enable-log-requests"]
    words += ["--no-enable-chunked-prefill", "--max-num-batched-tokens", 16_384]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *map(str, words)],
            env={**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(server, url, log)
        yield Served(folder, url)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"vLLM's server did not start: {log.read_text()[-2000:]}")


Answer = Callable[["Fake", dict[str, Any]], "Reply"]


@dataclass(frozen=True)
class Reply:
    """One reply; `hang` seconds before it, `missing` bytes of the body never sent."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0.0
    missing: int = 0
    kind: str = "application/json"


def completion(text: str = "ok", **choice: object) -> Reply:
    """What a server says that is well; the same for completions and chats."""
    one = {
        "index": 0,
        "text": text,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    return Reply(json.dumps({"choices": [{**one, **choice}], "usage": usage}).encode())


@dataclass
class Fake:
    """A server that answers as told. `asked` are the bodies it got, `most` the highest number at once."""

    answer: Answer
    models: tuple[str, ...] = ("tiny",)
    health: int = 200
    port: int = field(default_factory=free_port)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    under_way: int = 0
    most: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Fake":
        fake, lock, self.closing = self, threading.Lock(), threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listed = {"data": [{"id": name} for name in fake.models]}
                page = self.path == "/v1/models"
                self.send(Reply(json.dumps(listed).encode()) if page else Reply(status=fake.health))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    fake.asked.append({**body, "path": self.path})
                    fake.headers.append(dict(self.headers))
                    fake.under_way += 1
                    fake.most = max(fake.most, fake.under_way)
                    reply = fake.answer(fake, body)
                fake.closing.wait(reply.hang)
                with lock:
                    fake.under_way -= 1
                self.send(reply)

            def send(self, reply: Reply) -> None:
                try:
                    self.send_response(reply.status)
                    self.send_header("Content-Type", reply.kind)
                    self.send_header("Content-Length", str(len(reply.body)))
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.body[: len(reply.body) - reply.missing])
                    self.close_connection = reply.missing > 0
                except OSError:  # the client has gone: that is what some tests want
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 256

        self.server = Quiet(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
