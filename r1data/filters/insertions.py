"""Finds words of a foreign language by their script: English in Chinese thoughts, Chinese in Japanese ones.

Latin letters occur in the formulae of every language, so not all of them count: acronyms, identifiers, functions,
units, names and words of the prompt are ignored; words of a Latin-script language are not.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from r1data.filters import detector
from r1data.filters.limits import LIMITS, FilterLimits, Limit
from r1data.filters.masking import masked
from r1data.filters.scripts import HAN, KANA, LATIN, count_words
from r1data.filters.vocabulary import (
    ALPHABET,
    CODE_WORDS,
    ENGLISH_MARKS,
    TERMS,
    TITLE_WORDS,
    accented_letters,
    function_words,
    tell_tale,
)

_RUN = re.compile(f"[{LATIN}][{LATIN}0-9_.()'’-]*(?:,? +[{LATIN}][{LATIN}0-9_.()'’-]*)*")
_WORD = re.compile(f"(?<![{LATIN}0-9_])(?<![{LATIN}0-9_]\\.)[{LATIN}]{{2,}}(?![{LATIN}0-9_(])")
# Bounded: a quotation mark that nothing closes costs 60 characters, and not the rest of the text.
_QUOTED = re.compile(r'["“«「『《][^"“”«»「」『』《》\n。.!?]{1,60}["”»」』》]')
_LETTERS = re.compile(f"[{LATIN}]{{2,}}")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_HAN_LETTER = re.compile(f"[{HAN}]")
_HAN_RUN = re.compile(f"[{HAN}]+")
_WITHOUT_KANA = re.compile(f"[^。！？\n.!?{KANA}]+")

LATIN_WORDS = Limit("latin_words", 6, "different lower-case Latin words in a line of another script")
LATIN_SHARE = Limit("latin_share", 0.05, "share of all words that so many are, where no single line has them")
INSERTION_LIMITS = (LATIN_WORDS, LATIN_SHARE)

SHORTEST = 4
"""Words of the shortest run that can be language without an English function word."""
FIRST = frozenset(("zh", "ja", "ko", "ru", "ar", "hi", "th"))
LATER = ("nl", "id", "tr", "pl", "sw")
"""In thoughts in the languages of `FIRST`, where terms of European languages are common, one word proves only the
languages of `LATER`."""
_CHINESE_PARTICLES = frozenset("的是了们这那就也都你她吗呢吧")


def prompt_words(prompt: str) -> frozenset[str]:
    """The Latin words of a prompt, lower case."""
    return frozenset(re.findall(f"[{LATIN}]{{2,}}", prompt.lower()))


def latin_runs(text: str) -> Iterator[list[str]]:
    """For each run of Latin words in masked text, the ordinary words: no acronyms, identifiers, functions or units."""
    for run in _RUN.finditer(_QUOTED.sub(" ", text)):
        words = [word for word in _WORD.findall(run.group()) if _is_word(word)]
        if words:
            yield words


def _is_word(word: str) -> bool:
    # `ABC` is an acronym, and `toString` an identifier.
    return not word.isupper() and word[1:].islower() and word.lower() not in TERMS


def foreign_words(text: str, in_prompt: frozenset[str] = frozenset(), target: str = "") -> list[str]:
    """The Latin words in masked text of another script that are neither names nor words of the prompt.

    Two letters only count if some language has them as a function word: `ab` and `dx` are variables.
    """
    foreign: list[str] = []
    for words in latin_runs(text):
        is_language = _is_language(words, in_prompt, target)
        foreign += [
            word
            for word in words
            if word.lower() not in in_prompt
            and (
                is_language or (word[0].islower() and (len(word) > 2 or word in two_letter_function_words()))
            )
        ]
    return foreign


def may_count(line: str, target: str = "") -> bool:
    """Whether a line may have foreign words after its maths and code are masked."""
    return "$$" in line or bool(foreign_words(masked(line), target=target))


@lru_cache(maxsize=1)
def two_letter_function_words() -> frozenset[str]:
    """Function words of any Latin-script language, of two letters or more."""
    return frozenset(
        word for word in frozenset().union(*function_words().values(), ENGLISH_MARKS) if len(word) > 1
    )


def has_foreign_words(
    text: str, in_prompt: frozenset[str] = frozenset(), limits: FilterLimits = LIMITS, target: str = ""
) -> bool:
    """Whether masked text of another script (of the language `target`) switches to a Latin-script language somewhere.

    Enough are: one English function word; one run with function words of another language, or with one such word or
    letters of that language's own if the n-gram detector is sure of it; or `LATIN_WORDS` different
    lower-case words of four letters or more, in one line or as a share `LATIN_SHARE` of all words. (Long thoughts about
    programs name many such words, hence the share.)
    """
    fewest = limits[LATIN_WORDS]
    everywhere: set[str] = set()
    for line in text.split("\n"):
        plain: set[str] = set()
        for words in latin_runs(line):
            if _is_language(words, in_prompt, target):
                return True
            plain.update(
                word for word in words if len(word) >= 4 and word.islower() and word not in in_prompt
            )
        if len(plain) >= fewest:
            return True
        everywhere |= plain
    if len(everywhere) < fewest:
        return False
    return len(everywhere) >= limits[LATIN_SHARE] * sum(count_words(text).values())


def may_be_language(line: str) -> bool:
    """Whether a run of words in a line could be language (`has_foreign_words`), whatever would be masked in it."""
    words = [word.lower() for word in _LETTERS.findall(_COMMAND.sub(" ", line)) if _is_word(word)]
    marks = [word for word in words if word in ENGLISH_MARKS]
    if any(word not in CODE_WORDS for word in marks):
        return True
    if len(words) < SHORTEST:
        return False
    several = len(marks) >= 2 or _hits(words, function_words()["en"], frozenset()) >= 2
    return several or bool(_suspected(words, "", frozenset()))


def _is_language(words: list[str], in_prompt: frozenset[str], target: str) -> bool:
    """Whether a run of words is language rather than a term or a title."""
    lower = [word.lower() for word in words]
    marks = [word for word in lower if word in ENGLISH_MARKS and word not in in_prompt]
    enough = any(word not in CODE_WORDS for word in marks) or (len(words) >= 4 and len(marks) >= 2)
    if enough and not _is_title(words, marks):
        return True
    if len(words) < SHORTEST:
        return False
    several = any(_hits(lower, small, in_prompt) >= 2 for small in function_words().values())
    if several:
        return not _is_title(words, lower)
    names = sum(word[0].isupper() for word in words[1:])
    return 2 * names < len(words) and any(
        detector.is_sure(" ".join(lower), tag) for tag in _suspected(lower, target, in_prompt)
    )


def _suspected(words: list[str], target: str, in_prompt: frozenset[str]) -> list[str]:
    """The languages that a run of lower-case words may be in: it has a word of theirs, or an accented letter."""
    strange = {letter for word in words if not word.isascii() and word not in in_prompt for letter in word}
    if target in FIRST:
        return [
            tag
            for tag in LATER
            if _hits(words, tell_tale("en")[tag], in_prompt) or not strange.isdisjoint(accented_letters(tag))
        ]
    english = function_words()["en"]
    return [
        tag
        for tag, small in function_words().items()
        if tag != "en"
        and (_hits(words, small - english, in_prompt) or not strange.isdisjoint(ALPHABET.get(tag, "")))
    ]


def _hits(words: Iterable[str], small_words: frozenset[str], in_prompt: frozenset[str]) -> int:
    return sum(word in small_words and word not in in_prompt for word in words)


def _is_title(words: list[str], marks: list[str]) -> bool:
    """Whether all words but the small ones are capitalised, as in "The Lord of the Rings"."""
    major_words = [word for word in words if word.lower() not in TITLE_WORDS]
    return (
        bool(major_words)
        and all(word[0].isupper() for word in major_words)
        and (len(words) > 1)
        and not ({word.lower() for word in major_words} & set(marks) & ENGLISH_MARKS)
    )


def chinese_in_japanese(text: str) -> int:
    """The number of Han characters in the passages of a Japanese text that are Chinese.

    Such a passage has no kana, and it has two characters that only Chinese uses, or three Chinese particles, or one of
    each.
    """
    total = 0
    for stretch in _WITHOUT_KANA.findall(text):
        han = "".join(_HAN_RUN.findall(stretch))
        if _is_chinese(
            sum(map(chinese_only().__contains__, han)), sum(map(_CHINESE_PARTICLES.__contains__, han))
        ):
            total += len(han)
    return total


def _is_chinese(characters: int, particles: int) -> bool:
    return characters >= 2 or particles >= 3 or (characters > 0 and particles > 0)


def may_be_chinese(text: str) -> bool:
    """Whether a text has enough characters for a Chinese passage in Japanese, wherever they are."""
    letters = Counter(_HAN_LETTER.findall(text))
    return _is_chinese(
        sum(count for letter, count in letters.items() if letter in chinese_only()),
        sum(letters[letter] for letter in _CHINESE_PARTICLES),
    )


@lru_cache(maxsize=1)
def chinese_only() -> frozenset[str]:
    """The characters of GB 2312 (China) that cp932 (Japan) lacks: mostly simplified forms."""
    return frozenset(
        c for c in map(chr, range(0x4E00, 0xA000)) if _writes("gb2312", c) and not _writes("cp932", c)
    )


def _writes(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
