r"""Compares digits in a base above ten (`2A_{16}`), which are no numbers to the other rules.

The base may be left out of the answer, as it may of `11_2`; digits in two bases, and other texts, are left undecided.
"""

import re

_DIGITS = re.compile(r"(-?)(?=[A-Z]*\d|[A-Z]{2}|[a-z]*\d)([0-9A-Za-z]*[A-Za-z][0-9A-Za-z]*)_\{(\d{1,2})\}")
"""With a decimal digit or two capitals at least: `a_{12}` and `A_{12}` are variables."""
_ANY = re.compile(r"(-?)([0-9A-Za-z]+)(?:_\{?(\d{1,2})\}?)?")
_INTEGER = re.compile(r"-?[0-9]{1,1000}")


def same_digits(answer: str, truth: str) -> bool | None:
    """Whether a normal text has the digits of a truth in a base above ten; None if that cannot be said."""
    if "_" not in truth and "_" not in answer:
        return None
    expected, digits = _ANY.fullmatch(truth), _ANY.fullmatch(answer)
    if expected is None or digits is None or not (_DIGITS.fullmatch(truth) or _DIGITS.fullmatch(answer)):
        return None
    base = int(expected[3] or digits[3] or 0)
    if not _are_digits(expected[2], base) or not _are_digits(digits[2], base):
        return None
    if expected[3] and digits[3] and int(expected[3]) != int(digits[3]):
        return None
    same = _plain(expected) == _plain(digits)
    # Without its base, a number of decimal digits may be the value itself.
    if not same and not (expected[3] and digits[3]) and (expected[2].isdigit() or digits[2].isdigit()):
        return None
    return same


def in_another_base(one: str, other: str) -> bool:
    """Whether one normal text names the base of its digits and the other is the same number in decimal digits."""
    for digits, plain in ((_ANY.fullmatch(one), other), (_ANY.fullmatch(other), one)):
        if digits and digits[3] and _INTEGER.fullmatch(plain) and len(digits[2]) < 100:
            base = int(digits[3])
            if 2 <= base <= 36 and all(letter.isascii() and int(letter, 36) < base for letter in digits[2]):
                return int(digits[1] + digits[2], base) == int(plain)
    return False


def _are_digits(text: str, base: int) -> bool:
    return base > 10 and all(int(letter, 36) < base for letter in text if letter.isascii())


def _plain(number: re.Match[str]) -> tuple[str, str]:
    return number[1], number[2].upper().lstrip("0")
