"""Answers to reasoning-gym's tasks scored in a second: in the sandbox, beside plain calls of its scorers.

    python -m benchmarks.logic 20            rows of each task
    python -m benchmarks.logic 200 sudoku    of one task

Each row is scored twice, with the task's own answer and with one that is wrong. Prints a JSON object; `ratio` is ours
over the plain calls', which protect from nothing: no limit of time or memory, and what an answer makes them evaluate
runs in this process. Tasks whose own answer is not `correct`, and those where the wrong one is, are listed.
"""

import contextlib
import io
import json
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

from r1data.exchange.tasks import PREFIX, TaskSource
from r1data.verifiers.logic.scorer import plain
from r1data.verifiers.registry import check_all
from r1data.verifiers.verdict import Verdict

WRONG = "no answer of any task"


def main() -> None:
    """Makes the rows, scores them in both ways and prints the figures."""
    each = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    tasks = ",".join(sys.argv[2:]) or "all"
    rows = [row for shard in TaskSource(PREFIX + tasks, each).shards() for row in shard.table().to_pylist()]
    truths = [json.loads(row["truth"]) for row in rows]
    jobs = [(row["truth"], truth["entry"]["answer"]) for row, truth in zip(rows, truths, strict=True)]
    jobs += [(row["truth"], WRONG) for row in rows]
    verify(jobs[:2])  # the sandbox is up
    seconds, verdicts = timed(lambda: verify(jobs))
    plainly = _scorers({truth["task"] for truth in truths})
    entries = [(truth["task"], plain(truth["entry"])) for truth in truths] * 2
    answers = [answer for _, answer in jobs]
    plain_seconds, scores = timed(
        lambda: [plainly(*entry, answer) for entry, answer in zip(entries, answers, strict=True)]
    )
    figures = {
        "tasks": len({truth["task"] for truth in truths}),
        "answers": len(jobs),
        "answers_per_second": round(len(jobs) / seconds),
        "plain_calls_per_second": round(len(jobs) / plain_seconds),
        "ratio": round(plain_seconds / seconds, 3),
        "verdicts_of_own_answers": Counter(verdict.verdict for verdict in verdicts[: len(rows)]),
        "verdicts_of_wrong_answers": Counter(verdict.verdict for verdict in verdicts[len(rows) :]),
        "full_marks_of_plain_calls_for_wrong_answers": sum(score == 1 for score in scores[len(rows) :]),
        "own_answer_not_correct": _tasks(rows, verdicts, lambda word: word != "correct"),
        "wrong_answer_correct": _tasks(rows, verdicts[len(rows) :], lambda word: word == "correct"),
        "wrong_answer_neither": _tasks(
            rows, verdicts[len(rows) :], lambda word: word not in ("correct", "incorrect")
        ),
    }
    print(json.dumps(figures, indent=2))


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Wall seconds, because the sandbox's work is another process's, and the result."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def verify(jobs: list[tuple[str, Any]]) -> list[Verdict]:
    """Our verdicts on (truth, answer)."""
    responses = [f"<think>so</think><answer>{answer}</answer>" for _, answer in jobs]
    return check_all(["logic"] * len(jobs), responses, [truth for truth, _ in jobs])


def _scorers(tasks: set[str]) -> Callable[[str, Any, Any], float | None]:
    warnings.simplefilter("ignore")
    from reasoning_gym.factory import get_score_answer_fn

    loaded = {task: get_score_answer_fn(task) for task in tasks}

    def score(task: str, entry: Any, answer: Any) -> float | None:
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                return float(loaded[task](answer, entry))
            except Exception:  # noqa: BLE001  some scorers raise on a wrong answer
                return None

    return score


def _tasks(rows: list[Any], verdicts: list[Verdict], chosen: Callable[[str], bool]) -> dict[str, int]:
    names = [
        row["source"].removeprefix(PREFIX)
        for row, verdict in zip(rows, verdicts, strict=False)
        if chosen(verdict.verdict)
    ]
    return dict(Counter(names))


if __name__ == "__main__":
    main()
