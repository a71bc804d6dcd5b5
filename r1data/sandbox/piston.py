"""Runs programs on a Piston server (https://github.com/engineer-man/piston): a remote sandbox with the same outcomes.

Selected by `R1_SANDBOX=piston+http://host:2000`. Each start is one request. To call a function, a small driver is
added to the source; it prints the value after a random marker. Not covered: `Limits.disk` and `Limits.processes`
(the server's own limits apply), limits of the server where they are tighter (3 s of time, 1 kB of output by
default), its versions of the languages, and packages installed with r1.
"""

import contextlib
import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from r1data.data.secrets import carries_key
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.sandbox import languages, outcomes
from r1data.sandbox.job import Limits, NoIsolation, Outcome, Program, ProgramInput, SandboxFailed

PREFIX = "piston+"
NAMES = {"python": ("python", "main.py"), "cpp": ("c++", "main.cpp"), "javascript": ("javascript", "main.js")}
TRIES = 5
PAUSE = 0.5
"""Seconds before the second try; twice as many before each one after."""
SLACK = 60.0
MOST_BYTES = 16 << 20
"""Bytes of an answer: what a program may print, several times over. Ours."""
LONGEST_MILLISECONDS = 1e9
WHY = {"TO": "timeout", "OL": "output", "EL": "output"}
DRIVER = """
import json, sys, types
from tags import Unknown, tagged
with open("program.txt", encoding="utf-8") as file:
    source = file.read()
try:
    code = compile(source, "<program>", "exec", dont_inherit=True)
except (SyntaxError, ValueError, RecursionError) as error:
    print(MARK + json.dumps({"status": "compile", "error": f"{type(error).__name__}: {error}"}))
    sys.exit(1)
sys.setrecursionlimit(10_000)
module = types.ModuleType("program")
sys.modules["program"] = module
exec(code, module.__dict__)
owner, dot, method = CALL.partition(".")
found = getattr(module, owner)
try:
    report = {"value": tagged((getattr(found(), method) if dot else found)(*json.loads(ARGS)))}
except Unknown as error:
    report = {"error": str(error)}
print("\\n" + MARK + json.dumps(report), flush=True)
"""


def run(
    address: str,
    program: Program,
    runs: Sequence[ProgramInput],
    limits: Limits,
    *,
    until_failure: bool = False,
) -> list[Outcome]:
    """As `sandbox.run`. Raises SandboxFailed where the server refuses or cannot be reached after several tries."""
    url = endpoint(address)
    if program.libraries:
        raise NoIsolation(
            "R1_SANDBOX: a Piston server has none of this machine's packages; unset it for this program"
        )
    results: list[Outcome] = []
    for item in runs:
        mark = f"r1-{secrets.token_hex(16)} "
        answer = _post(url, request(program, item, limits, mark), limits.seconds + SLACK)
        results.append(read(item, answer, mark, limits))
        if until_failure and results[-1].status != "ok":
            break
    return results


def endpoint(address: str) -> str:
    """The URL to post to. Raises UserError for what is no address of a Piston server."""
    url = address.removeprefix(PREFIX).rstrip("/")
    if not address.startswith(PREFIX) or not url.startswith(("http://", "https://")):
        raise UserError(f"R1_SANDBOX={address}: not an address; write piston+http://host:2000")
    if carries_key(url):
        raise UserError("R1_SANDBOX: an address must not carry a key or a password; remove it")
    return f"{url}/api/v2/execute"


def request(program: Program, item: ProgramInput, limits: Limits, mark: str) -> dict[str, Any]:
    """The body of a request."""
    language, name = NAMES[program.language]
    body: dict[str, Any] = {
        "language": language,
        "version": "*",
        "files": [{"name": name, "content": program.source}],
        "stdin": item.stdin,
        "run_timeout": round(limits.seconds * 1000),
        "run_memory_limit": limits.memory,
    }
    if item.call is not None and program.language == "python":
        body["files"] = _python_call(program.source, item, mark)
    if item.call is not None and program.language == "javascript":
        write = (
            f'const $write = (_, text) => process.stdout.write("\\n" + {json.dumps(mark)} + text + "\\n");'
        )
        file, source, body["args"] = languages.node_call(program.source, item, write)
        body["files"] = [{"name": file, "content": source}]
    return body


def _python_call(source: str, item: ProgramInput, mark: str) -> list[dict[str, str]]:
    values = {"MARK": mark, "CALL": item.call, "ARGS": json.dumps(list(item.args))}
    head = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    tags = Path(__file__).parent / "inside" / "tags.py"
    contents = {"main.py": head + DRIVER, "program.txt": source, "tags.py": tags.read_text()}
    return [{"name": name, "content": content} for name, content in contents.items()]


def read(item: ProgramInput, answer: dict[str, Any], mark: str, limits: Limits) -> Outcome:
    """The outcome that an answer stands for. Raises SandboxFailed for an answer that holds anything else."""
    run_result, compile_result = _object(answer, "run"), _object(answer, "compile")
    if compile_result.get("code") not in (0, None) or compile_result.get("signal"):
        reply = {
            "why": WHY.get(str(compile_result.get("status")), ""),
            "stderr": _text(compile_result, "stderr"),
            "code": 1,
        }
        return outcomes.not_compiled(reply)
    if not {"stdout", "stderr", "code", "signal"} <= run_result.keys():
        raise SandboxFailed(f"the Piston server's answer has no result: {one_line(str(answer)[:1_000], 200)}")
    # the last one counts: the program may print what it likes before its call returns
    whole = _text(run_result, "stdout")
    stdout, marker, report = whole.rpartition(mark)
    reply = {
        "stdout": stdout.removesuffix("\n") if marker else whole,
        "stderr": _text(run_result, "stderr"),
        "result": report if marker else "",
        "code": _code(run_result),
        "why": WHY.get(str(run_result.get("status")), ""),
        "too_long": False,
        "seconds": _milliseconds(run_result, "wall_time") / 1000,
        "cpu": _milliseconds(run_result, "cpu_time") / 1000,
    }
    return outcomes.read(item, reply, limits)


def _object(answer: dict[str, Any], name: str) -> dict[str, Any]:
    value = answer.get(name) or {}
    return value if isinstance(value, dict) else _wrong(name, value)


def _text(result: dict[str, Any], name: str) -> str:
    value = result.get(name) or ""
    return value if isinstance(value, str) else _wrong(name, value)


def _milliseconds(result: dict[str, Any], name: str) -> float:
    value = result.get(name) or 0
    is_time = isinstance(value, (int, float)) and 0 <= value < LONGEST_MILLISECONDS
    return value if is_time else _wrong(name, value)


def _wrong(name: str, value: object) -> NoReturn:
    raise SandboxFailed(f"the Piston server's answer has a wrong {name}: {one_line(str(value)[:1_000], 80)}")


def _code(run_result: dict[str, Any]) -> int:
    """As the supervisor has it: negative for a signal."""
    signal, code = run_result["signal"], run_result["code"]
    if signal:
        return -outcomes.signal_number(_text(run_result, "signal"))
    if code is not None and (type(code) is not int or abs(code) >= 1 << 32):
        _wrong("code", code)
    return 1 if code is None else int(code)


def _post(url: str, body: dict[str, Any], seconds: float) -> dict[str, Any]:
    data = json.dumps(body).encode("ascii")
    for tries_left in range(TRIES - 1, -1, -1):
        try:
            return _ask(urllib.request.Request(url, data, {"Content-Type": "application/json"}), seconds)
        except urllib.error.HTTPError as error:
            if not tries_left or (error.code != 429 and error.code < 500):
                raise SandboxFailed(f"the Piston server answered {error.code}: {_message(error)}") from None
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            if not tries_left:
                what = (
                    "cannot be reached" if isinstance(error, OSError) else "gives no answer that can be read"
                )
                raise SandboxFailed(f"the Piston server {what}: {one_line(str(error), 200)}") from None
        time.sleep(PAUSE * 2 ** (TRIES - 1 - tries_left))
    raise AssertionError("the last try returns or raises")


def _message(error: urllib.error.HTTPError) -> str:
    content = b""
    with contextlib.suppress(OSError, http.client.HTTPException):
        content = error.read(1_000)
    return one_line(content.decode("utf-8", "replace"), 300) or "without a reason"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A program goes to the server that the user named, and to none that this one names."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _ask(request: urllib.request.Request, seconds: float) -> dict[str, Any]:
    """Raises HTTPError by the status, OSError or HTTPException for the connection, ValueError for no answer."""
    end = time.monotonic() + seconds
    content = b""
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds) as response:
        # the time limit of a socket is for each piece of an answer, which may come a byte at a time
        while piece := response.read1(1 << 16):
            content += piece
            if len(content) > MOST_BYTES:
                raise ValueError(f"an answer of more than {MOST_BYTES >> 20} MiB")
            if time.monotonic() > end:
                raise TimeoutError(f"no whole answer within {seconds:g} s")
    answer = json.loads(content)
    if not isinstance(answer, dict):
        raise ValueError("an answer that is no object")
    return answer
