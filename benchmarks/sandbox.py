"""Programs run in a second: the sandbox once warm, beside Python without isolation and bubblewrap started each time.

    python -m benchmarks.sandbox [RUNS]

A run is one small program with one input, answer checked. One and two threads, each way in turn in the same process,
ROUNDS times; the median counts. Prints a JSON object: runs per second, and ours over each of the others. Twenty
inputs in one call are timed against one. What else the machine does at the time slows all of them: `load` says how
much that was.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from r1data.sandbox.environment import interpreter
from r1data.sandbox.job import Program, ProgramInput
from r1data.sandbox.probe import isolation
from r1data.sandbox.running import run

SOURCE = """
n = int(input())
values = [int(word) for word in input().split()]
assert len(values) == n
print(sum(values), max(values), sorted(values)[n // 2])
"""
STDIN, STDOUT = "5\n3 1 4 1 5\n", "14 5 3\n"
ROUNDS = 3
WALL = [
    "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--ro-bind", "/", "/",
    "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/", "--",
]  # fmt: skip
"""What a careful script would write."""


def main() -> None:
    """Runs everything and prints the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    ways: dict[str, Callable[[], str]] = {"sandbox": _ours, "python": lambda: _process([])}
    if shutil.which("bwrap"):
        ways["bwrap"] = lambda: _process(WALL)
    figures: dict[str, object] = {"isolation": isolation().name, "cores": os.cpu_count(), "runs": count}
    for threads in (1, 2):
        rates = _rates(ways, count, threads)
        ratios = {
            f"over_{name}": round(rates["sandbox"] / rate, 2)
            for name, rate in rates.items()
            if name != "sandbox"
        }
        figures[f"threads_{threads}"] = {name: round(rate) for name, rate in rates.items()} | ratios
    figures["twenty_inputs_over_one"] = _twenty()
    figures["load"] = os.getloadavg()[0]
    print(json.dumps(figures, indent=2))


def _rates(ways: dict[str, Callable[[], str]], count: int, threads: int) -> dict[str, float]:
    """Runs per second of each way, medians of rounds that take turns."""
    rates_of: dict[str, list[float]] = {name: [] for name in ways}
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: _ours(), range(4 * threads)))  # the servers are warm
        for _ in range(ROUNDS):
            for name, once in ways.items():
                start = time.perf_counter()
                answers = list(pool.map(lambda _, once=once: once(), range(count)))
                rates_of[name].append(count / (time.perf_counter() - start))
                if set(answers) != {STDOUT}:
                    raise SystemExit(f"{name} answered {set(answers)}")
    return {name: statistics.median(rates) for name, rates in rates_of.items()}


def _ours() -> str:
    return run(Program(SOURCE), [ProgramInput(STDIN)])[0].stdout


def _process(wall: list[str]) -> str:
    command = [*wall, interpreter(), "-I", "-S", "-c", SOURCE]
    return subprocess.run(command, input=STDIN, capture_output=True, text=True, check=True, timeout=60).stdout


def _twenty() -> float:
    """Seconds of a call with twenty inputs over those of a call with one."""
    seconds: dict[int, list[float]] = {1: [], 20: []}
    for _ in range(20):
        for inputs, times in seconds.items():
            start = time.perf_counter()
            run(Program(SOURCE), [ProgramInput(STDIN)] * inputs)
            times.append(time.perf_counter() - start)
    return round(statistics.median(seconds[20]) / statistics.median(seconds[1]), 1)


if __name__ == "__main__":
    main()
