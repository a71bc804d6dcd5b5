"""Whatever stands behind an endpoint: a line that says what is wrong, or counted rows; never a traceback."""

import json
import os
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from r1data.cli import invoke

from r1data.engines import endpoints
from tests.sampling.conftest import rows
from tests.served import Fake, Reply, build_bytes, completion

PAGE = b"<!doctype html><html><title>Welcome to the portal</title>" + b"<p>log in</p>" * 100
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
NOISE = os.urandom(1 << 16)


def page(send: Callable[[bytes], object]) -> None:
    send(HEAD % b"text/html" + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE)


def nothing(send: Callable[[bytes], object]) -> None:
    threading.Event().wait(5)


def noise(send: Callable[[bytes], object]) -> None:
    send(NOISE)


def endless(send: Callable[[bytes], object]) -> None:
    send(HEAD % b"application/json" + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        send(b"%x\r\n" % len(NOISE) + NOISE + b"\r\n")


def drip(send: Callable[[bytes], object]) -> None:
    send(HEAD % b"application/json" + b"Content-Length: 100000\r\n\r\n{")
    for _ in range(50):
        threading.Event().wait(0.1)
        send(b" ")


def hang_up(send: Callable[[bytes], object]) -> None:
    pass


WAYS = {way.__name__: way for way in (page, nothing, noise, endless, drip, hang_up)}


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of something that does what the parameter says to whoever calls."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                self.request.recv(1 << 16)
                WAYS[request.param](self.request.sendall)
            except OSError:  # the caller had enough
                pass

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def sampled(
    write_jsonl: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., tuple[int, str]]:
    """Runs `r1 sample` with an endpoint: the exit code, and the lines that start with `r1:`."""
    monkeypatch.setattr(endpoints, "FIRST_PAUSE", 0.01)
    prompts = write_jsonl([{"prompt": f"{i}+1="} for i in range(6)])

    def run(url: str, *more: object) -> tuple[int, str]:
        words = ["sample", prompts, "-o", tmp_path / "out", "--engine", "openai", "--endpoint", url, "-n", 2]
        words += [
            "--max-retry-time",
            0.3,
            "--request-timeout",
            0.5,
            *(more or ("--model", "tiny", "--template", "server")),
        ]
        code = invoke([str(word) for word in words])
        message = capsys.readouterr().err
        assert "Traceback" not in message
        return code, "\n".join(line for line in message.splitlines() if line.startswith("r1: "))

    return run


@pytest.mark.parametrize("place", WAYS, indirect=True)
def test_what_is_no_server_is_said_in_one_line(
    place: str, sampled: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, message = sampled(place)
    assert code == 1 and message.count("\n") == 0 and f"no OpenAI-compatible server at {place} (" in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "body", [PAGE, NOISE[:5000], b"data: {}\n\n" * 1000, b'{"choices": [{"text": 7}]}', b"[]"]
)
def test_a_server_whose_answers_make_no_sense_costs_counted_rows(
    body: bytes, sampled: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    with Fake(lambda fake, request: Reply(body) if request["seed"] % 2 else completion()) as fake:
        code, message = sampled(fake.url)
    written_rows = rows(tmp_path / "out")
    assert code == 1 and f"{12 - len(written_rows)} rows failed" in message and 0 < len(written_rows) < 12
    assert {row["finish_reason"] for row in written_rows} == {"stop"}


def test_a_server_that_makes_no_sense_at_all_ends_the_run_in_one_line(
    sampled: Callable[..., tuple[int, str]],
) -> None:
    with Fake(lambda fake, request: Reply(PAGE, kind="text/html")) as fake:
        code, message = sampled(fake.url, "--model", "tiny", "--template", "server", "--concurrency", 2)
    assert (
        code == 1
        and message.count("\n") == 0
        and "a web page, not JSON" in message
        and "see to the server" in message
    )


def test_a_model_that_is_not_served_is_said_with_those_that_are(
    sampled: Callable[..., tuple[int, str]],
) -> None:
    with Fake(lambda fake, request: completion(), models=("a", "b")) as fake:
        code, message = sampled(fake.url)
    assert code == 1 and "no model 'tiny'" in message and "choose --model from a, b" in message


def test_a_prompt_longer_than_the_context_is_a_row_that_says_so(
    sampled: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    folder = build_bytes(tmp_path / "model", context=4, hidden_size=32, intermediate_size=32)
    with Fake(lambda fake, request: completion()) as fake:
        code, message = sampled(fake.url, "--model", "tiny", "--tokenizer", folder, "--template", "plain")
        assert not fake.asked
    assert code == 1 and "12 rows failed" in message and "shorten those prompts" in message
    errors = {json.loads(str(row["sampling"]))["error"] for row in rows(tmp_path / "out")}
    assert errors == {"a prompt of 4 tokens leaves no room in a context of 4"}
