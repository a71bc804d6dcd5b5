"""What else can be said of a program than whether it passes: lint, time, readability. Numbers that a reward may use.

All scores are from 0 to 1, more is better, None where there is nothing to say. The formulas are ours:

| score | is |
|---|---|
| `lint` | 1 - findings of ruff / lines that are not blank, at least 0; 0 for what does not parse; Python alone |
| `time` | 1 - CPU seconds of the slowest test / the limit of a test; correct programs alone |
| `relative_time` | median of the other correct responses' slowest tests / its own, at most 1 (`relative_times`) |
| `short_lines` | share of lines of up to 100 characters |
| `shallow` | 1 up to 4 levels of indentation, then 4 / levels |
| `comments` | share of lines with a comment's sign, 1 from a fifth on |
| `fresh` | 0 where the answer says the same again and again (readability's filter), else 1 |

Nothing is run: ruff reads the program as a file, with a fixed choice of rules, and no word in the program switches one
off. Not covered: whether names and comments make sense, complexity, the style of C++ and JavaScript.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from r1data.data.responses import split
from r1data.filters.repetition import is_repetitive
from r1data.verifiers.code.program import Extracted, program
from r1data.verifiers.code.truth import BadTruth, problem
from r1data.verifiers.verdict import Case, Scores, Verdict

RULES = "E4,E7,E9,F,B,PLE,SIM"
LINE = 100
LEVELS = 4
COMMENTED = 0.2
NOISE = 0.02
"""Seconds below which two times are the same: a start wobbles by as much."""
RUFF_SECONDS = 30.0
HASH, SLASHES = "#", "//"


def scores(case: Case, verdict: Verdict, time_limit: float) -> Scores:
    """All scores of one response but `relative_time`, which needs its siblings. `time_limit` as `check` had it."""
    (found,) = score_rows([case], [verdict], time_limit)
    return found


def score_rows(cases: Sequence[Case], verdicts: Sequence[Verdict], time_limit: float) -> list[Scores]:
    """Scores for each row, in order; ruff is started once for all. The truths' limits are read, nothing is run."""
    programs = [_program(case) for case in cases]
    linted = lint([found.source if found and found.language == "python" else None for found in programs])
    return [
        {
            "lint": clean,
            "time": _time(case, verdict, time_limit),
            **(_read(found) if found else dict.fromkeys(("short_lines", "shallow", "comments"))),
            "fresh": 1.0 - is_repetitive(split(case.response).answer or ""),
        }
        for case, verdict, found, clean in zip(cases, verdicts, programs, linted, strict=True)
    ]


def score_groups(
    cases: Sequence[Case], verdicts: Sequence[Verdict], prompts: Sequence[str], time_limit: float
) -> list[Scores]:
    """All scores for each row, in order; `prompts` says which responses answer the same prompt."""
    groups: dict[str, list[int]] = {}
    for row, prompt in enumerate(prompts):
        groups.setdefault(prompt, []).append(row)
    relative: dict[int, float | None] = {}
    for rows in groups.values():
        relative.update(zip(rows, relative_times([verdicts[row] for row in rows]), strict=True))
    alone = score_rows(cases, verdicts, time_limit)
    return [{**scores, "relative_time": relative[row]} for row, scores in enumerate(alone)]


def relative_times(verdicts: Sequence[Verdict]) -> list[float | None]:
    """`relative_time` for all responses to one prompt: None for one that is not correct, or is the only one that is."""
    times = [_seconds(verdict) for verdict in verdicts]
    known = [time for time in times if time is not None]
    found: list[float | None] = []
    for time in times:
        if time is None or len(known) < 2:
            found.append(None)
            continue
        others = list(known)
        others.remove(time)
        found.append(min(1.0, max(NOISE, statistics.median(others)) / max(NOISE, time)))
    return found


def lint(programs: Sequence[str | None]) -> list[float | None]:
    """Each Python program's `lint`; None for None, where ruff is not installed, and where it could not say."""
    if find_spec("ruff") is None:
        return [None] * len(programs)
    there = [number for number, source in enumerate(programs) if source is not None]
    counts = _findings([programs[number] or "" for number in there])
    if counts is None:  # one of them was too much for ruff
        alone = [_findings([programs[number] or ""]) for number in there]
        counts = [one[0] if one else None for one in alone]
    found: list[float | None] = [None] * len(programs)
    for number, count in zip(there, counts, strict=True):
        lines = sum(1 for line in (programs[number] or "").split("\n") if line.strip())
        found[number] = None if count is None else max(0.0, 1.0 - count / max(1, lines))
    return found


def _findings(programs: Sequence[str]) -> list[float | None] | None:
    """Ruff's findings in each program, infinitely many where it does not parse; None where ruff failed."""
    if not programs:
        return []
    with tempfile.TemporaryDirectory() as folder:
        for number, source in enumerate(programs):
            Path(folder, f"{number}.py").write_bytes(source.encode("utf-8", "replace"))
        words = [
            "check",
            "--isolated",
            "--no-cache",
            "--ignore-noqa",
            "--select",
            RULES,
            "--output-format",
            "json",
            ".",
        ]
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "ruff", *words],
                cwd=folder, capture_output=True, timeout=RUFF_SECONDS, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
    if done.returncode not in (0, 1):
        return None
    counts = [0.0] * len(programs)
    for finding in json.loads(done.stdout):
        wrong = finding["code"] in (None, "invalid-syntax", "E999")
        counts[int(Path(finding["filename"]).stem)] += float("inf") if wrong else 1
    return list(counts)


def _program(case: Case) -> Extracted | None:
    """The program that the verifier ran."""
    try:
        asked = problem(case.truth or "")
    except BadTruth:
        language = None
    else:
        language = asked.language
    found = program(case.response, language)
    return found if isinstance(found, Extracted) else None


def _seconds(verdict: Verdict) -> float | None:
    if verdict.verdict != "correct" or not verdict.measures:
        return None
    return verdict.measures.get("seconds")


def _time(case: Case, verdict: Verdict, time_limit: float) -> float | None:
    seconds = _seconds(verdict)
    if seconds is None:
        return None
    try:
        limit = problem(case.truth or "").seconds or time_limit
    except BadTruth:
        return None
    return max(0.0, 1.0 - seconds / limit)


def _read(found: Extracted) -> Scores:
    lines = [line.rstrip() for line in found.source.expandtabs(4).split("\n") if line.strip()]
    if not lines:
        return {"short_lines": None, "shallow": None, "comments": None}
    mark = HASH if found.language == "python" else SLASHES
    commented = sum(1 for line in lines if mark in line) / len(lines)
    return {
        "short_lines": sum(1 for line in lines if len(line) <= LINE) / len(lines),
        "shallow": min(1.0, LEVELS / max(LEVELS, _levels(lines))),
        "comments": min(1.0, commented / COMMENTED),
    }


def _levels(lines: Sequence[str]) -> int:
    """The most levels of indentation that any line has."""
    stack = [0]
    most = 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        while indent < stack[-1]:
            stack.pop()
        if indent > stack[-1]:
            stack.append(indent)
        most = max(most, len(stack) - 1)
    return most
