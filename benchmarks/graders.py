r"""Graders side by side on real responses: our verifiers, a string match, math-verify, lm-evaluation-harness's scoring.

    python -m benchmarks.graders ../shared/corpora/gsm8k/model_solutions.jsonl
    python -m benchmarks.graders ../shared/corpora/responses/r1_distill_math.jsonl --task minerva_math_algebra

JSON lines with a question (`question` or `prompt`), a truth (`answer` or `gold`), `response` and a label (`is_correct`
or `label`); without a file, the rows that the tests ship. The harness is installed into an environment of its own, in
the folder of `--peers`, unless it is there.

Prints a JSON object: accuracy by model and grader with its interval, how often two graders agree, every kind of
difference from the label with how often it occurs and its first response, and the responses on which we contradict the
label, all of them. For GSM8K also how many are right by `strict-match` once the answer's mark `A:` is written `####`,
which is what it looks for.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from r1data.evaluation.graders.comparison import Comparison, Disagreement, compare
from r1data.evaluation.graders.grades import GraderOptions, Response
from r1data.evaluation.graders.lm_eval import LM_EVAL
from r1data.evaluation.graders.own import HASHES
from r1data.verifiers.verdict import Case

SHIPPED = Path(__file__).parent.parent / "tests" / "fixtures" / "gsm8k" / "model_solutions.jsonl"
PACKAGE = "lm_eval[math]==0.4.13"
NAMES = {
    "prompt": ("question", "prompt"),
    "truth": ("answer", "gold"),
    "label": ("is_correct", "label"),
}
"""What a row's columns may be called; the first that is there."""
MARK = re.compile(r"^A: ", re.M)
"""What stands before the answer in the responses of GSM8K's authors."""
SHOWN = 300
"""Last characters of a response that is listed."""


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("responses", nargs="?", type=Path, default=SHIPPED)
    parser.add_argument("--peers", type=Path, default=Path("peers"))
    parser.add_argument("--task", default="gsm8k")
    arguments = parser.parse_args()
    options = GraderOptions(lm_eval=str(install(arguments.peers)), lm_eval_task=arguments.task)
    responses = read(arguments.responses)
    start = time.perf_counter()
    comparison = compare(responses, options)
    figures = {**comparison.as_json(), "seconds": round(time.perf_counter() - start, 1)}
    figures["kinds"] = [as_kind(comparison, *kind) for kind in comparison.kinds()]
    figures["ours_against_the_label"] = [
        as_example(comparison, each)
        for each in comparison.disagreements
        if comparison.grades["ours"][each.place].is_right not in (None, responses[each.place].label)
    ]
    if any(MARK.search(response.case.response) for response in responses):
        figures["strict_match_with_its_mark"] = with_mark(responses, options)
    print(json.dumps(figures, indent=2, ensure_ascii=False))


def install(folder: Path) -> Path:
    """The interpreter of an environment that has the harness."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", PACKAGE], check=True)
    return python


def read(path: Path) -> list[Response]:
    """The rows of a file as graders take them."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [as_response(row) for row in rows]


def as_response(row: Mapping[str, Any]) -> Response:
    """A row as graders take it."""
    values = {
        name: next((row[other] for other in others if other in row), None) for name, others in NAMES.items()
    }
    case = Case(row["response"], str(values["truth"]).strip(), values["prompt"])
    return Response(str(row["id"]), row.get("model", "unknown"), case, "math", values["label"])


def as_kind(
    comparison: Comparison, name: str, kind: str, right: bool, count: int, first: Disagreement
) -> dict[str, Any]:
    """A kind of difference as it is listed."""
    return {
        "grader": name,
        "kind": kind,
        "response_is": "right" if right else "wrong",
        "responses": count,
        "first": as_example(comparison, first),
    }


def as_example(comparison: Comparison, disagreement: Disagreement) -> dict[str, Any]:
    """A response as it is listed."""
    response = comparison.responses[disagreement.place]
    return {
        "id": response.prompt_id,
        "model": response.model,
        "truth": response.case.truth,
        "label": response.label,
        "though": disagreement.ruling.reason,
        "read": {name: column[disagreement.place].extracted for name, column in comparison.grades.items()},
        "response": response.case.response[-SHOWN:],
    }


def with_mark(responses: Sequence[Response], options: GraderOptions) -> dict[str, Any]:
    """Right responses by each of the task's filters, where the mark before the answer is GSM8K's own."""
    marked = [
        each._replace(case=each.case._replace(response=MARK.sub(HASHES + " ", each.case.response)))
        for each in responses
    ]
    columns = LM_EVAL.grade(marked, options)
    return {
        name: {
            "right": sum(grade.is_right is True for grade in grades),
            "against_the_label": sum(
                grade.is_right != each.label for grade, each in zip(grades, responses, strict=True)
            ),
        }
        for name, grades in columns.items()
    }


if __name__ == "__main__":
    main()
