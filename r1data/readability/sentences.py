"""Sentences of another language in the same script: a French sentence in English thoughts.

A sentence is doubtful by its function words, or by letters with diacritics that its language does not have; a doubtful one
is foreign if the n-gram detector agrees. Counting words first keeps the detector, a thousand times slower, off nearly all text.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from r1data.readability import detector
from r1data.readability.limits import LIMITS, Limits
from r1data.readability.scripts import LATIN
from r1data.readability.vocabulary import ALPHABET, TERMS, function_words, tell_tale

_WORD = re.compile(f"(?<![{LATIN}0-9_^*/=])[{LATIN}]{{2,}}(?![{LATIN}0-9_(^*/=])")
_SENTENCES = re.compile(r"[.!?;…]+[\"')\]”»]*(?:\s+|$)|\n+")
_CLAUSES = re.compile(r"[,:()–—]+\s")
_QUOTED = re.compile(r'["“«„][^"“”«»„\n.!?]{1,60}["”»“]')


@lru_cache(maxsize=64)
def _candidates(target: str) -> frozenset[str]:
    """Function words of all languages but the target."""
    return frozenset().union(*(words for tag, words in function_words().items() if tag != target))


def foreign_sentences(text: str, target: str, quoted: frozenset[str] = frozenset(), limits: Limits = LIMITS) -> Iterator[str]:
    """Sentences and clauses of masked Latin-script text that are not in the target language.

    `quoted` holds the prompt's words, lower case: a sentence made of them is a quotation. A target that the detector has no
    profile of yields nothing.
    """
    if not detector.known(target) or not _has_candidates(text, target):
        return
    for sentence in _SENTENCES.split(_QUOTED.sub(" ", text)):
        if _is_foreign(sentence, target, quoted, limits):
            yield sentence
        elif "," in sentence or ":" in sentence or "(" in sentence or "—" in sentence:
            yield from (part for part in _CLAUSES.split(sentence) if _is_foreign(part, target, quoted, limits))


def _has_candidates(text: str, target: str) -> bool:
    """Whether any word of the text could make a sentence doubtful."""
    return not text.isascii() or not _candidates(target).isdisjoint(text.lower().split())


def _is_foreign(sentence: str, target: str, quoted: frozenset[str], limits: Limits) -> bool:
    if len(sentence) < limits.sentence_letters:
        return False
    words = [word for word in _WORD.findall(sentence) if word not in TERMS]
    if len(words) < limits.sentence_words or sum(map(len, words)) < limits.sentence_letters:
        return False
    words = [word.lower() if not index or sentence.isupper() else word for index, word in enumerate(words)]
    if not _is_doubtful(words, target, limits):
        return False
    if quoted and sum(word.lower() in quoted for word in words) >= limits.quoted_share * len(words):
        return False
    return detector.disagrees(" ".join(words), target)


def _is_doubtful(words: list[str], target: str, limits: Limits) -> bool:
    """Whether function words or diacritics speak for another language. Capitalised words are names and say nothing.

    Words that both languages have count only where nothing in the sentence is the target's own.
    """
    known = function_words()
    own = known.get(target, frozenset())
    for other, telling in tell_tale(target).items():
        hits = [word for word in words if word in known[other]]
        if len(hits) < limits.foreign_function_words:
            continue
        told = sum(word in telling for word in hits)
        ours = sum(word in own and word not in known[other] for word in words)
        if told >= limits.foreign_function_words and told > ours:
            return True
        if not ours and len(hits) > sum(word in own for word in words):
            return True
    return _has_foreign_diacritics(words, target, limits)


def _has_foreign_diacritics(words: list[str], target: str, limits: Limits) -> bool:
    alphabet = ALPHABET.get(target)
    if alphabet is None or not function_words().get(target, frozenset()).isdisjoint(words):
        return False
    strange = sum(word[0].islower() and any(not c.isascii() and c not in alphabet for c in word) for word in words)
    return strange >= limits.foreign_diacritics * len(words)
