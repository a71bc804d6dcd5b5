"""What the truth and the prompt know of the words beside an answer's number.

A word that is counted in the prompt, or stands in the truth, is a label that changes nothing, in singular or plural:
"12 otters" where otters were asked for. Not so words that turn a quantity round (`nouns.DIRECTIONS`), adverbs,
participles and parts of a whole, which may well stand there and still change the number.
"""

import re
from dataclasses import replace

from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.units.nouns import DIRECTIONS, REFUSED, changes_number, singulars
from r1data.verifiers.math.units.state import is_known
from r1data.verifiers.math.units.value import Unit
from r1data.verifiers.math.values import Formula, Several, Value

LONGEST = 20_000
"""Most characters of a prompt that are searched for words, from its end."""

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_MORE = frozenset(
    ("more", "less", "fewer", "extra", "additional", "greater", "larger", "smaller", "longer", "shorter", "taller",
     "older", "younger", "pair", "couple", "quarter", "part", "share", "time")
)  # fmt: skip
"""Words that count only where the prompt asks for them: "how many more", "how many pairs"."""
_ASKED = re.compile(r"\b(?:many|much|number of)\s+([^\W\d_]+)", re.I)
_COUNTED = re.compile(
    r"(?:\b(?!1\b)\d[\d,.]*\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]{3,7}teen|[a-z]{3,5}ty"
    r"|dozen|hundred|thousand|million|many|much|number|amount|more|fewer|less|several|few|some|extra|additional|other"
    r"|all|both|these|those|total|of)\b)(?=((?:[\s-]+[^\W\d_]+(?:[-'’][^\W\d_]+)*){1,3}))",
    re.I,
)
"""The words behind a number or a word of quantity: there stands what is counted."""


def words_of(prompt: str | None, truth: str) -> frozenset[str]:
    """The words that are counted in a prompt, and all of a truth's, in all singulars they may have, for `accept`."""
    words = _WORD.findall(truth)
    han = _HAN.findall(truth)
    asked: list[str] = []
    if prompt:
        prompt = prompt[-LONGEST:]
        words += [word for counted in set(_COUNTED.findall(prompt)) for word in _WORD.findall(counted)]
        asked = _ASKED.findall(prompt)
        han += _HAN.findall(prompt)
    known = {one for word in set(words) for one in (word.lower(), *singulars(word))}
    known.update(f"many {one}" for word in set(asked) for one in (word.lower(), *singulars(word)))
    return frozenset((*known, *han))


def accept(value: Value, words: frozenset[str] | None) -> Value:
    """The value without the labels that are among `words`; the value itself where it has no others.

    Args:
        value: the answer's, or the truth's.
        words: from `words_of`; None for a truth, whose own words are all known, but for directions.
    """
    if isinstance(value, Several):
        items = tuple(accept(item, words) for item in value.items)
        return value if items == value.items else replace(value, items=items)
    if not isinstance(value, Number | Formula) or value.unit is None or value.unit.known:
        return value
    return replace(value, unit=_without(value.unit, words))


def _without(unit: Unit, words: frozenset[str] | None) -> Unit:
    label = frozenset(word for word in unit.label if is_known(word) or not _is_among(word, words))
    known = all(map(is_known, label))
    others = tuple(replace(other, label=label, known=known) for other in unit.others)
    return replace(unit, label=label, known=known, others=others)


def _is_among(word: str, words: frozenset[str] | None) -> bool:
    word = word.removeprefix("per ").removeprefix("?")
    if words is None:
        return word not in DIRECTIONS or word in _MORE
    if not word.isascii():
        return any(word in text for text in words if not text.isascii())
    if word in _MORE or word.startswith("~"):
        return f"many {word.removeprefix('~')}" in words
    if word in DIRECTIONS or word in REFUSED or changes_number(word):
        return False
    return not words.isdisjoint((word, *singulars(word)))
