"""The adapter for Piston, against a small fake of its API on a local port: no real server can be reached from a test.

The fake knows `/api/v2/execute` as Piston's README describes it; it runs Python and node in this machine's sandbox, so
what the adapter sends is really run.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from r1data.errors import UserError
from r1data.sandbox import piston, probe
from r1data.sandbox.job import Limits, Program, ProgramInput, SandboxFailed
from r1data.sandbox.probe import isolation
from r1data.sandbox.running import run
from r1data.sandbox.servers import Kind, run_on_server

FILES = """
import json, runpy, sys
for name, content in json.loads(FILES).items():
    open(name, "w").write(content)
sys.path.insert(0, ".")
sys.argv[0] = "main.py"
exec(compile(open("main.py").read(), "main.py", "exec"), {"__name__": "__main__"})
"""


class Fake(BaseHTTPRequestHandler):
    """Answers as Piston does; `plan` holds what to answer first instead."""

    plan: ClassVar[list[Any]] = []
    seen: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/api/v2/execute"
        self.seen.append(body)
        planned = self.plan.pop(0) if self.plan else executed(body)
        code, answer = (planned, {"message": "no"}) if isinstance(planned, int) else (200, planned)
        data = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


def executed(body: dict[str, Any]) -> dict[str, Any]:
    """What a run gives."""
    if body["language"] == "python":
        files = {file["name"]: file["content"] for file in body["files"]}
        program = Program(f"FILES = {json.dumps(files)!r}\n{FILES}")
    else:
        arguments = ["node", "main.js", *body.get("args", [])]
        program = Program(
            f"process.argv = {json.dumps(arguments)};\n{body['files'][0]['content']}", "javascript"
        )
    limits = Limits(seconds=body["run_timeout"] / 1000)
    (outcome,) = run_on_server(Kind(probe.way(), False, ()), program, [ProgramInput(body["stdin"])], limits)
    if outcome.status == "timeout":
        return result(outcome.stdout, outcome.stderr, None, "SIGKILL", "TO")
    return result(outcome.stdout, outcome.stderr, 0 if outcome.status == "ok" else 1, None, None)


def result(
    stdout: str, stderr: str, code: int | None, signal: str | None, status: str | None
) -> dict[str, Any]:
    ran = {"stdout": stdout, "stderr": stderr, "output": stdout + stderr, "code": code, "signal": signal}
    return {"language": "x", "version": "1", "run": ran | {"status": status, "cpu_time": 20, "wall_time": 30}}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Fake]]:
    Fake.plan, Fake.seen = [], []
    probe.way()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Fake)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("R1_SANDBOX", f"piston+http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(piston, "PAUSE", 0.01)
    yield Fake
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_program_reads_and_prints(fake: type[Fake]) -> None:
    outcomes = run(
        Program("print(int(input()) * 2)"),
        [ProgramInput("4"), ProgramInput("5")],
        Limits(seconds=2.5, memory=1 << 28),
    )
    assert [(outcome.status, outcome.stdout) for outcome in outcomes] == [("ok", "8\n"), ("ok", "10\n")]
    assert (outcomes[0].seconds, outcomes[0].cpu) == (0.03, 0.02)
    assert {key: fake.seen[0][key] for key in ("stdin", "run_timeout", "run_memory_limit")} == {
        "stdin": "4", "run_timeout": 2500, "run_memory_limit": 1 << 28,
    }  # fmt: skip


def test_a_function_is_called(fake: type[Fake]) -> None:
    source = "def f(a):\n  print('noise', end='')\n  return (a, {'x': float('nan')})"
    (outcome,) = run(Program(source), [ProgramInput(call="f", args=[[1, "é"]])])
    assert outcome.value == {"$tuple": [[1, "é"], {"x": {"$float": "nan"}}]}, outcome
    assert outcome.stdout == "noise"


def test_a_method_and_a_function_of_javascript(fake: type[Fake]) -> None:
    (method,) = run(Program("class S:\n  def f(self, a): return a + 1"), [ProgramInput(call="S.f", args=[1])])
    (function,) = run(Program("const f = a => a + 1", "javascript"), [ProgramInput(call="f", args=[1])])
    assert (method.value, function.value) == (2, 2)


def test_the_mark_is_another_each_time(fake: type[Fake]) -> None:
    run(Program("def f(): return 1"), [ProgramInput(call="f"), ProgramInput(call="f")])
    first, second = (body["files"][0]["content"] for body in fake.seen)
    assert first != second


@pytest.mark.parametrize(
    ("source", "status"),
    [("def f(): return object()", "failed"), ("def f(: pass", "compile"), ("def f(): 1 / 0", "failed"),
     ("import os\ndef f(): os._exit(0)", "failed"), ("def f():\n  while True: pass", "timeout")],
)  # fmt: skip
def test_other_ends_of_a_call(fake: type[Fake], source: str, status: str) -> None:
    (outcome,) = run(Program(source), [ProgramInput(call="f")], Limits(seconds=0.5))
    assert outcome.status == status, outcome


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (result("", "", None, "SIGKILL", "TO"), "timeout"), (result("x", "", None, None, "OL"), "output"),
        (result("", "", None, "SIGSEGV", "SG"), "failed"), (result("", "MemoryError", 1, None, "RE"), "memory"),
        ({"compile": {"code": 1, "stderr": "main.cpp:1: error: no", "signal": None}, "run": {}}, "compile"),
    ],
)  # fmt: skip
def test_what_the_server_says_of_the_end(fake: type[Fake], answer: dict[str, Any], status: str) -> None:
    fake.plan = [answer]
    assert run(Program("int main() {}", "cpp"), [ProgramInput()])[0].status == status


def test_a_server_that_is_busy_is_asked_again(fake: type[Fake]) -> None:
    fake.plan = [429, 500, 503]
    assert run(Program("print(1)"), [ProgramInput()])[0].stdout == "1\n"


@pytest.mark.parametrize("plan", [[400], [500] * 9, [{"message": "no run"}]])
def test_a_server_that_refuses_says_nothing_of_the_program(fake: type[Fake], plan: list[Any]) -> None:
    fake.plan = plan
    with pytest.raises(SandboxFailed, match="Piston"):
        run(Program("print(1)"), [ProgramInput()])


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piston, "PAUSE", 0.01)
    monkeypatch.setenv("R1_SANDBOX", "piston+http://127.0.0.1:9")
    with pytest.raises(SandboxFailed, match="cannot be reached"):
        run(Program("print(1)"), [ProgramInput()])
    assert isolation().name == "piston"


@pytest.mark.parametrize(
    "address", ["http://host:2000", "piston+ftp://host", "piston+http://user:secret@host"]
)
def test_an_address_that_is_none(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1_SANDBOX", address)
    with pytest.raises(UserError, match="R1_SANDBOX"):
        run(Program("print(1)"), [ProgramInput()])
