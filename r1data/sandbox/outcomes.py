"""Reads the output of a start as an `Outcome`, outside the sandbox; all of it is treated as an untrusted claim."""

import json
import math
import re
import signal
from typing import Any

from r1data.sandbox.job import Limits, Outcome, ProgramInput, Status

DETAIL = 300
WHY: dict[str, tuple[Status, str]] = {
    "timeout": ("timeout", "did not end in time"),
    "memory": ("memory", "used more memory than allowed"),
    "output": ("output", "wrote more than allowed"),
}
MEASURED = 0.5
"""Of a limit on processor time, which must have been used: the kernel's limit counts ticks, which on a busy machine are
by a quarter more than the time that it tells afterwards."""
_NODE_ERROR = re.compile(r"(?:Uncaught )?\w*(?:Error|Exception)\b.*:")
OUT_OF_MEMORY = ("std::bad_alloc", "JavaScript heap out of memory", "MemoryError")
"""What C++, node and Python say on stderr when they end for lack of memory."""


def read(run: ProgramInput, reply: dict[str, Any], limits: Limits) -> Outcome:
    """The outcome that a server's reply stands for."""
    status, detail, value = _classify(run, reply, _report(reply["result"]), limits)
    written = {name: reply[name] for name in ("stdout", "stderr", "seconds", "cpu")}
    # What no supervisor has seen, and no kernel has told it of: it says so itself, or it asked for more than there is.
    claimed = status == "memory" and not reply["why"]
    asleep = status == "timeout" and reply.get("asleep", False)
    return Outcome(status, value=value, detail=detail[:DETAIL], claimed=claimed, asleep=asleep, **written)


def not_compiled(reply: dict[str, Any]) -> Outcome:
    """The outcome of every start of a program that the compiler refused."""
    if reply["why"]:
        return Outcome(
            "compile", stderr=reply["stderr"], detail=f"the compiler met its limit ({reply['why']})"
        )
    lines = reply["stderr"].strip().splitlines() or [f"the compiler ended with {reply['code']}"]
    detail = next((line for line in lines if "error" in line), lines[0])
    return Outcome("compile", stderr=reply["stderr"], detail=detail[:DETAIL])


def _classify(
    run: ProgramInput, reply: dict[str, Any], report: dict[str, Any], limits: Limits
) -> tuple[Status, str, Any]:
    # what the supervisor saw goes before what the program says of itself: it can write any report, or none
    code: int = reply["code"]
    if why := reply["why"] or (reply["too_long"] and "output"):
        return *WHY[why], None
    # a program can send itself the signal: only the processor time that was measured says whether it met the limit
    if code == -signal.SIGXCPU and reply["cpu"] > MEASURED * math.ceil(limits.cpu_seconds or limits.seconds):
        return *WHY["timeout"], None
    if code == -signal.SIGXFSZ:
        return *WHY["output"], None
    if error := report.get("error"):
        status: Status = report["status"] if report.get("status") in ("memory", "compile") else "failed"
        return status, str(error), None
    if code != 0:
        return _read_failure(code, reply["stderr"])
    if run.call is None:
        return "ok", "", None
    if "value" in report:
        return "ok", "", report["value"]
    return "failed", "ended before the call returned", None


def _read_failure(code: int, stderr: str) -> tuple[Status, str, None]:
    tail = stderr[-4096:]
    if any(sign in tail for sign in OUT_OF_MEMORY):
        return "memory", WHY["memory"][1], None
    if code < 0:
        return "failed", f"killed by {_signal(-code)}", None
    lines = tail.strip().splitlines()
    if lines and lines[-1].startswith("Node.js v"):  # behind the stack, which is behind the error
        lines = [line for line in lines if _NODE_ERROR.match(line)][:1] or lines
    last = lines[-1:]
    return "failed", last[0] if last else f"exit code {code}", None


def signal_number(name: str) -> int:
    """Of `SIGKILL` and the like; 0 for none that this machine knows."""
    return getattr(signal.Signals, name, 0)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _report(text: str) -> dict[str, Any]:
    """What the starter, or the program in its place, said of itself."""
    if not text:
        return {}
    try:
        report = json.loads(text)
    except (ValueError, RecursionError):
        return {"error": "the value is not JSON, or nested too deep"}
    return report if isinstance(report, dict) else {"error": "the value is not JSON, or nested too deep"}
