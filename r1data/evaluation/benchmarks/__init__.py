"""Benchmarks: questions that others measure models by, each with where they come from and how they are asked.

A benchmark is an entry of `BENCHMARKS`; another package adds one by an entry point in the group `r1.benchmarks`. Its
name stands for its questions: `r1 eval aime24` reads them from the hub at one pinned commit and takes its settings as
defaults, `r1 build --decontaminate aime24` keeps them out of a set. `aime24=FILE` is the same with the questions in a
file or dataset of yours. A path that is there wins over a name.

Settings are the paper's (section 3: 0.6, 0.95, 32,768 tokens, 64 responses for AIME and GPQA, 16 for MATH-500, 8 for
LiveCodeBench); the responses for others are ours. The words of the instruction for mathematics are those that the
authors advise for their models. The revisions are those that other evaluation suites pin. No question
comes with this package.
"""

from r1data.evaluation.benchmarks.entry import BOXED, PLACE, RESPONSES, SETTINGS, Benchmark
from r1data.evaluation.benchmarks.names import of_benchmark, parse, place_of
from r1data.evaluation.benchmarks.reading import (
    compared_questions,
    deviation,
    digest,
    open_evaluation,
    open_questions,
    responses_of,
    settings_of,
)
from r1data.evaluation.benchmarks.registry import BENCHMARKS

__all__ = [
    "BENCHMARKS",
    "BOXED",
    "PLACE",
    "RESPONSES",
    "SETTINGS",
    "Benchmark",
    "compared_questions",
    "deviation",
    "digest",
    "of_benchmark",
    "open_evaluation",
    "open_questions",
    "parse",
    "place_of",
    "responses_of",
    "settings_of",
]
