"""Runs programs on a Piston server (https://github.com/engineer-man/piston): a remote sandbox with the same outcomes.

Selected by `R1_SANDBOX=piston+http://host:2000`. Each start is one request. To call a function, a small driver is
added to the source; it prints the value after a random marker. Not covered: `Limits.disk` and `Limits.processes`
(the server's own limits apply), limits of the server where they are tighter (3 s of time, 1 kB of output by
default), its versions of the languages, and packages installed with r1.
"""

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from r1data.data.secrets import carries_key
from r1data.errors import UserError
from r1data.sandbox import languages, outcomes
from r1data.sandbox.job import Limits, NoIsolation, Outcome, Program, ProgramInput, SandboxFailed

PREFIX = "piston+"
NAMES = {"python": ("python", "main.py"), "cpp": ("c++", "main.cpp"), "javascript": ("javascript", "main.js")}
TRIES = 5
PAUSE = 0.5
"""Seconds before the second try; twice as many before each one after."""
SLACK = 60.0
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
        results.append(read(item, answer, mark))
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


def read(item: ProgramInput, answer: dict[str, Any], mark: str) -> Outcome:
    """The outcome that an answer stands for."""
    run_result, compile_result = answer.get("run") or {}, answer.get("compile") or {}
    if compile_result.get("code") not in (0, None) or compile_result.get("signal"):
        reply = {
            "why": WHY.get(str(compile_result.get("status")), ""),
            "stderr": compile_result.get("stderr") or "",
            "code": 1,
        }
        return outcomes.not_compiled(reply)
    if not {"stdout", "stderr", "code", "signal"} <= run_result.keys():
        raise SandboxFailed(f"the Piston server's answer has no result: {str(answer)[:200]}")
    # the last one counts: the program may print what it likes before its call returns
    stdout, marker, report = run_result["stdout"].rpartition(mark)
    reply = {
        "stdout": stdout.removesuffix("\n") if marker else run_result["stdout"],
        "stderr": run_result["stderr"],
        "result": report if marker else "",
        "code": _code(run_result),
        "why": WHY.get(str(run_result.get("status")), ""),
        "too_long": False,
        "seconds": (run_result.get("wall_time") or 0) / 1000,
        "cpu": (run_result.get("cpu_time") or 0) / 1000,
    }
    return outcomes.read(item, reply)


def _code(run_result: dict[str, Any]) -> int:
    """As the supervisor has it: negative for a signal."""
    if run_result["signal"]:
        return -outcomes.signal_number(str(run_result["signal"]))
    return int(run_result["code"] if run_result["code"] is not None else 1)


def _post(url: str, body: dict[str, Any], seconds: float) -> dict[str, Any]:
    data = json.dumps(body).encode("ascii")
    for tries_left in range(TRIES - 1, -1, -1):
        try:
            return _ask(urllib.request.Request(url, data, {"Content-Type": "application/json"}), seconds)
        except urllib.error.HTTPError as error:
            if not tries_left or (error.code != 429 and error.code < 500):
                message = error.read(300).decode("utf-8", "replace")
                raise SandboxFailed(f"the Piston server answered {error.code}: {message}") from None
        except (OSError, json.JSONDecodeError) as error:
            if not tries_left:
                raise SandboxFailed(f"the Piston server cannot be reached: {error}") from None
        time.sleep(PAUSE * 2 ** (TRIES - 1 - tries_left))
    raise AssertionError("the last try returns or raises")


def _ask(request: urllib.request.Request, seconds: float) -> dict[str, Any]:
    with urllib.request.urlopen(request, timeout=seconds) as response:
        answer: dict[str, Any] = json.load(response)
        return answer
