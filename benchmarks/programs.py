"""Verdicts on right and on wrong programs: HumanEvalPack in Python and JavaScript, QuixBugs, HumanEval.

    python -m benchmarks.programs FOLDER

FOLDER holds `humanevalpack_python.jsonl`, `humanevalpack_js.jsonl`, `quixbugs.jsonl` (bigcode-project/octopack, MIT)
and `humaneval.jsonl` (openai/human-eval, MIT); one that is missing is left out. Each problem brings a right program
and, but for HumanEval, a wrong one. `humaneval_bare` is HumanEval without what the prompt has before the function,
which a model does not repeat: imports and helpers. Prints a JSON object: the verdicts of each set by kind of program,
right programs that are `incorrect` and wrong ones that are `correct` (there should be none), and why rows are
undecided.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from r1data.verifiers.code.verifier import check_cases
from r1data.verifiers.verdict import Case

SECONDS = 5.0


class Program(NamedTuple):
    """A program, whether it is right, and what it is judged by."""

    of: str
    name: str
    is_right: bool
    case: Case


def main() -> None:
    """Judges all and prints the figures."""
    programs = list(all_programs(Path(sys.argv[1])))
    verdicts = check_cases([program.case for program in programs], SECONDS)
    counts: dict[str, Counter[str]] = {}
    mistakes = []
    causes: Counter[str] = Counter()
    for program, verdict in zip(programs, verdicts, strict=True):
        counts.setdefault(f"{program.of}, {'right' if program.is_right else 'wrong'}", Counter())[
            verdict.verdict
        ] += 1
        if verdict.verdict == ("incorrect" if program.is_right else "correct"):
            mistakes.append({"program": f"{program.of} {program.name}", "reason": verdict.reason})
        elif verdict.cause:
            causes[f"{program.of}: {verdict.cause}"] += 1
    print(json.dumps({"verdicts": counts, "mistakes": mistakes, "causes": causes}, indent=2))


def all_programs(folder: Path) -> Iterator[Program]:
    """The programs of all sets in a folder."""
    for name, language, head in (
        ("humanevalpack_python", "python", "prompt"),
        ("humanevalpack_js", "javascript", "declaration"),
    ):
        for row in rows(folder / f"{name}.jsonl"):
            truth = {"test": row["test"], "entry_point": row["entry_point"]}
            for key in ("canonical_solution", "buggy_solution"):
                case = said(row[head] + row[key], language, truth, row["prompt"])
                yield Program(name, row["task_id"], key.startswith("canonical"), case)
    for row in rows(folder / "quixbugs.jsonl"):
        for key in ("solution", "buggy_program"):
            case = said(row[key], "python", row["tests"], row["docstring"])
            yield Program("quixbugs", row["name"], key == "solution", case)
    for row in rows(folder / "humaneval.jsonl"):
        truth = {"test": row["test"], "entry_point": row["entry_point"]}
        prompt, solution = row["prompt"], row["canonical_solution"]
        bare = prompt[prompt.rindex(f"def {row['entry_point']}") :]
        yield Program("humaneval", row["task_id"], True, said(prompt + solution, "python", truth, prompt))
        yield Program("humaneval_bare", row["task_id"], True, said(bare + solution, "python", truth, prompt))


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file; none where there is none."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def said(source: str, language: str, truth: Any, prompt: str) -> Case:
    """A response that holds a program, as the verifier gets it."""
    text = truth if isinstance(truth, str) else json.dumps(truth)
    return Case(f"<think>so</think>\n```{language}\n{source}\n```", text, prompt)


if __name__ == "__main__":
    main()
