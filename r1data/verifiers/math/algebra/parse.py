r"""Parses formulas, in LaTeX or plain text, to forms: recursive descent over at most 400 tokens, with limits of depth.

Read: sums, products (also by juxtaposition), quotients, powers, `\frac`, `\sqrt[n]`, `\binom`, `C_5^2`, |x|,
factorials, whole parts, logarithms, trigonometry, degrees, π, e, i, variables of one letter (also Greek or indexed).

Refused, because people mean different things by it: `1/2x`, `\sqrt12`, `\sin x/2`, `\sin(x)^2`, `x!!`. Not read:
hyperbolic functions, sums and integrals, derivatives, vectors.
"""

import re
from collections.abc import Callable
from fractions import Fraction

from r1data.verifiers.math.algebra import forms, functions
from r1data.verifiers.math.algebra.forms import Form
from r1data.verifiers.math.algebra.limits import DEPTH, OPERANDS, Unsupported
from r1data.verifiers.math.algebra.tokens import Token, tokenize

_FRACTION = re.compile(r"(?:\{\d+\}|\d)(?:\{\d+\}|\d(?!\d))")
_GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "kappa", "lambda",
    "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta", "Theta",
    "Lambda", "Sigma", "Phi", "Psi", "Omega", "ell",
}  # fmt: skip
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ONE_ARGUMENT: dict[str, Callable[[Form], Form]] = {
    "sin": functions.sin,
    "cos": functions.cos,
    "tan": functions.tan,
    "cot": lambda x: forms.divide(functions.cos(x), functions.sin(x)),
    "sec": lambda x: forms.divide(forms.UNIT, functions.cos(x)),
    "csc": lambda x: forms.divide(forms.UNIT, functions.sin(x)),
    "arcsin": lambda x: functions.inverse_trigonometric("asin", x),
    "arccos": lambda x: functions.inverse_trigonometric("acos", x),
    "arctan": lambda x: functions.inverse_trigonometric("atan", x),
    "ln": functions.log,
    "exp": functions.exp,
    "lg": lambda x: functions.log_to(forms.number(10), x),
}
_TWO_ARGUMENTS = ("frac", "binom", "dbinom", "tbinom")
_TRIGONOMETRIC = ("sin", "cos", "tan", "cot", "sec", "csc")
_CLOSING_COMMANDS = {"lfloor": "rfloor", "lceil": "rceil", "lvert": "rvert"}


def parse_formula(text: str) -> Form:
    """The form of a formula. Raises `Unsupported` if the grammar does not cover it, or it is ambiguous."""
    parser = _Parser(tokenize(text))
    form = parser.sum()
    if parser.tokens[parser.position][0] != "end":
        raise Unsupported(f"{parser.tokens[parser.position][1]!r} where a formula should end")
    return form


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.open_operands = 0
        self.open_bars = 0

    def sum(self) -> Form:
        self.depth += 1
        if self.depth > DEPTH:
            raise Unsupported("a formula that is nested too deep")
        total = self.signed(self.product)
        while self.tokens[self.position] in (("sign", "+"), ("sign", "-")):
            total = forms.add(total, self.signed(self.product))
        self.depth -= 1
        return total

    def signed(self, operand: Callable[[], Form]) -> Form:
        is_negative = False
        while self.tokens[self.position] in (("sign", "+"), ("sign", "-")):
            is_negative ^= self.take() == "-"
        return forms.negative(operand()) if is_negative else operand()

    def product(self) -> Form:
        value, after_slash = self.factor(), False
        while True:
            if self.is_sign("*"):
                self.take()
                value = forms.multiply(value, self.signed(self.factor))
            elif self.is_sign("/"):
                self.take()
                value, after_slash = forms.divide(value, self.signed(self.factor)), True
            elif self.starts_a_factor():
                number = self.tokens[self.position][0] == "number"
                # `1/2x` is x/2 to some and 1/(2x) to others; `x2` is 2x or a lost exponent.
                if after_slash or (number and self.tokens[self.position - 1] != ("sign", "!")):
                    raise Unsupported("a product that could be read in two ways")
                value = forms.multiply(value, self.factor())
            else:
                return value

    def mixed(self) -> Form | None:
        r"""A mixed fraction, `1\frac{1}{2}` = 1 + 1/2; None if the next tokens are not one."""
        if self.tokens[self.position][0] != "number" or self.tokens[self.position + 1] != ("command", "frac"):
            return None
        if not _FRACTION.match(
            "".join(text for _, text in self.tokens[self.position + 2 : self.position + 8])
        ):
            return None
        if self.tokens[self.position - 1] == ("sign", "/") or "." in self.tokens[self.position][1]:
            raise Unsupported("a product that could be read in two ways")
        whole = forms.number(int(self.take()))
        fraction = self.primary()
        if self.is_sign("^") or self.is_sign("!"):
            raise Unsupported("a power behind a mixed fraction")
        return forms.add(whole, fraction)

    def factor(self) -> Form:
        value = self.mixed() or self.primary()
        while self.tokens[self.position][0] == "sign" and self.tokens[self.position][1] in "^!°":
            sign = self.take()
            if sign == "^":
                value = forms.power(value, self.exponent())
                if self.is_sign("!") or self.is_sign("^"):
                    raise Unsupported("powers and factorials that could be read in two ways")
            elif sign == "!":
                value = functions.whole_factorial(value)
                if self.is_sign("!"):
                    raise Unsupported("a double factorial")
            else:
                value = forms.multiply(value, forms.divide(forms.PI, forms.number(180)))
        return value

    def exponent(self) -> Form:
        if self.is_sign("{"):
            return self.group()
        base = self.signed(self.primary)
        if self.is_sign("^"):  # powers associate to the right: 2^3^2 is 2^9
            self.take()
            return forms.power(base, self.inside(self.exponent))
        return base

    def inside(self, operand: Callable[[], Form]) -> Form:
        """An operand that stands within another one. Raises `Unsupported` beyond `OPERANDS` of them."""
        self.open_operands += 1
        if self.open_operands > OPERANDS:
            raise Unsupported("operands that are nested too deep")
        value = operand()
        self.open_operands -= 1
        return value

    def primary(self) -> Form:
        kind, text = self.tokens[self.position]
        if kind == "number":
            self.take()
            if self.is_sign("_"):
                raise Unsupported("digits in a base")
            return forms.number(Fraction(text) if "." in text else int(text))
        if kind == "letter":
            return self.variable(self.take())
        if kind == "command":
            return self.inside(lambda: self.command(self.take()))
        if text in _CLOSING:
            return self.inside(self.group)
        if text == "|":
            self.take()
            self.open_bars += 1
            inside = self.sum()
            self.open_bars -= 1
            self.expect("|")
            return functions.absolute(inside)
        raise Unsupported(f"{text!r} where a number or a letter should stand")

    def starts_a_factor(self) -> bool:
        kind, text = self.tokens[self.position]
        # A bar after a factor could close or open. Between bars it closes, so `|x||y|` is a product of two.
        if kind == "sign":
            return text in _CLOSING or (text == "|" and not self.open_bars)
        return kind in ("number", "letter") or (kind == "command" and text not in _CLOSING_COMMANDS.values())

    def group(self) -> Form:
        opening = self.take()
        inside = self.sum()
        self.expect(_CLOSING[opening])
        return inside

    def argument(self) -> Form:
        r"""The argument of `\frac` and the like: a group, a digit, a letter or a command."""
        if self.is_sign("{"):
            return self.group()
        kind, text = self.tokens[self.position]
        if kind == "number":
            if not text.isdigit() or len(text) > 1:
                return self.first_digit(text)
            return forms.number(int(self.take()))
        if kind in ("letter", "command"):
            return self.primary()
        raise Unsupported("an argument that is missing")

    def first_digit(self, text: str) -> Form:
        r"""The numerator in `\frac12`, which is 1/2; with more digits it is ambiguous where the numerator ends."""
        kind, name = self.tokens[self.position - 1]
        if len(text) != 2 or not text.isdigit() or kind != "command" or name not in _TWO_ARGUMENTS:
            raise Unsupported("digits that could part in two ways")
        self.tokens[self.position] = ("number", text[1])
        return forms.number(int(text[0]))

    def variable(self, name: str) -> Form:
        if self.is_sign("_"):
            self.take()
            index = self.index()
            if name in "CAP" and index.isdigit() and (chosen := self.selection(name, int(index))) is not None:
                return chosen
            return forms.atom(("x", f"{name}_{index}"))
        if name == "e":
            return forms.E
        return forms.IMAGINARY if name == "i" else forms.atom(("x", name))

    def selection(self, letter: str, n: int) -> Form | None:
        """`C_5^2` from its exponent on, as a number; None, with nothing taken, if it is a power of a variable."""
        braces = self.tokens[self.position + 1 : self.position + 4 : 2] == [("sign", "{"), ("sign", "}")]
        kind, text = self.tokens[min(self.position + 1 + braces, len(self.tokens) - 1)]
        if not self.is_sign("^") or kind != "number" or not text.isdigit() or len(text) > 4:
            return None
        chosen = functions.selections(letter, n, int(text))
        if chosen is not None:
            self.position += 4 if braces else 2
        return chosen

    def index(self) -> str:
        braced = self.is_sign("{")
        if braced:
            self.take()
        kind, text = self.tokens[self.position]
        if kind not in ("number", "letter"):
            raise Unsupported("an index that is not read")
        self.take()
        while braced and not self.is_sign("}"):
            if self.tokens[self.position][0] not in ("number", "letter"):
                raise Unsupported("an index that is not read")
            text += self.take()
        if braced:
            self.expect("}")
        return text

    def command(self, name: str) -> Form:
        if name == "pi":
            return forms.PI
        if name == "frac":
            numerator = self.argument()
            return forms.divide(numerator, self.argument())
        if name in _TWO_ARGUMENTS:
            above = self.argument()
            return functions.binomial(above, self.argument())
        if name in ("sqrt", "surd"):
            return self.root(name)
        if name in _CLOSING_COMMANDS:
            return self.enclosed(name)
        if name == "log" or name in _ONE_ARGUMENT:
            return self.function(name)
        if name in _GREEK:
            return self.variable("\\" + name)
        raise Unsupported(f"the command {name}")

    def root(self, name: str) -> Form:
        degree = 2
        if self.is_sign("[") and name == "sqrt":
            value = self.group().rational
            if value is None or value.denominator != 1:
                raise Unsupported("a root of an unusual degree")
            degree = int(value)
        if name == "surd" or self.is_sign("("):
            return forms.root(self.primary(), degree)
        return forms.root(self.argument(), degree)

    def enclosed(self, name: str) -> Form:
        self.open_bars += 1
        inside = self.sum()
        self.open_bars -= 1
        if self.tokens[self.position] != ("command", _CLOSING_COMMANDS[name]):
            raise Unsupported("a bracket that is not closed")
        self.take()
        if name == "lvert":
            return functions.absolute(inside)
        return functions.floor_or_ceiling(inside, up=name == "lceil")

    def function(self, name: str) -> Form:
        base, power = None, None
        if name == "log" and self.is_sign("_"):
            self.take()
            base = self.log_base()
        if self.is_sign("^"):
            self.take()
            power = self.exponent().rational
            if name not in _TRIGONOMETRIC or power is None:
                raise Unsupported("a power of a function that could be read in two ways")
        if power == -1:
            name, power = f"arc{name}", None
        inside = self.function_argument()
        if name == "log":
            return functions.log_to(base, inside)
        if name not in _ONE_ARGUMENT:
            raise Unsupported(f"the function {name}")
        value = _ONE_ARGUMENT[name](inside)
        return value if power is None else forms.power(value, forms.number(power))

    def log_base(self) -> Form:
        if self.tokens[self.position][0] == "number":
            return (
                forms.number(int(self.take())) if self.tokens[self.position][1].isdigit() else self.argument()
            )
        return self.argument()

    def function_argument(self) -> Form:
        """A function's argument: a group, or factors up to the next sign or function."""
        if self.tokens[self.position][1] in ("(", "[", "{"):
            inside = self.group()
            if self.is_sign("^") or self.is_sign("!"):
                raise Unsupported("a power behind a function's brackets")
            return inside
        if self.is_sign("-"):
            return self.signed(self.function_argument)
        value = self.factor()
        while (
            self.starts_a_factor()
            and not self.is_function()
            and self.tokens[self.position][1] not in _CLOSING
        ):
            if self.tokens[self.position][0] == "number":
                raise Unsupported("a product that could be read in two ways")
            value = forms.multiply(value, self.factor())
        if self.is_sign("/") or self.tokens[self.position][1] in ("(", "["):
            raise Unsupported("a function's argument that could end in two places")
        return value

    def is_function(self) -> bool:
        kind, text = self.tokens[self.position]
        return kind == "command" and (text == "log" or text in _ONE_ARGUMENT)

    def is_sign(self, sign: str) -> bool:
        return self.tokens[self.position] == ("sign", sign)

    def take(self) -> str:
        self.position += 1
        return self.tokens[self.position - 1][1]

    def expect(self, sign: str) -> None:
        if not self.is_sign(sign):
            raise Unsupported(f"no {sign!r} where one should stand")
        self.take()
