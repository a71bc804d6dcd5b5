"""Simple queries, which get no thoughts (R1 App. B.3.3: "hello"). The paper has the example and no rule; this is ours.

A prompt is simple when all of it is small talk: phrases of `small_talk.yaml` (greetings, farewells, thanks, apologies,
acknowledgements, questions after one's health, and who one talks to), one after the other, with nothing but fillers
such as "there" or "请问" beside them; or when it has no letter and no digit at all ("👋", "?"). Anything else, a name
included, gets thoughts: a rule that errs should err towards thinking. Capitals, accents, punctuation, emoji and letters
held down ("heyyyy") do not count. All languages of the file are tried whatever the row's is.

Only the prompt is read; longer ones than `LONGEST` characters are not looked at, so that the time is bounded.
"""

import functools
import re
import unicodedata
from collections.abc import Mapping

import yaml

from r1data.data.resources import PACKAGE

LONGEST = 100
"""Characters of a simple query, white space around it left out. Ours."""
WORDLESS = "no words"
FILLER = "filler"
PHRASES = PACKAGE / "sampling" / "small_talk.yaml"

Words = tuple[str, ...]

_HELD_DOWN = re.compile(r"(.)\1{2,}", re.S)
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
"""A word; in scripts without spaces between words, a character."""
_SHORTENED = re.compile(r"(?<=\w)['’](s|re|m)\b")
"""The verb of "what's", "you're", "I'm", which may as well be written out."""
_VERBS = {"s": " is", "re": " are", "m": " am"}
_SPELLINGS = {"u": "you", "ya": "you", "r": "are", "ur": "your", "pls": "please", "plz": "please"}
"""How people type."""
_APOSTROPHES = str.maketrans(dict.fromkeys("'’‘`´ʼ"))


def kind_of(prompt: str) -> str | None:
    """Which kind of small talk a prompt begins with: a key of `small_talk.yaml` or `WORDLESS`; None where it is none.

    A blank prompt is none.
    """
    prompt = prompt.strip()
    if not prompt or len(prompt) > LONGEST:
        return None
    words = _words(prompt)
    if words:
        return _kind(words)
    # Punctuation, emoji and blanks alone; a formula without letters is something to think about.
    categories = [unicodedata.category(letter) for letter in prompt]
    is_wordless = all(category[0] in "PZCM" or category in ("So", "Sk") for category in categories)
    return WORDLESS if is_wordless else None


def _kind(words: Words) -> str | None:
    """The first kind in a cover of all words by phrases and fillers, longer ones first; None without such a cover."""
    # By position, the kind of a cover of the words before it: None where there is none, "" where it is fillers alone.
    phrases, most = _phrases()
    kinds: list[str | None] = ["", *[None] * len(words)]
    for start in range(len(words)):
        so_far = kinds[start]
        if so_far is None:
            continue
        for end in range(start + 1, min(start + most, len(words)) + 1):
            kind = phrases.get(words[start:end])
            if kind is not None and not kinds[end]:
                kinds[end] = so_far or ("" if kind == FILLER else kind)
    return kinds[-1] or None


@functools.cache
def _phrases() -> tuple[Mapping[Words, str], int]:
    """Phrase → kind, of two kinds the earlier in the file, and the most words of a phrase."""
    kinds: dict[Words, str] = {}
    for kind, by_language in yaml.load(PHRASES.read_text(encoding="utf-8"), yaml.BaseLoader).items():
        for phrases in by_language.values():
            for phrase in phrases:
                kinds.setdefault(_words(phrase), kind)
    kinds.pop((), None)
    return kinds, max(map(len, kinds))


def _words(text: str) -> Words:
    # In this order: the verb of "it's" is known by its apostrophe, and NFKD splits off the accents that are left out.
    whole = _SHORTENED.sub(lambda match: _VERBS[match[1]], text.casefold())
    plain = unicodedata.normalize("NFKD", whole.translate(_APOSTROPHES))
    bare = "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")
    return tuple(_SPELLINGS.get(word, word) for word in _WORD.findall(_HELD_DOWN.sub(r"\1", bare)))
