"""The benchmarks by name; another package adds one by an entry point in the group `r1.benchmarks`."""

from r1data.evaluation.benchmarks.entry import Benchmark
from r1data.evaluation.benchmarks.mathematics import AIME24, AIME25, GSM8K, MATH500
from r1data.runtime.registry import Registry

BENCHMARKS: Registry[Benchmark] = Registry(
    "benchmark",
    "r1.benchmarks",
    Benchmark,
    {entry.name: entry for entry in (AIME24, AIME25, MATH500, GSM8K)},
)
