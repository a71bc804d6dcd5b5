r"""What an equation may name on its left side: `x`, `a_1`, `\theta`, `f(3)`, `AB`, `\angle ABC`, `Area`.

An equation gives a value only to what is a name: `x(x-1) = 12`, `\ln(x) = 12` and `NOT = 12` are not 12. A function of
variables, as `f(x)`, names a formula, and no number: `f(x) = 12` is a constant function.
"""

import re
from functools import lru_cache

LONGEST = 40
"""Most characters of a name."""
_GREEK = (
    r"\\(?:(?:var)?(?:epsilon|theta|phi|rho|sigma|kappa)|alpha|beta|gamma|delta|zeta|eta|iota|lambda|mu|nu|xi|tau"
    r"|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Sigma|Phi|Psi|Omega|ell)(?![a-zA-Z])"
)
_LETTER = rf"(?:[a-zA-Zα-ωΑ-Ωℓ]|{_GREEK})"
_INDEX = r"(?:\s*_\s*(?:\w|\\[a-z]+|\{[^{}=<>]{1,20}\})|'){0,2}"
VARIABLE = re.compile(rf"{_LETTER}{_INDEX}")
"""A letter, Latin or Greek, with an index or a prime."""
TUPLE = re.compile(rf"\(\s*{VARIABLE.pattern}(?:\s*,\s*{VARIABLE.pattern}){{1,9}}\s*\)")
_FUNCTION = re.compile(
    rf"{VARIABLE.pattern}(?:\s*\^\s*\{{\s*-1\s*\}}|\s*\^\s*\{{\s*\(?\w\)?\s*\}})?\s*"
    rf"\(\s*(?:{VARIABLE.pattern})(?:\s*,\s*(?:{VARIABLE.pattern})){{0,4}}\s*\)"
)
_VALUE_OF_FUNCTION = re.compile(rf"(?![xkmn]\b){VARIABLE.pattern}\s*\(([^=<>]{{1,40}})\)")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_GEOMETRY = re.compile(
    r"(?:\\(?:sin|cos|tan|cot|sec|csc)\s*)?(?:m\s*)?(?:\\angle|\\triangle|∠|△)\s*[A-Z]{1,3}(?:_\{?\w\}?)?"
    r"|\\(?:sin|cos|tan|cot|sec|csc)\s*[A-Z]"
    r"|\|\s*(?:\\(?:overrightarrow|vec|overline)\s*\{\s*[A-Za-z]{1,2}\s*\}|[A-Z]{2})\s*\|"
    r"|\\(?:overline|widehat|overrightarrow|vec|overset\{\\frown\})\s*\{?\s*[A-Za-z]{1,2}\s*\}?"
    r"|\\frac\s*\{\s*[A-Z]{2}\s*\}\s*\{\s*[A-Z]{2}\s*\}|[A-Z]{2}\s*/\s*[A-Z]{2}"
    r"|\[[A-Z]{3,4}\]|[A-Z]['_\d]*[A-Z]['\d]*"
)
_POINTS = re.compile(r"[A-Z]{3,4}")
_POINTS_APART = 5
"""How far apart, in the alphabet, the letters of a figure with three or four corners lie: ABCD, PQR, and not NOT."""
_DENIALS = frozenset(("NO", "OR", "IF", "NOR", "NON", "AN", "ON", "IN", "IS", "BAD", "FED"))
_QUANTITY = re.compile(
    r"(?:the )?(?:total |required |shaded |surface |maximum |minimum |final |least |greatest )?(?:area|perimeter|volume"
    r"|sum|total|product|quotient|remainder|difference|probability|answer|final answer|value|result|solution|distance"
    r"|length|width|height|radius|diameter|circumference|slope|ratio|time|speed|rate|cost|price|profit|number|count"
    r"|average|mean|median|mode|range|variance|max|min|maximum|minimum|gcd|lcm|hcf|degree|rank|det|age|weight|mass"
    r"|domain|codomain|solution set|intersection|union)"
    r"|\\(?:max|min|gcd|det)|答案|面积|体积|周长|概率|结果|最大值|最小值|总数|和|积|差|商|原式|定义域|值域|解集|取值范围"
)


_SET = re.compile(
    r"(?=[^=]*[A-Z])(?:\\(?:complement|cap|cup|setminus|backslash|overline)(?![a-zA-Z])|[∁∩∪∖(){}-]|\s"
    r"|_\s*\{?\s*[A-Z]\s*\}?|\^\s*\{?\s*[cC]\s*\}?|[A-Z](?:_\{?\w\}?)?)+"
)


@lru_cache(maxsize=1024)
def is_set(text: str) -> bool:
    """Whether a text names a set: a letter, or unions, intersections and complements of letters; or any value."""
    return len(text) <= LONGEST and (_SET.fullmatch(text) is not None or is_name(text))


@lru_cache(maxsize=1024)
def is_name(text: str) -> bool:
    """Whether a text names one value: a variable, a value of a function, a part of a figure, a quantity."""
    if VARIABLE.fullmatch(text):
        return True
    if len(text) > LONGEST:
        return False
    if (match := _VALUE_OF_FUNCTION.fullmatch(text)) is not None:
        return not re.search(r"[a-df-z]", _COMMAND.sub("", match[1]))
    if _GEOMETRY.fullmatch(text):
        return text not in _DENIALS
    if _POINTS.fullmatch(text):
        return max(map(ord, text)) - min(map(ord, text)) <= _POINTS_APART and text not in _DENIALS
    return _QUANTITY.fullmatch(text.casefold()) is not None


def is_function(text: str | None) -> bool:
    """Whether a text names a function of variables, as `f(x)` does."""
    return text is not None and "(" in text and _FUNCTION.fullmatch(text) is not None
