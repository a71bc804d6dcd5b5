r"""Golds against themselves: how many of a set's right answers are read, beside math-verify in the same run.

    python -m benchmarks.golds ../shared/corpora/questions/OlymMATH-EN-HARD.jsonl ../shared/corpora/gsm8k/test.jsonl
    python -m benchmarks.golds --column gold responses.jsonl

Each gold answers itself, as `\boxed{gold}` behind thoughts. `read` counts those that are `correct`; `as_values`
those of them that are read as a value or a formula, and are not just the same text. `damaged` answers each gold with
one of its digits changed: none may be `correct`. math-verify is called as its README says. Golds a second are of one
core. Prints a JSON object.
"""

import argparse
import json
import random
import re
import time
from pathlib import Path
from typing import Any

from benchmarks.verify import readme_way
from r1data.verifiers.math import fast, formulas
from r1data.verifiers.math.truths import extract_truth
from r1data.verifiers.registry import check_all
from r1data.verifiers.verdict import Verdict

COLUMNS = ("gold", "answer", "final_answer", "gt", "truth", "target", "Answer", "lSolutions", "solution")
"""Names of columns that hold golds, the first that a row has counts."""
_DIGIT = re.compile(r"\d")


def main() -> None:
    """Measures each file and prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--column", help="the column with the golds, if it has another name than usual")
    parser.add_argument("--unread", type=int, default=5, help="how many golds to show that are not read")
    arguments = parser.parse_args()
    readme_way("1", r"\boxed{1}")
    check_all(["math"] * 2, [r"\boxed{1.41421356}", r"\boxed{e^{i\pi/3}}"], [r"\sqrt{2}", r"\cos x"])
    figures = {
        path.name: measured(golds(path, arguments.column), arguments.unread) for path in arguments.files
    }
    print(json.dumps(figures, indent=2, ensure_ascii=False))


def golds(path: Path, column: str | None) -> list[str]:
    """The golds of a file of JSON lines, those in lists one by one."""
    texts: list[str] = []
    for row in map(json.loads, path.open(encoding="utf-8")):
        name = column or next((name for name in COLUMNS if row.get(name) is not None), COLUMNS[0])
        values = row[name] if isinstance(row[name], list) else [row[name]]
        texts += [extract_truth(str(value)) for value in values]
    return texts


def measured(own: list[str], shown: int) -> dict[str, Any]:
    """Shares and speeds on one set of golds."""
    verdicts, seconds = _verified(own, own)
    damaged = [_damaged(gold) for gold in own]
    wrong, _ = _verified(
        [text for text in damaged if text], [g for g, text in zip(own, damaged, strict=True) if text]
    )
    start = time.process_time()
    theirs = sum(readme_way(gold, rf"$\boxed{{{gold}}}$") for gold in own)
    peer_seconds = time.process_time() - start
    read = [verdict.verdict == "correct" for verdict in verdicts]
    return {
        "golds": len(own),
        "read": sum(read),
        "read_share": round(sum(read) / len(own), 4),
        "as_values": sum(fast.read(gold) is not None or formulas.is_formula(gold) for gold in own),
        "math_verify_read": theirs,
        "math_verify_share": round(theirs / len(own), 4),
        "golds_per_second": round(len(own) / seconds),
        "times_math_verify": round(peer_seconds / seconds, 1),
        "damaged": len(wrong),
        "damaged_that_are_correct": [
            f"{verdict.extracted}" for verdict in wrong if verdict.verdict == "correct"
        ][:shown],
        "damaged_that_are_incorrect": sum(verdict.verdict == "incorrect" for verdict in wrong),
        "unread": [
            [gold, verdict.reason]
            for gold, verdict, is_read in zip(own, verdicts, read, strict=True)
            if not is_read
        ][:shown],
    }


def _verified(answers: list[str], truths: list[str]) -> tuple[list[Verdict], float]:
    """The verdicts on boxed answers, and the seconds taken; a worker's time counts as time waited."""
    responses = [rf"<think>We count the cases.</think>The answer is $\boxed{{{text}}}$." for text in answers]
    start = time.perf_counter()
    verdicts = check_all(["math"] * len(responses), responses, truths)
    return verdicts, time.perf_counter() - start


def _damaged(gold: str) -> str | None:
    """A gold with one digit changed to another; None where it has none."""
    digits = [digit.start() for digit in _DIGIT.finditer(gold)]
    if not digits:
        return None
    draw = random.Random(gold)
    at = draw.choice(digits)
    other = draw.choice([digit for digit in "123456789" if digit != gold[at]])
    return gold[:at] + other + gold[at + 1 :]


if __name__ == "__main__":
    main()
