r"""Reads truths: what is none, which text of a solution is the gold, and which other texts say the same.

A truth that is a placeholder (`N/A`, `null`, `-`) is no truth. One that names its value and a rounded decimal
(`\pi \approx 3.14`) is right as either.
"""

import json
import re
from functools import lru_cache

from r1data.verifiers.extraction import extract
from r1data.verifiers.math import decimals, fast, spelling
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.quantities import variables
from r1data.verifiers.math.values import Formula

LIMIT = 1_000
"""Most characters of an answer or a truth."""
ALTERNATIVES = 20
"""Most right answers that a truth may name."""

_HASHES = re.compile(r"\\#\s*\\#")
"""What parts the forms of one answer in golds of the gaokao."""
_SIGNS_OF_MORE = ("#", "~", "pprox", "box", "simeq", "doteq", "\\sim", "≈", "约")
_STARTS_OF_MORE = re.compile(r"\W*[aAcCrRnN]")
_END = re.compile(r"[^\W\d_]\W*\Z")
"""What a truth holds if it is more than its one gold: looked for first, as most are not. The end may hold a bracket."""
_DIGIT = re.compile(r"\d")
_PLACEHOLDER = re.compile(
    r"""[-–—_.…?¿*#~·•/\\|\s$"']*"""
    r"|n\s*[./]\s*a\.?|NA|<NA>|#N/A!?|None|(?:null|nil|nan|tbd|todo|tba|missing|unavailable|unknown|placeholder"
    r"|not\ (?:available|applicable|provided|given)|no\ (?:answer|truth|gold|label)(?:\ (?:given|provided|available))?)"
    r"|\\N|[<\[{(]?\s*(?:your\ |final\ |the\ )?(?:answer|ans|result|solution)(?:\ here)?\s*[>\]})]?",
    re.I,
)
_EXACT = re.compile(r"NA|None|<NA>|\\N")
"""Placeholders in these letters alone: `none` is an answer, and `na` a product."""
_ELSEWHERE = re.compile(
    r"\b(?:see|refer to|shown in|as in)\s+(?:the\s+|our\s+)?"
    r"(?:figure|diagram|graph|plot|picture|image|solution|explanation|proof|answer|table|text|above|below|attached|book|page)",
    re.I,
)
_APPROXIMATE = re.compile(r"(.+?)\s*(?:\\(?:approx|simeq|doteq)(?![a-zA-Z])|≈)\s*(.+)", re.S)
_ROUNDED = re.compile(
    r"(?:(?:about|around|roughly|nearly|circa|ca\.?|约|大约|约为)\s*|\\(?:approx|sim)\s*|[≈~]\s*)(?=[-+$€£¥\d.\\])",
    re.I,
)
_LABEL_IN_BRACKETS = re.compile(r"\d%?\s*\([^\W\d_]")
_LABELLED = re.compile(r"([-+]?[$€£¥]?[\d.,]*\d(?:\s*/\s*\d+)?%?)\s+([^\W\d_][^\d]*)")
_CHANGES = re.compile(
    r"\b(?:or|and|to|than|more|less|not|no|at|least|most|over|under|times|plus|minus|squared|cubed|if|when|per|each)\b",
    re.I,
)


def is_placeholder(truth: str) -> bool:
    """Whether a truth stands for none."""
    if truth[-1:].isdigit() or len(truth) > 60 or _DIGIT.search(truth):
        return False
    text = truth.strip()
    if not _PLACEHOLDER.fullmatch(text):
        return False
    exact = text.casefold() in ("na", "none", "<na>", "\\n")
    return not exact or _EXACT.fullmatch(text) is not None


def points_elsewhere(truth: str) -> bool:
    """Whether a truth is no answer but says where one is: "see the figure"."""
    return _ELSEWHERE.search(truth) is not None


def alternatives(truth: str) -> list[str]:
    r"""The right answers that a truth names: the strings of a JSON list, what `\#\#` parts, or itself."""
    if "\\#" in truth and len(forms := _HASHES.split(truth)) > 1:
        return [form.strip(" $.") for form in forms if form.strip(" $.")][:ALTERNATIVES]
    if (
        not truth.endswith(("]", " ", "\n"))
        or not truth.lstrip().startswith('["')
        or len(truth) > ALTERNATIVES * LIMIT
    ):
        return [truth]
    try:
        golds = json.loads(truth)
    except (ValueError, RecursionError):
        return [truth]
    usable = all(isinstance(gold, str) and gold.strip() for gold in golds) and len(golds) <= ALTERNATIVES
    return golds if usable else [truth]


def extract_truth(truth: str) -> str:
    r"""The answer within a truth: after `####` or in boxes (several are a list) of a solution, else all of it."""
    if "####" in truth:
        return truth.rpartition("####")[2].strip()
    boxes = dict.fromkeys(extract.boxes(truth)) if "box" in truth else ()
    gold = ", ".join(boxes) or truth.strip()
    # A box cut out of its text by hand: `36}`.
    return gold[:-1].rstrip() if gold.endswith("}") and gold.count("}") > gold.count("{") else gold


def golds(truth: str) -> list[str]:
    """The texts that are right: of a list of strings each, and what else a truth says that is right."""
    return _golds_cached(truth) if len(truth) <= fast.CACHED_LENGTH else _golds_uncached(truth)


def _golds_uncached(truth: str) -> list[str]:
    if not _may_say_more(truth):
        return [truth.strip()]
    several = alternatives(truth)
    return _golds(several[0]) if len(several) == 1 else [gold for one in several for gold in _golds(one)]


_golds_cached = lru_cache(maxsize=4096)(_golds_uncached)  # many responses come with one truth
forget = _golds_cached.cache_clear


def _may_say_more(truth: str) -> bool:
    """Whether a truth may be more, or less, than its own text."""
    return (
        any(map(truth.__contains__, _SIGNS_OF_MORE))
        or truth.rstrip().endswith("]")
        or truth.count("{") < truth.count("}")
        or _STARTS_OF_MORE.match(truth) is not None
        or (")" in truth and (end := _END.search(truth)) is not None and ")" in end.group())
    )


def _golds(truth: str) -> list[str]:
    """A truth's gold, then the rounded value that it gives beside it, or its number with less of its label."""
    gold = extract_truth(truth)
    if gold.isdigit() or len(gold) > LIMIT:
        return [gold]
    if "approx" in gold or "≈" in gold or "simeq" in gold or "doteq" in gold:
        return [gold, *_approximated(gold)]
    if _ROUNDED.match(gold.lstrip("$ ")) and (rounded := _ROUNDED.match(plain := spelling.normal(gold))):
        return [gold, plain[rounded.end() :]]
    if ")" in gold and fast.read(gold) is None and _LABEL_IN_BRACKETS.search(gold):
        bare = _without_label(spelling.normal(gold))
        return [gold] if bare is None else [gold, bare]
    return [gold]


def _approximated(gold: str) -> list[str]:
    r"""Both sides of `\pi \approx 3.14`, and what a rounded value is rounded to."""
    sides = _APPROXIMATE.fullmatch(gold.strip().strip("$").strip())
    if sides is None:
        return []
    exact, decimal = sides.groups()
    value = fast.read(exact.rpartition("=")[2])
    constant = isinstance(value, Number) or (isinstance(value, Formula) and not variables(value.form))
    return [exact, decimal] if constant else [decimal]


def is_closer(answer: str, truth: str) -> bool:
    r"""Whether an answer is the exact side of `\pi \approx 3.14` rounded, to more places than the truth's decimal."""
    sides = _APPROXIMATE.fullmatch(truth.strip().strip("$").strip())
    value = decimals.constant(spelling.normal(sides[1].rpartition("=")[2])) if sides else None
    if sides is None or value is None:
        return False
    plain, decimal = spelling.normal(answer), spelling.normal(sides[2])
    return len(plain.partition(".")[2]) > len(decimal.partition(".")[2]) and decimals.rounds(plain, value)


def _without_label(plain: str) -> str | None:
    """A number with as many words of its label as are read; None where the words may change it."""
    labelled = _LABELLED.fullmatch(plain)
    if labelled is None or _CHANGES.search(labelled[2]):
        return None
    words = labelled[2].split()
    for count in range(len(words) - 1, 0, -1):
        text = " ".join([labelled[1], *words[:count]])
        if isinstance(fast.read(text), Number):
            return text
    return labelled[1]
