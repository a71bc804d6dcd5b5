"""Real responses of real models, with labels by the authors of GSM8K (data/gsm8k, MIT)."""

import json
from pathlib import Path

from r1data.verifiers.registry import check_all

ROWS = Path(__file__).parents[2] / "fixtures" / "gsm8k" / "model_solutions.jsonl"


def test_verdicts_equal_the_labels() -> None:
    rows = [json.loads(line) for line in ROWS.read_text().splitlines()]
    verdicts = check_all(["math"] * len(rows), [r["response"] for r in rows], [r["answer"] for r in rows])
    wanted = ["correct" if row["is_correct"] else "incorrect" for row in rows]
    assert [v.verdict for v in verdicts] == wanted
    assert 10 < wanted.count("correct") < 30
