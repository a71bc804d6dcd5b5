r"""Answers as competitions have them, generated: (truth, answer, right or not, form), right by construction.

Twenty-nine forms of golds: those of AIME (whole numbers), of AMC (letters), of MATH, OlympiadBench and Omni-MATH (all
of them), each drawn as often as every other. The sets themselves are easier: most of their golds are whole numbers.
A right answer is the same object in another spelling, or rewritten by sympy's own functions; a wrong one is another
object. `pairs(n, seed)` is the same list wherever it runs.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from benchmarks import olympiad_formulas as formulas
from benchmarks import olympiad_numbers as numbers
from benchmarks.olympiad_numbers import Written


class FormulaPair(NamedTuple):
    """One answer to one problem."""

    truth: str
    answer: str
    right: bool
    form: str


def pairs(n: int, seed: int = 0) -> list[FormulaPair]:
    """`n` answers, a right and a wrong one to each problem, over all forms in turn."""
    result: list[FormulaPair] = []
    forms = list(FORMS.items())
    for place in range((n + 1) // 2):
        name, form = forms[place % len(forms)]
        random = Random(f"{seed} {place}")
        truth, right, wrong = form(random)
        result.append(FormulaPair(truth, random.choice(right), True, name))
        result.append(FormulaPair(truth, random.choice(wrong), False, name))
    return result[:n]


FORMS: dict[str, Callable[[Random], Written]] = {
    form.__name__: form
    for form in (
        numbers.whole,
        numbers.fraction,
        numbers.surd,
        numbers.quadratic_irrational,
        numbers.nested_root,
        numbers.cube_root,
        numbers.multiple_of_pi,
        numbers.area,
        numbers.power,
        numbers.logarithm,
        numbers.trigonometric,
        numbers.counting,
        numbers.probability,
        numbers.in_base,
        numbers.angle,
        numbers.percentage,
        numbers.complex_number,
        formulas.point,
        formulas.interval,
        formulas.union,
        formulas.finite_set,
        formulas.several_roots,
        formulas.matrix,
        formulas.polynomial,
        formulas.rational_function,
        formulas.power_of_n,
        formulas.letter,
        formulas.equation,
        formulas.rewritten,
    )
}
