"""Whether letters of options are denied, asked for, hedged or taken back by what stands around them."""

import itertools
from collections.abc import Collection, Sequence

from r1data.verifiers.choice.surroundings import REACH, is_word, kind_of
from r1data.verifiers.choice.tokens import Token
from r1data.verifiers.choice.words import BACK, RETRACTING

SENTENCE_ENDS = frozenset({"end", "ask", "line"})
_CLAUSE_ENDS = SENTENCE_ENDS | {"sep", "colon", "so", "because"}
_DENYING = frozenset({"not", "wrong", "hedge"})
_REST = frozenset({"others", "other", "rest", "remaining", "其他", "其余", "其它", "他"})


def is_denied(
    tokens: Sequence[Token], phrase: int, last: int, behind: list[str], options: Collection[str]
) -> bool:
    """Whether the clause before the words that announce a letter, or its sentence behind it, denies it or asks."""
    if _DENYING & set(behind):
        return True
    if _is_example(tokens, phrase):
        return True
    if kind_of(tokens, phrase) != "so":
        for token in reversed(tokens[max(0, phrase - REACH) : phrase]):
            if token.kind in _CLAUSE_ENDS:
                break
            if token.kind in _DENYING:
                return True
    return denies(tokens, last + 1, options)


def _is_example(tokens: Sequence[Token], place: int) -> bool:
    """Whether a sentence begins with "for example"."""
    start = place
    while start > max(0, place - REACH) and tokens[start - 1].kind not in SENTENCE_ENDS:
        start -= 1
    return any(
        token.text.casefold() in ("example", "instance") for token in tokens[start : min(place, start + 2)]
    )


def denies(tokens: Sequence[Token], start: int, options: Collection[str]) -> bool:
    """Whether the rest of a sentence denies what stands before it, and neither gives reasons nor speaks of others."""
    stop = start
    while stop < min(len(tokens), start + 200) and tokens[stop].kind not in SENTENCE_ENDS:
        stop += 1
    if kind_of(tokens, stop) == "ask":
        return True
    for place in range(start, stop):
        if tokens[place].kind == "because":
            return False
        if tokens[place].kind in _DENYING:
            around = range(max(start, place - 8), min(stop, place + 5))
            return not any(
                tokens[number].text.casefold() in _REST
                or (tokens[number].kind == "letter" and is_option(tokens, number, options))
                for number in around
            )
    return False


def is_shared(tokens: Sequence[Token], start: int, letters: list[str], options: Collection[str]) -> bool:
    """Whether the rest of a sentence names another option, and neither denies anything nor gives reasons first."""
    others, gives_reasons = False, False
    for place in range(start, min(len(tokens), start + 200)):
        kind = tokens[place].kind
        if tokens[place].text.casefold() in BACK and _names_another(tokens, place + 1, letters, options):
            return True  # "B, no, C"
        if kind in SENTENCE_ENDS or kind in ("not", "wrong"):
            return others and kind in SENTENCE_ENDS
        joins_letters = "letter" in (kind_of(tokens, place - 1), kind_of(tokens, place - 2))
        if kind == "or" and kind_of(tokens, place + 1) == "letter" and not joins_letters:
            return True
        gives_reasons = gives_reasons or kind == "because"
        if kind == "letter" and not gives_reasons and not set(tokens[place].text) <= set(letters):
            others = others or is_option(tokens, place, options)
    return others


def _names_another(
    tokens: Sequence[Token], place: int, letters: Collection[str], options: Collection[str]
) -> bool:
    """Whether the next word is another option's letter, but for "it's" and the like."""
    while kind_of(tokens, place) in ("sep", "open", "is", "link", "option", "answer", "choose"):
        place += 1
    if kind_of(tokens, place) != "letter" or not is_option(tokens, place, options):
        return False
    return not set(tokens[place].text) <= set(letters)


def is_option(tokens: Sequence[Token], place: int, options: Collection[str]) -> bool:
    """Whether a letter stands for an option, and not for a word or a unit."""
    reads_as_word = tokens[place].text in ("A", "I") and is_word(tokens, place, False)
    return not reads_as_word and set(tokens[place].text) <= set(options)


def takes_back(
    tokens: Sequence[Token], start: int, letters: tuple[str, ...], options: Collection[str]
) -> bool:
    """Whether what follows the answer takes it back, or offers another letter of `options` beside it."""
    sentence: list[Token] = []
    for place, token in enumerate([*tokens[start:], Token("end", "", 0, 0)], start):
        marks_option = len(sentence) == 1 and sentence[0].kind == "letter"
        if token.kind == "end" and marks_option and kind_of(tokens, place + 1) not in ("", "line"):
            continue  # "A. 3 is too small", in a list of the options
        if token.kind in SENTENCE_ENDS:
            if sentence and _sentence_takes_back(sentence, letters, options):
                return True
            sentence = []
        else:
            sentence.append(token)
    return False


def _sentence_takes_back(sentence: list[Token], letters: tuple[str, ...], options: Collection[str]) -> bool:
    # A box without anything in it, or one that is never closed, takes back the one before.
    if any(a.text == "⟦" and b.text == "⟧" for a, b in itertools.pairwise(sentence)):
        return True
    words = [token for token in sentence if token.kind not in ("open", "close", "sep", "colon")]
    if not words:
        return False
    texts = {token.text.casefold() for token in words}
    if "boxed" in texts or (len(words) <= 8 and texts & RETRACTING):
        return True
    named_letters = {letter for token in words if token.kind == "letter" for letter in token.text} & set(
        options
    )
    others = named_letters - set(letters)
    first = words[0]
    if first.text.casefold() in BACK or first.kind == "or":
        return (
            len(words) <= 8
            or bool(named_letters)
            or any(token.kind in ("answer", "wrong") for token in words)
        )
    if others and not any(token.kind in ("other", "number") or token.kind in _DENYING for token in words):
        return True  # nothing but letters and words that announce
    if first.kind in _DENYING or (first.kind == "is" and len(words) > 1 and words[1].kind in _DENYING):
        return not others
    return _denies_itself(words, letters)


def _denies_itself(words: list[Token], letters: tuple[str, ...]) -> bool:
    """Whether "that", "the answer" or the letter itself is said to be wrong."""
    for number, token in enumerate(words[:-1]):
        speaks_of_it = token.kind in ("answer", "option") or token.text.casefold() in (
            "that",
            "this",
            "it",
            "above",
            "这",
            "这个",
        )
        if token.kind == "letter":
            speaks_of_it = set(token.text) <= set(letters)
        if speaks_of_it:
            following = [word.kind for word in words[number + 1 : number + 4] if word.kind != "link"]
            if (
                following[:1] == ["wrong"]
                or following[:1] == ["not"]
                or (following[:1] == ["is"] and following[1:2] in (["not"], ["wrong"]))
            ):
                return True
    return False
