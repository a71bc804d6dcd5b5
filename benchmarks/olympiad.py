r"""Answers as competitions have them, generated: (truth, answer, right or not, form), right by construction.

Twenty-nine forms of golds, as in AIME (whole numbers), AMC (letters), MATH, OlympiadBench and Omni-MATH (all the others),
each drawn as often as every other, which is harder than the sets themselves: most of their golds are whole numbers.
A right answer is the same object in another spelling, or rewritten by sympy's own functions; a wrong one is another
object. `pairs(n, seed)` is the same list wherever it runs.
"""

from collections.abc import Callable
from fractions import Fraction
from math import comb
from random import Random
from typing import NamedTuple

Written = tuple[str, list[str], list[str]]
"""(the truth, right answers, wrong answers)."""


class Pair(NamedTuple):
    """One answer to one problem."""

    truth: str
    answer: str
    right: bool
    form: str


def pairs(n: int, seed: int = 0) -> list[Pair]:
    """`n` answers, a right and a wrong one to each problem, over all forms in turn."""
    made: list[Pair] = []
    forms = list(FORMS.items())
    for place in range((n + 1) // 2):
        name, form = forms[place % len(forms)]
        random = Random(f"{seed} {place}")  # noqa: S311  a benchmark's data
        truth, right, wrong = form(random)
        made.append(Pair(truth, random.choice(right), True, name))
        made.append(Pair(truth, random.choice(wrong), False, name))
    return made[:n]


def frac(q: Fraction, command: str = "frac") -> str:
    """A fraction in LaTeX; a whole number as it is."""
    if q.denominator == 1:
        return str(q.numerator)
    return ("-" if q < 0 else "") + rf"\{command}{{{abs(q.numerator)}}}{{{q.denominator}}}"


def _squarefree(random: Random) -> int:
    return random.choice([2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21, 22, 23, 26, 29, 30, 31, 33])


def _fraction(random: Random) -> Fraction:
    while (q := Fraction(random.randint(-99, 99), random.randint(2, 60))).denominator == 1:
        pass
    return q


def whole(random: Random) -> Written:
    n = random.choice([random.randint(0, 999), random.randint(-50, 999), random.randint(1000, 10**7)])
    right = [
        str(n),
        f"{n:,}",
        f"${n}$",
        f"n = {n}",
        f"{n:,}".replace(",", r",\!"),
        f"{n}.0",
        rf"\text{{{n}}}",
    ]
    return str(n), right, [str(n + 1), str(-n - 1), str(n * 10 + 3)]


def fraction(random: Random) -> Written:
    q = _fraction(random)
    right = [
        frac(q, "dfrac"),
        frac(q, "tfrac"),
        f"{q.numerator}/{q.denominator}",
        frac(q),
        f"{float(q):.10f}",
    ]
    if q > 1:
        right.append(
            rf"{q.numerator // q.denominator}\frac{{{q.numerator % q.denominator}}}{{{q.denominator}}}"
        )
    return frac(q), right, [frac(q + Fraction(1, q.denominator)), frac(-q), f"{float(q) + 0.001:.6f}"]


def surd(random: Random) -> Written:
    a, d = random.randint(2, 30), _squarefree(random)
    right = [
        rf"\sqrt{{{a * a * d}}}",
        rf"{a} \cdot \sqrt{{{d}}}",
        rf"\frac{{{a * d}}}{{\sqrt{{{d}}}}}",
        f"{a}√{d}",
    ]
    return (
        rf"{a}\sqrt{{{d}}}",
        right,
        [rf"{a}\sqrt{{{d + 1}}}", rf"{a + 1}\sqrt{{{d}}}", str(a * d), rf"\sqrt{{{a * d}}}"],
    )


def quadratic_irrational(random: Random) -> Written:
    a, b, d, c = random.randint(-9, 9), random.randint(1, 9), _squarefree(random), random.randint(2, 12)
    truth = rf"\frac{{{a}+{b}\sqrt{{{d}}}}}{{{c}}}"
    right = [
        rf"{frac(Fraction(a, c))} + {frac(Fraction(b, c))}\sqrt{{{d}}}",
        rf"\dfrac{{{b}\sqrt{{{d}}}{a:+}}}{{{c}}}",
        rf"\frac{{{2 * a}+\sqrt{{{4 * b * b * d}}}}}{{{2 * c}}}",
        rf"\left({a}+{b}\sqrt{{{d}}}\right)/{c}",
    ]
    if a * a != b * b * d:
        right.append(rf"\frac{{{a * a - b * b * d}}}{{{c}\left({a}-{b}\sqrt{{{d}}}\right)}}")
    wrong = [rf"\frac{{{a}-{b}\sqrt{{{d}}}}}{{{c}}}", rf"\frac{{{a}+{b}\sqrt{{{d}}}}}{{{c + 1}}}"]
    return truth, right, wrong if a or c else wrong[1:]


def nested_root(random: Random) -> Written:
    a, b = random.sample([2, 3, 5, 7, 11, 13, 17], 2)
    truth = rf"\sqrt{{{a}}}+\sqrt{{{b}}}"
    right = [
        rf"\sqrt{{{a + b}+2\sqrt{{{a * b}}}}}",
        rf"\sqrt{{{b}}} + \sqrt{{{a}}}",
        rf"\sqrt{{{a + b} + \sqrt{{{4 * a * b}}}}}",
    ]
    return (
        truth,
        right,
        [rf"\sqrt{{{a + b}}}", rf"\sqrt{{{a + b}-2\sqrt{{{a * b}}}}}", rf"\sqrt{{{a}}}+\sqrt{{{b + 4}}}"],
    )


def cube_root(random: Random) -> Written:
    a, d = random.randint(2, 9), random.choice([2, 3, 5, 6, 7, 10])
    right = [
        rf"\sqrt[3]{{{a**3 * d}}}",
        rf"{a}\cdot {d}^{{1/3}}",
        rf"{a} \sqrt[3]{{{d}}}",
        rf"{a}\cdot {d}^{{\frac{{1}}{{3}}}}",
    ]
    return (
        rf"{a}\sqrt[3]{{{d}}}",
        right,
        [rf"{a}\sqrt{{{d}}}", rf"\sqrt[3]{{{a * d}}}", rf"{a + 1}\sqrt[3]{{{d}}}"],
    )


def multiple_of_pi(random: Random) -> Written:
    q = abs(_fraction(random))
    n, d = q.numerator, q.denominator
    right = [
        rf"{frac(q)}\pi",
        rf"\frac{{\pi \cdot {n}}}{{{d}}}",
        rf"{n}\pi/{d}",
        rf"\dfrac{{{n}}}{{{d}}} \pi",
    ]
    wrong = [frac(q), rf"\frac{{{n + 1}\pi}}{{{d}}}", rf"\frac{{{n}\pi^2}}{{{d}}}"]
    return rf"\frac{{{n}\pi}}{{{d}}}", right, wrong


def area(random: Random) -> Written:
    a, b, d = random.randint(2, 40), random.randint(2, 40), random.choice([2, 3, 5, 7])
    truth = rf"{a}\pi - {b}\sqrt{{{d}}}"
    right = [rf"-{b}\sqrt{{{d}}} + {a}\pi", rf"{a}\pi-\sqrt{{{b * b * d}}}", rf"{a} \pi - {b} \sqrt{d}"]
    return (
        truth,
        right,
        [rf"{a}\pi + {b}\sqrt{{{d}}}", rf"{b}\pi - {a + 1}\sqrt{{{d}}}", rf"{a}\pi - {b}\sqrt{{{d + 8}}}"],
    )


def point(random: Random) -> Written:
    x, y, d = random.randint(-20, 20), _fraction(random), _squarefree(random)
    truth = rf"\left({x}, {frac(y)}, \sqrt{{{d}}}\right)"
    right = [rf"({x},{y.numerator}/{y.denominator},\sqrt{d})" if d < 10 else rf"({x},{frac(y)},\sqrt{{{d}}})",
             rf"(x,y,z)=({x}, {frac(y, 'dfrac')}, \sqrt{{{d}}})"]  # fmt: skip
    return (
        truth,
        right,
        [rf"({x + 1}, {frac(y)}, \sqrt{{{d}}})", rf"({x}, {frac(y)}, -\sqrt{{{d}}})", f"({x}, {frac(y)})"],
    )


def interval(random: Random) -> Written:
    a, b = sorted(random.sample(range(-30, 30), 2))
    truth = rf"\left[{a}, {b}\right)"
    right = [f"[{a},{b})", rf"{a} \le x < {b}", rf"x \in [{a}, {b})", rf"{b} > x \geq {a}"]
    return truth, right, [f"({a},{b})", f"[{a},{b}]", rf"[{a}, {b + 1})", rf"{a} < x < {b}"]


def union(random: Random) -> Written:
    a, b, c = sorted(random.sample(range(-20, 20), 3))
    truth = rf"(-\infty, {a}) \cup [{b}, {c}]"
    right = [
        rf"[{b},{c}]\cup(-\infty,{a})",
        rf"x < {a} \text{{ or }} {b} \le x \le {c}",
        rf"(-\infty,{a})\cup [{b},{c}]",
    ]
    return (
        truth,
        right,
        [rf"(-\infty, {a}] \cup [{b}, {c}]", rf"(-\infty, {a}) \cup [{b}, {c})", rf"(-\infty, {c}]"],
    )


def finite_set(random: Random) -> Written:
    items = random.sample(range(-30, 60), random.randint(2, 5))
    mixed = random.sample(items, len(items))
    truth = rf"\{{{', '.join(map(str, items))}\}}"
    right = [", ".join(map(str, mixed)), rf"\left\{{{','.join(map(str, mixed))}\right\}}"]
    wrong = [rf"\{{{', '.join(map(str, items[:-1]))}\}}", rf"\{{{', '.join(map(str, [*items, 77]))}\}}"]
    return truth, right, wrong


def several_roots(random: Random) -> Written:
    a, d = random.randint(-9, 9), _squarefree(random)
    truth = rf"{a} \pm \sqrt{{{d}}}"
    right = [rf"{a}-\sqrt{{{d}}}, {a}+\sqrt{{{d}}}", rf"{a}+\sqrt{{{d}}} \text{{ and }} {a}-\sqrt{{{d}}}",
             rf"x = {a} \pm \sqrt{{{d}}}"]  # fmt: skip
    return truth, right, [rf"{a}+\sqrt{{{d}}}", rf"{a + 1} \pm \sqrt{{{d}}}", rf"{a} \pm \sqrt{{{d + 1}}}"]


def matrix(random: Random) -> Written:
    a, b, c, d = (random.randint(-9, 9) for _ in range(4))
    q = _fraction(random)
    truth = rf"\begin{{pmatrix}} {a} & {b} \\ {frac(q)} & {d} \end{{pmatrix}}"
    right = [rf"\begin{{bmatrix}} {a} & {b} \\ {frac(q, 'dfrac')} & {d} \end{{bmatrix}}",
             rf"\left(\begin{{array}}{{cc}} {a} & {b} \\ {q.numerator}/{q.denominator} & {d} \end{{array}}\right)"]  # fmt: skip
    wrong = [rf"\begin{{pmatrix}} {a} & {b + 1} \\ {frac(q)} & {d} \end{{pmatrix}}",
             rf"\begin{{pmatrix}} {a} & {b} & {frac(q)} & {d + c + 20} \end{{pmatrix}}"]  # fmt: skip
    return truth, right, wrong


def polynomial(random: Random) -> Written:
    a, b = random.randint(1, 9), random.randint(10, 20)
    truth = rf"x^2 + {a + b}x + {a * b}"
    right = [
        rf"(x+{a})(x+{b})",
        rf"{a * b} + {a + b} x + x^2",
        rf"x^{{2}}+{a + b}x+{a * b}",
        rf"x(x+{a + b})+{a * b}",
    ]
    return truth, right, [rf"(x-{a})(x+{b})", rf"x^2 + {a + b}x + {a * b + 1}", rf"x^3 + {a + b}x + {a * b}"]


def rational_function(random: Random) -> Written:
    a, b = random.randint(2, 9), random.randint(2, 9)
    truth = rf"\frac{{n(n+{a})}}{{{b}}}"
    right = [
        rf"\frac{{n^2+{a}n}}{{{b}}}",
        rf"\frac{{n^2}}{{{b}}} + \frac{{{a}n}}{{{b}}}",
        rf"\frac{{1}}{{{b}}} n (n+{a})",
    ]
    return (
        truth,
        right,
        [rf"\frac{{n(n-{a})}}{{{b}}}", rf"\frac{{n(n+{a})}}{{{b + 1}}}", rf"\frac{{n+{a}}}{{{b}}}"],
    )


def power(random: Random) -> Written:
    n = random.randint(500, 3000)
    right = [
        f"2^{{{n}}}",
        rf"4^{{{n // 2}}}" if n % 2 == 0 else rf"2 \cdot 4^{{{n // 2}}}",
        rf"2 \cdot 2^{{{n - 1}}}",
    ]
    return rf"2^{{{n}}}", right, [f"2^{{{n + 1}}}", f"3^{{{n}}}", rf"2^{{{n}}} - 1", rf"{n}^2"]


def power_of_n(random: Random) -> Written:
    a = random.randint(2, 9)
    truth = rf"{a} \cdot 2^{{n-1}} - 1"
    right = [rf"\frac{{{a}\cdot 2^n}}{{2}} - 1", rf"2^{{n-1}} \cdot {a} - 1", rf"-1 + {a} \cdot 2^{{n - 1}}"]
    return (
        truth,
        right,
        [rf"{a} \cdot 2^{{n}} - 1", rf"{a} \cdot 2^{{n-1}} + 1", rf"{a + 1} \cdot 2^{{n-1}} - 1"],
    )


def logarithm(random: Random) -> Written:
    a, b = random.sample([2, 3, 5, 7], 2)
    k = random.randint(2, 5)
    truth = rf"{k}\log_{a} {b}"
    right = [rf"\frac{{{k}\ln {b}}}{{\ln {a}}}", rf"\log_{{{a}}} {b**k}", rf"\frac{{{k}}}{{\log_{b} {a}}}"]
    return truth, right, [rf"{k}\log_{b} {a}", rf"\log_{a} {b**k + 1}", rf"{k + 1}\log_{a} {b}"]


def trigonometric(random: Random) -> Written:
    truth, right, wrong = random.choice(
        [
            (
                r"\frac{\sqrt{3}}{2}",
                [r"\sin 60^\circ", r"\cos \frac{\pi}{6}", r"\sin\left(\frac{\pi}{3}\right)"],
                [r"\sin 30^\circ"],
            ),
            (r"2-\sqrt{3}", [r"\tan 15^\circ", r"\frac{1}{2+\sqrt{3}}"], [r"\tan 75^\circ", r"2+\sqrt{3}"]),
            (r"\frac{\sqrt{6}-\sqrt{2}}{4}", [r"\sin 15^\circ", r"\cos 75^{\circ}"], [r"\cos 15^\circ"]),
            (
                r"\cos \frac{2\pi}{7}",
                [r"\sin\frac{3\pi}{14}", r"\cos\left(\frac{2\pi}{7}\right)"],
                [r"\cos\frac{4\pi}{7}", "0.6"],
            ),
        ]
    )
    return truth, right, wrong


def counted(random: Random) -> Written:
    n = random.randint(8, 30)
    k = random.randint(2, n // 2 - 1)
    right = [
        str(comb(n, k)),
        f"{comb(n, k):,}",
        rf"\binom{{{n}}}{{{n - k}}}",
        rf"\frac{{{n}!}}{{{k}!\,{n - k}!}}",
    ]
    return (
        rf"\binom{{{n}}}{{{k}}}",
        right,
        [str(comb(n, k) + 1), rf"\binom{{{n}}}{{{k - 1}}}", rf"\binom{{{n + 1}}}{{{k}}}"],
    )


def probability(random: Random) -> Written:
    n = random.randint(1001, 2030)
    truth = rf"\frac{{1}}{{{n}!}}"
    right = [rf"\frac{{{n + 1}}}{{{n + 1}!}}", rf"1/{n}!", rf"\dfrac{{1}}{{{n}!}}"]
    return truth, right, [rf"\frac{{1}}{{{n + 2}!}}", rf"\frac{{1}}{{{n}}}", rf"1 - \frac{{1}}{{{n}!}}"]


def in_base(random: Random) -> Written:
    base = random.randint(3, 9)
    digits = "".join(str(random.randint(1, base - 1)) for _ in range(4))
    return (
        f"{digits}_{base}",
        [f"{digits}_{{{base}}}", rf"\text{{{digits}}}_{base}", digits],
        [f"{digits}1_{base}", f"1{digits}"],
    )


def angle(random: Random) -> Written:
    n = random.randint(1, 359)
    right = [rf"{n}^{{\circ}}", f"{n}", f"{n} degrees", rf"{n}°", rf"\theta = {n}^\circ"]
    return rf"{n}^\circ", right, [rf"{n + 1}^\circ", f"{n * 10 + 1}"]


def percentage(random: Random) -> Written:
    n = random.randint(1, 99)
    right = [f"{n}%", f"{n}", rf"{n} \%", f"{n} percent", frac(Fraction(n, 100))]
    return rf"{n}\%", right, [rf"{n + 1}\%", f"{n}0"]


def letter(random: Random) -> Written:
    one, other = random.sample("ABCDE", 2)
    return rf"\text{{({one})}}", [one, f"({one})", rf"\textbf{{({one})}}", f"{one}."], [other, f"({other})"]


def complex_number(random: Random) -> Written:
    a, b = random.randint(-9, 9) or 1, random.randint(1, 9)
    right = [
        f"{b}i{a:+}",
        rf"{a} + {b} i",
        rf"{a}+{b}\mathrm{{i}}",
        rf"\frac{{{2 * a}+{2 * b}i}}{{2}}",
        f"z = {a}+{b}i",
    ]
    return f"{a}+{b}i", right, [f"{a}-{b}i", f"{b}+{a + 20}i", f"{a + 1}+{b}i"]


def equation(random: Random) -> Written:
    a, b = random.randint(2, 9), random.randint(1, 9)
    right = [f"y = {b}+{a}x", f"{a}x - y + {b} = 0", f"{a}x+{b}"]
    return f"y = {a}x + {b}", right, [f"y = {a}x - {b}", f"y = {a + 1}x + {b}", f"{a}x + y + {b} = 0"]


def rewritten(random: Random) -> Written:
    """An expression of sympy's, rewritten by sympy itself."""
    import sympy

    x, y = sympy.symbols("x y")
    a, b, c = (random.randint(1, 9) for _ in range(3))
    e = random.choice([
        (x + a) ** 2 * (y - b), (x**2 - a * a) / (b * x), (a * x + b * y) ** 3, sympy.sqrt(a * 12) * x + sympy.sqrt(27) * y,
        (x + sympy.sqrt(c)) * (x - sympy.sqrt(b)), sympy.Rational(a, b + 1) * x * (x + y) ** 2,
    ])  # fmt: skip
    right = [sympy.latex(change(e)) for change in (sympy.expand, sympy.factor, sympy.together)]
    return sympy.latex(e), right, [sympy.latex(sympy.expand(e + c)), sympy.latex(sympy.expand(e * 2))]


FORMS: dict[str, Callable[[Random], Written]] = {
    form.__name__: form
    for form in (
        whole, fraction, surd, quadratic_irrational, nested_root, cube_root, multiple_of_pi, area, point, interval, union,
        finite_set, several_roots, matrix, polynomial, rational_function, power, power_of_n, logarithm, trigonometric,
        counted, probability, in_base, angle, percentage, letter, complex_number, equation, rewritten,
    )
}  # fmt: skip
