"""The exact algebra beside sympy, on formulas grown from seeds; its limits; and what it refuses to read."""

from random import Random

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from r1data.verifiers.math.algebra.decide import equal
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.algebra.parse import parse_formula
from r1data.verifiers.math.algebra.primes import factors
from r1data.verifiers.registry import check

X, Y, N = sympy.symbols("x y n", positive=True)
Grown = tuple[str, sympy.Expr]
"""(LaTeX, what it means)."""


def grown(random: Random, depth: int, *, letters: bool) -> Grown:
    """A formula and its meaning, built side by side."""
    if depth == 0:
        return leaf(random, letters=letters)
    kind = random.randrange(6)
    (a, left), (b, right) = (grown(random, depth - 1, letters=letters) for _ in range(2))
    if kind == 0:
        return rf"\left({a}\right) + \left({b}\right)", left + right
    if kind == 1:
        return rf"\left({a}\right) - \left({b}\right)", left - right
    if kind == 2:
        return rf"\left({a}\right)\left({b}\right)", left * right
    if kind == 3 and sympy.simplify(right) != 0:
        return rf"\frac{{{a}}}{{{b}}}", left / right
    if kind == 4:
        return rf"\left({a}\right)^{{2}}", left**2
    return rf"2\left({a}\right)", 2 * left


def leaf(random: Random, *, letters: bool) -> Grown:
    n, d = random.randint(1, 12), random.randint(2, 7)
    choices: list[Grown] = [
        (str(n), sympy.Integer(n)),
        (rf"\frac{{{n}}}{{{d}}}", sympy.Rational(n, d)),
        (rf"\sqrt{{{n}}}", sympy.sqrt(n)),
        (rf"\sqrt[3]{{{n}}}", sympy.cbrt(n)),
        (rf"{n}\pi", n * sympy.pi),
        (rf"\ln {n + 1}", sympy.log(n + 1)),
        (rf"\sin \frac{{\pi}}{{{d}}}", sympy.sin(sympy.pi / d)),
        (rf"{n}i", n * sympy.I),
        (rf"e^{{{d}}}", sympy.E**d),
    ]
    if letters:
        choices = [*choices[:4], ("x", X), ("y", Y), ("2^{n}", 2**N), ("x^{2}", X**2)]
    return random.choice(choices)


def ours(a: str, b: str) -> bool | None:
    try:
        return equal(parse_formula(a.replace(r"\left", "").replace(r"\right", "")), parse_formula(b))
    except Unsupported:
        return None


def value(expression: sympy.Expr) -> sympy.Expr:
    at = {X: sympy.Rational(17, 13), Y: sympy.Rational(5, 7), N: sympy.Rational(11, 3)}
    return sympy.N(expression.subs(at), 40)


def latex(expression: sympy.Expr) -> str:
    """As sympy prints it, in what `math.spelling` would leave of it."""
    text = sympy.latex(expression, ln_notation=True)
    for old, new in (
        ("\\left", ""),
        ("\\right", ""),
        ("{(", "("),
        (")}", ")"),
        ("\\cdot", "*"),
        ("\\ ", " "),
    ):
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("letters", [False, True])
def test_what_sympy_rewrites_is_never_different(letters: bool) -> None:
    same = 0
    for seed in range(150):
        text, meaning = grown(Random(seed), 1 + seed % 3, letters=letters)
        for change in (sympy.expand, sympy.factor, sympy.together):
            said = ours(text, latex(change(meaning)))
            assert said is not False, (text, latex(change(meaning)))
            same += said is True
    assert same > 250  # most are decided


@pytest.mark.parametrize("letters", [False, True])
def test_what_sympy_holds_apart_is_never_equal(letters: bool) -> None:
    different = 0
    for seed in range(150):
        (a, left), (b, right) = (
            grown(Random(f"{side} {seed}"), 1 + seed % 2, letters=letters) for side in range(2)
        )
        gap = abs(value(left) - value(right))
        said = ours(a, b.replace(r"\left", "").replace(r"\right", ""))
        if gap > sympy.Float("1e-25"):
            assert said is not True, (a, b)
            different += said is False
        elif sympy.simplify(left - right) == 0:
            assert said is not False, (a, b)
    assert different > 120


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        ("2^{100000}", "4^{50000}", True),
        ("2^{100000}", "3^{50000}", False),
        ("2^{100000}-1", "4^{50000}-1", True),
        ("2005^{2005}", "5^{2005}*401^{2005}", True),
        (r"\sqrt{3+2\sqrt{2}}", r"1+\sqrt2", True),
        (r"\sqrt{2+\sqrt{3}}", r"\frac{\sqrt6+\sqrt2}{2}", True),
        (r"\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}", "1", None),
        (r"\sqrt{x^2}", "x", None),
        (r"\sqrt{(x-1)(x-2)}", r"\sqrt{x-1}\sqrt{x-2}", None),
        (r"\sin^2 x+\cos^2 x", "1", True),
        (r"\tan^2 y+1", r"\sec^2 y", True),
        (r"1\frac12\pi", r"\frac{3\pi}{2}", True),
        (r"\frac{1}{2004!}", r"\frac{1}{2006!}", False),
        (r"e^{\ln 2}", "2", True),
        (r"\log 100", "2", None),
        (r"\log_2 3", r"\frac{\log 3}{\log 2}", True),
        ("|1-\\sqrt2|", r"\sqrt2-1", True),
        ("x^{2/3}", r"\sqrt[3]{x}^2", True),
        (r"\arctan 1", r"\frac{\pi}{4}", True),
        (r"\sqrt{-3}", r"i\sqrt3", True),
        (r"\frac{1-x^{10}}{1-x}", "1+x+x^2+x^3+x^4+x^5+x^6+x^7+x^8+x^9", True),
    ],
)
def test_decided_or_left_open(a: str, b: str, wanted: bool | None) -> None:
    assert ours(a, b) is wanted
    assert ours(b, a) is wanted


@pytest.mark.parametrize(
    "text",
    [
        "1/2x", r"\sqrt12", r"\sin x/2", r"\sin(x)^2", "x!!", "2^3!", "not 12", "about 12", "12 or 13", "2 3",
        r"\frac{1}{0}", "(-8)^{1/3}", "(a+b+c+d+f+g+h)^{40}", "(" * 100 + "1" + ")" * 100, "x_{", "3..5", "\u0663",
        "1 = 2", "f'(x)",
    ],
)  # fmt: skip
def test_what_is_not_read(text: str) -> None:
    with pytest.raises(Unsupported):
        parse_formula(text)


@given(st.text(alphabet=st.sampled_from(r"0123456789.+-*/^_!|°(){}[]\ abexyinπ√"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        form = parse_formula(text)
    except Unsupported:
        return
    try:
        assert equal(form, form)
    except Unsupported:
        return


@given(st.integers(1, 10**12))
def test_factors_multiply_to_their_number(n: int) -> None:
    try:
        found = factors(n)
    except Unsupported:
        return
    product = 1
    for prime, power in found:
        assert sympy.isprime(prime)
        product *= prime**power
    assert product == n


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        (r"\sum_{k=1}^{3} k", "6"), (r"\prod_{k=1}^3 k", "6"), ("385", r"\sum_{i=1}^{10} i^2"), (r"\max(3,4)", "4"),
        (r"\gcd(12,18)", "6"), (r"\lim_{x\to 0} \frac{\sin x}{x}", "1"),
        (r"\det\begin{pmatrix}1&2\\3&4\end{pmatrix}", "-2"),
    ],
)  # fmt: skip
def test_what_math_verify_works_out_is_left_to_it(answer: str, truth: str) -> None:
    assert check("math", f"<think>so</think>\\boxed{{{answer}}}", truth, time_limit=20.0).verdict == "correct"
