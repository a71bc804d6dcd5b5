"""Instructions about words and letters: how often they occur, with capitals and small letters alike.

A keyword counts wherever its letters stand, within other words too; only a forbidden word is a word of its own. It is
taken as it stands, never as a pattern.
"""

from collections.abc import Iterator

from r1data.verifiers.instructions.entry import Arguments, Instruction, holds


def _has_keywords(text: str, arguments: Arguments) -> bool:
    folded = text.lower()
    return all(keyword.lower() in folded for keyword in arguments["keywords"])


def _keyword_frequency(text: str, arguments: Arguments) -> bool:
    count = text.lower().count(arguments["keyword"].strip().lower())
    return holds(count, arguments["relation"], arguments["frequency"])


def _lacks_words(text: str, arguments: Arguments) -> bool:
    folded = text.lower()
    return not any(
        _is_boundary(folded, start) and _is_boundary(folded, start + len(word))
        for word in map(str.lower, arguments["forbidden_words"])
        for start in _starts(folded, word)
    )


def _starts(text: str, word: str) -> Iterator[int]:
    start = text.find(word)
    while start >= 0:
        yield start
        start = text.find(word, start + 1)


def _is_boundary(text: str, place: int) -> bool:
    """Whether a word begins or ends at a place, as `\\b` has it."""
    before, after = text[place - 1 : place] if place else "", text[place : place + 1]
    return _is_of_word(before) != _is_of_word(after)


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _letter_frequency(text: str, arguments: Arguments) -> bool:
    count = text.lower().count(arguments["letter"].lower())
    return holds(count, arguments["let_relation"], arguments["let_frequency"])


INSTRUCTIONS = (
    Instruction("keywords:existence", _has_keywords, {"keywords": "keywords"}),
    Instruction(
        "keywords:frequency",
        _keyword_frequency,
        {"keyword": "keyword", "relation": "relation", "frequency": "number"},
    ),
    Instruction("keywords:forbidden_words", _lacks_words, {"forbidden_words": "keywords"}),
    Instruction(
        "keywords:letter_frequency",
        _letter_frequency,
        {"letter": "letter", "let_relation": "relation", "let_frequency": "number"},
    ),
)
