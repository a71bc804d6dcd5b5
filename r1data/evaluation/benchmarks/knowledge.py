"""Benchmarks of knowledge, with options to choose from. The order of the options is ours, drawn from the row's id."""

import hashlib

from r1data.data.records import Record
from r1data.evaluation.benchmarks import published
from r1data.evaluation.benchmarks.entry import Benchmark

OPTIONS = ("Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")


def _gpqa_row(record: Record) -> Record:
    """The question with its four options, and the letter of the right one.

    The set names the right answer by its column, so that an order has to be drawn: that of the options' hashes with the
    row's id, which depends on nothing else.
    """
    row_id = record.get("Record ID") or record["Question"]
    options = sorted(OPTIONS, key=lambda name: hashlib.sha256(f"gpqa\n{row_id}\n{name}".encode()).digest())
    lines = [f"{letter}) {str(record[name]).strip()}" for letter, name in zip("ABCD", options, strict=True)]
    return {
        "prompt": "\n".join([str(record["Question"]).strip(), "", *lines]),
        "truth": "ABCD"[options.index(OPTIONS[0])],
        "level": record.get("High-level domain"),
    }


GPQA_DIAMOND = Benchmark(
    "gpqa-diamond",
    "hf:Idavidrein/gpqa/gpqa_diamond:train",
    revision="633f5ee89ab8ad4522a9f850766b73f62147ffdd",
    columns={"prompt": "Question", "truth": "Correct Answer"},
    convert=_gpqa_row,
    reads=("Question", *OPTIONS),
    compared=("Question",),
    prompt="{prompt}\n\nPlease reason step by step, and put the letter of the right option within \\boxed{}.",
    k=64,
    verifier="choice",
    domain="science",
    license="CC-BY-4.0",
    questions=198,
    published=published.GPQA_DIAMOND,
    differs="the order of the options, which the paper does not give",
    gated=True,
    summary="graduate-level science, four options",
    paper="3, tables 4-6",
)
BENCHMARKS = (GPQA_DIAMOND,)
