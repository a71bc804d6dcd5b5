"""A formula's text as tokens: numbers, commands, letters, signs. Words are refused, because they are no products.

Three letters in a row are a word, but for `xyz` and the like and for the names of functions.
"""

import re

from r1data.verifiers.math.algebra.limits import TOKENS, Beyond

Token = tuple[str, str]
"""(kind, text): kinds are number, command, letter, sign, and end."""

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?|\.\d+)|\\([a-zA-Z]+)|([a-zA-Z]+)|(.))", re.S | re.A)
_SIGNS = str.maketrans({"π": r"\pi ", "√": r"\surd ", "²": "^2", "³": "^3", "∘": "°", "⋅": "*", "ⁿ": "^n"})
_WORDS = {
    "is", "are", "or", "if", "in", "of", "to", "no", "we", "so", "it", "at", "by", "not", "and", "cm", "mm", "km", "kg",
    "ft",
}  # fmt: skip
_SHORT = {"xyz", "abc", "abcd", "pqr", "mnp", "uvw", "rst"}
_NAMES = {
    "sqrt", "pi", "sin", "cos", "tan", "cot", "sec", "csc", "ln", "log", "exp", "lg", "arcsin", "arccos", "arctan",
}  # fmt: skip


def tokens(text: str) -> list[Token]:
    """The tokens of a text, and an end. Raises Beyond where there are too many, or words among them."""
    made: list[Token] = []
    for number, command, letters, sign in _TOKEN.findall(text.strip().translate(_SIGNS)):
        if number:
            made.append(("number", number))
        elif command:
            made.append(("command", command))
        elif letters:
            made.extend(_letters(letters))
        else:
            made.append(("sign", sign))
        if len(made) > TOKENS:
            raise Beyond("a formula of too many symbols")
    return [*made, ("end", "")]


def _letters(run: str) -> list[Token]:
    """A function's name, or variables of one letter each."""
    if run in _NAMES:
        return [("command", run)]
    if run in _WORDS or (len(run) > 2 and run not in _SHORT):
        raise Beyond(f"the word {run!r}")
    return [("letter", letter) for letter in run]
