"""Rows to review, a desk in the test's own process, and what its journal holds: for the tests of the desk."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import uvicorn

from r1data.data.commits import Command
from r1data.data.writer import Writer
from r1data.exchange.review.desk import ReviewDesk, ReviewSettings
from r1data.exchange.review.journal import ENTRY, FILE, FOLDER, KIND, UNDO
from r1data.window.app import build_app
from r1data.window.library import Library
from tests.window.browser import TOKEN

LONG = "We add the tens, then the ones, and check the sum once more by taking one of the two away again. " * 4
THOUGHTS = (
    "We need $12 + 30$.\n\nThe tens: $10 + 30 = 40$. The ones: $2$.\n\n" + LONG + "\n\nWait, let me check:"
    "\n\n$$\\sum_{k=1}^{4} k = 10$$\n\nSo it is $42$."
)


def sample(number: int, **columns: Any) -> dict[str, Any]:
    """A verified row."""
    thoughts, answer = THOUGHTS, f"The sum of $12$ and ${number}$ is $\\boxed{{{number + 12}}}$."
    row = {
        "prompt_id": f"sum-{number:03}", "prompt": f"What is $12 + {number}$?", "domain": "math", "language": "en",
        "verifier": "math", "truth": str(number + 12), "source": "made up", "sample_index": 0,
        "response": f"<think>\n{thoughts}\n</think>\n\n{answer}", "reasoning": thoughts, "answer": answer,
        "finish_reason": "stop", "prompt_tokens": 9, "response_tokens": 321, "model": "a-model", "engine": "vllm",
        "sampling": "{}", "verdict": "correct", "score": 1.0, "extracted": str(number + 12),
        "verifier_version": "1",
    }  # fmt: skip
    return {**row, **columns}


def write_rows(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A dataset of verified rows."""
    with Writer.open(str(folder), schema="verified", command=Command("verify", {}), announce=False) as writer:
        writer.publish("part-0", pa.Table.from_pylist(rows))
        writer.finish()
    return folder


@contextmanager
def served_desk(uri: str, out: str, settings: ReviewSettings, dropped: str | None = None) -> Iterator[str]:
    """A desk served by a thread of this process, which starts at once and cannot be killed; its origin."""
    errors: list[logging.LogRecord] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = errors.append  # type: ignore[method-assign]
    logging.getLogger("uvicorn.error").addHandler(handler)
    library = Library()
    library.open(uri)
    library.desk = ReviewDesk.open(uri, out, settings, dropped=dropped)
    config = uvicorn.Config(
        build_app(library, token=TOKEN),
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join()
            library.desk.close()
            logging.getLogger("uvicorn.error").removeHandler(handler)
    assert [record.getMessage() for record in errors] == []


def journal(out: Path, kind: str = ENTRY) -> list[dict[str, Any]]:
    """The records of one kind in the journal of the review that writes `out`."""
    lines = (out / FOLDER / FILE).read_bytes().splitlines()
    records = [json.loads(line) for line in lines]
    return [record for record in records if record[KIND] == kind]


def undone(out: Path) -> int:
    return len(journal(out, UNDO))


def decisions(out: Path) -> dict[str, list[tuple[str, str]]]:
    """Reviewer and decision of each entry, by prompt."""
    by_prompt: dict[str, list[tuple[str, str]]] = {}
    for entry in journal(out):
        by_prompt.setdefault(entry["prompt_id"], []).append((entry["reviewer"], entry["decision"]))
    return by_prompt
