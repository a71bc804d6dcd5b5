"""Responses that hold programs, for the tests of `code`."""

import json
from typing import Any

from r1data.verifiers.registry import check
from r1data.verifiers.verdict import Case, Verdict

LIMIT = 5.0
SUM = "a, b = map(int, input().split())\nprint(a + b)"
ADD = "def add(a, b):\n    return a + b"


def said(source: str, tag: str = "python") -> str:
    """A response that thinks first and then gives a program."""
    return f"<think>so</think>\nHere it is:\n```{tag}\n{source}\n```\nIt adds."


def case(source: str, truth: Any, tag: str = "python") -> Case:
    return Case(said(source, tag), truth if isinstance(truth, str) else json.dumps(truth))


def verdict(source: str, truth: Any, tag: str = "python", time_limit: float = LIMIT) -> Verdict:
    """What `code` says of a program."""
    text = truth if isinstance(truth, str) or truth is None else json.dumps(truth)
    return check("code", said(source, tag), text, time_limit=time_limit)


def stdin(*pairs: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A truth of tests on stdin."""
    return {"tests": [{"stdin": given, "stdout": wanted} for given, wanted in pairs], **more}


def calls(name: str, *pairs: tuple[list[Any], Any], **more: Any) -> dict[str, Any]:
    """A truth of calls."""
    return {"function": name, "tests": [{"args": args, "returns": wanted} for args, wanted in pairs], **more}
