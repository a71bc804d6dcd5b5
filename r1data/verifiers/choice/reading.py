"""Reads the letters that an answer gives, from all that it names (`letters`), or says why it gives none.

The strongest way of giving a letter decides; those that are given as strongly must agree, and what follows the last one
must not take it back. Beside a letter, the prompt's options are compared: the text of another option contradicts it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from r1data.verifiers.choice.denials import is_option, takes_back
from r1data.verifiers.choice.letters import ALONE, ANNOUNCED, ENDING, LAST, LISTED, SAID, Named, named
from r1data.verifiers.choice.options import fold_option, option_named
from r1data.verifiers.choice.tokens import LONGEST, Token, clean, is_reversed, tokens
from r1data.verifiers.extraction import extract
from r1data.verifiers.extraction.texts import UNENDED
from r1data.verifiers.verdict import Verdict, no_answer, undecided

QUOTED = 1_000
"""Most characters of the answer that a verdict quotes."""
DRESSED = 40
"""How many times as long as an option's text the same text may be with its dressing."""
NONE = ("none",)
"""In the place of letters: the answer is that no option is right."""

_NONE = re.compile(
    r"\bnone of (?:the|these|those|them|choice)"
    r"|\bno (?:correct|valid|right|suitable) (?:answer|option|choice|solution)\b"
    r"|\bnot (?:\w+ )?(?:among|listed|in|one of) (?:\w+ ){0,3}(?:options|choices|answers|alternatives)\b"
    r"|无正确|没有正确|没有(?:给出)?.{0,6}(?:答案|选项)|(?:题目|选项|题).{0,6}(?:有误|错误|出错|都不|均不|无解|不正确)"
    r"|^无$|都不对|都不正确|均不正确|无解|不在选项",
    re.I,
)
"""The answer that no option is right: an answer like any other where the prompt's options are known."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a response answers: letters, or none with the verdict that says why. `sequence` holds one by one."""

    letters: tuple[str, ...] = ()
    sequence: tuple[tuple[str, ...], ...] = ()
    verdict: Verdict | None = None


def read(
    answer: str,
    options: Mapping[str, str],
    allowed: frozenset[str],
    truth_text: str = "",
    *,
    cut: bool = False,
) -> Reading:
    """The letters that an answer gives.

    Args:
        answer: what follows the thoughts.
        options: the prompt's, by letter; empty where it lists none.
        allowed: letters that may be options.
        truth_text: the text behind the truth's letter, which is an option's.
        cut: whether the response was cut: then a letter counts only where it is announced or boxed. What is said of
            an option ("B is right") may be said of the next one too.
    """
    answer = answer[-LONGEST:]
    if is_reversed(answer):
        return Reading(verdict=undecided("the answer looks otherwise than it is written", answer[:QUOTED]))
    text = clean(answer)
    pieces = tokens(text)
    likely = frozenset(options) or allowed
    # Letters that are no options stand for units and variables, unless they are given as the answer.
    names = [name for name in named(pieces, likely) if name.strength >= ALONE or set(name.letters) <= likely]
    lines = _Lines(text, pieces, options, truth_text, likely)
    candidates = [name for name in names if name.strength and (not name.denied or lines.is_own_text(name))]
    if _may_be_none(options) and _last_line_says_none(text):
        last_line = text.rstrip().rfind("\n")
        candidates = [
            name for name in candidates if name.strength >= ANNOUNCED and pieces[name.last].end > last_line
        ]
    if not options:
        candidates = [name for name in candidates if name.strength > ENDING]
    if cut:
        candidates = [name for name in candidates if name.announced]
        if not candidates:
            return Reading(verdict=no_answer(UNENDED))
    if not candidates:
        return _without_letters(answer, names, options)
    boxes = {name.letters for name in names if name.boxed}
    if len(boxes) > 1 and any(name.boxed and name.denied for name in names):
        return Reading(verdict=no_answer("that is one: boxes that differ"))
    strongest = max(name.strength for name in candidates)
    best = [name for name in candidates if name.strength == strongest]
    later = [name for name in candidates if name.first > best[-1].last and name.strength >= SAID]
    if objection := _objection(best, later, lines, allowed):
        return Reading(verdict=objection)
    if len({name.letters for name in best}) == 1:
        return Reading(best[-1].letters)
    return Reading(sequence=tuple(name.letters for name in best))


def _objection(
    best: list[Named], later: list[Named], lines: "_Lines", allowed: frozenset[str]
) -> Verdict | None:
    """Why the letters that are given most strongly are no answer, or none that can be read."""
    last, strength = best[-1], best[-1].strength
    quoted = "; ".join(", ".join(name.letters) for name in best)[:QUOTED]
    if not all(set(name.letters) <= allowed for name in best):
        return undecided("the answer cannot be read as letters of choices", quoted)
    in_a_list = strength in (LISTED, ALONE, LAST, ENDING) and lines.has_others_behind(last)
    if in_a_list or any(name.hedged for name in best):
        return no_answer("that is one: several letters", quoted)
    if lines.contradicts(last):
        return undecided("the letter and the option's text beside it differ", quoted)
    if strength in (LAST, ENDING) and lines.has_others_before(last):
        return undecided("the sentence names several letters", quoted)
    if any(set(name.letters) != set(last.letters) for name in later):
        return undecided("another letter is called right behind the answer", quoted)
    if takes_back(lines.pieces, lines.end_of(last), last.letters, lines.likely):
        return undecided("what follows the answer takes it back", quoted)
    if strength < ALONE and len({name.letters for name in best}) > 1:
        return undecided("several letters are called right", quoted)
    return None


class _Lines:
    """What stands behind letters in their lines, and whether it is an option's text."""

    def __init__(
        self,
        text: str,
        pieces: Sequence[Token],
        options: Mapping[str, str],
        truth_text: str,
        likely: frozenset[str],
    ) -> None:
        self.text, self.pieces, self.options = text, pieces, options
        self.truth_text, self.likely = truth_text, likely

    def _rest(self, name: Named) -> str:
        start = self.pieces[name.last].end
        stop = self.text.find("\n", start)
        return self.text[start : stop if stop >= 0 else len(self.text)].strip(" \t.)]}:,-–⟧、\"'")

    def is_own_text(self, name: Named) -> bool:
        """Whether the letter's own option stands behind it, whatever words are in it."""
        texts = [text for text in (self.options.get(name.letters[0], ""), self.truth_text) if text]
        rest = self._rest(name) if texts and len(name.letters) == 1 else ""
        # One line may name thousands of letters, each with a rest as long as the line.
        if not rest or len(rest) > DRESSED * max(map(len, texts)) + DRESSED:
            return False
        return bool(folded_rest := fold_option(rest)) and folded_rest in map(fold_option, texts)

    def contradicts(self, name: Named) -> bool:
        """Whether the text of another option stands behind the letter."""
        other = option_named(self._rest(name), self.options) if len(name.letters) == 1 else None
        return other is not None and other != name.letters[0]

    def end_of(self, name: Named) -> int:
        """The token at which what follows the answer begins."""
        if not self.is_own_text(name):
            return name.last + 1
        start = self.pieces[name.last].end + len(self._rest(name))
        return next((n for n, piece in enumerate(self.pieces) if piece.start >= start), len(self.pieces))

    def has_others_before(self, name: Named) -> bool:
        """Whether other options' letters stand before it in its sentence."""
        for place in range(name.first - 1, -1, -1):
            if self.pieces[place].kind in ("line", "end", "ask"):
                break
            is_other = self.pieces[place].kind == "letter" and is_option(self.pieces, place, self.likely)
            if is_other and not set(self.pieces[place].text) <= set(name.letters):
                return True
        return False

    def has_others_behind(self, name: Named) -> bool:
        """Whether other letters stand behind it in its line."""
        if self.is_own_text(name):
            return False
        others = set()
        for piece in self.pieces[name.last + 1 :]:
            if piece.kind in ("line", "because"):
                break
            if piece.kind == "letter" and piece.text not in ("A", "I") and set(piece.text) <= self.likely:
                others |= set(piece.text)
        return bool(others - set(name.letters))


def _without_letters(answer: str, names: Sequence[Named], options: Mapping[str, str]) -> Reading:
    """The reading of an answer that gives no letter: an option's text, or why there is none."""
    texts = extract.boxes(answer)
    if not texts:
        extracted = extract.marked_answer(answer) or extract.closing_answer(answer)
        texts = [extracted.text] if extracted else []
    by_text = {option_named(clean(text), options) for text in texts}
    if len(by_text) == 1 and None not in by_text and not names:
        return Reading(tuple(letter for letter in by_text if letter))
    if _may_be_none(options) and (any(map(_NONE.search, texts)) or _last_line_says_none(clean(answer))):
        return Reading(NONE)
    if texts or names:
        quoted = "; ".join(texts)[:QUOTED] or None
        return Reading(verdict=undecided("the answer cannot be read as letters of choices", quoted))
    return Reading(verdict=no_answer("found in what follows the thoughts"))


def _may_be_none(options: Mapping[str, str]) -> bool:
    """Whether "none of them" is no option, but the answer that no option is right."""
    return bool(options) and not any(map(_NONE.search, options.values()))


def _last_line_says_none(text: str) -> bool:
    return _NONE.search(text.strip().rpartition("\n")[2][-300:]) is not None
