"""Commits a second by one and by four processes, and the time to open a dataset of many commits.

    python -m benchmarks.commits [URL]

Uses a temporary folder, and an `s3://` URL below which nothing lies, if one is given (keys and endpoint come from the
environment). Prints a JSON object: commits a second, seconds to open, seconds to publish one more shard.
"""

import json
import subprocess
import sys
import tempfile
import time

from r1data.data.commits import Command, ShardEntry, append
from r1data.data.dataset import Dataset
from r1data.data.stores import open_store
from r1data.data.writer import Writer

DISK_COMMITS, S3_COMMITS = 10_000, 500
EACH = 50
COMMAND = Command("benchmark")


def main() -> None:
    """Runs everything, or with `append PLACE MARK` one of its processes."""
    if sys.argv[1:2] == ["append"]:
        _append(sys.argv[2], sys.argv[3], EACH)
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = {"disk": _measure(folder, DISK_COMMITS)}
    if len(sys.argv) > 1:
        figures["s3"] = _measure(sys.argv[1].rstrip("/"), S3_COMMITS)
    print(json.dumps(figures, indent=2))


def _measure(place: str, many: int) -> dict[str, float]:
    figures = {f"commits_per_second_{count}": _rate(f"{place}/by-{count}", count) for count in (1, 4)}
    return {**figures, **_opened(f"{place}/many", many)}


def _rate(place: str, processes: int) -> float:
    open_store(place).prepare()
    start = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.commits", "append", place]
    processes_started = [subprocess.Popen([*command, str(mark)]) for mark in range(processes)]
    if any(process.wait() for process in processes_started):
        raise RuntimeError("a process failed")
    seconds = time.perf_counter() - start
    if len(Dataset(place).commits) != processes * EACH:
        raise RuntimeError("commits were lost")
    return round(processes * EACH / seconds, 1)


def _opened(place: str, many: int) -> dict[str, float]:
    store = open_store(place)
    store.prepare()
    last = -1
    for number in range(many):
        last = append(store, **_commit(f"many-{number}"), after=last)  # type: ignore[assignment]
    start = time.perf_counter()
    if Dataset(place).rows != many:
        raise RuntimeError("commits were lost")
    opened = time.perf_counter()
    Writer.open(place, schema="prompt", command=COMMAND).publish("one-more", _row())
    published = time.perf_counter()
    return {
        "commits": many,
        "open_seconds": round(opened - start, 2),
        "add_seconds": round(published - opened, 2),
    }


def _append(place: str, mark: str, count: int) -> None:
    store = open_store(place)
    for number in range(count):
        append(store, **_commit(f"{mark}-{number}"))


def _commit(name: str) -> dict[str, object]:
    entry = ShardEntry(f"data/{name}.parquet", 1, 1, "0" * 64)
    return {"shards": [entry], "schema": ("prompt", 1), "command": COMMAND, "parents": []}


def _row() -> object:
    import pyarrow as pa

    return pa.table({name: ["x"] for name in ("prompt_id", "prompt", "domain", "language", "source")})


if __name__ == "__main__":
    main()
