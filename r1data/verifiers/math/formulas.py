"""Prepares formulas that take more algebra than ours for math-verify, which compares them in a worker process.

Units are removed and compared first, because math-verify drops them (5√2 cm would equal 5√2 m). Prose is refused,
because it would be parsed as a product of letters. Of a named value against a plain one, the right-hand side is
compared. Results are cached: a prompt's responses repeat each other's answers.

Not covered: units inside a formula.
"""

import re
from functools import lru_cache
from typing import Any

from r1data.runtime.workers import Crashed, TimedOut, WorkerPool
from r1data.verifiers.math import dressing, fast, names, spelling
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.units import measures, units
from r1data.verifiers.math.units.units import Unit
from r1data.verifiers.math.values import Undecided
from r1data.verifiers.verdict import Verdict, correct, incorrect, undecided

_WORKERS = WorkerPool("r1data.verifiers.math.worker")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_FUNCTIONS = re.compile(
    "sin|cos|tan|sec|csc|cot|sinh|cosh|tanh|a(?:rc)?(?:sin|cos|tan)|log|exp|sqrt|theta|alpha|beta|lim|max|min|mod|deg"
    "|gcd|lcm|det|begin|end|[pbv]?matrix|cases|array"
)
_WORDS = re.compile(r"[^\W\d_]{3,}|\b(?:is|are|or|if|in|of|to|no|we|so|it|at|by|not)\b|[\u3040-\u9fff]")
_SOLVED = re.compile(r"\s*(?:,\s*)?\b(?:or|and)\b\s*|\s*[或和、]\s*")
_INEQUALITIES = re.compile(r"[<>≤≥]|\\(?:leq?|geq?|lt|gt|neq?|in|approx)(?![a-zA-Z])")
_AMBIGUOUS = re.compile(
    r"/\s*(?:\d+(?:\.\d+)?|[a-zA-Z])\s*(?=[a-zA-Z(]|\\(?!(?:cdot|times|cup|cap|l[te]|g[te]|ne|in|right)))"
)
"""A slash before a product, `1/2x`: half of x to some, one over 2x to others."""
_TWO_WAYS = re.compile(
    r"\\sqrt\s*\d\d|\\(?:sin|cos|tan|cot|sec|csc|ln|log)[^()+-]*/|\\(?:sin|cos|tan)\s*\([^()]*\)\s*\^"
)
"""Other formulas that are read in two ways: `\\sqrt12`, `\\sin x/2`."""
_KNOWN = re.compile(
    r"\s|[\d.,;+\-*/^_=()\[\]|!<>≤≥≠∞π°∪∩∈±√∅ℝ%{}&]|[a-zA-Z](?![a-zA-Z]{2})"
    r"|(?<![a-zA-Z])(?:sqrt|sin|cos|tan|log|ln|exp|pi)(?![a-zA-Z])|[pb]?matrix|\\[{}|,;!:%\\]"
    r"|\\(?:frac|sqrt|binom|pi|sin|cos|tan|cot|sec|csc|arcsin|arccos|arctan|sinh|cosh|tanh|ln|log|lg|exp|sum|prod|int"
    r"|lim|to|max|min|gcd|det|[lr]?vert"
    r"|infty|cdot|times|pm|mp|left|right|cup|cap|setminus|emptyset|mathbb|leq?|geq?|leqslant|geqslant|lt|gt|neq?|in|circ"
    r"|begin|end|alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|chi"
    r"|psi|omega|Gamma|Delta|Theta|Lambda|Sigma|Phi|Psi|Omega|lfloor|rfloor|lceil|rceil)(?![a-zA-Z])"
)
"""What math-verify reads as it is meant. It drops other commands: of formulas that hold some it is not believed that
they differ, and not that they are the same unless both hold the same ones."""
_BELOW = re.compile(r"\\(?:sum|prod)\s*_\s*\{[^{}]*\}")
_LETTERS = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]+(?![a-zA-Z{])")
_DEGREES = re.compile(r"(\d+(?:\.\d+)?)\s*°")


@lru_cache(maxsize=8192)
def is_formula(text: str) -> bool:
    """Whether math-verify may parse a text: one line without prose, neither a time nor a ratio."""
    formula = split_formula(text)[0]
    if not dressing.is_readable(formula):
        return False
    bare = _SOLVED.sub(",", _COMMAND.sub(" ", formula))
    if (
        "\n" in text.strip()
        or ":" in bare
        or not bare.strip(" ,")
        or bare.strip()[0] == ","
        or bare.strip()[-1] == ","
    ):
        return False
    return all(_FUNCTIONS.fullmatch(word) for word in _WORDS.findall(bare))


def split_formula(text: str) -> tuple[str, Unit | None]:
    """A formula and the unit after it; a label ("apples") is removed, a possible variable is kept."""
    text = spelling.normal(text)
    if "°" in text and units.TRIGONOMETRY.search(text):
        return _DEGREES.sub(r"(\1*\\pi/180)", text), None
    return units.split_unit(text)


def compare(answer: str, truth: str, time_limit: float) -> Verdict:
    """The verdict on an answer's formula against a truth's.

    Args:
        answer: as written.
        truth: as written.
        time_limit: seconds, from when a worker process is ready.
    """
    if not is_formula(answer):
        return undecided("the answer cannot be read as mathematics", answer)
    if not is_formula(truth):
        return undecided("a formula where the truth is a word", answer)
    if any(_AMBIGUOUS.search(spelling.normal(side)) for side in (answer, truth)):
        return undecided("a slash before a product, which may be read in two ways", answer)
    (truth_formula, truth_unit), (answer_formula, answer_unit) = split_formula(truth), split_formula(answer)
    try:
        if not measures.comparable(truth_unit, answer_unit):
            if _LETTERS.search(truth_formula + " " + answer_formula):
                return undecided("letters that may be units within a formula", answer)
            return incorrect(answer, "a unit of another kind than the truth's")
    except Undecided as reason:
        return undecided(str(reason), answer)
    degrees = [u is not None and u.dimension == "angle" for u in (truth_unit, answer_unit)]
    if any(degrees) and not all(degrees) and "\\pi" in truth + answer:
        return undecided("an angle that may be in degrees or radians", answer)
    if _is_equation(truth_formula) != _is_equation(answer_formula) and not _INEQUALITIES.search(
        truth_formula + answer_formula
    ):
        truth_formula, answer_formula = _right_hand_side(truth_formula), _right_hand_side(answer_formula)
        if _is_equation(truth_formula) or _is_equation(answer_formula):
            return undecided("an equation against a value", answer)
    verdict = _ask_worker(answer, truth_formula, answer_formula, time_limit)
    mixed = bool(_INEQUALITIES.search(truth_formula)) != bool(_INEQUALITIES.search(answer_formula))
    sides = (truth_formula, answer_formula)
    # x > 2 and (2, ∞) may be the same set, which math-verify does not see; a number is no set.
    if verdict.verdict == "incorrect" and mixed and not any(isinstance(fast.read(x), Number) for x in sides):
        return undecided("an inequality against another kind of set", answer)
    return verdict


def _is_equation(formula: str) -> bool:
    """Whether a formula has an equals sign, other than where a sum begins."""
    return "=" in (_BELOW.sub("", formula) if "_" in formula else formula)


def _right_hand_side(formula: str) -> str:
    """The right-hand side of an equation that names a value on its left; any other formula unchanged."""
    left, _, right = formula.partition("=")
    left = left.strip()
    if "=" in right or not right.strip() or not (names.is_name(left) or names.is_function(left)):
        return formula
    return right.strip()


def _ask_worker(answer: str, truth_formula: str, answer_formula: str, time_limit: float) -> Verdict:
    """The verdict of math-verify, or why it gives none."""
    try:
        reply = _reply(_tex(truth_formula), _tex(answer_formula), time_limit)
    except Crashed as error:
        return Verdict("error", None, answer, str(error))
    if "same" in reply:
        others = _KNOWN.sub("", truth_formula), _KNOWN.sub("", answer_formula)
        if reply["same"] and others[0] == others[1]:
            return correct(answer, "by algebra")
        if (
            reply["apart"]
            and others == ("", "")
            and not _TWO_WAYS.search(truth_formula + "," + answer_formula)
        ):
            return incorrect(answer, "by algebra")
        return undecided("not shown to be equal", answer)
    if "late" in reply:
        return Verdict("timeout", None, answer, f"not decided within {time_limit:g} s")
    if reply.get("unreadable") == "truth":
        return undecided("the truth cannot be read as mathematics", answer)
    if reply.get("unreadable") == "answer":
        return undecided("the answer cannot be read as mathematics", answer)
    return undecided(f"math-verify cannot read or compare it: {reply['error']}", answer)


@lru_cache(maxsize=2048)
def _reply(truth: str, answer: str, time_limit: float) -> dict[str, Any]:
    """The worker's reply, or `{"late": True}` after a time-out. Raises Crashed, which is not cached."""
    # A time-out is remembered too: an answer that many responses to a prompt give takes its time once.
    try:
        return _WORKERS.ask({"truth": truth, "answer": answer, "time_limit": time_limit})
    except TimedOut:
        return {"late": True}


def forget() -> None:
    """Clear the caches."""
    is_formula.cache_clear()
    _reply.cache_clear()


def _tex(formula: str) -> str:
    """A formula in LaTeX for math-verify, with `or` and `and` between solutions as commas."""
    return spelling.to_latex(_SOLVED.sub(", ", formula))
