"""Answers verified in a second of one core, beside math-verify called directly, in one run on the same pairs.

    python -m benchmarks.verify ../shared/corpora/gsm8k/model_solutions.jsonl

Reads JSON lines with `response`, `answer` and, where known, `is_correct`; without a file, the rows that the tests
ship. Fast rules with empty caches, then with what the first pass left in them; the table stage; then math-verify as
its README calls it. Prints a JSON object; `ratio` is ours (empty caches) over math-verify's.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from r1data.verify import check_all, math_algebra, math_fast, math_units, verify_table

SHIPPED = Path(__file__).parent.parent / "tests" / "data" / "gsm8k" / "model_solutions.jsonl"
ROUNDS = 5
MIXED = [
    (r"2\sqrt{3}", r"\sqrt{12}", True), (r"2\sqrt{3}", r"\sqrt{11}", False), ("x^2+2x+1", "(x+1)^2", True),
    (r"\frac{\pi}{4}", r"\pi/4", True), (r"(-\infty,1)\cup(2,3]", r"(2,3]\cup(-\infty,1)", True),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix} 1 \\ 3 \end{pmatrix}", False),
    ("5 cm", "5 m", False), ("11_2", "11_3", False), ("0.0000001", "0.0000002", False), ("18.90", r"\$18.90", True),
    ("6.02e23", r"6.02 \times 10^{23}", True), ("C", "C. 5", True), (r"\emptyset", r"\{\}", True),
    (r"\frac{1}{2004!}", r"\frac{1}{2006!}", False),
]  # fmt: skip
"""(truth, boxed answer, whether it is right), by hand."""


def main() -> None:
    """Runs everything and prints the figures."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    responses, truths = [row["response"] for row in rows], [row["answer"] for row in rows]
    ours = check_all(["math"] * len(rows), responses, truths)
    _math_verify("1", "1")  # its import is not timed
    theirs_seconds, theirs = timed(
        lambda: [_math_verify(t, r) for t, r in zip(truths, responses, strict=True)]
    )
    cold = statistics.median(_fast(responses, truths, empty=True) for _ in range(ROUNDS))
    warm = statistics.median(_fast(responses, truths, empty=False) for _ in range(ROUNDS))
    labels = [row.get("is_correct") for row in rows]
    figures = {
        "pairs": len(rows),
        "pairs_per_second": round(len(rows) / cold),
        "pairs_per_second_warm": round(len(rows) / warm),
        "table_rows_per_second": round(_table(responses, truths)),
        "math_verify_pairs_per_second": round(len(rows) / theirs_seconds),
        "ratio": round(theirs_seconds / cold, 1),
        "verdicts_against_labels": _against([v.verdict == "correct" for v in ours], labels),
        "math_verify_against_labels": _against(theirs, labels),
        "by_hand": _by_hand(),
    }
    print(json.dumps(figures, indent=2, ensure_ascii=False))


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of this process's CPU, which other work on the machine does not stretch, and the result."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def _fast(responses: list[str], truths: list[str], *, empty: bool) -> float:
    if empty:
        for cached in (math_fast.read, math_units.read, math_algebra.is_formula):
            cached.cache_clear()
    return timed(lambda: check_all(["math"] * len(responses), responses, truths))[0]


def _table(responses: list[str], truths: list[str]) -> float:
    import pyarrow as pa

    table = pa.table({"response": responses, "truth": truths})
    return len(responses) / timed(lambda: verify_table(table))[0]


def _math_verify(truth: str, response: str) -> bool:
    from math_verify import parse, verify

    return bool(verify(parse(truth), parse(response)))


def _against(said: list[bool], labels: list[bool | None]) -> str:
    known = [(verdict, label) for verdict, label in zip(said, labels, strict=True) if label is not None]
    return f"{sum(verdict == label for verdict, label in known)} of {len(known)}"


def _by_hand() -> dict[str, Any]:
    """Where ours and math-verify stand on pairs that are not numbers, or look alike."""
    answers = [rf"<think>so</think>\boxed{{{answer}}}" for _, answer, _ in MIXED]
    truths = [truth for truth, _, _ in MIXED]
    ours = [v.verdict == "correct" for v in check_all(["math"] * len(MIXED), answers, truths)]
    theirs = [_math_verify(f"${truth}$", rf"$\boxed{{{answer}}}$") for truth, answer, _ in MIXED]
    differ = [
        {"truth": truth, "answer": answer, "right": right, "ours": mine, "math_verify": their}
        for (truth, answer, right), mine, their in zip(MIXED, ours, theirs, strict=True)
        if mine != their
    ]
    labels: list[bool | None] = [right for _, _, right in MIXED]
    return {"ours": _against(ours, labels), "math_verify": _against(theirs, labels), "disagreements": differ}


if __name__ == "__main__":
    main()
