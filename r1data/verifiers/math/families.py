r"""When two general solutions, or two congruences, are the same: `\frac{\pi}{4} + k\pi` is `\frac{5\pi}{4} + n\pi`.

Terms that are linear in the letter are the same if they have the same step, or the opposite one, and differ by a whole
number of steps; of intervals, all ends move by one number of steps. Any other terms are not compared.
"""

from fractions import Fraction
from typing import Any

from r1data.verifiers.math import quantities, reals
from r1data.verifiers.math.algebra import forms
from r1data.verifiers.math.algebra.decide import equal
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.values import Formula, Several, Undecided, Value, Word, as_formula

Term = tuple[forms.Form, forms.Form]
"""(value at 0, step) of a formula that is linear in a letter."""


def congruences(a: Several, b: Several) -> bool:
    """`x \\equiv 3 \\pmod 7` and another one: the same residues, where the modulus is the same."""
    (name, modulus, *residues), (other_name, other_modulus, *other_residues) = a.items, b.items
    if modulus != other_modulus or (name != other_name and Word("") not in (name, other_name)):
        raise Undecided("congruences to two moduli, or of two variables")
    assert isinstance(modulus, Number)
    left, right = (
        {one.value % modulus.value for one in values if isinstance(one, Number)}
        for values in (residues, other_residues)
    )
    return left == right


def general_solutions(a: Several, b: Several) -> bool:
    """Whether two general solutions are the same terms, or terms that differ by a whole number of steps."""
    (value, letter, numbers), (other, other_letter, other_numbers) = a.items, b.items
    if numbers != other_numbers or not isinstance(letter, Word) or not isinstance(other_letter, Word):
        return False
    terms, other_terms = _terms(value, letter.text), _terms(other, other_letter.text)
    if terms is None or other_terms is None or len(terms) != len(other_terms):
        return False
    value, other = (reals.lone_interval(one) if isinstance(one, Several) else one for one in (value, other))
    if _brackets(value) != _brackets(other):
        return False
    whole = numbers == Word("ℤ")
    if _names(value) and _names(other) and _names(value) != _names(other):
        return False
    if (
        isinstance(value, Several)
        and value.brackets in ("", "{}")
        and all(isinstance(item, Number | Formula) for item in value.items)
    ):
        # Families of solutions: in any order, each moved by steps of its own.
        rest = list(other_terms)
        for term in terms:
            match = next((one for one in rest if _moved([term], [one], whole=whole)), None)
            if match is None:
                return False
            rest.remove(match)
        return True
    return _moved(terms, other_terms, whole=whole)


def _names(value: Value) -> set[str]:
    """The names of a value and of what is in it."""
    if isinstance(value, Several):
        return {name for item in value.items for name in _names(item)}
    return {value.name} if isinstance(value, Number | Formula) and value.name is not None else set()


def _brackets(value: Value) -> list[str]:
    """The brackets of a value and of what is in it, from the outside in."""
    if not isinstance(value, Several):
        return []
    return [value.brackets, *(bracket for item in value.items for bracket in _brackets(item))]


def _terms(value: Value, letter: str) -> list[Term] | None:
    """The formulas in a value as linear functions of a letter; None if one is not linear in it."""
    if isinstance(value, Several):
        parts = [_terms(item, letter) for item in value.items]
        usable = [part for part in parts if part is not None]
        return [term for part in usable for term in part] if len(usable) == len(parts) else None
    if not isinstance(value, Number | Formula):
        return None
    form = as_formula(value).form
    if letter in quantities.letters(form.denominator):
        return None
    start: dict[Any, Any] = {}
    step: dict[Any, Any] = {}
    for monomial, coefficient in form.numerator.items():
        exponents = dict(monomial)
        exponent = exponents.pop(("x", letter), 0)
        if exponent not in (0, 1) or any(
            letter in quantities.letters({((atom, 1),): 1}) for atom in exponents
        ):
            return None
        (step if exponent else start)[tuple(sorted(exponents.items()))] = coefficient
    return [(forms.quotient(start, form.denominator), forms.quotient(step, form.denominator))]


def _moved(a: list[Term], b: list[Term], *, whole: bool) -> bool:
    """Whether all terms of b are those of a, moved by one and the same number of steps, 0 unless `whole`."""
    shifts: set[Fraction] = set()
    signs: set[int] = set()
    for (start, step), (other_start, other_step) in zip(a, b, strict=True):
        sign = (
            1 if _equal(step, other_step) else -1 if whole and _equal(step, forms.negative(other_step)) else 0
        )
        if not sign:
            return False
        gap = forms.add(other_start, forms.negative(start))
        if not step.numerator:
            if gap.numerator:
                return False
            continue
        shift = forms.divide(gap, step).rational if gap.numerator else 0
        if shift is None or shift.denominator != 1 or (shift and not whole):
            return False
        shifts.add(Fraction(shift))
        signs.add(sign)
    return len(shifts) <= 1 and len(signs) <= 1


def _equal(a: forms.Form, b: forms.Form) -> bool:
    try:
        return equal(a, b)
    except Unsupported:
        return False
