"""Golds that are one number: whole, fractional, of roots, of π, logarithms, powers, counts, degrees."""

from fractions import Fraction
from math import comb
from random import Random

Written = tuple[str, list[str], list[str]]
"""(the truth, right answers, wrong answers)."""


def frac(q: Fraction, command: str = "frac") -> str:
    """A fraction in LaTeX; a whole number as it is."""
    if q.denominator == 1:
        return str(q.numerator)
    return ("-" if q < 0 else "") + rf"\{command}{{{abs(q.numerator)}}}{{{q.denominator}}}"


def squarefree(random: Random) -> int:
    """A number under a root."""
    return random.choice([2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21, 22, 23, 26, 29, 30, 31, 33])


def proper(random: Random) -> Fraction:
    """A fraction that is not whole."""
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
    q = proper(random)
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
    a, d = random.randint(2, 30), squarefree(random)
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
    a, b, d, c = random.randint(-9, 9), random.randint(1, 9), squarefree(random), random.randint(2, 12)
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
    q = abs(proper(random))
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


def power(random: Random) -> Written:
    n = random.randint(500, 3000)
    right = [
        f"2^{{{n}}}",
        rf"4^{{{n // 2}}}" if n % 2 == 0 else rf"2 \cdot 4^{{{n // 2}}}",
        rf"2 \cdot 2^{{{n - 1}}}",
    ]
    return rf"2^{{{n}}}", right, [f"2^{{{n + 1}}}", f"3^{{{n}}}", rf"2^{{{n}}} - 1", rf"{n}^2"]


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


def counting(random: Random) -> Written:
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
