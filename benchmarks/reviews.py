"""Reviews by four clients at once while the server is killed again and again: none may be lost, none stored twice.

    python -m benchmarks.reviews [ROWS] [KILLS]

Makes a dataset of ROWS samples (9,100: with a tenth read twice, some 10,000 reviews), starts `r1 review` on it, lets
four client processes review all of it over HTTP, and ends the server with SIGKILL KILLS times (20) on the way. Each
client notes what was confirmed to it, and sends again what was not. Then every note is looked up in the journal, the
review is finished, and the rows are counted. Prints a JSON object; fails where anything is lost or double.
"""

import hashlib
import http.client
import json
import multiprocessing
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOKEN = "reviews-benchmark-token"
REVIEWERS = ("ana", "ben", "cy", "dan")
TEXTS = ("reasoning", "answer")
UNDO_EVERY = 40
PATIENCE = 120.0
"""Seconds that a client goes on trying to reach a server."""

Values = dict[str, Any]


def main() -> None:
    """Runs the benchmark."""
    rows, kills = (int(text) for text in (sys.argv[1:] + ["9100", "20"][len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), rows, kills, start_command), indent=2))


def measure(
    folder: Path, rows: int, kills: int, start: Callable[[Path, int], Any], twice: float = 0.1
) -> Values:
    """The whole story in a folder.

    Args:
        start: starts the server of the folder's review at a port; the result has `kill()`, `terminate()` and `wait()`.
        twice: share of the rows that are read by two.

    Returns:
        Figures: reviews, kills, seconds, and the slowest confirmation.
    """
    make_rows(folder / "kept", rows)
    (folder / "settings.json").write_text(json.dumps({"twice": twice}))
    port = free_port()
    server = start(folder, port)
    context = multiprocessing.get_context("fork")
    clients = [context.Process(target=review, args=(folder, port, name)) for name in REVIEWERS]
    began = time.monotonic()
    for client in clients:
        client.start()
    expected, killed, rng = rows * (1 + twice), 0, random.Random(0)
    try:
        while any(client.is_alive() for client in clients):
            time.sleep(0.02)
            if killed < kills and len(confirmed(folder)) >= expected * (killed + 0.5) / (kills + 0.5):
                time.sleep(rng.random() * 0.05)
                server.kill()
                server.wait()
                killed += 1
                server = start(folder, port)
        seconds = time.monotonic() - began
    finally:
        server.terminate()
        server.wait()
    if any(client.exitcode for client in clients):
        raise RuntimeError("a client failed")
    return {**compare(folder, rows, twice), "kills": killed, "seconds": round(seconds, 1)}


def start_command(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    """`r1 review` as users start it."""
    program = str(Path(sys.executable).with_name("r1"))
    twice = json.loads((folder / "settings.json").read_text())["twice"]
    options = [
        "--twice",
        str(twice),
        "--port",
        str(port),
        "--token",
        TOKEN,
        "--dropped",
        str(folder / "rejected"),
    ]
    line = [program, "review", str(folder / "kept"), "-o", str(folder / "out"), *options]
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_rows(place: Path, count: int) -> None:
    """A dataset of samples."""
    import pyarrow as pa

    from r1data.data.commits import Command
    from r1data.data.writer import Writer

    names = [f"{hashlib.sha256(str(number).encode()).hexdigest()[:16]}" for number in range(count)]
    writer = Writer.open(place, schema="sample", command=Command("benchmark"))
    for start in range(0, count, 2_000):
        part = names[start : start + 2_000]
        texts = [f"The sum of {n} and {n} is {2 * n}." for n in range(start, start + len(part))]
        table = pa.table(
            {
                "prompt_id": part,
                "prompt": [f"What is {n} + {n}?" for n in range(start, start + len(part))],
                "sample_index": pa.array([0] * len(part), pa.int32()),
                "response": [f"<think>\n{text}\n</think>\n\n{text}" for text in texts],
                "reasoning": texts,
                "answer": texts,
                "finish_reason": ["stop"] * len(part),
                "model": ["none"] * len(part),
                "domain": ["math"] * len(part),
                "language": ["en"] * len(part),
                "source": ["benchmark"] * len(part),
            }
        )
        writer.publish(f"part-{start:06d}", table)
    writer.finish()


def review(folder: Path, port: int, reviewer: str) -> None:
    """One client: reviews until no row is left; notes in a file of its own what was confirmed."""
    api = Client(port, reviewer)
    done = 0
    with (folder / f"{reviewer}.jsonl").open("a", buffering=1) as notes:
        while True:
            row = api.call("GET", f"/review/next?reviewer={reviewer}")["row"]
            if row is None:
                if api.call("GET", "/review/progress")["decided"] == api.rows:
                    return
                time.sleep(0.1)  # others still have rows, on which they may disagree
                continue
            entry = entry_on(row, reviewer, done)
            start = time.monotonic()
            if api.call("POST", "/review/entry", entry) != {"stored": True}:
                raise RuntimeError("an entry was refused")
            done += 1
            notes.write(json.dumps({**entry, "waited": time.monotonic() - start}) + "\n")
            if done % UNDO_EVERY == 0:
                undo = {"undo_id": f"u-{reviewer}-{done}", "reviewer": reviewer}
                answer = api.call("POST", "/review/undo", undo)["row"]
                if answer != {"prompt_id": row["prompt_id"], "sample_index": row["sample_index"]}:
                    raise RuntimeError("an undo took back another row")
                notes.write(json.dumps({"taken_back": entry["entry_id"]}) + "\n")


class Client:
    """Calls the review's endpoints, again and again until there is an answer."""

    def __init__(self, port: int, reviewer: str) -> None:
        self.port, self.reviewer = port, reviewer
        self.connection: http.client.HTTPConnection | None = None
        self.rows = self.call("GET", "/review/progress")["rows"]

    def call(self, method: str, path: str, values: Values | None = None) -> Values:
        """The answer's JSON. Raises RuntimeError for a refusal, and where no server answers for long."""
        end = time.monotonic() + PATIENCE
        body = None if values is None else json.dumps(values)
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
        while time.monotonic() < end:
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                self.connection.request(method, path, body, headers)
                response = self.connection.getresponse()
                content: Values = json.loads(response.read())
            except (OSError, http.client.HTTPException, ValueError):
                if self.connection is not None:
                    self.connection.close()
                self.connection = None
                time.sleep(0.05)
                continue
            if response.status != 200:
                raise RuntimeError(f"{method} {path}: {response.status} {content}")
            return content
        raise RuntimeError(f"{method} {path}: no answer")


def entry_on(row: Values, reviewer: str, number: int) -> Values:
    """A client's entry: one in ten is a reject, one in seven an edit, few differ from what others say."""
    draw = random.Random(
        f"{row['prompt_id']}" if random.Random(f"{reviewer}{number}").random() < 0.9 else number
    )
    kind = draw.random()
    decision = "reject" if kind < 0.1 else "edit" if kind < 0.25 else "accept"
    texts = dict(row["texts"])
    if decision == "edit":
        texts["answer"] = f"{texts['answer']} Indeed."
    entry = {name: row[name] for name in ("prompt_id", "sample_index", "response_id")}
    return {
        **entry,
        "entry_id": f"{reviewer}-{number}",
        "reviewer": reviewer,
        "decision": decision,
        "texts": texts,
        "reason": "wrong answer" if decision == "reject" else None,
        "note": f"note {number}",
        "seconds": 1.5,
    }


def confirmed(folder: Path) -> list[Values]:
    """What was confirmed to the clients."""
    notes = (line for name in REVIEWERS for line in _lines(folder / f"{name}.jsonl"))
    return [note for note in notes if "entry_id" in note]


def compare(folder: Path, rows: int, twice: float) -> Values:
    """Compares notes, journal and the dataset. Raises RuntimeError where anything is lost or double."""
    from r1data.data.dataset import Dataset
    from r1data.exchange.review.desk import ReviewDesk, ReviewSettings

    notes = confirmed(folder)
    records = [each for each in _lines(folder / "out/.r1/review/journal.jsonl") if each["record"] == "entry"]
    stored = {record["entry_id"]: record for record in records}
    lost = [note["entry_id"] for note in notes if not _same(note, stored.get(note["entry_id"]))]
    strangers = stored.keys() - {note["entry_id"] for note in notes}
    if lost or strangers or len(stored) != len(records):
        raise RuntimeError(
            f"lost {lost[:5]}, unknown {sorted(strangers)[:5]}, double {len(records) - len(stored)}"
        )
    settings = ReviewSettings(twice_share=twice)
    desk = ReviewDesk.open(
        str(folder / "kept"), str(folder / "out"), settings, dropped=str(folder / "rejected")
    )
    progress, agreement = desk.progress(), desk.agreement()
    summary = desk.finish()
    desk.close()
    decisions = Counter(Dataset(folder / "out").table()["review_decision"].to_pylist())
    left = Dataset(folder / "rejected").rows
    if (
        not progress.is_done
        or decisions["accept"] + decisions["edit"] + left != rows
        or summary.details["conflict"]
    ):
        raise RuntimeError(f"rows are missing: {progress}, {decisions}")
    return {
        "rows": rows,
        "reviews": len(notes),
        "lost": 0,
        "double": 0,
        "read_by_two": agreement.rows,
        "alpha": round(agreement.alpha or 0, 3),
        "slowest_confirmation_seconds": round(max(note["waited"] for note in notes), 2),
        "median_confirmation_ms": round(sorted(note["waited"] for note in notes)[len(notes) // 2] * 1000, 1),
    }


def _same(note: Values, record: Values | None) -> bool:
    fields = ("reviewer", "prompt_id", "sample_index", "response_id", "decision", "reason", "note", "seconds")
    if record is None or any(note[name] != record.get(name) for name in fields):
        return False
    return note["decision"] != "edit" or record["texts"] == {"answer": note["texts"]["answer"]}


def _lines(path: Path) -> list[Values]:
    """The whole lines of a JSONL file that may still be written."""
    if not path.exists():
        return []
    content = path.read_bytes()
    return [json.loads(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
