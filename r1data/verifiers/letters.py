r"""Finds the letters of options that a text names, and how it names them: as the answer, denied, or in passing.

A letter is announced by the words around it (`choice_words`): "The answer is (C)", "Option D is correct.", `故选B`,
`【答案】A <eoa>`, `#### E`; by a box, `\boxed{C}` or `[[C]]`; or by standing alone in its line. What stands before it
in its clause or behind it may deny it ("is not", "B is wrong", "If the answer is B"), and a later sentence may take it
back ("Or C.", "No, that is wrong.").

Each letter is looked at with the tokens around it, some dozen at most on each side: the time is linear in the text.

Not done: an option's text in place of its letter (`choice_options`); numbers or letters of other alphabets as options.
"""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from r1data.verifiers.choice_words import BACK, RETRACTING
from r1data.verifiers.letter_tokens import Token

FIELD, ANNOUNCED, ALONE, SAID, LISTED, LAST, ENDING = 7, 6, 5, 4, 3, 2, 1
"""How strongly letters are given as the answer: in a box or behind a colon; in a sentence; alone in a line; called
right; before a text in a line; at the end of a sentence, as an option or behind "so"; behind "is". 0: not at all."""
REACH = 24
"""Tokens on one side of a letter that are looked at."""

_ANNOUNCING = frozenset({"answer", "correct", "choose", "option", "is", "link", "so", "colon", "number"})
_SAYING = frozenset({"is", "link", "option", "listing", "correct", "answer", "not", "wrong", "so", "hedge"})
_DENYING = frozenset({"not", "wrong", "hedge"})
_SENTENCE_ENDS = frozenset({"end", "ask", "line"})
_CLAUSE_ENDS = _SENTENCE_ENDS | {"sep", "colon", "so", "because"}
_BESIDE = frozenset({"open", "option", "answer", "is", "link", "colon", "correct"})
"""What may stand before a letter in a box."""
_BEHIND = frozenset({"close", "end", "colon", "sep", "letter", "line"})
"""What may stand right behind it."""
_ABBREVIATIONS = frozenset({"ans", "antw", "resp", "rép", "odp"})
_REST = frozenset({"others", "other", "rest", "remaining", "其他", "其余", "其它", "他"})


@dataclass(frozen=True, slots=True)
class Named:
    """Letters that a text names together.

    Attributes:
        letters: ("A", "C") of "A and C".
        boxed: they stand in a box.
        strength: how they are given as the answer, `FIELD` … `LAST` or 0.
        denied: a denial, a condition or a question speaks of them.
        hedged: they are joined by "or", or by a word that is not known.
        first, last: the tokens that they take.
        announced: they stand in a box, behind a word for "answer", or behind "so" and a word for choosing; an option
            that is only called right is not announced.
    """

    letters: tuple[str, ...]
    boxed: bool
    strength: int
    denied: bool
    hedged: bool
    first: int
    last: int
    announced: bool = False


def named(tokens: Sequence[Token], options: Collection[str] = ()) -> list[Named]:
    """All letters that a text names, in their order; of those joined to others only `options`, where there are any."""
    names: list[Named] = []
    place = 0
    while place < len(tokens):
        if tokens[place].kind == "letter" and (name := _name(tokens, place, options)):
            names.append(name)
            place = name.last
        place += 1
    return names


def _name(tokens: Sequence[Token], place: int, options: Collection[str]) -> Named | None:
    """What stands around a letter; None where it is a word: "A car", "I think"."""
    kinds, phrase = _before(tokens, place)
    box = _box_around(tokens, place)
    cue = box >= 0 or "answer" in kinds or "choose" in kinds or "option" in kinds
    if tokens[place].text in ("A", "I") and _is_word(tokens, place, cue):
        return None
    letters, hedged, last = _joined(tokens, place, options)
    starts_line = _starts_line(tokens, place)
    ends_line = _kind(tokens, _skip_close(tokens, last + 1)) in ("", "line") or _is_only_option(
        tokens, last + 1
    )
    if len(tokens[place].text) > 1 and not (cue or (starts_line and ends_line)):
        return None  # "CD", "AC": words
    behind = _behind(tokens, last)
    # In a box that holds more than the letter and an option's text, it is part of a formula.
    is_boxed = box >= 0 and all(token.kind in _BESIDE for token in tokens[box + 1 : place])
    is_boxed = is_boxed and _kind(tokens, last + 1) in _BEHIND and tokens[last + 1].text not in "'’"
    whole_sentence = _kind(tokens, phrase - 1) in ("", *_SENTENCE_ENDS)
    strength = _strength(tokens, kinds, behind, last, is_boxed, starts_line, ends_line)
    if box >= 0 and not is_boxed:
        strength = 0
    if strength == ENDING and whole_sentence:
        strength = LAST  # "It is B."
    denied = (
        (box >= 0 and not is_boxed)
        or _is_denied(tokens, phrase, last, behind, options)
        or _is_shared(tokens, last + 1, letters, options)
    )
    # `故选` and `因此选` are "so" and "choose" in one word.
    concluded = "so" in kinds or any(token.text[0] in "故因所" for token in tokens[phrase:place])
    announced = strength == FIELD or "answer" in kinds or ("choose" in kinds and concluded)
    return Named(tuple(letters), box >= 0, strength, denied, hedged, place, last, announced)


def _box_around(tokens: Sequence[Token], place: int) -> int:
    """Where the box begins that a letter stands in; -1 where it is in none."""
    for number in range(place - 1, max(-1, place - REACH), -1):
        if tokens[number].text == "⟦":
            return number
        if tokens[number].text == "⟧":
            return -1
    return -1


def _strength(
    tokens: Sequence[Token],
    kinds: list[str],
    behind: list[str],
    last: int,
    is_boxed: bool,
    starts_line: bool,
    ends_line: bool,
) -> int:  # fmt: skip
    announcing = [number for number, kind in enumerate(kinds) if kind in ("answer", "choose")]
    colon = kinds.index("colon") if "colon" in kinds else REACH
    if is_boxed or (announcing and colon < announcing[-1]):
        return FIELD
    if announcing or ("correct" in kinds and ("option" in kinds or "is" in kinds or colon < REACH)):
        return ANNOUNCED
    if "option" in kinds and colon < kinds.index("option") and "line" not in kinds:
        return ANNOUNCED
    if starts_line and ends_line:
        return ALONE
    if "correct" in behind or "answer" in behind:
        return SAID
    following = _kind(tokens, last + 1)
    if starts_line and following in ("end", "colon", "close", "open", "sep", "because", "other"):
        return LISTED
    at_end = _kind(tokens, _skip_close(tokens, last + 1)) in ("", "end", "line")
    if ("option" in kinds and ("is" in kinds or "so" in kinds)) or (
        at_end and ("option" in kinds or kinds[:1] == ["so"])
    ):
        return LAST
    return (LAST if "so" in kinds else ENDING) if at_end and "is" in kinds else 0


def _kind(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].kind if 0 <= place < len(tokens) else ""


def _previous(tokens: Sequence[Token], place: int) -> Token:
    return tokens[place - 1] if place else Token("line", "", 0, 0)


def _skip_close(tokens: Sequence[Token], place: int) -> int:
    while (
        _kind(tokens, place) == "close"
        or (place < len(tokens) and tokens[place].text == '"')
        or (_kind(tokens, place) == "end" and _kind(tokens, place + 1) in ("close", "line", ""))
    ):
        place += 1
    return place


def _is_only_option(tokens: Sequence[Token], place: int) -> bool:
    """Whether nothing but the word "option" and punctuation is left of the line."""
    for token in tokens[place : place + 4]:
        if token.kind == "line":
            return True
        if token.kind not in ("close", "end", "option"):
            return False
    return len(tokens) <= place + 4


def _starts_line(tokens: Sequence[Token], place: int) -> bool:
    """Whether only the word "option" and brackets stand before a letter in its line."""
    place -= 1
    while place >= 0 and (tokens[place].kind in ("open", "option") or tokens[place].text in "-–—•✓✔✅"):
        place -= 1
    return _kind(tokens, place) in ("", "line")


def _is_word(tokens: Sequence[Token], place: int, cue: bool) -> bool:
    """Whether "A" or "I" goes on as a word does: with a blank and a word that says nothing of options."""
    following = tokens[place + 1] if place + 1 < len(tokens) else Token("", "", 0, 0)
    if following.start == tokens[place].end or not following.text[:1].isalpha():
        return False
    if tokens[place].text == "I":
        return following.kind in ("other", "link", "choose", "hedge")
    if following.kind in ("option", "answer", "correct"):  # "A opção B"
        return any(token.kind == "letter" for token in tokens[place + 2 : place + 8])
    return following.kind == "other" and not (cue and _previous(tokens, place).kind in ("option", "open"))


def _joined(tokens: Sequence[Token], place: int, options: Collection[str]) -> tuple[list[str], bool, int]:
    """The letters joined to the first by commas, "and" and "or"; whether they are alternatives; the last token."""
    letters, hedged, last = list(tokens[place].text), False, place
    while True:
        ahead = last + 1
        joins: list[Token] = []
        while ahead < len(tokens) and tokens[ahead].kind in ("close", "open"):
            ahead += 1
        while len(joins) < 2 and _may_join(tokens, ahead):
            joins.append(tokens[ahead])
            ahead += 1
        while _kind(tokens, ahead) in ("open", "option"):
            ahead += 1
        if _kind(tokens, ahead) != "letter" or (options and not set(tokens[ahead].text) <= set(options)):
            return letters, hedged, last
        unknown = [token for token in joins if token.kind not in ("sep", "and")]
        if (
            not joins
            and _kind(tokens, ahead - 1) not in ("open",)
            and tokens[ahead].start > tokens[last].end + 1
        ):
            return letters, hedged, last
        if (
            unknown
            and any(token.kind == "sep" for token in joins)
            and all(token.kind != "or" for token in joins)
        ):
            return letters, hedged, last  # another clause: "B, while C"
        behind = _behind(tokens, ahead)
        if not unknown and ("not" in behind or "wrong" in behind) and _kind(tokens, last + 1) != "":
            return letters, hedged, last  # "B, and C is wrong"
        if [token.text for token in joins] == [","] and behind[:1] == ["is"] and len(letters) == 1:
            return letters, hedged, last
        hedged = hedged or bool(unknown) or any(token.text in "/|" for token in joins)
        letters += [letter for letter in tokens[ahead].text if letter not in letters]
        last = ahead


def _may_join(tokens: Sequence[Token], place: int) -> bool:
    """Whether a token may stand between two letters that are named together: a comma, "and", an unknown word."""
    kind = _kind(tokens, place)
    return kind in ("sep", "and", "or") or (
        kind in ("link", "other", "hedge") and tokens[place].text.isalpha()
    )


def _before(tokens: Sequence[Token], place: int) -> tuple[list[str], int]:
    """The kinds of the known words right before a letter, the nearest first, and the first token of them."""
    kinds: list[str] = []
    place -= 1
    while place >= 0 and len(kinds) < REACH:
        token = tokens[place]
        if token.kind == "line":
            # The line before may be a heading: "Final Answer", and the letter below it.
            if set(kinds) - {"line", "colon"}:
                break
            kinds.append("line")
        elif token.text == "】":
            kinds.append("colon")
        elif token.kind in ("open", "close") or token.text in "-–—【":
            pass
        elif token.kind == "end" and _previous(tokens, place).text.casefold() in _ABBREVIATIONS:
            kinds.append("colon")
        elif token.kind == "sep" and _kind(tokens, place - 1) == "so":
            pass
        elif token.kind == "listing" and _kind(tokens, place - 1) == "correct":
            kinds.append("option")  # "the correct options are", but not "the answer choices:"
        elif token.kind not in _ANNOUNCING:
            break
        else:
            kinds.append(token.kind)
        place -= 1
    return kinds, place + 1


def _behind(tokens: Sequence[Token], last: int) -> list[str]:
    """The kinds of the known words right behind a letter, in their order."""
    kinds: list[str] = []
    place = last + 1
    while _kind(tokens, place) in ("close", "open") or (
        _kind(tokens, place) == "other" and tokens[place].text in "-–—"
    ):
        place += 1
    while _kind(tokens, place) in _SAYING and len(kinds) < REACH:
        kinds.append(tokens[place].kind)
        place += 1
    return kinds


def _is_denied(
    tokens: Sequence[Token], phrase: int, last: int, behind: list[str], options: Collection[str]
) -> bool:
    """Whether the clause before the words that announce a letter, or its sentence behind it, denies it or asks."""
    if _DENYING & set(behind):
        return True
    if _is_example(tokens, phrase):
        return True
    if _kind(tokens, phrase) != "so":
        for token in reversed(tokens[max(0, phrase - REACH) : phrase]):
            if token.kind in _CLAUSE_ENDS:
                break
            if token.kind in _DENYING:
                return True
    return denies(tokens, last + 1, options)


def _is_example(tokens: Sequence[Token], place: int) -> bool:
    """Whether a sentence begins with "for example"."""
    start = place
    while start > max(0, place - REACH) and tokens[start - 1].kind not in _SENTENCE_ENDS:
        start -= 1
    return any(
        token.text.casefold() in ("example", "instance") for token in tokens[start : min(place, start + 2)]
    )


def denies(tokens: Sequence[Token], start: int, options: Collection[str]) -> bool:
    """Whether the rest of a sentence denies what stands before it, and neither gives reasons nor speaks of others."""
    stop = start
    while stop < min(len(tokens), start + 200) and tokens[stop].kind not in _SENTENCE_ENDS:
        stop += 1
    if _kind(tokens, stop) == "ask":
        return True
    for place in range(start, stop):
        if tokens[place].kind == "because":
            return False
        if tokens[place].kind in _DENYING:
            around = range(max(start, place - 8), min(stop, place + 5))
            return not any(
                tokens[number].text.casefold() in _REST
                or (tokens[number].kind == "letter" and _is_option(tokens, number, options))
                for number in around
            )
    return False


def _is_shared(tokens: Sequence[Token], start: int, letters: list[str], options: Collection[str]) -> bool:
    """Whether the rest of a sentence names another option, and neither denies anything nor gives reasons first."""
    others, gives_reasons = False, False
    for place in range(start, min(len(tokens), start + 200)):
        kind = tokens[place].kind
        if kind in _SENTENCE_ENDS or kind in _DENYING:
            return others and kind in _SENTENCE_ENDS
        joins_letters = "letter" in (_kind(tokens, place - 1), _kind(tokens, place - 2))
        if kind == "or" and _kind(tokens, place + 1) == "letter" and not joins_letters:
            return True
        gives_reasons = gives_reasons or kind == "because"
        if kind == "letter" and not gives_reasons and not set(tokens[place].text) <= set(letters):
            others = others or _is_option(tokens, place, options)
    return others


def _is_option(tokens: Sequence[Token], place: int, options: Collection[str]) -> bool:
    """Whether a letter stands for an option, and not for a word or a unit."""
    is_word = tokens[place].text in ("A", "I") and _is_word(tokens, place, False)
    return not is_word and set(tokens[place].text) <= set(options)


def takes_back(
    tokens: Sequence[Token], start: int, letters: tuple[str, ...], options: Collection[str]
) -> bool:
    """Whether what follows the answer takes it back, or offers another letter of `options` beside it."""
    sentence: list[Token] = []
    for place, token in enumerate([*tokens[start:], Token("end", "", 0, 0)], start):
        marks_option = len(sentence) == 1 and sentence[0].kind == "letter"
        if token.kind == "end" and marks_option and _kind(tokens, place + 1) not in ("", "line"):
            continue  # "A. 3 is too small", in a list of the options
        if token.kind in _SENTENCE_ENDS:
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
