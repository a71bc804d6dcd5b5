r"""`choice`: the letter of an option, or the letters of several, as in multiple choice.

Read: `C`, `(C)`, `C.`, `C) 5`, `\boxed{C}`, `[[C]]`, `Answer: C`, `\text{(C)}`, bold, "Option C is correct.", `故选C`,
`【答案】C <eoa>`, in twenty-six languages (`reading`); an option's text, where the prompt lists the options and
exactly one has it. A truth of several letters (`AC`, `A, C`, `["A","C"]`) wants all of them and no other; one that is
out of order or repeats (`["B","B","C"]`) is the answers to several questions, in their order. Letters are A to J, and
up to Z where the prompt or the truth goes on so far.

No letter is ever guessed: letters that differ, or are joined by "or", are no answer; letters that are only mentioned,
denied or taken back are undecided. Not covered: options without letters, letters of other alphabets.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from r1data.data.responses import split
from r1data.verifiers.choice.letters import named
from r1data.verifiers.choice.options import listed_options, option_named
from r1data.verifiers.choice.reading import NONE, Reading, read
from r1data.verifiers.choice.tokens import LONGEST, clean, tokens
from r1data.verifiers.extraction import beside, extract
from r1data.verifiers.extraction.texts import with_blank_end
from r1data.verifiers.verdict import (
    Case,
    Verdict,
    Verifier,
    correct,
    incorrect,
    no_answer,
    no_truth,
    undecided,
    unverifiable,
)

_PLAIN = re.compile(r"(?:(?:The )?(?:[Ff]inal |[Cc]orrect )?[Aa]nswer(?: is|:| is:) )?\(?([A-Ja-j])\)?[.]?")
"""Most answers: read without what follows."""
_ALPHABET = frozenset(map(chr, range(ord("A"), ord("Z") + 1)))
_IN_ORDER = re.compile(
    r"(?:[(（]?\d{1,2}[.):）、]*\s*)?[A-Z](?:[\s,;、，]*(?:[(（]?\d{1,2}[.):）、]*\s*)?[A-Z]){0,99}[.。]?"
)
_COMPLETE = re.compile(r"[。！？\n]|[.!?}\]](?=\s|$)|<eo[asdt]>|<\|[\w ]{1,30}\|>")
"""Where a sentence, a line or a box ends, or the text itself by its token."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The right letters; `ordered` where they answer several questions; `text` is the option's, where it is there."""

    letters: tuple[str, ...]
    ordered: bool
    text: str = ""


def check(case: Case, time_limit: float) -> Verdict:
    """Verify one response against a truth that is letters of options, with or without the option's text."""
    if case.truth is None or not case.truth.strip():
        return no_truth()
    options = listed_options(case.prompt)
    truth = read_truth(case.truth, options)
    if truth is None:
        return unverifiable(
            "bad_truth", "the truth is not letters of choices, A to J or as the prompt has them"
        )
    answer = split(case.response).answer
    if answer is None:
        return no_answer("after the thoughts: they were never closed")
    if objection := beside.objection_to_tags(case.response):
        return no_answer(objection)
    cut = case.is_cut
    if cut:
        answer = with_blank_end(answer, case.response)
        answer = answer[: max((match.end() for match in _COMPLETE.finditer(answer)), default=0)]
    elif len(truth.letters) == 1:
        answer = extract.shown(answer)  # without what runs on into a question of its own
    if not cut and (plain := _PLAIN.fullmatch(answer)):
        reading = Reading((plain.group(1).upper(),))
    elif truth.ordered and not cut and len(in_order := _letters_in_order(answer)) == len(truth.letters):
        reading = Reading(in_order)
    else:
        reading = read(answer, options, _allowed(options, truth), truth.text, cut=cut)
    return reading.verdict or _compare(reading, truth, options)


def _letters_in_order(answer: str) -> tuple[str, ...]:
    """The letters of an answer, or of its box or field, that is nothing but a list: `BBC`, `1. B 2. B 3. C`."""
    boxed = extract.boxes(answer)
    marked = None if boxed else extract.marked_answer(answer)
    text = clean(boxed[0] if len(boxed) == 1 else marked.text if marked and not boxed else answer)
    return tuple(re.sub("[^A-Z]", "", text)) if _IN_ORDER.fullmatch(text.strip()) else ()


def _compare(reading: Reading, truth: Truth, options: Mapping[str, str]) -> Verdict:
    """The verdict on letters that were read."""
    if reading.sequence:
        return _compare_sequence(reading.sequence, truth)
    letters = reading.letters
    extracted = ", ".join(letters)
    if truth.ordered:
        if len(letters) < len(truth.letters):
            return undecided("fewer letters than the truth has questions", extracted)
        return correct(extracted) if letters == truth.letters else incorrect(extracted)
    if set(letters) == set(truth.letters):
        return correct(extracted)
    if (
        len(truth.letters) == 1 < len(letters)
        and truth.letters[0] in letters
        and not set(letters) <= set(options)
    ):
        return no_answer("that is one: several letters", extracted)
    return incorrect(extracted)


def _compare_sequence(sequence: tuple[tuple[str, ...], ...], truth: Truth) -> Verdict:
    """The verdict on letters that were given one after the other: answers to as many questions, or no answer."""
    extracted = ", ".join("".join(letters) for letters in sequence)
    answers_all = sequence == tuple((letter,) for letter in truth.letters)
    if answers_all:
        return correct(extracted)
    if truth.ordered and len(sequence) == len(truth.letters):
        return incorrect(extracted)
    return no_answer("that is one: several letters", extracted)


def _allowed(options: Mapping[str, str], truth: Truth) -> frozenset[str]:
    last = max(["J", *options, *truth.letters])
    return frozenset(letter for letter in _ALPHABET if letter <= last)


def read_truth(text: str, options: Mapping[str, str]) -> Truth | None:
    """The letters of a truth: `C`, `(C) 5`, `AC`, `A, C`, a list, a worked solution; None if there are none."""
    if plain := _PLAIN.fullmatch(text.strip()):
        return Truth((plain.group(1).upper(),), False)
    if len(text) > LONGEST:
        return None
    if text.lstrip().startswith("["):
        return _listed_truth(text)
    cleaned = clean(text).strip()
    pieces = tokens(cleaned)
    names = named(pieces)
    rest = ""
    if names and all(piece.kind in ("open", "option") for piece in pieces[: names[0].first]):
        rest = cleaned[pieces[names[0].last].end :].strip(" .):]-")
        letters = names[0].letters if not names[0].hedged and not (rest and len(names[0].letters) > 1) else ()
    elif letter := option_named(text, options):
        letters = (letter,)
    else:
        letters = read(text, options, _ALPHABET).letters
    return (
        None
        if not letters or letters == NONE
        else Truth(letters, tuple(sorted(set(letters))) != letters, rest)
    )


def _listed_truth(text: str) -> Truth | None:
    """The letters of a list: `["A", "C"]`, `['A', 'C']`, `["AC"]` or `[[A]]`."""
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        items = re.findall(r"[A-Z]+", text) if re.fullmatch(r"[\[\]A-Z'\", ]{1,200}", text) else []
    groups = [item.strip().strip("()").upper() for item in items if isinstance(item, str)]
    if (
        not groups
        or len(groups) != len(items)
        or not all(re.fullmatch("[A-Z]{1,10}", item) for item in groups)
    ):
        return None
    if len(groups) > 1 and any(len(item) > 1 for item in groups):
        return None
    letters = tuple("".join(groups))
    return Truth(letters, tuple(sorted(set(letters))) != letters)


VERIFIER = Verifier(
    name="choice",
    check=check,
    version="2",
    summary="letters of options, A to J or as the prompt lists them",
    judge_may_review=True,
)
