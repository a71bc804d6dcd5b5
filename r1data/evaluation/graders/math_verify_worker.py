"""The worker process that runs math-verify as its README calls it: if it hangs, this process is killed.

Started by `runtime.workers`, served by `runtime.serving`. Nothing of math-verify is replaced here, unlike in our own
verifier's worker, so that its grades are its own.
"""

from typing import Any

from r1data.runtime.serving import serve

SHOWN = 200
"""Most characters of an answer that are repeated."""


def main() -> None:
    """Serve requests until stdin ends."""
    import logging

    import math_verify

    # It warns where its own time-outs are off. They are alarms, and one that goes off reads as "different".
    logging.disable(logging.WARNING)
    del math_verify
    serve(lambda request: grade(request["truth"], request["response"]))


def grade(truth: str, response: str) -> dict[str, Any]:
    """`{"same": bool, "extracted": text}`, or `{"unreadable": "truth" | "answer"}`."""
    from math_verify import parse, verify

    gold = parse(f"${truth}$", parsing_timeout=None)
    if not gold:
        return {"unreadable": "truth"}
    answer = parse(response, parsing_timeout=None)
    if not answer:
        return {"unreadable": "answer"}
    same = bool(verify(gold, answer, timeout_seconds=None))
    return {"same": same, "extracted": str(answer[-1])[:SHOWN]}


if __name__ == "__main__":
    main()
