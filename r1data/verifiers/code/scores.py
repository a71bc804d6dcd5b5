"""Scores of a program beyond whether it passes: lint, time, readability; a reward may use them.

All scores are from 0 to 1, more is better, None if a score does not apply. The formulas are ours:

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
from r1data.filters.repetition_signs import is_repetitive
from r1data.verifiers.code.program import ExtractedProgram, extract_program
from r1data.verifiers.code.truth import BadTruth, parse_problem
from r1data.verifiers.verdict import Case, NamedScores, Verdict

RULES = "E4,E7,E9,F,B,PLE,SIM"
LINE = 100
LEVELS = 4
COMMENTED = 0.2
NOISE = 0.02
"""Seconds below which two times count as equal: the time to start a process varies by as much."""
RUFF_SECONDS = 30.0
HASH, SLASHES = "#", "//"


def scores(case: Case, verdict: Verdict, time_limit: float) -> NamedScores:
    """All scores of one response but `relative_time`, which needs the other responses to its prompt.

    Args:
        case: the row.
        verdict: of the verifier `code` on it.
        time_limit: CPU seconds per test that the verifier had.
    """
    (row_scores,) = score_rows([case], [verdict], time_limit)
    return row_scores


def score_rows(cases: Sequence[Case], verdicts: Sequence[Verdict], time_limit: float) -> list[NamedScores]:
    """Scores for each row, in order, but `relative_time`. No program is run; ruff is started once for all rows."""
    programs = [_program_of(case) for case in cases]
    linted = lint(
        [program.source if program and program.language == "python" else None for program in programs]
    )
    return [
        {
            "lint": lint_score,
            "time": _time(case, verdict, time_limit),
            **(_style_scores(program) if program else dict.fromkeys(("short_lines", "shallow", "comments"))),
            "fresh": 1.0 - is_repetitive(split(case.response).answer or ""),
        }
        for case, verdict, program, lint_score in zip(cases, verdicts, programs, linted, strict=True)
    ]


def score_groups(
    cases: Sequence[Case], verdicts: Sequence[Verdict], prompts: Sequence[str], time_limit: float
) -> list[NamedScores]:
    """All scores for each row, in order.

    Args:
        cases: the rows.
        verdicts: of the verifier `code` on each.
        prompts: each row's prompt; rows with the same prompt are compared by time.
        time_limit: CPU seconds per test that the verifier had.
    """
    groups: dict[str, list[int]] = {}
    for row, prompt in enumerate(prompts):
        groups.setdefault(prompt, []).append(row)
    relative: dict[int, float | None] = {}
    for rows in groups.values():
        relative.update(zip(rows, relative_times([verdicts[row] for row in rows]), strict=True))
    row_scores = score_rows(cases, verdicts, time_limit)
    return [
        {**single_row_scores, "relative_time": relative[row]}
        for row, single_row_scores in enumerate(row_scores)
    ]


def relative_times(verdicts: Sequence[Verdict]) -> list[float | None]:
    """`relative_time` of all responses to one prompt; None for one that is not correct, or the only correct one."""
    times = [_seconds(verdict) for verdict in verdicts]
    correct_times = [time for time in times if time is not None]
    ratios: list[float | None] = []
    for time in times:
        if time is None or len(correct_times) < 2:
            ratios.append(None)
            continue
        others = list(correct_times)
        others.remove(time)
        ratios.append(min(1.0, max(NOISE, statistics.median(others)) / max(NOISE, time)))
    return ratios


def lint(programs: Sequence[str | None]) -> list[float | None]:
    """Each Python program's `lint`; None for None, and for all that ruff, missing or failing, could not check."""
    if find_spec("ruff") is None:
        return [None] * len(programs)
    numbers = [number for number, source in enumerate(programs) if source is not None]
    counts = _count_findings([programs[number] or "" for number in numbers])
    if counts is None:
        # ruff failed on one of them or timed out: each by itself, so that only that one is None
        single_counts = [_count_findings([programs[number] or ""]) for number in numbers]
        counts = [single[0] if single else None for single in single_counts]
    lint_scores: list[float | None] = [None] * len(programs)
    for number, count in zip(numbers, counts, strict=True):
        lines = sum(1 for line in (programs[number] or "").split("\n") if line.strip())
        lint_scores[number] = None if count is None else max(0.0, 1.0 - count / max(1, lines))
    return lint_scores


def _count_findings(programs: Sequence[str]) -> list[float | None] | None:
    """The number of ruff's findings in each program, infinity if it does not parse; None if ruff failed."""
    if not programs:
        return []
    with tempfile.TemporaryDirectory() as folder:
        for number, source in enumerate(programs):
            Path(folder, f"{number}.py").write_bytes(source.encode("utf-8", "replace"))
        options = ["--isolated", "--no-cache", "--ignore-noqa", "--select", RULES, "--output-format", "json"]
        try:
            # `-P`: else the folder comes first where Python looks for modules, and its files are strangers'.
            process = subprocess.run(
                [sys.executable, "-P", "-m", "ruff", "check", *options, "."],
                cwd=folder, capture_output=True, timeout=RUFF_SECONDS, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
    if process.returncode not in (0, 1):  # 1: there are findings; with any other ruff failed
        return None
    counts = [0.0] * len(programs)
    for finding in json.loads(process.stdout):
        # ruff's versions name a syntax error in three ways.
        is_syntax_error = finding["code"] in (None, "invalid-syntax", "E999")
        counts[int(Path(finding["filename"]).stem)] += float("inf") if is_syntax_error else 1
    return list(counts)


def _program_of(case: Case) -> ExtractedProgram | None:
    """The program that the verifier ran, None if there was none."""
    try:
        problem = parse_problem(case.truth or "")
    except BadTruth:
        language = None
    else:
        language = problem.language
    program = extract_program(case.response, language)
    return program if isinstance(program, ExtractedProgram) else None


def _seconds(verdict: Verdict) -> float | None:
    if verdict.verdict != "correct" or not verdict.measures:
        return None
    return verdict.measures.get("seconds")


def _time(case: Case, verdict: Verdict, time_limit: float) -> float | None:
    seconds = _seconds(verdict)
    if seconds is None:
        return None
    try:
        limit = parse_problem(case.truth or "").seconds or time_limit
    except BadTruth:
        return None
    return max(0.0, 1.0 - seconds / limit)


def _style_scores(program: ExtractedProgram) -> NamedScores:
    """`short_lines`, `shallow` and `comments`; a line's level is the number of indentations open at it."""
    lines = [line.rstrip() for line in program.source.expandtabs(4).split("\n") if line.strip()]
    if not lines:
        return {"short_lines": None, "shallow": None, "comments": None}
    mark = HASH if program.language == "python" else SLASHES
    commented = sum(1 for line in lines if mark in line) / len(lines)
    open_indents, levels = [0], 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        while indent < open_indents[-1]:
            open_indents.pop()
        if indent > open_indents[-1]:
            open_indents.append(indent)
        levels = max(levels, len(open_indents) - 1)
    return {
        "short_lines": sum(1 for line in lines if len(line) <= LINE) / len(lines),
        "shallow": min(1.0, LEVELS / max(LEVELS, levels)),
        "comments": min(1.0, commented / COMMENTED),
    }
