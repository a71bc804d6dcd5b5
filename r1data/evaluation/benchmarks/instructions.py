"""Benchmarks of instructions that a program can check. Four responses a question are ours."""

import json

from r1data.data.records import Record
from r1data.evaluation.benchmarks import published
from r1data.evaluation.benchmarks.entry import PLACE, Benchmark


def _ifeval_row(record: Record) -> Record:
    ids, kwargs = record["instruction_id_list"], record["kwargs"]
    if len(ids) != len(kwargs):
        raise ValueError(f"{len(ids)} instructions with {len(kwargs)} kwargs")
    # The hub's rows name every argument of every instruction, with null where it is another's.
    truth = [
        {"id": name, "kwargs": {key: value for key, value in (given or {}).items() if value is not None}}
        for name, given in zip(ids, kwargs, strict=True)
    ]
    return {"prompt": record["prompt"], "truth": json.dumps(truth, ensure_ascii=False)}


IFEVAL = Benchmark(
    "ifeval",
    "hf:google/IFEval:train",
    revision="966cd89545d6b6acfd7638bc708b98261ca58e84",
    columns={"prompt": "prompt", "truth": "instruction_id_list"},
    convert=_ifeval_row,
    reads=("prompt", "instruction_id_list", "kwargs"),
    compared=("prompt",),
    prompt=PLACE,
    k=4,
    verifier="ifeval",
    domain="general",
    license="Apache-2.0",
    questions=541,
    published=published.IFEVAL,
    summary="instructions that a program can check, all of them followed",
    paper="3, table 4",
)
BENCHMARKS = (IFEVAL,)
