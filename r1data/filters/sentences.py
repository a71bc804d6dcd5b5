"""Sentences of another language in the same script: a French sentence in English thoughts.

A sentence is doubtful if its function words, or letters with diacritics, suggest another language; a doubtful one is
foreign if the n-gram detector agrees. The detector is a thousand times slower than counting words, and counting words
first spares it nearly all text.
"""

import itertools
import re
from collections.abc import Iterable, Iterator

from r1data.filters import detector
from r1data.filters.limits import LIMITS, FilterLimits, Limit
from r1data.filters.scripts import LATIN, LATIN_WORDS
from r1data.filters.vocabulary import (
    ALPHABET,
    NAME_WORDS,
    TERMS,
    TITLE_WORDS,
    distinct,
    function_words,
    suspects,
    tell_tale,
    telling_letters,
)

_WORD = re.compile(
    f"(?<![{LATIN}0-9_^*/=])(?<![{LATIN}0-9][.@-])[{LATIN}]{{2,}}(?![{LATIN}0-9_(^*/=]|[.@][{LATIN}0-9])"
)
_DIACRITICS = re.compile("[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_PUNCTUATION = re.compile("[,'’;:()]+")
# The lookbehinds let a run of marks match from its start alone. Without them each of ten thousand dots would be tried
# as a start, and each try would scan the rest: quadratic time.
_SENTENCES = re.compile(r"(?<![.!?;…])[.!?;…]+[\"')\]”»]*(?:\s+|$)|\n+")
_CLAUSES = re.compile(r"(?<![,:()–—])[,:()–—]+\s")
LIKELY, SURE = 0.5, 0.9
"""The probability of another language at which a doubtful sentence is foreign, for strong and for weak doubt."""
WORDS = Limit("sentence_words", 4, "words of the shortest sentence that is judged")
LETTERS = Limit("sentence_letters", 20, "letters of the shortest sentence that is judged")
FUNCTION_WORDS = Limit(
    "foreign_function_words", 2, "function words of another language that make a sentence doubtful"
)
DIACRITICS = Limit("foreign_diacritics", 0.25, "share of words with letters that the language does not write")
DETECTOR_CALLS = Limit("detector_calls", 64, "sentences of a text that the n-gram detector is asked about")
QUOTED = Limit("quoted_share", 0.6, "share of the prompt's words that makes a sentence a quotation")
SENTENCE_LIMITS = (WORDS, LETTERS, FUNCTION_WORDS, DIACRITICS, DETECTOR_CALLS, QUOTED)
_QUOTED = re.compile(r'["“«„][^"“”«»„\n.!?]{1,60}["”»“]')


def foreign_sentences(
    text: str, target: str, quoted: frozenset[str] = frozenset(), limits: FilterLimits = LIMITS
) -> Iterator[list[str]]:
    """The words of each sentence or clause of masked Latin-script text that is not in the target language.

    Args:
        text: masked text in Latin script.
        target: the expected language, a primary subtag; nothing is yielded if the detector has no profile of it.
        quoted: the words of the prompt in lower case; a sentence made of them is a quotation.
        limits: the thresholds. After `DETECTOR_CALLS` doubtful sentences the detector is no longer called: sentences
            with strong doubt then count as foreign, those with weak doubt do not.
    """
    if not detector.is_known(target) or not _is_suspect(text, target):
        return
    # A count for each kind of doubt, so that many weak doubts do not use up the calls for the strong ones.
    calls = {LIKELY: itertools.count(), SURE: itertools.count()}

    def foreign(part: str) -> list[str]:
        words, certainty = _doubtful_words(part, target, quoted, limits)
        if words and next(calls[certainty]) < limits[DETECTOR_CALLS]:
            return words if _is_foreign(words, target, certainty) else []
        return words if certainty == LIKELY else []

    for sentence in _SENTENCES.split(_QUOTED.sub(" ", text)):
        if not _is_suspect(sentence, target):
            continue
        if whole := foreign(sentence):
            yield whole
            continue
        clauses = _CLAUSES.split(sentence)
        if len(clauses) > 1:
            yield from filter(None, map(foreign, clauses))


def _is_foreign(words: list[str], target: str, certainty: float) -> bool:
    sentence = " ".join(words)
    if detector.disagrees(sentence, target, certainty):
        return True
    telling = tell_tale(target)
    rare = [tag for tag in detector.RARE if tag != target and not telling[tag].isdisjoint(words)]
    return any(detector.disagrees(sentence, target, certainty, (*detector.LANGUAGES, tag)) for tag in rare)


def may_be_foreign(line: str, target: str, limits: FilterLimits = LIMITS) -> bool:
    """Whether a sentence of a line could be doubtful, whatever would be masked in it."""
    words = set(LATIN_WORDS.findall(line))
    by_language, own = function_words(), function_words().get(target, frozenset())
    small = {word.lower() for word in words}
    for other, telling in tell_tale(target).items():
        hits = by_language[other] & small
        if hits & telling or len(hits - own) >= limits[FUNCTION_WORDS]:
            return True
    if has_telling_letters(words, target):
        return True
    alphabet = ALPHABET.get(target)
    return alphabet is not None and any(
        not word.isascii() and word[0].islower() and _has_letter_beyond(word, alphabet) for word in words
    )


def has_telling_letters(words: Iterable[str], target: str) -> bool:
    """Whether a lower-case word has a letter that only Polish or Turkish writes, and the target is another language."""
    telling = telling_letters(target)
    return any(not word.isascii() and word[0].islower() and not telling.isdisjoint(word) for word in words)


def _has_letter_beyond(word: str, alphabet: str) -> bool:
    return any(not c.isascii() and c not in alphabet for c in word)


def _is_suspect(text: str, target: str) -> bool:
    """Whether a text has a word or a letter that could make a sentence doubtful."""
    if not text.isascii() and _DIACRITICS.search(text):
        return True
    return not suspects(target).isdisjoint(_PUNCTUATION.sub(" ", text.lower()).split())


def _doubtful_words(
    sentence: str, target: str, quoted: frozenset[str], limits: FilterLimits
) -> tuple[list[str], float]:
    """The words of a doubtful sentence and the probability that the detector must reach for it.

    No words if the sentence is too short, not doubtful, or a quotation of the prompt.
    """
    if len(sentence) < limits[LETTERS]:
        return [], 0.0
    words = [word for word in _WORD.findall(sentence) if word not in TERMS]
    if len(words) < limits[WORDS] or sum(map(len, words)) < limits[LETTERS]:
        return [], 0.0
    words = _untitled(words, NAME_WORDS if target == "en" else TITLE_WORDS | NAME_WORDS)
    words = [word.lower() if not index or sentence.isupper() else word for index, word in enumerate(words)]
    certainty = _certainty(words, target, limits)
    in_prompt = sum(word.lower() in quoted for word in words) if quoted else 0
    if not certainty or in_prompt >= limits[QUOTED] * len(words):
        return [], 0.0
    return words, certainty


def _untitled(words: list[str], small_words: frozenset[str]) -> list[str]:
    """The words without the small ones between capitalised words ("of the" in "The Lord of the Rings")."""
    others: list[str] = []
    small: list[str] = []
    for word in words:
        if word in small_words:
            small.append(word)
            continue
        inside = word[0].isupper() and others and others[-1][0].isupper()
        others += [word] if inside else [*small, word]
        small = []
    return others + small


def _certainty(words: list[str], target: str, limits: FilterLimits) -> float:
    """The probability that the detector must reach for a sentence; 0 if nothing suggests another language.

    Evidence is function words and diacritics of another language; capitalised words are taken for names and ignored.
    Words that both languages share only count if no word of the sentence is the target's own. A single word or a single
    foreign letter is weak evidence, and then the detector must be nearly certain (`SURE`).
    """
    by_language = function_words()
    own = by_language.get(target, frozenset())
    enough_foreign = limits[FUNCTION_WORDS]
    is_prose = len(words) > limits[WORDS] and not _is_named(words)
    little_doubt = _has_strange_letters(words, target)
    for other, telling in tell_tale(target).items():
        hits = by_language[other].intersection(words)
        if not hits:
            continue
        unlike_ours = sum(word in telling for word in hits)
        ours = sum(word in own and word not in by_language[other] for word in words)
        if unlike_ours >= enough_foreign and unlike_ours > ours:
            return LIKELY
        several = len(hits) >= enough_foreign
        foreign_alone = len(hits - own) >= enough_foreign and not _is_named(words)
        if not ours and several and (unlike_ours or foreign_alone):
            return LIKELY
        little_doubt = little_doubt or (is_prose and not ours and unlike_ours > 0)
    if _has_foreign_diacritics(words, target, limits):
        return LIKELY
    little_doubt = little_doubt or has_telling_letters(words[1:], target)
    return SURE if little_doubt else 0.0


def _is_named(words: list[str]) -> bool:
    """Whether a sentence consists largely of capitalised words, that is of names with the small words in them."""
    return sum(word[0].islower() for word in words) < 0.6 * len(words)


def _has_strange_letters(words: list[str], target: str) -> bool:
    """Whether a lower-case word has a letter that the target does not use, while no word is the target's alone.

    Never true for English: it has no such letters of its own, but borrows words that have them.
    """
    alphabet = ALPHABET.get(target)
    if not alphabet or not distinct(target).isdisjoint(words):
        return False
    # But for the first word: `_doubtful_words` made it lower case, and it may be a name.
    return any(word[0].islower() and _has_letter_beyond(word, alphabet) for word in words[1:])


def _has_foreign_diacritics(words: list[str], target: str, limits: FilterLimits) -> bool:
    alphabet = ALPHABET.get(target)
    if alphabet is None or not function_words().get(target, frozenset()).isdisjoint(words):
        return False
    strange = sum(word[0].islower() and _has_letter_beyond(word, alphabet) for word in words[1:])
    return strange >= limits[DIACRITICS] * len(words)
