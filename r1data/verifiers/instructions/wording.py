"""Instructions about the whole text: its language, its letters' case, its beginning and its end."""

import re

from r1data.filters.detector import detect
from r1data.verifiers.instructions.entry import Arguments, Instruction, holds

_APART = re.compile(r"\.{2,}|--+|[;@#$%&?!()\[\]{}<>\"“”«»„…—]|[,:](?!\d)")
"""What parts words that no blank parts."""
_CONTRACTION = re.compile(r"(?i)(?<=[^\W\d_])(?=n't\b)|(?<=\w)(?='(?:s|m|d|ll|re|ve)\b)")


def _is_in(text: str, language: str) -> bool:
    """Whether a text is in a language, or says nothing of it."""
    detected = detect(text)
    return detected is None or detected == language or detected.partition("-")[0] == language


def _response_language(text: str, arguments: Arguments) -> bool:
    return _is_in(text, arguments["language"])


def _english_capital(text: str, arguments: Arguments) -> bool:
    return text.isupper() and _is_in(text, "en")


def _english_lowercase(text: str, arguments: Arguments) -> bool:
    return text.islower() and _is_in(text, "en")


def capital_words(text: str) -> int:
    """Words in capitals alone; a contraction is two words, a word with hyphens one."""
    words = _CONTRACTION.sub(" ", _APART.sub(" ", text)).split()
    return sum(map(str.isupper, words))


def _capital_word_frequency(text: str, arguments: Arguments) -> bool:
    return holds(capital_words(text), arguments["capital_relation"], arguments["capital_frequency"])


def _two_responses(text: str, arguments: Arguments) -> bool:
    """Two that differ, with `******` between them and at the ends alone."""
    first, *others = [part.strip() for part in text.split("******")]
    if not others or not all(others[:-1]):
        return False
    responses = [part for part in (first, *others) if part]
    return len(responses) == 2 and responses[0] != responses[1]


def _repeat_prompt(text: str, arguments: Arguments) -> bool:
    return text.strip().lower().startswith(arguments["prompt_to_repeat"].strip().lower())


def _end_checker(text: str, arguments: Arguments) -> bool:
    return text.strip().strip('"').lower().endswith(arguments["end_phrase"].strip().lower())


def _quotation(text: str, arguments: Arguments) -> bool:
    bare = text.strip()
    return len(bare) > 1 and bare[0] == bare[-1] == '"'


def _no_comma(text: str, arguments: Arguments) -> bool:
    return "," not in text


INSTRUCTIONS = (
    Instruction("language:response_language", _response_language, {"language": "language"}),
    Instruction(
        "change_case:capital_word_frequency",
        _capital_word_frequency,
        {"capital_frequency": "number", "capital_relation": "relation"},
    ),
    Instruction("change_case:english_capital", _english_capital),
    Instruction("change_case:english_lowercase", _english_lowercase),
    Instruction("combination:two_responses", _two_responses),
    Instruction("combination:repeat_prompt", _repeat_prompt, {"prompt_to_repeat": "text"}),
    Instruction("startend:end_checker", _end_checker, {"end_phrase": "text"}),
    Instruction("startend:quotation", _quotation),
    Instruction("punctuation:no_comma", _no_comma),
)
