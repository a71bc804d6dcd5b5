"""A thousand hostile responses, each timed; then memory over a hundred thousand pairs, in threads and in processes.

    python -m benchmarks.hostile
    python -m benchmarks.hostile --pairs 20000

The responses are those of `tests/verifiers/hostile.py`, by hand and grown from a seed, against a whole number and
against a formula. `over_the_limit` is the longest that one took beyond its time limit, in seconds of the clock;
`sleep_over` is the longest that a plain sleep took too long in the same run, which tells how busy the machine was.
`growth_mb` is what resident memory (this process's and that of all below it, pool workers and checkers) gained over the
second half of the pairs, when caches are full. Prints a JSON object.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.olympiad import pairs
from r1data.verifiers.registry import check
from tests.verifiers.hostile import all_of_them

LIMIT = 1.0
TRUTHS = ("2", r"2\sqrt{3}")
BATCH = 500
NAP = 0.02


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--responses", type=int, default=1_000)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    check("math", r"\boxed{6}", r"\sum_{k=1}^3 k")  # a worker is up
    figures = {
        "hostile": timed(all_of_them(options.responses)),
        "memory_in_threads": memory(ThreadPoolExecutor(options.workers), options.pairs),
        "memory_in_processes": memory(ProcessPoolExecutor(options.workers), options.pairs),
    }
    print(json.dumps(figures, indent=2))


def timed(responses: Sequence[str]) -> dict[str, Any]:
    """How long each takes against each truth, and the verdicts."""
    took, slept, words = [], [], Counter[str]()
    for response in responses:
        start = time.perf_counter()
        time.sleep(NAP)
        slept.append(time.perf_counter() - start)
        for truth in TRUTHS:
            start = time.perf_counter()
            verdict = check("math", response, truth, time_limit=LIMIT)
            took.append(time.perf_counter() - start)
            words[verdict.verdict] += 1
    slowest = sorted(range(len(took)), key=lambda at: -took[at])
    return {
        "responses": len(responses),
        "limit": LIMIT,
        "longest": round(max(took), 3),
        "over_the_limit": round(max(took) - LIMIT, 3),
        "sleep_over": round(max(slept) - NAP, 3),
        "over_by_more_than_0.2": sum(seconds > LIMIT + 0.2 for seconds in took),
        "slowest": [f"{took[at]:.3f} s: {responses[at // len(TRUTHS)][:60]!a}" for at in slowest[:3]],
        "verdicts": dict(words),
    }


def memory(pool: ThreadPoolExecutor | ProcessPoolExecutor, n: int) -> dict[str, Any]:
    """Resident memory while `n` pairs are verified: a hostile one in ten, the rest of the olympiad mix."""
    answers = [
        (rf"<think>so</think>\boxed{{{pair.answer}}}", pair.truth) for pair in pairs(9 * n // 10, seed=3)
    ]
    hostile = [(response, "2") for response in all_of_them(n // 10, seed=3)]
    jobs = iter(answers[i * BATCH : (i + 1) * BATCH] + hostile[i :: n // BATCH] for i in range(n // BATCH))
    with pool:
        pairs_checked, sizes = 0, [resident()]
        while some := list(islice(jobs, 8)):
            pairs_checked += sum(pool.map(batch, some))
            sizes.append(resident())
    half = sizes[len(sizes) // 2]
    return {
        "pairs": pairs_checked,
        "start_mb": sizes[1],
        "half_mb": half,
        "end_mb": sizes[-1],
        "peak_mb": max(sizes),
        "growth_mb": sizes[-1] - half,
    }


def batch(jobs: Sequence[tuple[str, str]]) -> int:
    """Verify some pairs."""
    for response, truth in jobs:
        check("math", response, truth, time_limit=0.1)
    return len(jobs)


def resident() -> int:
    """Megabytes of this process and all below it."""
    children: dict[int, list[int]] = {}
    pages: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        pages[int(stat.parent.name)] = int(fields[21])
    below, total = [os.getpid()], 0
    while below:
        pid = below.pop()
        total += pages.get(pid, 0)
        below += children.get(pid, [])
    return total * os.sysconf("SC_PAGE_SIZE") // 2**20


if __name__ == "__main__":
    main()
