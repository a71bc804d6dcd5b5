r"""Parses the text after a number: scale, unit, further parts of the quantity, label.

    tail   = [scale…] {per | · | / | unit [power] | number tail | word}

A word is a unit, else a filler ("in total", "of the"), else a label; words that change a number, `nouns.REFUSED` and
the like, make all of the text unreadable. One pass over at most `tokens.TOKENS` tokens.

Not covered: brackets within brackets, sums and differences of units, units in words of languages beyond the tables.
"""

import re
from fractions import Fraction

from r1data.verifiers.math.units import counters, nouns
from r1data.verifiers.math.units.names import Reading, find
from r1data.verifiers.math.units.scales import CHARACTERS, SUFFIXES, scale_of
from r1data.verifiers.math.units.state import State, dimension_name, multiply, unit_of
from r1data.verifiers.math.units.tokens import Token, exponent, plain, tokenize
from r1data.verifiers.math.units.value import Tail, Unit

LABEL_WORDS = 6

_SQUARES = {
    "square": 2, "sq": 2, "sq.": 2, "cubic": 3, "cu": 3, "cu.": 3, "平方": 2, "立方": 3, "제곱": 2, "세제곱": 3,
}  # fmt: skip
_PER = {"per", "each", "every", "a", "an", "je", "pro", "por", "par"}
_ORDINAL = re.compile(r"\^?\s*\{?\s*(st|nd|rd|th)\b\s*\}?(.*)", re.S)
_QUARTER = (
    Reading((("USD", 1),), Fraction(1, 4)), Reading((), Fraction(1, 4)), Reading((("months", 1),), Fraction(3)),
)  # fmt: skip
_CJK_FILLERS = {"长", "高", "宽", "深", "重", "整", "钱", "長", "高さ"}


def parse(text: str, money: str = "") -> Tail | None:
    """What a text after a number says; None where it says anything else, or cannot be read.

    Args:
        text: normalised, without the digits.
        money: the currency's sign before the digits.
    """
    if ordinal := _ORDINAL.fullmatch(text):
        rest = parse(ordinal.group(2).strip()) if ordinal.group(2).strip() else Tail()
        if rest is None or rest.scale != 1 or rest.power != 1 or (rest.unit and rest.unit.dimension):
            return None
        label = rest.unit or Unit("")
        return Tail(unit=Unit("ordinal", label=label.label, known=label.known))
    tokens, money = tokenize(plain(text)), money.rstrip(".")
    if tokens is None or (money and not find(money)):
        return None
    if tokens[:1] == [("sign", "(")] and tokens[-1:] == [("sign", ")")] and ("sign", ")") not in tokens[:-1]:
        tokens = tokens[1:-1]
    return _parse_tokens(tokens, money)


def _parse_tokens(tokens: list[Token], money: str) -> Tail | None:
    scale, start = _scale(tokens, money)
    at = start
    if tokens[at : at + 1] and tokens[at][1] in ("squared", "cubed"):
        if at or len(tokens) > 1 or money:
            return None
        return Tail(power=2 if tokens[at][1] == "squared" else 3)
    state = State()
    # "$5 dollars" names its currency twice, and is no square of it.
    if money and not (at < len(tokens) and _is_currency_of(money, tokens[at][1])):
        multiply(state, money, find(money), 1)
    plus = Fraction(0)
    while at < len(tokens):
        kind, text = tokens[at]
        if kind == "number" and at == start and scale > 1 and not money:
            return _further_digits(scale, tokens[at:])
        if kind == "number":
            rest = _further_part(state, tokens[at:])
            if rest is None:
                return None
            plus = rest
            break
        step = _cjk(state, text) if kind == "cjk" else _word(state, tokens, at)
        if not step:
            return None
        at += step
    # A line that ends in "per", and letters in a row, which may be variables.
    if state.sign < 0 or (len(state.units) > 1 and not state.explicit):
        return None
    return Tail(scale, unit_of(state, parts=bool(plus)), plus)


def _is_currency_of(money: str, word: str) -> bool:
    """Whether a word names a currency that a sign may stand for."""
    signs = {reading.dimensions for reading in find(money)}
    return any(reading.dimensions in signs for reading in find(word))


def _scale(tokens: list[Token], money: str) -> tuple[Fraction | int, int]:
    """The number words at the start, multiplied, and how many tokens they are."""
    scale: Fraction | int = 1
    at = 0
    while at < len(tokens) and tokens[at][0] == "word" and (one := scale_of(tokens[at][1])) is not None:
        scale *= one
        at += 1
    if not at and money and tokens and tokens[0][1] in SUFFIXES:
        return SUFFIXES[tokens[0][1]], 1
    while at < len(tokens) and tokens[at][0] == "cjk":
        text = tokens[at][1]
        while text and text[0] in CHARACTERS and not _longest(text)[0]:
            scale *= CHARACTERS[text[0]]
            text = text[1:]
        if text:
            tokens[at] = ("cjk", text)
            break
        at += 1
    return scale, at


def _further_digits(scale: Fraction | int, tokens: list[Token]) -> Tail | None:
    """`3千元` after `5万`: 53,000. The digits are of a smaller number word, or fill all places of the first one."""
    digits = tokens[0][1].replace(",", "")
    rest = _parse_tokens(tokens[1:], "")
    if rest is None or rest.power != 1 or not digits.isdigit() or int(digits) * rest.scale >= scale:
        return None
    if rest.scale == 1 and len(digits) != len(str(scale)) - 1:
        return None  # 3万5 is 35,000 to some, and 30,005 to others
    return Tail(scale, rest.unit, int(digits) * rest.scale + rest.plus)


def _further_part(state: State, tokens: list[Token]) -> Fraction | None:
    """`30 minutes` after `3 hours`, in hours; None unless it is a smaller unit of the same dimension."""
    if state.sign < 0 or state.label or not state.units:
        return None
    try:
        amount = Fraction(tokens[0][1].replace(",", ""))
    except (ValueError, ZeroDivisionError):  # 1.5/2, 5/00
        return None
    rest = _parse_tokens(tokens[1:], "")
    if rest is None or rest.unit is None or rest.power != 1 or not rest.unit.known or rest.unit.label:
        return None
    for mine in state.readings:
        for other in (rest.unit, *rest.unit.others):
            if (
                dimension_name(mine.dimensions) == other.dimension
                and other.factor < mine.factor
                and not mine.offset
                and other.dimension
            ):
                state.readings = [mine]
                return (amount * rest.scale + rest.plus) * other.factor / mine.factor
    return None


def _word(state: State, tokens: list[Token], at: int) -> int:
    """Take a word or a sign; how many tokens were used, 0 where nothing may stand there."""
    kind, text = tokens[at]
    low = text.lower()
    following = tokens[at + 1] if at + 1 < len(tokens) else ("end", "")
    has_quantity = bool(state.units)
    if kind == "power":
        return 0
    if text in ("*", "·", "⋅"):
        state.explicit = True
        return 1 if has_quantity and following[0] in ("word", "sign", "cjk") else 0
    if text in (",", "、", "，") or low in ("and", "und", "et", "y", "e", "和", "又"):
        return 1 if following[0] == "number" else 0
    if text in "()":
        state.group = text == "("
        state.sign = state.sign if text == "(" or state.sign > 0 else 1
        return 1
    if text == "/" or (
        low in _PER
        and (low == "per" or (not state.counted and (has_quantity or state.label) and _is_unit(following[1])))
    ):
        state.sign, state.explicit, state.counted = -1, True, False
        return 1 if following[0] in ("word", "sign", "cjk") else 0
    if low in _SQUARES and following[0] in ("word", "cjk"):
        count = _take_unit(state, tokens, at + 1, _SQUARES[low])
        return count + 1 if count else 0
    if low == "in" and following[0] not in ("end", "power") and following[1] not in ("*", "/"):
        return 1
    if low == "of" and following[0] in ("word", "cjk"):
        # What follows is what is measured: "5 cups of tea", but not "3/4 of a mile".
        state.counted = bool(state.units)
        return 1
    in_label = bool(state.label) and state.sign > 0
    if not in_label and not state.counted and (count := _take_unit(state, tokens, at, 1)):
        return count
    if kind == "sign":
        return 0
    return _take_label(state, text, following)


def _is_unit(word: str) -> bool:
    return bool(find(word.rstrip("."))) and len(word) > 1


def _take_unit(state: State, tokens: list[Token], at: int, power: int) -> int:
    """Multiply by the unit of the longest name that begins at a token; how many tokens it and its power are."""
    for length in (3, 2, 1):
        part = tokens[at : at + length]
        if len(part) < length or any(kind not in ("word", "sign", "cjk") for kind, _ in part):
            continue
        if length > 1 and any(text in "*·⋅/(),、，" for _, text in part):
            continue
        name = "-".join(text.rstrip(".") for _, text in part)
        if part[0][1] == "°" and length == 2:
            name = {"c": "°C", "f": "°F", "k": "°K", "celsius": "°C", "fahrenheit": "°F"}.get(
                part[1][1].lower(), ""
            )
        readings = _find(name)
        if not readings:
            continue
        used = length
        follow = tokens[at + used : at + used + 1]
        if follow and follow[0][0] == "power":
            power *= exponent(follow[0][1])
            used += 1
            state.explicit = True
        elif follow and follow[0][1] in ("squared", "cubed"):
            power *= 2 if follow[0][1] == "squared" else 3
            used += 1
        if not power or abs(power) > 12:
            return 0
        multiply(state, name, readings, power)
        if readings is _QUARTER:
            state.label.append("?quarter")
        return used
    return 0


def _find(name: str) -> tuple[Reading, ...]:
    """The readings of a name whose words are joined by hyphens; a quarter is a coin, a fourth, or three months."""
    if name.lower() in ("quarter", "quarters"):
        return _QUARTER
    return find(name.replace("egrees-", "egree-") if "-" in name else name)


def _take_label(state: State, text: str, following: Token) -> int:
    """Take a word as a label; 0 for one that changes the number, or may be a variable."""
    low = text.lower().rstrip(".")
    if low in nouns.LINKS:
        return int(following[0] in ("word", "cjk"))
    if low in nouns.FILLERS and not (low == "left" and state.units):
        return 1
    if low == "times" and following[0] == "end":
        low = "time"
    elif (
        not nouns.REFUSED.isdisjoint((low, *re.split("[-'’]", low)))
        or any(scale_of(part) is not None for part in low.split("-"))
        or not _may_be_word(text, following)
        or len(state.label) >= LABEL_WORDS
    ):
        return 0
    word = nouns.singular(low)
    if (
        word not in nouns.NOUNS
        and not state.counted
        and following[0] != "word"
        and not nouns.may_be_counted(low)
    ):
        word = "~" + word  # an adjective, a verb or a noun of which there is one
    state.label.append(f"per {word}" if state.sign < 0 else word)
    state.sign = 1
    return 1


def _may_be_word(text: str, following: Token) -> bool:
    """Three letters or more, or two capitals before another word (DS games): less may be variables."""
    return len(text.rstrip(".")) > 2 or (len(text) == 2 and text.isupper() and following[0] == "word")


def _longest(text: str) -> tuple[str, tuple[Reading, ...], int]:
    """The longest unit at the start of a text without blanks: (name, readings, power)."""
    for start in (3, 2, 0):
        power = _SQUARES.get(text[:start], 0) if start else 1
        for length in range(min(7, len(text) - start) if power else 0, 0, -1):
            if readings := find(text[start : start + length]):
                return text[: start + length], readings, power
    return "", (), 1


def _cjk(state: State, text: str) -> int:
    """Take a run of Chinese, Japanese or Korean: units, 每, a counter and what is counted."""
    while text:
        if text[0] == "每":
            state.sign, state.explicit = -1, True
            text = text[1:]
            continue
        if text in ("和", "又", "零"):
            return 1
        name, readings, power = _longest(text) if not state.counted else ("", (), 1)
        rest = text[len(name) :]
        # 分 of a counter's noun, 年级, 天鹅: a unit whose rest is no unit, counter or known noun may be another word.
        if readings and (not rest or rest[0] in "每和又" or rest in counters.NOUNS or rest in _CJK_FILLERS):
            multiply(state, name, readings, power)
            text = "" if rest in _CJK_FILLERS else rest
            continue
        counter = next((c for c in counters.COUNTERS if text.startswith(c)), "")
        noun = text[len(counter) :]
        changes = not counters.FORBIDDEN.isdisjoint(noun) or any(
            "\u3041" <= letter <= "\u309f" for letter in noun
        )
        if changes and noun not in counters.NOUNS:
            return 0
        known = noun in counters.NOUNS or bool(counter)
        state.counted, state.sign = True, 1
        if noun or not counter:
            state.label.append(noun if noun in counters.NOUNS else f"个{noun}" if known else f"?{text}")
        return 1
    return 1
