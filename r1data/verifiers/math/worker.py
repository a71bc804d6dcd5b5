r"""The worker process that runs math-verify: if it hangs, grows or crashes, this process is killed.

Started by `runtime.workers`, served by `runtime.serving`.

math-verify rounds decimals to six places and so takes 0.0000001 for 0.0000002; here its numeric comparison is
replaced by a relative one (`_numerically_equal`), which also tells 1/2004! and 1/2006! apart. It says "different" of
whatever it cannot show to be equal; here "different" takes numbers, or values at a point, that certainly differ
(`_certainly_differ`).
"""

import functools
from collections.abc import Callable
from typing import Any

from r1data.runtime.serving import serve

CERTAIN = 35
"""Digits to which exact numbers must agree, relative to their size, before sympy is asked whether they are equal."""

POINTS = ("1", "-1", "1/100")
"""Scales of the point at which formulas with variables are compared: most roots and logarithms are defined at one."""


def main() -> None:
    """Serve requests until stdin ends."""
    patch_math_verify()
    serve(lambda request: answer(request["truth"], request["answer"]))


def patch_math_verify() -> None:
    """Import math-verify, silence its warnings about time-outs (set outside), and replace its numeric comparison."""
    import logging

    import math_verify.grader

    logging.disable(logging.WARNING)
    grader = math_verify.grader
    if not hasattr(grader, "sympy_numeric_eq"):  # else the replacement would go unnoticed
        raise ImportError("this version of math-verify compares numbers in another way: not known to be safe")
    grader.sympy_numeric_eq = _numerically_equal
    grader.sympy_symbolic_eq = functools.partial(_symbolically_equal, simplified=grader.sympy_symbolic_eq)


def answer(truth: str, response: str) -> dict[str, Any]:
    """`{"same": bool, "apart": bool}` or `{"unreadable": "truth" | "answer"}`."""
    from math_verify import verify

    parsed_truth = parse(truth)
    if not parsed_truth:
        return {"unreadable": "truth"}
    parsed_answer = parse(response)
    if not parsed_answer:
        return {"unreadable": "answer"}
    # No time-outs of math-verify's: they are alarms, and by default one that goes off reads as "different". The pool
    # that started this process kills it instead.
    options = {"timeout_seconds": None, "raise_on_error": True, "allow_set_relation_comp": True}
    same = bool(verify(parsed_truth, parsed_answer, **options))
    return {"same": same, "apart": not same and _certainly_differ(parsed_truth[0], parsed_answer[0])}


def _certainly_differ(a: Any, b: Any) -> bool:
    """Whether two values that could not be shown to be equal certainly differ."""
    import sympy

    # Of sets, tuples and relations, "different" may mean that one was read as another sort of thing.
    if not (isinstance(a, sympy.Expr) and isinstance(b, sympy.Expr)):
        return False
    if a.free_symbols != b.free_symbols:
        return False
    if not a.free_symbols:
        return _constants_certainly_differ(a, b)
    names = sorted(a.free_symbols, key=str)
    # Another value for each variable: where all had one value, x and y would be equal.
    points = [
        {x: sympy.Rational(scale) * sympy.Rational(3 + 2 * n, 7 + n) for n, x in enumerate(names)}
        for scale in POINTS
    ]
    return any(_constants_certainly_differ(a.subs(at), b.subs(at), real=True) for at in points)


def _constants_certainly_differ(a: Any, b: Any, *, real: bool = False) -> bool:
    """Whether two constants differ; with `real`, only if both are real, as branches of roots are a convention."""
    import sympy

    if not (_is_constant(a) and _is_constant(b)):
        return False
    if real and any(abs(sympy.im(sympy.N(x, 40))) > sympy.Rational(1, 10**30) for x in (a, b)):
        return False
    return _differ_beyond(a, b, sympy.Rational(1, 10**9))


def parse(text: str) -> list[Any]:
    """The values that math-verify parses from one formula; empty if it cannot parse it."""
    from math_verify import LatexExtractionConfig
    from math_verify import parse as read

    bare = text.replace("$", " ").replace("\n", " ")
    config = LatexExtractionConfig(boxed_match_priority=-1)
    parsed = read(
        f"${bare}$", [config], fallback_mode="no_fallback", parsing_timeout=None, raise_on_error=True
    )
    return [_with_imaginary_unit(value) for value in parsed if not isinstance(value, str)]


def _with_imaginary_unit(value: Any) -> Any:
    """A value whose i is the imaginary unit: math-verify reads a variable, so that `e^{i\\pi}` would not be -1."""
    import sympy

    letters = (
        {x: sympy.I for x in value.free_symbols if x.name == "i"} if isinstance(value, sympy.Expr) else {}
    )
    return value.subs(letters) if letters else value


def _numerically_equal(a: Any, b: Any, _rounding: int, _precision: int) -> bool:
    """Compare two constants relative to their size: to 35 digits, to six if one of the two is a decimal."""
    import sympy
    from math_verify.grader import safe_sympy_doit, sympy_symbolic_eq

    a, b = safe_sympy_doit(a), safe_sympy_doit(b)
    if isinstance(a, sympy.MatrixBase) and isinstance(b, sympy.MatrixBase):
        pairs = zip(a.flat(), b.flat(), strict=False)
        return a.shape == b.shape and all(
            _numerically_equal(x, y, 0, 0) or sympy_symbolic_eq(x, y) for x, y in pairs
        )
    if not (_is_constant(a) and _is_constant(b)):
        return bool(a == b)
    decimal = a.has(sympy.Float), b.has(sympy.Float)
    if all(decimal):
        return bool(sympy.nsimplify(a, rational=True) == sympy.nsimplify(b, rational=True))
    if not any(decimal) and (difference := a - b).is_Rational:
        return bool(difference == 0)
    tolerance = sympy.Rational(5, 10**7) if any(decimal) else sympy.Rational(1, 10**CERTAIN)
    return bool(a == b) or not _differ_beyond(a, b, tolerance)


def _symbolically_equal(a: Any, b: Any, simplified: Callable[[Any, Any], bool]) -> bool:
    """Symbolic equality, skipped for constants that differ numerically: sympy may run for minutes to disprove it."""
    import sympy

    if _is_constant(a) and _is_constant(b) and _differ_beyond(a, b, sympy.Rational(1, 10**6)):
        return False
    return simplified(a, b)


def _is_constant(value: Any) -> bool:
    """A finite number, real or complex, without variables."""
    return bool(getattr(value, "is_number", False) and getattr(value, "is_finite", False))


def _differ_beyond(a: Any, b: Any, tolerance: Any) -> bool:
    """Whether two constants differ by more than `tolerance` of the greater one."""
    import sympy

    # The difference is evaluated as one expression: where digits cancel sympy then takes more of them. Of two values of
    # 40 digits each, the difference could be rounding errors alone.
    size = max(abs(sympy.N(a, 40)), abs(sympy.N(b, 40)))
    return bool(abs(sympy.N(a - b, 40)) > tolerance * size)


if __name__ == "__main__":
    main()
