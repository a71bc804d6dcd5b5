"""The program that scores answers by reasoning-gym's own rules. It runs in the sandbox, as text, and nowhere else.

stdin holds one JSON object, `{"seconds": …, "cases": [{"task", "config", "entry", "answer"}, …]}`; for each case a line
`[number, {"score": …}]` goes to stdout, or `{"error": …}`, `{"timeout": true}` or, where there is no such task,
`{"unknown": true}` in the place of the score. Cases run in a child under the kernel's timer of CPU time; where a case
ends the child, the next one goes on after it.

Two things are added to the scorers. Those that `eval` an answer, by themselves or through sympy, meet `formula` in its
place: values, arithmetic and sympy's functions, so that an answer cannot run code beside its own scorer. And full marks
of scorers that are known to give them too easily count only where `STRICT` agrees.
"""

import ast
import contextlib
import functools
import json
import os
import re
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import IO, Any

MEMORY = 3 << 30
"""Bytes of address space, of which the scorers' modules take a part."""
TAGS: dict[str, Callable[[Any], Any]] = {
    "tuple": lambda items: tuple(map(plain, items)),
    "set": lambda items: set(map(plain, items)),
    "dict": lambda items: {plain(key): plain(value) for key, value in items},
}
"""How values that JSON lacks are written, as `{"!tuple": […]}`; `r1data.exchange.tasks` writes them."""

NODES = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Call, ast.keyword, ast.UnaryOp, ast.BinOp, ast.Tuple,
    ast.List, ast.Set, ast.Dict, ast.operator, ast.unaryop,
)  # fmt: skip
POWER = 1_000
"""The greatest exponent in a formula."""
FUNCTIONS = ("sqrt", "cbrt", "root", "real_root", "abs")


def main() -> None:
    """Score all cases, in as many children as it takes."""
    request = json.loads(sys.stdin.read())
    cases, done = request["cases"], 0
    for task, config in {(case["task"], json.dumps(case["config"])) for case in cases}:
        with contextlib.suppress(Exception):  # raised again where the case is scored
            scorer(task, config)
    guard()
    while done < len(cases):
        done = advance(cases, done, request["seconds"])


def advance(cases: list[dict[str, Any]], done: int, seconds: float) -> int:
    """Score cases from `done` on in a child; the number of the first that is not scored when it ends."""
    sys.stdout.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "w") as out:
            work(cases, done, seconds, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as lines:
        for line in lines:
            if line.endswith("\n") and json.loads(line)[0] == done:
                sys.stdout.write(line)
                done += 1
    _, status = os.waitpid(child, 0)
    if done < len(cases):
        said = {"timeout": True} if os.WTERMSIG(status) == signal.SIGPROF else {"error": ended(status)}
        sys.stdout.write(json.dumps([done, said]) + "\n")
        done += 1
    sys.stdout.flush()
    return done


def ended(status: int) -> str:
    """How a child came to its end, for a verdict's reason."""
    return (
        f"the scorer ended by signal {os.WTERMSIG(status)}"
        if os.WIFSIGNALED(status)
        else "the scorer ended early"
    )


def work(cases: list[dict[str, Any]], start: int, seconds: float, out: IO[str]) -> None:
    """In the child: a line for each case. The timer's signal ends the process, whatever a scorer catches."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard < 0 else min(MEMORY, hard), hard))
    os.dup2(2, 1)  # what a scorer prints is not ours
    for number in range(start, len(cases)):
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            said: dict[str, Any] = {"score": score(**cases[number])}
        except UnknownTask:
            said = {"unknown": True}
        except Exception:  # noqa: BLE001  whatever a scorer raises becomes the verdict `error`
            said = {"error": traceback.format_exc(limit=0).strip()[-200:]}
        signal.setitimer(signal.ITIMER_PROF, 0)
        out.write(json.dumps([number, said]) + "\n")
        out.flush()


class UnknownTask(Exception):
    """The installed reasoning-gym has no such task."""


def score(task: str, config: Mapping[str, Any], entry: Any, answer: str) -> float:
    """What the task's own scorer gives, from 0 to 1; less than 1 where `STRICT` has an objection."""
    entry = plain(entry)
    found = float(scorer(task, json.dumps(config))(answer, entry))
    if found != found:
        raise ValueError("the scorer's result is no number")
    if found >= 1 and task in STRICT and not agrees(STRICT[task], answer, entry):
        return 0.0
    return found


def agrees(check: Callable[[str, Any], bool], answer: str, entry: Any) -> bool:
    """Whether a check of `STRICT` holds; an answer that it cannot read is none."""
    try:
        return check(answer.strip(), entry)
    except (ValueError, ArithmeticError, SyntaxError, TypeError):
        return False


@functools.cache
def scorer(task: str, config: str) -> Callable[[str, Any], float]:
    """The scorer of a task with these settings."""
    from reasoning_gym.factory import DATASETS, create_dataset

    if task not in DATASETS:
        raise UnknownTask(task)
    score_answer: Callable[[str, Any], float] = create_dataset(
        task, **json.loads(config), seed=0
    ).score_answer
    return score_answer


def plain(value: Any) -> Any:
    """The value that was written as JSON with `TAGS`."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    (name,) = value if len(value) == 1 else ("",)
    if name[:1] == "!" and name[1:] in TAGS:
        return TAGS[name[1:]](value[name])
    return {key: plain(item) for key, item in value.items()}


def guard() -> None:
    """Put `formula` in the place of `eval` for reasoning-gym and for sympy's parser."""
    import sympy.parsing.sympy_parser

    sympy.parsing.sympy_parser.eval = formula
    for name, module in list(sys.modules.items()):
        if name.startswith("reasoning_gym."):
            module.eval = formula  # type: ignore[attr-defined]


def formula(
    source: str, names: Mapping[str, Any] | None = None, more: Mapping[str, Any] | None = None
) -> Any:
    """`eval` for what is a value or a formula. Raises ValueError on anything that could do more."""
    if not isinstance(source, str):
        raise ValueError("not a text")
    tree = ast.parse(source.strip(), mode="eval")
    known = {**(names or {}), **(more or {})}
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and is_huge(node.right):
            raise ValueError("a great power in a formula")
        if not isinstance(node, NODES):
            raise ValueError(f"a {type(node).__name__} in a formula")
        if isinstance(node, ast.Call) and not callable_in_formulas(node.func, known):
            raise ValueError("a call in a formula")
    return eval(compile(tree, "<answer>", "eval"), {"__builtins__": {}, **known})


def is_huge(exponent: ast.expr) -> bool:
    """Whether it holds a power or a great number: what would be written out for ever."""
    return any(
        (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow))
        or (
            isinstance(node, ast.Constant)
            and isinstance(node.value, (int, float))
            and abs(node.value) > POWER
        )
        for node in ast.walk(exponent)
    )


def callable_in_formulas(function: ast.expr, known: Mapping[str, Any]) -> bool:
    """Whether it is the name of one of sympy's kinds of expressions, or of a root."""
    from sympy import Basic

    if not isinstance(function, ast.Name):
        return False
    value = known.get(function.id)
    return function.id in FUNCTIONS or (isinstance(value, type) and issubclass(value, Basic))


def numbers(text: str) -> list[Fraction]:
    """The numbers in a text, in order."""
    return [Fraction(digits) for digits in re.findall(r"-?\d+(?:\.\d+)?", text)]


def is_24(answer: str, entry: Any) -> bool:
    """The four numbers that were given, and 24 exactly."""
    from sympy.parsing.sympy_parser import parse_expr

    given = entry["metadata"]["numbers"]
    return sorted(numbers(answer.replace("-", " "))) == sorted(given) and bool(parse_expr(answer) == 24)


def as_written(answer: str, entry: Any) -> bool:
    """The words of the answer, whatever the case."""
    wanted: str = entry["answer"]
    return answer.casefold().split() == wanted.casefold().split()


def as_many(answer: str, entry: Any) -> bool:
    """As many numbers as the answer has."""
    return len(numbers(answer)) == len(numbers(entry["answer"]))


def items(answer: str) -> Iterator[str]:
    """What stands between commas."""
    return (item.strip() for item in answer.split(","))


STRICT: dict[str, Callable[[str, Any], bool]] = {
    "advanced_geometry": as_many,
    "coin_flip": lambda answer, entry: (
        abs(Fraction(answer) - Fraction(entry["answer"])) <= Fraction(1, 10_000)
    ),
    "complex_arithmetic": lambda answer, entry: not re.search("nan|inf", answer, re.I),
    "fraction_simplification": as_many,
    "game_of_life_halting": as_written,
    "gsm_symbolic": lambda answer, entry: len(set(numbers(answer))) == 1,
    "letter_jumble": as_written,
    "polynomial_equations": lambda answer, entry: all(map(is_number, items(answer))),
    "puzzle24": is_24,
    "spell_backward": as_written,
    "time_intervals": as_many,
    "word_sorting": lambda answer, entry: list(items(answer)) == entry["metadata"]["sorted_words"],
}
"""Tasks whose scorers give full marks to more than the answer: to any text, one number of many, other numbers, none."""


def is_number(text: str) -> bool:
    """Whether it is one number and nothing else."""
    return re.fullmatch(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", text) is not None


if __name__ == "__main__":
    main()
