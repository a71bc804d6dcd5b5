r"""Responses that are meant to hang, crash, fill memory or confuse: by hand, and grown from a seed.

`BY_HAND` names the known traps; `grown(n, seed)` draws more: towers, nests, repetitions and fragments of each other,
with NULs, lone surrogates, marks that turn the text's direction, digits of other scripts and look-alikes mixed in.
"""

from random import Random

THOUGHT = "<think>so</think>"


def box(content: str) -> str:
    """A response whose answer is boxed."""
    return THOUGHT + r"\boxed{" + content + "}"


BY_HAND = {
    "unclosed thoughts": "<think>" * 20_000,
    "unclosed boxes": THOUGHT + r"\boxed{" * 20_000,
    "a hundred kilobytes of boxes": THOUGHT + r"\boxed{" * 15_000 + "3",
    "nested boxes": THOUGHT + r"\boxed{" * 20_000 + "3" + "}" * 20_000,
    "nested braces": box("{" * 20_000 + "3" + "}" * 20_000),
    "braces up to the limit": box("{" * 480 + "3" + "}" * 480),
    "nested fractions": box(r"\frac{1}{" * 90 + "3" + "}" * 90),
    "fractions of fractions": box(r"\frac{1}{1+" * 80 + "3" + "}" * 80),
    "nested roots": box(r"\sqrt{2+" * 100 + "3" + "}" * 100),
    "nested parentheses": box("(" * 400 + "3" + ")" * 400),
    "unbalanced left": box(r"\left(" * 150 + "3"),
    "unbalanced right": box("3" + r"\right)" * 120),
    "bars": box("|" * 900),
    "a tower of powers": box("9^{9^{9^9}}"),
    "a tower of factorials": box("9!" + "^{9!}" * 20),
    "a tower on a logarithm": box(r"\log_2 9^{9^{9^9}}"),
    "factorials": box("12!!!!!!!!"),
    "a great factorial": box("99999999999!"),
    "a factorial of a factorial": box("((20!)!)!"),
    "a great binomial": box(r"\binom{99999999999}{5000000000}"),
    "binomials of binomials": box(r"\binom{\binom{2000}{1000}}{\binom{2000}{999}}"),
    "a great exponent": box("1e999999999"),
    "a great power": box("7^{999999999999}"),
    "a great power of a sum": box(r"(1+\sqrt{2})^{999999}"),
    "a power of ten": box("10^{99999999}"),
    "a great root": box(r"\sqrt[99999]{2}"),
    "a great integer to factor": box(r"\sqrt{" + "123456789" * 90 + "}"),
    "a product of two large primes": box(r"\sqrt{" + str((2**61 - 1) * (2**89 - 1)) + "}"),
    "a polynomial to expand": box("(a+b+c+d+f+g+h)^{40}"),
    "a product to expand": box("".join(f"(x_{n}+y_{n})" for n in range(60))),
    "many variables": box("+".join(f"x_{{{n}}}" for n in range(150))),
    "a sine of a tower": box(r"\sin(10^{10^{10}})"),
    "an angle to reduce": box(r"\cos(" + "9" * 900 + r"\pi)"),
    "repeating decimals": box(r"0.\overline{" + "3" * 900 + "}"),
    "a decimal of 900 places": box("3." + "1" * 900),
    "5,000 digits": box("1" * 5_000),
    "900 digits": box("1" * 900),
    "a fraction of 900 digits": box("1" * 450 + "/" + "7" * 450),
    "a megabyte of digits": THOUGHT + "1" * 1_000_000,
    "a megabyte of prose": THOUGHT + "the answer is " * 70_000,
    "a megabyte of commas": THOUGHT + "1,111" * 200_000,
    "a megabyte in a box": box("7 " * 500_000),
    "commas without tags": "1,111" * 200_000,
    "hedges": "1 or " * 200_000,
    "asterisks": THOUGHT + "**" * 500_000,
    "dollars": THOUGHT + "$" * 1_000_000,
    "blanks": THOUGHT + "answer:" + " " * 1_000_000 + "3",
    "newlines": THOUGHT + " \n" * 500_000 + "x",
    "backslashes": "\\" * 1_000_000 + r"boxed{3",
    "angle brackets": "<" * 500_000 + "think>" + "</" * 200_000,
    "tags that open again": "<think>a</think>" * 50_000 + "<think>",
    "answer tags": "<answer>" * 60_000 + "3",
    "many boxes": THOUGHT + "".join(rf"\boxed{{{n}}}" for n in range(50_000)),
    "many equal boxes": THOUGHT + r"\boxed{\sqrt{5}}" * 20_000,
    "boxes of formulas": THOUGHT + "".join(rf"\boxed{{\sqrt{{{n}}}+\sqrt{{{n + 1}}}}}" for n in range(400)),
    "a NUL": box("3\0"),
    "NULs": THOUGHT + "\0" * 100_000 + "3",
    "a lone surrogate": box("\ud800 3"),
    "a surrogate in algebra": box("\\sqrt{\ud800}"),
    "a surrogate for the worker": box("\\sum_{k=1}^{\udfff} k"),
    "right to left": box("\u202e3\u202c"),
    "marks without width": box("3\u200b" * 300),
    "Arabic digits": box("\u0663"),
    "superscript digits": box("3\u2074\u2075"),
    "a circled digit": box("\u2463"),
    "a Roman numeral": box("\u2162"),
    "a Cyrillic letter": box("3\u0445"),
    "combining marks": box("3" + "\u0301" * 900),
    "ligatures": box("\ufdfa" * 900),
    "a list of 400": box("1," * 400 + "2"),
    "a set of sets": box(r"\{" * 200 + "1" + r"\}" * 200),
    "a set of formulas": box(",".join(rf"\sqrt{{{n}}}" for n in range(90))),
    "a matrix": box(r"\begin{pmatrix}" + r"1 & 2 \\" * 100 + r"\end{pmatrix}"),
    "a matrix in a matrix": box(r"\begin{pmatrix}" * 50 + "1" + r"\end{pmatrix}" * 50),
    "unions": box(r" \cup ".join(f"({n},{n + 1})" for n in range(80))),
    "inequalities": box("<".join("x" for _ in range(400))),
    "equalities": box("=".join("3" for _ in range(400))),
    "plus and minus": box(r"\pm" * 300 + "3"),
    "signs": box("-" * 900 + "3"),
    "units": box("3 " + "m/s" * 250),
    "text in text": box(r"\text{" * 150 + "3" + "}" * 150),
    "python": box("__import__('os').system('id')"),
    "a format string": box("{0.__class__}%s%n"),
    "JSON": box('{"a":' * 150),
}

_PIECES = [
    "9", "0", "3.14", "x", "n", "e", "i", "!", "^", "_", "+", "-", "/", "*", "=", "<", ">", ",", ";", ":", "|", "%",
    "°", "(", ")", "[", "]", "{", "}", "\\{", "\\}", "^{", "\\frac{", "\\sqrt{", "\\sqrt[3]{", "\\binom{9}{",
    "\\log_", "\\sin ", "\\pi", "\\infty", "\\left(", "\\right)", "\\text{", "\\boxed{", "\\cup", "\\pm", "\\in",
    "\\begin{pmatrix}", "\\end{pmatrix}", "&", "\\\\", "$", "<think>", "</think>", "<answer>", "####", "answer is",
    "or", "and", " ", "\n", "\0", "\ud800", "\u202e", "\u200b", "\u0663", "\u2074", "\uff13", "\u0445", "\ufeff",
    "1e9", "10^{9", "99999999!",
]  # fmt: skip


def grown(n: int, seed: int = 0) -> list[str]:
    """`n` responses, each a pure function of the seed and its place."""
    return [_grown(Random(f"{seed} {place}")) for place in range(n)]


def _grown(random: Random) -> str:
    kind = random.randrange(5)
    if kind == 0:
        return box("".join(random.choices(_PIECES, k=random.randint(1, 200))))
    if kind == 1:
        piece = random.choice(_PIECES)
        return box(piece * random.choice([3, 40, 300, 5_000]) + "".join(random.choices(_PIECES, k=5)))
    if kind == 2:
        opening, closing = random.choice(
            [("{", "}"), ("(", ")"), (r"\frac{1}{2+", "}"), (r"\sqrt{1+", "}"), ("9^{", "}")]
        )
        depth = random.choice([2, 3, 5, 20, 100, 3_000])
        return box(
            opening * depth
            + random.choice(["9", "x", "n!", r"\pi"])
            + closing * (depth - random.randrange(2))
        )
    if kind == 3:
        whole = random.choice(list(BY_HAND.values()))[:3_000]
        at, length = random.randrange(len(whole)), random.randrange(len(whole))
        return whole[:at] + "".join(random.choices(_PIECES, k=9)) + whole[at : at + length]
    return "".join(random.choices(_PIECES, k=random.choice([10, 100, 20_000])))


def all_of_them(n: int, seed: int = 0) -> list[str]:
    """`n` responses: those by hand first, then grown ones."""
    by_hand = list(BY_HAND.values())
    return (by_hand + grown(max(0, n - len(by_hand)), seed))[:n]
