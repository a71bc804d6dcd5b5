"""Function words: the short, common words that suggest the language of a sentence.

They are enough to make a sentence doubtful, not to name its language; the n-gram detector does that. The lists were
compiled by hand for this project.
"""

from functools import lru_cache

from r1data.filters.function_words import HOMOGRAPHS, WORDS

_ORDINARY = {
    "en": """want over die dies hat door due per ten car main plus war son men more met us her him sea see won
        via pro con par pas pet sol sun tan us under mal come fait also all van ha ex me no do so
        at am an as he we be man is was in on of or op to te ti tu um un uni os ou my ne ni nu pi
        po mi mu ran du font bin com ed im falls till er hier em co may must like time well new
        and mag ans ins las los tel va
        go net lake nas kim af nina tuna para mara pan ana mimi bent eden agar cara dan hem bali pod sam tan wake""",
}
"""The `HOMOGRAPHS` that are common in plain thoughts of the language: no reason for a closer look."""


@lru_cache(maxsize=64)
def suspects(target: str) -> frozenset[str]:
    """Words of which a doubtful sentence, one expected to be in the target language, has at least one."""
    by_language = function_words()
    others = (words for tag, words in by_language.items() if tag != target)
    plain = by_language.get(target, frozenset()) | TERMS | frozenset(_ORDINARY.get(target, "").split())
    return frozenset(word for word in frozenset().union(*others) - plain if len(word) > 1)


@lru_cache(maxsize=1)
def function_words() -> dict[str, frozenset[str]]:
    """Function words by language, lower case."""
    return {language: frozenset(words.split()) for language, words in WORDS.items()}


@lru_cache(maxsize=64)
def tell_tale(language: str) -> dict[str, frozenset[str]]:
    """For each other language, its function words that are not spelt like a word of this language."""
    own = function_words().get(language, frozenset()) | frozenset(HOMOGRAPHS.get(language, "").split())
    return {other: words - own for other, words in function_words().items() if other != language}


@lru_cache(maxsize=64)
def distinct(language: str) -> frozenset[str]:
    """The function words of a language that no other language has."""
    by_language = function_words()
    return by_language.get(language, frozenset()).difference(
        *(words for tag, words in by_language.items() if tag != language)
    )


ALPHABET = {
    "en": "",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "de": "äöüß",
    "es": "áéíñóúü",
    "pt": "áâãàçéêíóôõúü",
    "it": "àèéìíîòóùú",
    "nl": "áàâäçéèêëíîïñóôöúûü",
    "id": "é",
    "tr": "âçğıîöşûü",
    "pl": "ąćęłńóśźż",
    "sw": "",
}
"""The letters with diacritics that a language uses."""


@lru_cache(maxsize=64)
def accented_letters(language: str) -> frozenset[str]:
    """The letters with diacritics that tell a language: those of `ALPHABET` that Western Europe's languages lack."""
    western = "".join(ALPHABET[tag] for tag in ("fr", "de", "es", "pt", "it", "nl"))
    return frozenset(ALPHABET.get(language, "")).difference(western)


@lru_cache(maxsize=64)
def telling_letters(target: str) -> frozenset[str]:
    """The letters that tell Polish and Turkish from the target language."""
    return (accented_letters("pl") | accented_letters("tr")).difference(ALPHABET.get(target, ""))


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ENGLISH_MARKS = _set(
    """the wait so but however therefore because thus hence this that these those which we us our they them
    their you your it its of are was were have has had been will would should could must cannot since
    actually maybe perhaps okay hmm alternatively what when where why how with from into about there
    here now also just only again let is be my he she his her then not and if to for in on as or first
    next finally"""
)
"""English words that thoughts in another script only contain when they switch to English."""

CODE_WORDS = _set("and or not if in for to on as while else return do")
"""The `ENGLISH_MARKS` that maths and pseudo-code also use; alone they prove nothing."""

TITLE_WORDS = _set("""the of and in to for with on at by a an from is it""")
"""Small words in names and titles."""

NAME_WORDS = _set("""de la las los del di da du dos y van""")
"""Small words in the names of people."""

TERMS = _set(
    """sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp lim max min sup inf mod
    gcd lcm det dim deg ker arg rank span sqrt frac pi alpha beta gamma delta epsilon theta lambda mu
    sigma omega phi psi infty mm cm dm km kg mg ml kb mb gb tb hz khz mhz ghz kw kwh mol rad ms ns kmh
    mph pa kpa app wifi email ok vs etc eg ie px rgb qed iff"""
)
"""Functions, symbols, units and words that are common in texts of any script."""
