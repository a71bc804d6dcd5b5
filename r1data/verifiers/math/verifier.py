r"""`math` compares the answer after the thoughts with the truth (R1 2.2.2, accuracy by rules).

`extract` finds the answer, `fast` parses both sides to exact values, `agreement` decides whether they agree; where that
takes more algebra than ours (`algebra`), math-verify decides in a worker process (`worker`). Boxes that differ are
`correct` only if together they are the list that the truth asks for; `12 or 13` is two answers.
A truth that is a JSON list of strings names several right answers, any of which will do.

Not covered: proofs, answers in words ("twelve"), units that `units` does not know (they compare as labels),
units inside formulas, sets by a condition, functions by cases, plots and tables.
"""

import json
import re

from r1data.data.responses import split
from r1data.verifiers import extract
from r1data.verifiers.extract import ExtractedAnswer
from r1data.verifiers.math import agreement, asked, fast, formulas, labels, spelling
from r1data.verifiers.math.algebra.limits import PossiblyEqual, Unsupported
from r1data.verifiers.math.measures import UnknownWords
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.values import INFINITE, Choice, Several, Undecided, Value, Word
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

LIMIT = 1_000
"""Most characters of an answer or a truth."""

ALTERNATIVES = 20
"""Most right answers that a truth may name."""
BOXES = 50
"""Most different boxes that are compared with each other."""

_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")


def check(case: Case, time_limit: float) -> Verdict:
    """Verify one response.

    Args:
        case: its truth is the right answer, or a JSON list of several.
        time_limit: seconds for math-verify, if it is needed; shared by all right answers.

    Returns:
        `correct` if any right answer agrees; else the first verdict that is not `incorrect`, if there is one.
    """
    truth = case.truth
    if truth is None or not truth.strip():
        return no_truth()
    golds = alternatives(truth)
    verdicts = []
    for gold in golds:
        verdict = _check_against(case, gold, time_limit / len(golds))
        if verdict.verdict == "correct":
            return verdict
        verdicts.append(verdict)
    return next((verdict for verdict in verdicts if verdict.verdict != "incorrect"), verdicts[0])


def alternatives(truth: str) -> list[str]:
    """The right answers that a truth names: the strings of a JSON list of strings, else the truth itself."""
    if not truth.lstrip().startswith('["') or len(truth) > ALTERNATIVES * LIMIT:
        return [truth]
    try:
        golds = json.loads(truth)
    except (ValueError, RecursionError):
        return [truth]
    usable = all(isinstance(gold, str) and gold.strip() for gold in golds) and len(golds) <= ALTERNATIVES
    return golds if usable else [truth]


def _check_against(case: Case, truth: str, time_limit: float) -> Verdict:
    gold = extract_truth(truth)
    if len(gold) > LIMIT:
        return unverifiable("too_long", f"truth of {len(gold)} characters, over the limit of {LIMIT}")
    expected = fast.read(gold)
    if expected is None and not formulas.is_formula(gold):
        return unverifiable("bad_truth", "the truth cannot be read as mathematics")
    response_parts = split(case.response)
    if response_parts.answer is None:
        return no_answer("after the thoughts: they were never closed")
    extracted = find_answer(response_parts.answer, expected, plain=response_parts.reasoning is None)
    if isinstance(extracted, Verdict):
        return extracted
    verdict = compare(extracted.text, gold, time_limit, case.prompt)
    if extracted.rule == "boxes" and verdict.verdict in ("incorrect", "unverifiable"):
        return no_answer("that is one: boxes that differ", extracted.text)
    return verdict


def extract_truth(truth: str) -> str:
    r"""The answer within a truth: after `####` or in boxes (several are a list) of a solution, else all of it."""
    if "####" in truth:
        return truth.rpartition("####")[2].strip()
    return ", ".join(dict.fromkeys(extract.boxes(truth))) or truth.strip()


def find_answer(answer: str, expected: Value | None, *, plain: bool) -> ExtractedAnswer | Verdict:
    """The one answer in a text, or the verdict that it has none.

    Args:
        answer: the text after the thoughts.
        expected: the truth's value; for a number, the answer may also be looked for in prose.
        plain: whether the response has no think tags, so that the text includes its reasoning.
    """
    if "\\boxed" in answer and (boxed := extract.boxes(answer)):
        return _boxed_answer(boxed)
    number = isinstance(expected, Number)
    extracted = extract.marked_answer(answer) or extract.closing_answer(answer, number=number)
    line = extracted.text if plain and extracted and extracted.rule == "whole answer" else None
    # One line without think tags may be the reasoning itself: an answer only if it reads as a value or a formula.
    if line is not None and fast.read(line) is None and not formulas.is_formula(line):
        extracted = None
    if plain and number:
        extracted = extracted or extract.last_number(answer)
    if extracted is None:
        return no_answer(
            "found in what follows the thoughts" if answer else "after the thoughts: nothing follows"
        )
    return _within_limit(extracted)


def _boxed_answer(boxed: list[str]) -> ExtractedAnswer | Verdict:
    """The answer in boxes: the last one if all agree, else a list of those that differ."""
    different: list[str] = []
    for content in boxed:
        if not any(_agree(content, other) for other in different):
            different.append(content)
            if len(different) > BOXES:
                return no_answer(f"that is one: more than {BOXES} boxes that differ")
    if different == [""]:
        return no_answer("in the box: it is empty")
    if len(different) == 1:
        return _within_limit(ExtractedAnswer(boxed[-1], "box"))
    return _within_limit(ExtractedAnswer(", ".join(different), "boxes"))


def _agree(a: str, b: str) -> bool:
    """Whether two boxes agree, by the fast rules alone."""
    if a == b or max(len(a), len(b)) > LIMIT:
        return a == b
    if spelling.normal(a) == spelling.normal(b):
        return True
    one, other = fast.read(a), fast.read(b)
    try:
        return one is not None and other is not None and agreement.same(one, other)
    except (Undecided, Unsupported):
        return False


def _within_limit(extracted: ExtractedAnswer) -> ExtractedAnswer | Verdict:
    if len(extracted.text) > LIMIT:
        return unverifiable(
            "too_long", f"answer of {len(extracted.text)} characters, over the limit of {LIMIT}"
        )
    return extracted


def compare(answer: str, truth: str, time_limit: float, prompt: str | None = None) -> Verdict:
    """The verdict on an answer's text against a truth's text.

    Args:
        answer: as written.
        truth: as written, a single right answer.
        time_limit: seconds for math-verify, if it is needed.
        prompt: the question, if it is known; it may ask for an order.
    """
    truth_value, answer_value = fast.read(truth), fast.read(answer)
    possibly_equal = False
    if truth_value is not None and answer_value is not None:
        try:
            verdict = _compare_values(truth_value, answer_value, answer, truth, prompt)
            return _in_asked_unit(verdict, truth_value, answer_value, prompt)
        except UnknownWords as reason:
            return _compare_labelled(truth_value, answer_value, answer, truth, prompt, str(reason))
        except Undecided as reason:
            same_text = spelling.normal(answer) == spelling.normal(truth)
            verdict = correct(answer) if same_text else undecided(str(reason), answer)
            return _in_asked_unit(verdict, truth_value, answer_value, prompt)
        except Unsupported as reason:  # more algebra than ours: math-verify is asked
            possibly_equal = isinstance(reason, PossiblyEqual)
    if spelling.normal(answer) == spelling.normal(truth):
        return correct(answer)
    if isinstance(truth_value, Choice) or isinstance(answer_value, Choice):
        return undecided("a choice letter against a formula", answer)
    verdict = formulas.compare(answer, truth, time_limit)
    if possibly_equal and verdict.verdict == "incorrect":
        return undecided("equal to 60 digits, and not by algebra", answer)
    return verdict


def _compare_values(
    truth_value: Value, answer_value: Value, answer: str, truth: str, prompt: str | None
) -> Verdict:
    """The verdict on two parsed values. Raises Undecided, and Unsupported.

    Args:
        truth_value: parsed from `truth`.
        answer_value: parsed from `answer`.
        answer: as written.
        truth: as written; its commas may be ambiguous.
        prompt: the question, if it is known.
    """
    if (
        isinstance(truth_value, Number)
        and isinstance(answer_value, Word)
        and answer_value.text not in (*INFINITE, *agreement.DENIALS)
    ):
        return undecided("a word where the truth is a number", answer)
    for one, other, text in ((truth_value, answer_value, answer), (answer_value, truth_value, truth)):
        if isinstance(one, Number) and isinstance(other, Several) and _DECIMAL_COMMA.fullmatch(text):
            return undecided("a comma that may be a decimal point", answer)
    if agreement.same(truth_value, answer_value, prompt):
        return correct(answer)
    # Not earlier: commas between digits part thousands first, and a list only where that number does not agree.
    for one, other, text in ((truth_value, answer_value, answer), (answer_value, truth_value, truth)):
        if isinstance(one, Several) and isinstance(other, Number) and _may_be_list(text, one):
            return undecided("commas that may part thousands or a list", answer)
    reason = None
    if isinstance(answer_value, Several) and not isinstance(truth_value, Several):
        reason = f"{len(answer_value.items)} values where the truth is one"
    return incorrect(answer, reason)


def _compare_labelled(
    truth_value: Value, answer_value: Value, answer: str, truth: str, prompt: str | None, reason: str
) -> Verdict:
    """The verdict on two values with words beside their numbers, of which the prompt or the truth know some."""
    if spelling.normal(answer) == spelling.normal(truth):
        return correct(answer)
    words = labels.words_of(prompt, truth)
    accepted = labels.accept(truth_value, words), labels.accept(answer_value, words)
    if accepted == (truth_value, answer_value):
        return undecided(reason, answer)
    try:
        verdict = _compare_values(*accepted, answer, truth, prompt)
    except (Undecided, Unsupported) as second:
        verdict = undecided(str(second), answer)
    return _in_asked_unit(verdict, *accepted, prompt)


def _in_asked_unit(verdict: Verdict, truth_value: Value, answer_value: Value, prompt: str | None) -> Verdict:
    """A verdict on a number with a unit and one without, in the light of the unit that the prompt asks for."""
    agreed = asked.agrees(truth_value, answer_value, prompt) if prompt else None
    if agreed is None or agreed == (verdict.verdict == "correct"):
        return verdict
    if agreed:
        return correct(verdict.extracted, "in the unit that the prompt asks for")
    return undecided("another unit than the prompt asks for", verdict.extracted)


def _may_be_list(text: str, expected_list: Several) -> bool:
    """Whether a number's text, split at its commas, is the expected list."""
    parts = text.split(",")
    if len(parts) < 2 or not all(part.isascii() and part.isdigit() for part in parts):
        return False
    return agreement.same(Several("", tuple(Number(int(part)) for part in parts)), expected_list)


VERIFIER = Verifier(
    name="math",
    check=check,
    version="4",
    summary="numbers, tuples, sets, intervals, formulas",
    judge_may_review=True,
)
