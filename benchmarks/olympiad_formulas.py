"""Golds that are more than a number: points, intervals, sets, matrices, formulas, equations, letters."""

from random import Random

from benchmarks.olympiad_numbers import Written, frac, proper, squarefree


def point(random: Random) -> Written:
    x, y, d = random.randint(-20, 20), proper(random), squarefree(random)
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
    a, d = random.randint(-9, 9), squarefree(random)
    truth = rf"{a} \pm \sqrt{{{d}}}"
    right = [rf"{a}-\sqrt{{{d}}}, {a}+\sqrt{{{d}}}", rf"{a}+\sqrt{{{d}}} \text{{ and }} {a}-\sqrt{{{d}}}",
             rf"x = {a} \pm \sqrt{{{d}}}"]  # fmt: skip
    return truth, right, [rf"{a}+\sqrt{{{d}}}", rf"{a + 1} \pm \sqrt{{{d}}}", rf"{a} \pm \sqrt{{{d + 1}}}"]


def matrix(random: Random) -> Written:
    a, b, c, d = (random.randint(-9, 9) for _ in range(4))
    q = proper(random)
    truth = rf"\begin{{pmatrix}} {a} & {b} \\ {frac(q)} & {d} \end{{pmatrix}}"
    rows = rf"{a} & {b} \\ {q.numerator}/{q.denominator} & {d}"
    right = [rf"\begin{{bmatrix}} {a} & {b} \\ {frac(q, 'dfrac')} & {d} \end{{bmatrix}}",
             rf"\left(\begin{{array}}{{cc}} {rows} \end{{array}}\right)"]  # fmt: skip
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


def power_of_n(random: Random) -> Written:
    a = random.randint(2, 9)
    truth = rf"{a} \cdot 2^{{n-1}} - 1"
    right = [rf"\frac{{{a}\cdot 2^n}}{{2}} - 1", rf"2^{{n-1}} \cdot {a} - 1", rf"-1 + {a} \cdot 2^{{n - 1}}"]
    return (
        truth,
        right,
        [rf"{a} \cdot 2^{{n}} - 1", rf"{a} \cdot 2^{{n-1}} + 1", rf"{a + 1} \cdot 2^{{n-1}} - 1"],
    )


def letter(random: Random) -> Written:
    one, other = random.sample("ABCDE", 2)
    return rf"\text{{({one})}}", [one, f"({one})", rf"\textbf{{({one})}}", f"{one}."], [other, f"({other})"]


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
        (x + a) ** 2 * (y - b), (x**2 - a * a) / (b * x), (a * x + b * y) ** 3,
        sympy.sqrt(a * 12) * x + sympy.sqrt(27) * y,
        (x + sympy.sqrt(c)) * (x - sympy.sqrt(b)), sympy.Rational(a, b + 1) * x * (x + y) ** 2,
    ])  # fmt: skip
    right = [sympy.latex(change(e)) for change in (sympy.expand, sympy.factor, sympy.together)]
    return sympy.latex(e), right, [sympy.latex(sympy.expand(e + c)), sympy.latex(sympy.expand(e * 2))]
