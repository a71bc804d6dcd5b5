"""math-verify beside ours, as its README calls it: the truth between dollar signs, the response as a whole.

It runs in a process that is killed at the time limit (`math_verify_worker`), because it may hang. What it cannot read
of a response counts as wrong, as it does for those who use it; a truth that it cannot read, a time-out and a crash do
not.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from r1data.evaluation.graders.grades import (
    NO_TRUTH,
    Grade,
    GradedColumns,
    Grader,
    GraderOptions,
    GraderUnavailable,
    Response,
)
from r1data.runtime.workers import Crashed, TimedOut, WorkerPool

_WORKERS = WorkerPool("r1data.evaluation.graders.math_verify_worker", 1)


def _by_math_verify(responses: Sequence[Response], options: GraderOptions) -> GradedColumns:
    _version(options)
    return {MATH_VERIFY.name: [_grade(each.case.response, each.case.truth, options) for each in responses]}


def _grade(response: str, truth: str | None, options: GraderOptions) -> Grade:
    if truth is None:
        return NO_TRUTH
    request = {"truth": truth, "response": response, "time_limit": options.time_limit}
    try:
        reply = _WORKERS.ask(request)
    except TimedOut:
        return Grade("timeout", None, "limit", f"not done within {options.time_limit:g} s")
    except Crashed as error:
        return Grade("error", None, "crash", str(error))
    if "error" in reply:
        return Grade("error", None, "crash", reply["error"])
    if reply.get("unreadable") == "truth":
        return Grade("unverifiable", None, "bad_truth", "it cannot read the truth")
    if reply.get("unreadable") == "answer":
        return Grade("unverifiable", None, "no_answer", "it reads no answer")
    return Grade("correct" if reply["same"] else "incorrect", reply["extracted"])


def _version(_options: GraderOptions) -> str:
    try:
        return version("math-verify")
    except PackageNotFoundError:
        raise GraderUnavailable("math-verify is not installed; install it: pip install math-verify") from None


MATH_VERIFY = Grader(
    "math-verify", "math-verify as its README calls it", _by_math_verify, _version, ("math",)
)
