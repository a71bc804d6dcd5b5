"""Shows that two polynomial equations have different solutions, by a real point that solves one and not the other.

Points are found by solving for a variable that occurs to the second power at most, the others at fixed values, to 78
digits. Equal solutions are never concluded from this, and nothing is of equations that have no such variable.
"""

from collections.abc import Iterator
from typing import Any

from r1data.verifiers.math.algebra import numeric
from r1data.verifiers.math.algebra.terms import Poly

VALUES = ("0", "1", "-1", "3/7", "-5/3", "2", "-3", "11/5", "-13/4", "10")
"""Values of the other variables: enough for curves that cross the plane, or a part of it near the origin."""
CERTAIN = 1e-20
"""Size relative to its terms above which an equation certainly does not hold at a point."""
DEGREE = 12
"""Highest power that is evaluated."""

Point = dict[str, Any]


def certainly_differ(p: Poly, q: Poly) -> bool:
    """Whether `p = 0` and `q = 0`, in the same variables, certainly have different real solutions."""
    one, other = _split(p), _split(q)
    if one is None or other is None:
        return False
    names = sorted({name for powers in one for name, _ in powers})
    if not names or names != sorted({name for powers in other for name, _ in powers}):
        return False
    return any(
        _is_off(second, point)
        for first, second in ((one, other), (other, one))
        for point in _points(first, names)
    )


Powers = tuple[tuple[str, int], ...]


def _split(poly: Poly) -> dict[Powers, Any] | None:
    """Numeric coefficients by powers of variables; None if a variable occurs in another way."""
    coefficients: dict[Powers, Any] = {}
    for monomial, value in poly.items():
        powers: list[tuple[str, int]] = []
        rest: list[Any] = []
        for atom, exponent in monomial:
            if atom[0] != "x":
                if numeric.has_variables(atom):
                    return None
                rest.append((atom, exponent))
            elif exponent.denominator != 1 or not 0 < exponent <= DEGREE:
                return None
            else:
                powers.append((atom[1], int(exponent)))
        coefficient, _ = numeric.evaluate({tuple(rest): value})
        if coefficient.imag:
            return None
        key = tuple(sorted(powers))
        coefficients[key] = coefficients.get(key, 0) + coefficient.real
    return coefficients


def _points(equation: dict[Powers, Any], names: list[str]) -> Iterator[Point]:
    """Real solutions of an equation."""
    mp = numeric.context()
    for name in names:
        if max(dict(powers).get(name, 0) for powers in equation) > 2:
            continue
        others = [other for other in names if other != name]
        for place in range(len(VALUES) if others else 1):
            point = {
                other: mp.mpf(mp.mpmathify(VALUES[(place + 3 * shift) % len(VALUES)]))
                for shift, other in enumerate(others)
            }
            by_power = [mp.mpf(0)] * 3
            for powers, coefficient in equation.items():
                by_power[dict(powers).get(name, 0)] += coefficient * _product(powers, point)
            for root in _roots(*by_power):
                yield {**point, name: root}


def _roots(constant: Any, linear: Any, square: Any) -> list[Any]:
    """The real roots of a polynomial of the second degree; none where its leading coefficient is 0 or near it."""
    size = abs(constant) + abs(linear) + abs(square)
    if abs(square) > CERTAIN * size:
        discriminant = linear * linear - 4 * square * constant
        if discriminant < 0:
            return []
        root = numeric.context().sqrt(discriminant)
        return [(-linear + root) / (2 * square), (-linear - root) / (2 * square)]
    return [-constant / linear] if not square and abs(linear) > CERTAIN * size else []


def _product(powers: Powers, point: Point) -> Any:
    product = numeric.context().mpf(1)
    for name, power in powers:
        if name in point:
            product *= point[name] ** power
    return product


def _is_off(equation: dict[Powers, Any], point: Point) -> bool:
    """Whether an equation certainly does not hold at a point."""
    terms = [coefficient * _product(powers, point) for powers, coefficient in equation.items()]
    return bool(abs(sum(terms)) > CERTAIN * sum(map(abs, terms)))
