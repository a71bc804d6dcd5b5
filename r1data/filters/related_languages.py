"""Finds languages with the same script as the expected one: Ukrainian and Bulgarian in Russian thoughts, Persian and
Urdu in Arabic ones.

They are recognised by letters that the expected language does not use and by function words. Foreign names contain such
letters too, so capitalised words in Russian text and single letters in Arabic text are no evidence. The lists were
compiled by hand for this project; other pairs of languages are not covered.
"""

import re

FOREIGN_LETTERS = {
    "ru": "іїєґўђјљњћџѓќѕІЇЄҐЎЂЈЉЊЋЏЃЌЅ",
    "ar": "پچژگکیےٹڈڑںہھ",
}
"""Letters of related languages that a language does not use."""
HARD_SIGNS, SOFT_VOWELS = "ъЪ", "еёюяЕЁЮЯ"
"""The hard sign, and the only letters that follow it in Russian."""
_WORDS = {
    "ru": """са се ще че като със във който която което които защото това тази този тези още преди всички има няма
        беше бяха ги го ви си й чрез според срещу върху трябва когато където докато нещо някой всяка всеки негов
        обаче затова вече тук може можете имате дали такива
        що як це цей ця цю був була було були буде бути або але від його вони вона воно щоб якщо коли потім також вже
        який яка яке яку після всього""",
    "ar": "این که برای های یک می کند کنید نیز یا ولی دیگر کے کی میں ہے ہیں سے کیا یہ",
}
WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
"""Function words of related languages; those related to Arabic all have a letter of `FOREIGN_LETTERS`."""

_CYRILLIC = re.compile("[\u0400-\u052f]+")
_NOT_RUSSIAN = re.compile(f"[{FOREIGN_LETTERS['ru']}]|(?<=.)[{HARD_SIGNS}](?=[^{SOFT_VOWELS}])")
_PERSIAN = re.compile(rf"\b(?:{'|'.join(sorted(WORDS['ar']))})\b|[{FOREIGN_LETTERS['ar']}]")


def has_related_language(text: str, target: str, prompt: str = "") -> bool:
    """Whether a line of a text is partly in a related language. Words of the prompt are ignored.

    In Russian text, one lower-case word with a foreign letter or two function words are enough; in Arabic text, three
    marks (foreign letters or function words), or two if one of them is a word.
    """
    is_related = {"ru": _is_not_russian, "ar": _is_not_arabic}.get(target)
    return is_related is not None and any(is_related(line, prompt) for line in text.split("\n"))


def _is_not_russian(line: str, prompt: str) -> bool:
    words = [word for word in _CYRILLIC.findall(line) if word[0].islower() and word not in prompt]
    if any(len(word) > 1 and _NOT_RUSSIAN.search(word) for word in words):
        return True
    return len(WORDS["ru"].intersection(words)) >= 2


def _is_not_arabic(line: str, prompt: str) -> bool:
    marks = [mark for mark in _PERSIAN.findall(line) if mark not in prompt]
    words = any(len(mark) > 1 for mark in marks)
    return len(marks) >= (2 if words else 3) and len(set(marks)) > 1
