"""`r1 view` on 804,745 rows: seconds of pages, filters and searches, and the server's memory, beside a scan by Polars.

    python -m benchmarks.window
    python -m benchmarks.window --rows 100000 --folder made --schemas sft

Makes the sets of `benchmarks.window_rows` (a tenth of the paper's lengths by default: 1.9 GB of prompts and responses;
those in `--folder` from an earlier run are taken) and starts the server as a process of its own. Each address is asked
for once, so that nothing comes from an earlier answer: the first page and a search right after the start, while the
server copies the texts for quicker searches, and everything once that is done. Seconds are those of the page; one that
shows what a search has so far is asked again until it is done: `whole_seconds`. CPU seconds are those of the server in
that time; on a busy machine they tell more, and half of them is the least that two cores can take. Memory is the
server's VmHWM. Polars counts the rows that fit for some of the searches, in a process of its own with as many threads.
Prints a JSON object; exits with 1 where a target is missed: first page 1 s, filters and searches 3 s, 500 MB.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.memory import R1
from benchmarks.window_rows import ROWS, SCHEMAS, make
from r1data.recipe.report.links import window_key

FIRST_PAGE, ANSWER, MEMORY_MB = 1.0, 3.0, 500
"""The targets: seconds of the first page and of any other, megabytes of the server."""
TOKEN = "0123456789abcdef0123"
RARE, COMMON = "zzqq", "question"
QUERIES: dict[str, dict[str, Any]] = {
    "filter: domain": {"domain": "code"},
    "filter: language": {"language": "zh"},
    "filter: verdict": {"verdict": "timeout"},
    "filter: cause": {"verdict_cause": "undecided"},
    "filter: drop reason": {"drop_reasons": "code_block"},
    "filter: no drop reason": {"drop_reasons": "-none"},
    "filter: model": {"model": "policy-b"},
    "filter: kind": {"kind": "non_reasoning"},
    "filter: length": {"length.from": 700, "length.to": 900},
    "filter: four at once": {"domain": "math", "language": "en", "verdict": "incorrect", "length.to": 500},
    "sort: length": {"sort": "-length"},
    "sort: prompt_id": {"sort": "prompt_id"},
    "page 8,000": {"page": 8_000},
    "page 8,000 by length": {"sort": "length", "page": 8_000},
    "text: in no row": {"text": RARE},
    "text: in most rows": {"text": COMMON},
    "text: in no row, match case": {"text": RARE, "case": 1},
    "text: in prompts": {"text": "step", "in": "prompt"},
    "text: in thoughts": {"text": RARE, "in": "thoughts"},
    "text: in answers": {"text": RARE, "in": "answer"},
    "text: Chinese": {"text": "问题是", "in": "response"},
    "text and filters": {"text": "so the", "domain": "math", "language": "en"},
    "regex: with a text": {"regex": r"\d+ zzqq\b"},
    "regex: alternatives": {"regex": r"(zzqq|qqzz)\d"},
    "regex: classes alone": {"regex": r"\d{9}"},
    "regex: wide": {"regex": r"[a-z]+\d[a-z]+\d"},
    "regex: nested repeats": {"regex": r"(a+)+\$x"},
}
"""Queries of the page by what they show; those whose column a schema lacks are left out."""
PEER = {
    "text: in no row": f"(?i){RARE}",
    "text: in most rows": f"(?i){COMMON}",
    "regex: classes alone": r"\d{9}",
    "regex: nested repeats": r"(a+)+\$x",
}
"""What Polars is asked for too, as patterns over prompt and response."""
COLUMNS = {"filtered": {"kind"}, "sft": {"verdict", "verdict_cause", "drop_reasons", "model"}}
"""Columns of `QUERIES` that the rows of a schema do not have."""


@dataclass
class Server:
    """`r1 view` on one dataset, and a connection to it."""

    dataset: Path
    cache: Path

    def __enter__(self) -> "Server":
        environment = {**os.environ, "R1_VIEW_TOKEN": TOKEN, "XDG_CACHE_HOME": str(self.cache)}
        command = [R1, "view", self.dataset, "--port", "0"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert self.process.stderr
        address = re.search(r"http://([\d.]+):(\d+)", self.process.stderr.readline())
        assert address, "the server did not start"
        self.place = (address[1], int(address[2]))
        self.path = f"/d/{window_key(str(self.dataset))}"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def get(self, path: str = "/rows", **query: Any) -> dict[str, Any]:
        """Asks for the page: seconds, CPU seconds of the server, rows that fit, bytes."""
        address = f"{self.path}{path}?{urlencode({**query, 'token': TOKEN})}"
        cpu, begin = self.cpu(), time.monotonic()
        status, text = self._follow(address)
        seconds = time.monotonic() - begin
        figures = {"seconds": round(seconds, 2)}
        total = re.search(r"<strong>([\d,]+)</strong> of", text)
        if "The search goes on" in text:
            figures["first_rows"] = int(total[1].replace(",", "")) if total else 0
            total, status, text = self._wait_for_search(query)
            figures["whole_seconds"] = round(time.monotonic() - begin, 2)
        figures["cpu_seconds"] = round(self.cpu() - cpu, 2)
        if status != 200:
            return {
                **figures,
                "status": status,
                "error": re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", text))[:300],
            }
        return {**figures, **({"rows": int(total[1].replace(",", ""))} if total else {})}

    def _wait_for_search(self, query: dict[str, Any]) -> tuple[re.Match[str] | None, int, str]:
        """Asks how far a search is until it is done, as the page does; the number of rows, or what went wrong."""
        while True:
            address = f"{self.path}/rows/progress?{urlencode({**query, 'shown': 1, 'token': TOKEN})}"
            status, text = self._follow(address)
            if status != 200 or "The search goes on" not in text:
                return re.search(r"done: ([\d,]+) rows", text), status, text

    def _follow(self, address: str) -> tuple[int, str]:
        """The page; the token of an address is exchanged for a cookie once."""
        for _ in range(2):
            connection = http.client.HTTPConnection(*self.place, timeout=120)
            connection.request("GET", address, headers={"Cookie": getattr(self, "cookie", "")})
            answer = connection.getresponse()
            text = answer.read().decode()
            connection.close()
            if answer.status not in (302, 303, 307):
                break
            self.cookie = (answer.getheader("Set-Cookie") or self.cookie).partition(";")[0]
            address = answer.getheader("Location") or address
        return answer.status, text

    def cpu(self) -> float:
        """Seconds of CPU time that the server has taken."""
        parts = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> int:
        """The greatest resident memory so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1000  # type: ignore[index]

    def wait_for_copies(self) -> float:
        """Waits until all shards' texts are copied; seconds."""
        begin, shards = time.monotonic(), len(list((self.dataset / "data").iterdir()))
        while len(list(self.cache.glob("r1/window/*/*.parquet"))) < shards:
            time.sleep(0.2)
        return round(time.monotonic() - begin, 1)


def main() -> None:
    """Runs everything, prints the figures and says what misses its target."""
    parser = argparse.ArgumentParser(description="The window on the 800k set.")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--scale", type=float, default=0.1, help="lengths as a share of the paper's")
    parser.add_argument(
        "--folder", type=Path, help="where the sets are, or are made; a temporary folder by default"
    )
    parser.add_argument("--schemas", nargs="+", choices=SCHEMAS, default=list(SCHEMAS))
    parser.add_argument("--no-peer", action="store_true", help="leave Polars out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        figures: dict[str, Any] = {"set": make(folder, options.rows, options.scale)}
        for schema in options.schemas:
            figures[schema] = measured(folder / schema, schema, Path(temporary) / schema, not options.no_peer)
        figures["load"] = os.getloadavg()[0]
    missed = [f"{schema}: {each}" for schema in options.schemas for each in figures[schema].pop("missed")]
    print(json.dumps({**figures, "missed": missed}, indent=2, ensure_ascii=False))
    sys.exit(1 if missed else 0)


def measured(dataset: Path, schema: str, cache: Path, with_peer: bool) -> dict[str, Any]:
    """Figures of one dataset, with what misses its target."""
    answers: dict[str, dict[str, Any]] = {}
    with Server(dataset, cache) as server:
        answers["first page"] = server.get()
        answers["counts of all filters"] = server.get("/rows/filters")
        answers["pictures of the set"] = server.get("/set")
        answers["right after the start: text in no row"] = server.get(text=RARE[::-1])
        copied = server.wait_for_copies()
        before = server.peak_mb()
        for name, query in QUERIES.items():
            if not COLUMNS[schema] & query.keys():
                answers[name] = server.get(**query)
                answers[f"{name}: counts"] = server.get("/rows/filters", **query) if "and" in name else {}
        peak = server.peak_mb()
        copies = sum(path.stat().st_size for path in cache.rglob("*.parquet")) // 1_000_000
    answers = {name: each for name, each in answers.items() if each}
    limits = {"first page": FIRST_PAGE}
    missed = [
        f"{name} took {each['seconds']} s"
        for name, each in answers.items()
        if each["seconds"] > limits.get(name, ANSWER) or "error" in each
    ]
    later = [name for name, each in answers.items() if each.get("whole_seconds", 0) > ANSWER]
    missed += [f"memory {peak} MB"] if peak > MEMORY_MB else []
    peer = {name: peer_of(dataset, schema, pattern) for name, pattern in PEER.items()} if with_peer else {}
    for name, each in peer.items():
        each["ratio"] = round(
            each["seconds"] / max(0.01, answers[name].get("whole_seconds", answers[name]["seconds"])), 2
        )
    return {
        "answers": answers,
        "copies_mb": copies,
        "copies_seconds": copied,
        "peak_mb_while_copying": before,
        "peak_mb": peak,
        "polars": peer,
        "whole_after_3_s": later,
        "missed": missed,
    }


_PEER_PROGRAM = """
import json, re, sys, time
import polars as pl
files, schema, pattern = sys.argv[1:]
begin, cpu = time.monotonic(), time.process_time()
rows = pl.scan_parquet(files)
if schema == "sft":
    text = pl.col("messages").list.eval(pl.element().struct.field("content").str.contains(pattern)).list.any()
else:
    text = pl.col("prompt").str.contains(pattern) | pl.col("response").str.contains(pattern)
count = rows.filter(text).select(pl.len()).collect(engine="streaming").item()
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1000
seconds = {"seconds": round(time.monotonic() - begin, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
print(json.dumps({**seconds, "rows": count, "peak_mb": peak}))
"""


def peer_of(dataset: Path, schema: str, pattern: str) -> dict[str, Any]:
    """Polars on the same rows with two threads: seconds, CPU seconds, rows that fit, memory."""
    command = [sys.executable, "-c", _PEER_PROGRAM, str(dataset / "data/*.parquet"), schema, pattern]
    environment = {**os.environ, "POLARS_MAX_THREADS": "2"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    main()
