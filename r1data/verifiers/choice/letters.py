r"""Finds the letters of options that a text names, and how it names them: as the answer, denied, or in passing.

A letter is announced by the words around it (`words`): "The answer is (C)", "Option D is correct.", `故选B`,
`【答案】A <eoa>`, `#### E`; by a box, `\boxed{C}` or `[[C]]`; or by standing alone in its line. What stands before it
in its clause or behind it may deny it ("is not", "B is wrong", "If the answer is B"), and a later sentence may take it
back ("Or C.", "No, that is wrong.").

Each letter is looked at with the tokens around it, some dozen at most on each side: the time is linear in the text.

Not done: an option's text in place of its letter (`options`); numbers or letters of other alphabets as options.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from r1data.verifiers.choice.denials import SENTENCE_ENDS, is_denied, is_shared
from r1data.verifiers.choice.surroundings import (
    REACH,
    before,
    behind,
    is_word,
    joined,
    kind_of,
    skip_close,
)
from r1data.verifiers.choice.tokens import Token

FIELD, ANNOUNCED, ALONE, SAID, LISTED, LAST, ENDING = 7, 6, 5, 4, 3, 2, 1
"""How strongly letters are given as the answer: in a box or behind a colon; in a sentence; alone in a line; called
right; before a text in a line; at the end of a sentence, as an option or behind "so"; behind "is". 0: not at all."""

_BESIDE = frozenset({"open", "option", "answer", "is", "link", "colon", "correct"})
"""What may stand before a letter in a box."""
_BEHIND = frozenset({"close", "end", "colon", "sep", "letter", "line"})
"""What may stand right behind it."""


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
        announced: they stand in a box, beside a word for "answer", behind "so" and a word for choosing, or behind "the
            correct one is"; an option that is only called right is not announced.
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
    kinds, phrase = before(tokens, place)
    box = _box_around(tokens, place)
    cue = box >= 0 or "answer" in kinds or "choose" in kinds or "option" in kinds
    if tokens[place].text in ("A", "I") and is_word(tokens, place, cue):
        return None
    letters, hedged, last = joined(tokens, place, options)
    starts_line = _starts_line(tokens, place)
    ends_line = kind_of(tokens, skip_close(tokens, last + 1)) in ("", "line") or _is_only_option(
        tokens, last + 1
    )
    if len(tokens[place].text) > 1 and not (cue or (starts_line and ends_line)):
        return None  # "CD", "AC": words
    kinds_behind = behind(tokens, last)
    # In a box that holds more than the letter and an option's text, it is part of a formula.
    is_boxed = box >= 0 and all(token.kind in _BESIDE for token in tokens[box + 1 : place])
    is_boxed = is_boxed and kind_of(tokens, last + 1) in _BEHIND and tokens[last + 1].text not in "'’"
    whole_sentence = kind_of(tokens, phrase - 1) in ("", *SENTENCE_ENDS)
    strength = _strength(tokens, kinds, kinds_behind, last, is_boxed, starts_line, ends_line)
    if box >= 0 and not is_boxed:
        strength = 0
    if strength == ENDING and whole_sentence:
        strength = LAST  # "It is B."
    denied = (
        (box >= 0 and not is_boxed)
        or is_denied(tokens, phrase, last, kinds_behind, options)
        or is_shared(tokens, last + 1, letters, options)
    )
    # `故选` and `因此选` are "so" and "choose" in one word.
    concluded = "so" in kinds or any(token.text[0] in "故因所" for token in tokens[phrase:place])
    announced = strength == FIELD or "answer" in kinds or ("choose" in kinds and concluded)
    # "The correct option is B.", nearest first, and "B is the correct answer."
    announced = announced or {"is", "correct", "answer"} <= set(kinds_behind)
    if "correct" in kinds and "is" in kinds:
        announced = announced or kinds.index("is") < kinds.index("correct")
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
    kinds_behind: list[str],
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
    if "correct" in kinds_behind or "answer" in kinds_behind:
        return SAID
    following = kind_of(tokens, last + 1)
    if starts_line and following in ("end", "colon", "close", "open", "sep", "because", "other"):
        return LISTED
    at_end = kind_of(tokens, skip_close(tokens, last + 1)) in ("", "end", "line")
    if ("option" in kinds and ("is" in kinds or "so" in kinds)) or (
        at_end and ("option" in kinds or kinds[:1] == ["so"])
    ):
        return LAST
    return (LAST if "so" in kinds else ENDING) if at_end and "is" in kinds else 0


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
    return kind_of(tokens, place) in ("", "line")
