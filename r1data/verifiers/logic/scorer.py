"""The program that scores answers by reasoning-gym's own rules. Its source runs in the sandbox and nowhere else.

stdin holds one JSON object, `{"seconds": …, "cases": [{"task", "config", "entry", "answer"}, …]}`; for each case a line
`[number, {"score": …}]` goes to stdout, with `{"error": …}`, `{"timeout": true}` or, for a task that does not exist,
`{"unknown": true}` in place of the score. Cases run in a child process under a kernel timer of CPU time; if a case ends
the child, the next child continues after it.

Two things are added to the scorers. For those that `eval` an answer, directly or through sympy, `eval` is replaced by
`evaluate_formula` (values, arithmetic and sympy's functions), so that an answer cannot run code beside its own scorer.
And a full score of scorers that are known to be too lenient counts only if `STRICT` agrees.
"""

import ast
import contextlib
import json
import os
import re
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import IO, Any, ClassVar

MEMORY = 3 << 30
"""Bytes of address space of a process, the scorers' modules included."""
LARGE = 64 << 10
"""Kilobytes that a scorer may add to be kept for all cases; the installed tasks' own settings add 20 at most."""
FRESH = 77
"""The code with which a child ends that asks for another one, which is not its last case's doing."""
TAGS: dict[str, Callable[[Any], Any]] = {
    "tuple": lambda items: tuple(map(plain, items)),
    "set": lambda items: set(map(plain, items)),
    "dict": lambda items: {plain(key): plain(value) for key, value in items},
}
"""Decoders of values that JSON lacks, written as `{"!tuple": […]}` by `r1data.exchange.tasks`."""

NODES = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Call, ast.keyword, ast.UnaryOp, ast.BinOp, ast.Tuple,
    ast.List, ast.Set, ast.Dict, ast.operator, ast.unaryop,
)  # fmt: skip
POWER = 1_000
"""The greatest exponent in a formula."""
FUNCTIONS = ("sqrt", "cbrt", "root", "real_root", "abs")


def main() -> None:
    """Score all cases, starting a new child whenever a case ends one."""
    request = json.loads(sys.stdin.read())
    cases, scored_count = request["cases"], 0
    limit_memory()
    # Made before the fork, so that children inherit them; and before `eval` is replaced, which reaches only the modules
    # that are loaded by then.
    for task, config in sorted({(case["task"], json.dumps(case["config"])) for case in cases}):
        prepare(task, config, request["seconds"])
    replace_eval()
    while scored_count < len(cases):
        scored_count = score_in_child(cases, scored_count, request["seconds"])


def prepare(task: str, config: str, seconds: float) -> None:
    """Make a scorer for all children, unless that fails, or takes too long or too much memory: then a child makes it.

    A row's settings are a stranger's: `max_n` of a sieve decides what its scorer holds.
    """

    def give_up(number: int, frame: Any) -> None:
        raise TimeoutError

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    old = signal.signal(signal.SIGPROF, give_up)
    # raised again where the case is scored
    with contextlib.suppress(Exception):
        signal.setitimer(signal.ITIMER_PROF, seconds)
        prepared = make_scorer(task, config)
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before <= LARGE:
            SCORERS[task, config] = prepared
    with contextlib.suppress(Exception):  # the timer may go off at its last moment
        signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, old)


def score_in_child(cases: list[dict[str, Any]], scored_count: int, seconds: float) -> int:
    """Score cases from `scored_count` on in a child; returns how many are scored when it has ended."""
    sys.stdout.flush()  # a child would inherit what is not written yet
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "w") as out:
            child_main(cases, scored_count, seconds, out)
        os._exit(0)
    os.close(writing)  # else the lines would never end: this process would hold the pipe open itself
    start = scored_count
    with os.fdopen(reading) as lines:
        for line in lines:
            if line.endswith("\n") and json.loads(line)[0] == scored_count:
                sys.stdout.write(line)
                scored_count += 1
    _, status = os.waitpid(child, 0)
    asked_for_another = os.WIFEXITED(status) and os.WEXITSTATUS(status) == FRESH and scored_count > start
    if scored_count < len(cases) and not asked_for_another:
        result = (
            {"timeout": True} if os.WTERMSIG(status) == signal.SIGPROF else {"error": exit_reason(status)}
        )
        sys.stdout.write(json.dumps([scored_count, result]) + "\n")
        scored_count += 1
    sys.stdout.flush()
    return scored_count


def exit_reason(status: int) -> str:
    """How a child ended, for a verdict's reason."""
    return (
        f"the scorer ended by signal {os.WTERMSIG(status)}"
        if os.WIFSIGNALED(status)
        else "the scorer ended early"
    )


def child_main(cases: list[dict[str, Any]], start: int, seconds: float, out: IO[str]) -> None:
    """The child's work: write one line per case. The timer's signal kills the process, whatever a scorer catches."""
    os.dup2(2, 1)  # what a scorer prints is not ours
    prepared_count = len(SCORERS)
    for number in range(start, len(cases)):
        signal.setitimer(signal.ITIMER_PROF, seconds)
        Watched.lacking = set()
        try:
            result: dict[str, Any] = {"score": score(**cases[number])}
        except UnknownTask:
            result = {"unknown": True}
        except Exception:  # noqa: BLE001  whatever a scorer raises becomes the verdict `error`
            result = {"error": traceback.format_exc(limit=0).strip()[-200:]}
        signal.setitimer(signal.ITIMER_PROF, 0)
        if Watched.lacking:
            result["lacks"] = sorted(map(str, Watched.lacking))[:5]
        out.write(json.dumps([number, result]) + "\n")
        out.flush()
        if len(SCORERS) > prepared_count:
            # It may be large, and the next case has a right to all of the memory.
            os._exit(FRESH)


def limit_memory() -> None:
    """Bound the address space of this process and of its children."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard < 0 else min(MEMORY, hard), hard))


class Watched(dict[Any, Any]):
    """An entry's metadata that notes which keys a scorer misses: many scorers catch the failure and give 0."""

    lacking: ClassVar[set[Any]] = set()
    """Of the case at hand."""

    def __missing__(self, key: Any) -> Any:
        Watched.lacking.add(key)
        raise KeyError(key)


class UnknownTask(Exception):
    """The installed reasoning-gym has no such task."""


def score(task: str, config: Mapping[str, Any], entry: Any, answer: str) -> float:
    """The score of the task's own scorer, from 0 to 1; 0 instead of 1 if the task's check in `STRICT` fails."""
    entry = plain(entry)
    if isinstance(entry, dict):
        entry["metadata"] = Watched(entry.get("metadata") or {})
    points = float(scorer(task, json.dumps(config))(answer, entry))
    if points != points:
        raise ValueError("the scorer's result is no number")
    if points >= 1 and task in STRICT and not passes_strict_check(STRICT[task], answer, entry):
        return 0.0
    return points


def passes_strict_check(check: Callable[[str, Any], bool], answer: str, entry: Any) -> bool:
    """Whether a check of `STRICT` holds; it does not for an answer that it cannot parse."""
    try:
        return check(answer.strip(), entry)
    except (ValueError, ArithmeticError, SyntaxError, TypeError):
        return False


SCORERS: dict[tuple[str, str], Callable[[Any, Any], Any]] = {}
"""By task and settings, as JSON."""


def scorer(task: str, config: str) -> Callable[[Any, Any], Any]:
    """The scorer of a task with these settings."""
    if (task, config) not in SCORERS:
        SCORERS[task, config] = make_scorer(task, config)
        replace_eval()
    return SCORERS[task, config]


def make_scorer(task: str, config: str) -> Callable[[Any, Any], Any]:
    """The scorer of a task with these settings. Raises `UnknownTask`, and whatever the task's own code raises."""
    from reasoning_gym.factory import DATASETS, create_dataset

    if task not in DATASETS:
        raise UnknownTask(task)
    score_answer: Callable[[Any, Any], Any] = create_dataset(task, **json.loads(config), seed=0).score_answer
    return score_answer


def plain(value: Any) -> Any:
    """Decode a JSON value with `TAGS`."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    (name,) = value if len(value) == 1 else ("",)
    if name[:1] == "!" and name[1:] in TAGS:
        return TAGS[name[1:]](value[name])
    return {key: plain(item) for key, item in value.items()}


def replace_eval() -> None:
    """Replace `eval` by `evaluate_formula` in reasoning-gym and in sympy's parser."""
    import sympy.parsing.sympy_parser

    sympy.parsing.sympy_parser.eval = evaluate_formula
    for name, module in list(sys.modules.items()):
        if name.startswith("reasoning_gym."):
            module.eval = evaluate_formula  # type: ignore[attr-defined]


def evaluate_formula(
    source: str, global_names: Mapping[str, Any] | None = None, local_names: Mapping[str, Any] | None = None
) -> Any:
    """Evaluate a value or a formula, with `eval`'s parameters. Raises ValueError on any other expression."""
    if not isinstance(source, str):
        raise ValueError("not a text")
    tree = ast.parse(source.strip(), mode="eval")
    scope = {**(global_names or {}), **(local_names or {})}
    # `NODES` has no attribute and no subscript: without them nothing leads from a value to its class, and from there to
    # all that Python can do.
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and is_huge(node.right):
            raise ValueError("a great power in a formula")
        if not isinstance(node, NODES):
            raise ValueError(f"a {type(node).__name__} in a formula")
        if isinstance(node, ast.Call) and not callable_in_formulas(node.func, scope):
            raise ValueError("a call in a formula")
    return eval(compile(tree, "<answer>", "eval"), {"__builtins__": {}, **scope})


def is_huge(exponent: ast.expr) -> bool:
    """Whether an exponent contains a power or a large number, so that the result may take forever to compute."""
    return any(
        (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow))
        or (
            isinstance(node, ast.Constant)
            and isinstance(node.value, (int, float))
            and abs(node.value) > POWER
        )
        for node in ast.walk(exponent)
    )


def callable_in_formulas(function: ast.expr, names: Mapping[str, Any]) -> bool:
    """Whether a called function is one of sympy's expression classes, or a root."""
    from sympy import Basic

    if not isinstance(function, ast.Name):
        return False
    value = names.get(function.id)
    return function.id in FUNCTIONS or (isinstance(value, type) and issubclass(value, Basic))


def numbers_in(text: str) -> list[Fraction]:
    """The numbers in a text, in order."""
    return [Fraction(digits) for digits in re.findall(r"-?\d+(?:\.\d+)?", text)]


def makes_24(answer: str, entry: Any) -> bool:
    """Whether the answer uses exactly the four given numbers and equals 24."""
    from sympy.parsing.sympy_parser import parse_expr

    given_numbers = entry["metadata"]["numbers"]
    return sorted(numbers_in(answer.replace("-", " "))) == sorted(given_numbers) and bool(
        parse_expr(answer) == 24
    )


def same_words(answer: str, entry: Any) -> bool:
    """Whether the words are the expected ones, ignoring case."""
    expected: str = entry["answer"]
    return answer.casefold().split() == expected.casefold().split()


def same_number_count(answer: str, entry: Any) -> bool:
    """Whether there are as many numbers as in the expected answer."""
    return len(numbers_in(answer)) == len(numbers_in(entry["answer"]))


def comma_items(answer: str) -> Iterator[str]:
    """The items of a comma-separated list."""
    return (item.strip() for item in answer.split(","))


STRICT: dict[str, Callable[[str, Any], bool]] = {
    "advanced_geometry": same_number_count,
    "coin_flip": lambda answer, entry: (
        abs(Fraction(answer) - Fraction(entry["answer"])) <= Fraction(1, 10_000)
    ),
    "complex_arithmetic": lambda answer, entry: not re.search("nan|inf", answer, re.I),
    "fraction_simplification": same_number_count,
    "game_of_life_halting": same_words,
    "gsm_symbolic": lambda answer, entry: len(set(numbers_in(answer))) == 1,
    "letter_jumble": same_words,
    "polynomial_equations": lambda answer, entry: all(map(is_number, comma_items(answer))),
    "puzzle24": makes_24,
    "spell_backward": same_words,
    "time_intervals": same_number_count,
    "word_sorting": lambda answer, entry: list(comma_items(answer)) == entry["metadata"]["sorted_words"],
}
"""Checks for tasks whose scorers give a full score to wrong answers: any text, one number of many, no number."""


def is_number(text: str) -> bool:
    """Whether a text is one number and nothing else."""
    return re.fullmatch(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", text) is not None


if __name__ == "__main__":
    main()
