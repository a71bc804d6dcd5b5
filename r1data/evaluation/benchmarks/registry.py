"""The benchmarks by name; another package adds one by an entry point in the group `r1.benchmarks`."""

from r1data.evaluation.benchmarks import instructions, knowledge, mathematics, programs
from r1data.evaluation.benchmarks.entry import Benchmark
from r1data.runtime.registry import Registry

_OURS = (
    *mathematics.BENCHMARKS,
    *knowledge.BENCHMARKS,
    *programs.BENCHMARKS,
    *instructions.BENCHMARKS,
)
BENCHMARKS: Registry[Benchmark] = Registry(
    "benchmark", "r1.benchmarks", Benchmark, {entry.name: entry for entry in _OURS}
)
