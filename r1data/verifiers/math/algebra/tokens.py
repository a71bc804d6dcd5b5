"""Splits a formula into tokens: numbers, commands, letters, signs. Words are refused, as they are not products.

Three letters in a row are a word, except `xyz` and the like, and names of functions.
"""

import re

from r1data.verifiers.math.algebra.limits import TOKENS, Unsupported

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


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, then an end token. Raises `Unsupported` if there are too many, or a word is among them."""
    token_list: list[Token] = []
    for number, command, letters, sign in _TOKEN.findall(text.strip().translate(_SIGNS)):
        if number:
            token_list.append(("number", number))
        elif command:
            token_list.append(("command", command))
        elif letters:
            token_list.extend(_letters(letters))
        else:
            token_list.append(("sign", sign))
        if len(token_list) > TOKENS:
            raise Unsupported("a formula of too many symbols")
    return [*token_list, ("end", "")]


def _letters(letters: str) -> list[Token]:
    """A function's name, or variables of one letter each."""
    if letters in _NAMES:
        return [("command", letters)]
    if letters in _WORDS or (len(letters) > 2 and letters not in _SHORT):
        raise Unsupported(f"the word {letters!r}")
    return [("letter", letter) for letter in letters]
