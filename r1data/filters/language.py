"""Which language thoughts are in: the mixed-language filter (R1 2.3.3) and the consistency score (R1 2.3.2).

The filter counts and the score is a ratio, and they are not the same thing: one Chinese word in long English
thoughts leaves the score at 0.995, inside the range of clean ones, and is a mixture all the same. What the
prompt itself says, or asks for by the name of a language, is no mixture.

The definition of the score is the paper's (words of the target language over all words); how words of scripts
without spaces are counted, and what counts as another language, is ours.
"""

import unicodedata

from r1data.filters import insertions, scripts
from r1data.filters.code import without_programs
from r1data.filters.limits import LIMITS, Limits
from r1data.filters.masking import masked, without_fences
from r1data.filters.names import named
from r1data.filters.related_languages import has_related_language
from r1data.filters.sentences import foreign_sentences


def mixed_language(thoughts: str, language: str | None, prompt: str = "", limits: Limits = LIMITS) -> bool:
    """Whether thoughts hold anything in another language than `language` (BCP 47); False where no language is
    given.

    Letters of another script that the prompt does not contain; in Latin script, one sentence of another
    language; in other scripts, words of a Latin-script language. Fences, maths and quotations of the prompt
    are left out.
    """
    target = scripts.primary(language)
    if target is None or not thoughts:
        return False
    text = _prose(thoughts)
    allowed = named(prompt, target)
    if _has_foreign_letters(text, target, allowed, prompt):
        return True
    if allowed and (score := language_consistency(thoughts, target)) is not None and score < 0.5:
        return True
    return _has_foreign_prose(masked(text), target, allowed, prompt, limits)


def _has_foreign_letters(text: str, target: str, allowed: tuple[str, ...], prompt: str) -> bool:
    if text.isascii():
        return False
    said = set(prompt)
    return any(not said.issuperset(run) for run in scripts.foreign_letters(target, allowed).findall(text))


def _has_foreign_prose(text: str, target: str, allowed: tuple[str, ...], prompt: str, limits: Limits) -> bool:
    said = insertions.prompt_words(prompt)
    latin_allowed = any(scripts.written_in_latin(tag) for tag in allowed)
    if scripts.written_in_latin(target):
        return not latin_allowed and any(foreign_sentences(text, target, said, limits))
    if has_related_language(text, target, prompt) and not any(
        map(scripts.shared(target).__contains__, allowed)
    ):
        return True
    if target == "ja" and "zh" not in allowed and insertions.chinese_in_japanese(text):
        return True
    return not latin_allowed and insertions.has_foreign_words(text, said, limits)


def language_consistency(thoughts: str, language: str | None, prompt: str = "") -> float | None:
    """Words of the target language ÷ all words of the thoughts, 0 to 1 (R1 2.3.2); None without words or
    language.

    Code, maths and what the prompt contains in foreign letters are left out; Latin words in a sentence of
    another language count as foreign. A reward should read None as 0.
    """
    target = scripts.primary(language)
    if target is None:
        return None
    text = masked(_prose(thoughts))
    own, foreign = _count(text, target, prompt)
    return own / (own + foreign) if own + foreign else None


def _count(text: str, target: str, prompt: str) -> tuple[float, float]:
    """Words of the target language and of others in masked text."""
    said = insertions.prompt_words(prompt)
    counts = scripts.count_words(_unquoted(text, target, prompt))
    own = sum(counts.pop(script, 0.0) for script in scripts.WRITTEN_IN.get(target, ()))
    foreign = sum(counts.values())
    if not scripts.written_in_latin(target):
        chinese = (
            insertions.chinese_in_japanese(text) / scripts.CHARACTERS_PER_WORD["han"]
            if target == "ja"
            else 0.0
        )
        return own - chinese, foreign + chinese + len(insertions.foreign_words(text, said))
    strange = sum(map(len, foreign_sentences(text, target, said)))
    return len(scripts.LATIN_WORDS.findall(text)) - strange, foreign + strange


def _unquoted(text: str, target: str, prompt: str) -> str:
    """The text without the foreign letters that the prompt contains."""
    if not prompt or prompt.isascii() or text.isascii():
        return text
    letters = set("".join(scripts.foreign_letters(target).findall(prompt)))
    return text.translate({ord(letter): None for letter in letters}) if letters else text


def _prose(thoughts: str) -> str:
    return without_programs(without_fences(_composed(thoughts)))


def _composed(text: str) -> str:
    return (
        text
        if text.isascii() or unicodedata.is_normalized("NFC", text)
        else unicodedata.normalize("NFC", text)
    )
