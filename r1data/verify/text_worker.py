"""The process in which patterns and schemas meet answers: what may hang or grow does so here, and is killed.

Started by `workers`; reads length-prefixed JSON requests from stdin and writes replies to stdout, each job under the
kernel's own timer, so that it ends even if the parent is gone. A request names its check under "check".
"""

import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from r1data.verify import json_schema, regex
from r1data.verify.workers import receive, send

MEMORY = 2 << 30
"""Bytes of address space."""
GRACE = 1.0
"""Seconds after the parent's limit when the kernel ends the process, should the parent not have done it."""
CHECKS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "regex": regex.answer,
    "json-schema": json_schema.answer,
}


def main() -> None:
    """Serve requests until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    send(replies, {"ready": True})
    while (request := receive(sys.stdin.buffer)) is not None:
        signal.setitimer(signal.ITIMER_REAL, request["time_limit"] + GRACE)
        reply = _answer(request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(replies, reply)


def _answer(request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return CHECKS[request["check"]](request)
    except Exception as error:  # noqa: BLE001  reported, and becomes the verdict `error`
        return {"error": f"{type(error).__name__}: {error}"[:200]}


if __name__ == "__main__":
    main()
