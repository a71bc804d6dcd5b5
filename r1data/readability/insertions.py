"""Words of another language among letters of another script: English in Chinese thoughts, Chinese in Japanese ones.

Latin letters stand in every language's formulae, so they are weighed: acronyms, identifiers, functions, units, names and
whatever the prompt says pass; words of a language do not.
"""

import re
from collections.abc import Iterable, Iterator

from r1data.readability.limits import LIMITS, Limits
from r1data.readability.scripts import HAN, KANA, LATIN
from r1data.readability.vocabulary import CODE_WORDS, ENGLISH_MARKS, TERMS, TITLE_WORDS, function_words

_RUN = re.compile(f"[{LATIN}][{LATIN}0-9_.()'’-]*(?:,? +[{LATIN}][{LATIN}0-9_.()'’-]*)*")
_WORD = re.compile(f"(?<![{LATIN}0-9_])(?<![{LATIN}0-9_]\\.)[{LATIN}]{{2,}}(?![{LATIN}0-9_(])")
_QUOTED = re.compile(r'["“«「『《][^"“”«»「」『』《》\n。.!?]{1,60}["”»」』》]')
_HAN_RUN = re.compile(f"[{HAN}]+")
_SENTENCE = re.compile(r"[^。！？\n.!?]+")
_KANA = re.compile(f"[{KANA}]")

CHINESE_ONLY = frozenset(
    "们这么为说对时间过还让给吗呢吧没从开关设计题证验结论实际变换错误数处单动长门问头见车电边达运远进选适输轮转较轻载连迟钟银铁"
    "阳阴阶队则个你她它很哪怎啊哦嗯并两总满样种点当发现应该检查义乘减于几与级续组线细终经给绝统继维综编缩网罗职联肤"
)
"""Characters that Chinese writes and Japanese does not: simplified forms and words such as 你 and 这."""
_SHARED = frozenset("数点当様計則両総発現並与乗満時間動長問頭見運進論実")


def prompt_words(prompt: str) -> frozenset[str]:
    """The Latin words of a prompt, lower case."""
    return frozenset(re.findall(f"[{LATIN}]{{2,}}", prompt.lower()))


def latin_runs(text: str) -> Iterator[list[str]]:
    """For each stretch of Latin words in masked text, those that are words: no acronym, identifier, function or unit."""
    for run in _RUN.finditer(_QUOTED.sub(" ", text)):
        words = [word for word in _WORD.findall(run.group()) if _is_word(word)]
        if words:
            yield words


def _is_word(word: str) -> bool:
    return not word.isupper() and word[1:].islower() and word.lower() not in TERMS


def foreign_words(text: str, said: frozenset[str] = frozenset()) -> list[str]:
    """The Latin words in masked text of another script that are neither names nor in the prompt (`said`)."""
    found: list[str] = []
    for words in latin_runs(text):
        sentence = _speaks(words, said)
        found += [word for word in words if word.lower() not in said and (sentence or word[0].islower())]
    return found


def has_foreign_words(text: str, said: frozenset[str] = frozenset(), limits: Limits = LIMITS) -> bool:
    """Whether masked text of another script falls into a Latin-script language.

    It does with one English function word, one stretch that has function words of another language, or
    `limits.latin_words` different lower-case words of four letters or more.
    """
    plain: set[str] = set()
    for words in latin_runs(text):
        if _speaks(words, said):
            return True
        plain.update(word for word in words if len(word) >= 4 and word.islower() and word not in said)
    return len(plain) >= limits.latin_words


def _speaks(words: list[str], said: frozenset[str]) -> bool:
    """Whether a stretch of words is language, not a term or a title."""
    lower = [word.lower() for word in words]
    marks = [word for word in lower if word in ENGLISH_MARKS and word not in said]
    if marks and not _is_title(words, marks):
        told = [word for word in marks if word not in CODE_WORDS]
        if told or (len(words) >= 4 and len(marks) >= 2):
            return True
    return (
        len(words) >= 4
        and any(_hits(lower, known, said) >= 2 for known in function_words().values())
        and not _is_title(words, lower)
    )


def _hits(words: Iterable[str], known: frozenset[str], said: frozenset[str]) -> int:
    return sum(word in known and word not in said for word in words)


def _is_title(words: list[str], marks: list[str]) -> bool:
    """The Lord of the Rings: all but the small words capitalised."""
    weighty = [word for word in words if word.lower() not in TITLE_WORDS]
    return (
        bool(weighty)
        and all(word[0].isupper() for word in weighty)
        and (len(words) > 1)
        and not ({word.lower() for word in weighty} & set(marks) & ENGLISH_MARKS)
    )


def chinese_in_japanese(text: str) -> int:
    """Han characters in sentences without kana that hold two characters or more which only Chinese writes."""
    total = 0
    for sentence in _SENTENCE.findall(text):
        if not _KANA.search(sentence) and sum(c in CHINESE_ONLY and c not in _SHARED for c in sentence) >= 2:
            total += sum(map(len, _HAN_RUN.findall(sentence)))
    return total
