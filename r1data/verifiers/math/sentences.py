r"""Finds the one value that a sentence gives: "So we get $x=3$.", "Tom has 12 apples.", "…18元。"

A sentence that concludes ("therefore", "so", …) with its one value at its end answers by itself; one that merely holds
one value ("Tom has 12 apples.") answers only where it is announced ("Answer: Tom has 12 apples.") or the reader is
lenient. A sentence that hedges, denies, asks or counts several values gives none.

Not covered: values in words, values over several sentences.
"""

import re

from r1data.verifiers.extraction import announcements, objections
from r1data.verifiers.math import fast
from r1data.verifiers.math.formulas import is_formula
from r1data.verifiers.math.numbers import Number

LIMIT = 400
"""Most characters of a sentence. Ours."""

_SIGN = r"(?:(?<![\w\d)]) ?[-+−])?"
_AMOUNT = (
    rf"{_SIGN}(?:[$€£¥₹₩][ ]?)?(?:\d{{1,3}}(?:,\d{{3}})+(?![\d])|\d+)(?:\.\d+)?"
    r"(?:[ ]?[/:：][ ]?\d+(?:\.\d+)?|(?:[eE][-+]?\d+)?)(?:[ ]?\\?%|°)?(?![-–—~～][ ]?[\d$]|[.,]?\d)"
)
_VALUE = re.compile(
    r"\$\$?(?P<dollars>(?=\S)[^$\n]{1,200}?(?<=\S))\$\$?(?!\d)|\\\((?P<inline>[^\n]{1,200}?)\\\)"
    r"|\\\[(?P<display>[^\n]{1,200}?)\\\]"
    r"|(?P<interval>[\[(]\s*[-+]?[\d∞][^()\[\]\n]{0,40}[,，][^()\[\]\n]{1,40}[\])])"
    rf"|(?P<named>(?<![A-Za-z0-9_])[A-Za-z]\w?\s*(?:=|≤|≥|<|>)\s*{_AMOUNT})"
    rf"|(?P<amount>(?<![\d.,])(?<![\d][-])(?:(?<![A-Za-z_])|(?<=[a-z]\s)){_AMOUNT}(?![A-Za-z]?\d))"
)
_PROSE_IN_FORMULA = re.compile(r"(?<![\\a-zA-Z])[A-Za-z]{3,}|\b(?:and|to|or|is)\b")
_SENTENCE = re.compile(
    r"[。！!？\n]|[.](?<!\bsq\.)(?<!\bft\.)(?<!\bp\.m\.)(?<!\ba\.m\.)(?=[\s*_)\"”'’]|$)|\?(?=[\s*_)\"”'’]|$)"
)
_CONCLUDES = re.compile(
    rf"^[^\w\n]{{0,6}}(?:and\s+|but\s+|now,?\s+)?(?:{announcements.pattern('therefore')})(?:(?<=[\u0e00-\uffff])|(?!\w))|[,，;；]\s*"
    rf"(?:{announcements.pattern('therefore')})(?:(?<=[\u0e00-\uffff])|(?!\w))|所以|因此|故",
    re.I,
)
_COUNTING = re.compile(
    r"(?:page|step|chapter|question|problem|figure|fig\.|line|equation|eq\.|case|example|part|section|theorem"
    r"|lemma|exercise"
    r"|item|no\.|number|option|table|row|column|day|week|year|level|version|第|步骤|图|表)\s*$",
    re.I,
)
_UNIT_BEHIND = re.compile(r"[ ]?(?:\\?%|[^\W\d_]{1,15}(?:[ ][^\W\d_]{1,15}){0,2})")
_NO_LABELS = frozenset(
    ("in", "on", "at", "for", "every", "each", "altogether", "total", "and", "with", "to", "of", "from", "left", "now",
     "today", "by", "that", "which", "as", "so", "then", "when", "because", "since", "until", "after", "before",
     "there",
     "here", "is", "are", "was", "remaining", "again", "too", "also", "only", "the", "a", "an", "have", "has", "had")
)  # fmt: skip
"""Words behind a number that do not belong to it."""
_DIRECTION = re.compile(
    r"[ ](?:due[ ])?(?:north|south|east|west|left|right|up|down|above|below|before|after|ago)\w{0,8}", re.I
)
_END = re.compile(r"[\s.。!！*_)）\]}\"”'’]*$")
_WORDS_BEHIND = re.compile(r"[ ]?(?:[^\W\d_]+[ ]?){0,3}[\s.。!！*_)）\"”'’]*$")
_CHANGED_BEHIND = re.compile(r"(?:st|nd|rd|th)\s+[a-z]|\s+(?:and\s+(?:an?|one|two|three)\b|point\b)", re.I)
_VERB_BEHIND = re.compile(
    r"\b(?:is|are|was|were|be|lies?|fails?|seems?|looks?|works|cannot|does|did|would|will|has|have|too)\b|是|太|不",
    re.I,
)
_IS_IT = re.compile(
    r"\s+is\s+(?:the|our|indeed the)\s+(?:smallest|largest|greatest|least|only|unique|required|desired|minimum"
    r"|maximum|minimal"
    r"|maximal|solution|answer|number|value)\b"
)
_STATES = re.compile(r"(?:\b(?:is|are|was|equals|est|ist|es|è|é)|=|是|为|為|等于)\s*\Z", re.I)
_LINK = re.compile(
    r"(?:\b(?:is|are|was|equals|get|gets|got|gives?|obtain|find|have|has|yields?|makes?)|=|是|为|為|等于|得到?|解得|求得|有"
    r"|需要|共|:|：)\s*$"
)
_CHANGED = re.compile(
    r"(?:\b(?:minus|negative|plus|times|over|by|than|root|root of|logarithm of|power of|half|half of"
    r"|twice|double|triple|percent of|square|square of|cube of|fraction|thirds?|log|ln|sin|cos|tan)"
    r"|√|根号|负|之|减|加|乘以?|除以|零下|正负|±|倍|方|对数|比|大于|小于)\s*$",
    re.I,
)
"""What stands before a number and makes another one of it."""


def last_sentence(text: str) -> str:
    """The last sentence of the last line, without its full stop."""
    line = text.rstrip()
    line = line[line.rfind("\n") + 1 :][-2 * LIMIT :]
    start = 0
    for end in _SENTENCE.finditer(line):
        if line[end.end() :].strip(" *_)\"”'’$"):
            start = end.end()
    return line[start:].strip()


def one_value(sentence: str) -> str | None:
    """The only value of a sentence, as written, with the unit or scale behind it; None where it has none or several."""
    values = _values(sentence)
    if len(values) != 1 or len(sentence) > LIMIT or _doubts(sentence, values):
        return None
    value, start, end = values[0]
    before = sentence[:start]
    if _CHANGED_BEHIND.match(sentence, end):
        return None
    return None if _COUNTING.search(before) or _CHANGED.search(before) else _with_unit(value, sentence[end:])


def conclusion(sentence: str) -> str | None:
    """The value at the end of a sentence that concludes; None where it gives none."""
    if len(sentence) > LIMIT:
        return None
    start = max((clause.start() for clause in _CONCLUDES.finditer(sentence)), default=-1)
    return _closing_value(sentence[start:]) if start >= 0 else None


def linked_value(sentence: str) -> str | None:
    """The value at the end of a sentence's last clause, behind "is", "we get", `得到` and the like."""
    if len(sentence) > LIMIT:
        return None
    values = _values(sentence)
    start = _clause_start(sentence, values[-1][1]) if values else 0
    return _closing_value(sentence[start:], linked=True) if values else None


def stated_value(sentence: str) -> str | None:
    """The only value of a sentence, at its end behind "is" and the like: "The point is $(1,2)$."."""
    values = _values(sentence)
    verb = _STATES.search(sentence[: values[0][1]]) if len(values) == 1 and len(sentence) <= LIMIT else None
    if verb is None or objections.spoils(sentence[: verb.start()]):
        return None
    return _closing_value(sentence)


def states_another(sentence: str) -> bool:
    """Whether a sentence says "is" of a value before the one at its end: "the minimum is 12, attained at x = 1"."""
    verbs = (_STATES.search(sentence[:start]) for _, start, _ in _values(sentence)[:-1])
    return any(verb is not None and not verb.group().startswith("=") for verb in verbs)


def _clause_start(sentence: str, end: int) -> int:
    """Where the clause begins that holds the text before `end`."""
    places = ((sentence.rfind(mark, 0, end), mark) for mark in (", ", "，", "; ", "；", ": ", "\n"))
    return max((place + len(mark) for place, mark in places if place >= 0), default=0)


def _closing_value(clause: str, *, linked: bool = False) -> str | None:
    """The value that a clause ends in: its only one, or one behind a verb such as "is"."""
    values = _values(clause)
    if not values or _doubts(clause, values):
        return None
    value, start, end = values[-1]
    before, behind = clause[:start], clause[end:]
    is_named = len(values) == 1 and _IS_IT.match(behind) is not None
    ends = _END.fullmatch(behind) or (len(behind) <= 30 and _WORDS_BEHIND.fullmatch(behind))
    if not ends and not is_named:
        return None
    if _VERB_BEHIND.search(behind) and not is_named:
        return None
    if (linked or len(values) > 1) and not _LINK.search(before):
        return None
    return None if _COUNTING.search(before) or _CHANGED.search(before) else _with_unit(value, behind)


def _values(sentence: str) -> list[tuple[str, int, int]]:
    """(the value as written, its start, its end) of all values of a sentence."""
    values = []
    position = 0
    while match := _VALUE.search(sentence, position):
        kind = match.lastgroup or ""
        text = match.group(kind)
        if kind == "dollars" and _PROSE_IN_FORMULA.search(text):
            # Two amounts of money rather than a formula: read on behind the first sign.
            amount = re.compile(_AMOUNT).match(sentence, match.start())
            if amount:
                values.append((amount.group(), match.start(), amount.end()))
            position = amount.end() if amount else match.start() + 1
            continue
        values.append((text.strip(), match.start(), match.end()))
        position = match.end()
    return values


def _doubts(sentence: str, values: list[tuple[str, int, int]]) -> bool:
    """Whether the sentence hedges, denies or asks, outside of its values."""
    rest, position = [], 0
    for _, start, end in values:
        rest.append(sentence[position:start])
        position = end
    prose = " ".join([*rest, sentence[position:]])
    return objections.doubts(prose)


def _with_unit(value: str, behind: str) -> str:
    """The value with the unit, label or scale ("5 million") that follows it, so that none of them is lost.

    A word that the reader of quantities does not know stays with the number too: the pair is undecided then.
    """
    if not (words := _UNIT_BEHIND.match(behind)) or not value[-1:].isdigit():
        return value
    text = words.group()
    first = text[:3] if not text.isascii() else " ".join(text.split(" ")[: 2 if text.startswith(" ") else 1])
    if first.strip().casefold() in _NO_LABELS:
        return value
    while text.strip():
        number = fast.read(value + text)
        if isinstance(number, Number) and (number.unit is None or number.unit.known):
            direction = _DIRECTION.match(behind, len(text))
            return value + text + (direction.group() if direction else "")
        text = text[:-1] if not text.isascii() else text.rpartition(" ")[0]
    return value + first


def announced_value(text: str) -> str | None:
    """The value of an announced text that cannot be read whole: "twelve (12)", "12 (since 3*4 = 12)", a sentence."""
    if len(text) > LIMIT:
        return None
    for shorter in _shortened(text):
        if fast.read(shorter) is not None or is_formula(shorter):
            return shorter
    sentence = last_sentence(text)
    if value := (sentence != text.strip() and conclusion(sentence)) or linked_value(sentence):
        return value
    # "January 5" and "Quadrant 1" are no sentences that give a number.
    words = re.findall(r"[^\W\d_]+", re.sub(r"\$[^$]*\$", "", text))
    if len(words) >= 3 or not text.isascii():
        return one_value(text)
    return None


_WORDED = re.compile(r"([A-Za-z][A-Za-z -]{0,60}?)\s*\(\s*(-?[\d,.]+)\s*\)")
_COLON = re.compile(r":\s+(?=[^:]*[^\W\d_]{3})")


def _shortened(text: str) -> list[str]:
    """Shorter texts that say the same answer, where the rest cannot change it."""
    texts = []
    worded = _WORDED.fullmatch(text)
    if worded and number_of_words(worded.group(1)) == worded.group(2).replace(",", ""):
        texts.append(worded.group(2))
    if text.count("$") >= 2 and text.count("$") % 2 == 0 and not _PROSE_IN_FORMULA.search(text):
        texts.append(text.replace("$", ""))
    colon = _COLON.search(text)
    if colon and not objections.doubts(text[colon.start() :]):
        texts.append(text[: colon.start()].strip())
    return texts + objections.without_reasons(text)


_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen",    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMERALS = {word: number for number, word in enumerate(_ONES)} | {
    word: 10 * n for n, word in enumerate(_TENS, 2)
}
_POWERS = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}


def number_of_words(text: str) -> str | None:
    """The digits of an English number word, up to billions; None for any other text."""
    total = current = 0
    words = text.casefold().replace("-", " ").split()
    negative = words[:1] in (["minus"], ["negative"])
    words = [word for word in words[negative:] if word != "and"]
    if not words:
        return None
    for word in words:
        if word in _NUMERALS:
            current += _NUMERALS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _POWERS:
            total, current = total + max(current, 1) * _POWERS[word], 0
        else:
            return None
    return f"{'-' if negative else ''}{total + current}"


_BOLD = re.compile(r"\*\*([^*\n]{1,100})\*\*|(?<!\w)__([^_\n]{1,100})__")


def bold_value(text: str) -> str | None:
    """The value of the last line's only bold text ("**12 apples** are left."), where the line holds no other value."""
    line = text.rstrip()
    line = line[line.rfind("\n") + 1 :]
    if ("**" not in line and "__" not in line) or len(line) > LIMIT:
        return None
    bold = _BOLD.findall(line)
    if len(bold) != 1:
        return None
    value = (bold[0][0] or bold[0][1]).strip()
    rest = _BOLD.sub(" ", line)
    if (
        any(mark.isdigit() or mark in "$\\" for mark in rest)
        or objections.doubts(rest)
        or not value[:1].strip(":")
    ):
        return None
    return value if fast.read(value) is not None and any(mark.isdigit() for mark in value) else None


def offered_value(offer: str) -> str | None:
    """The value that a text offers beside an answer; None where it holds none, or is more than a few words."""
    if fast.read(offer) is not None and any(mark.isdigit() for mark in offer):
        return offer
    if len(re.findall(r"[^\W\d_]+", offer)) > 4:
        return None
    values = _values(offer)
    return values[0][0] if len(values) == 1 else None
