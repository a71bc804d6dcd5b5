r"""`math` compares the answer after the thoughts with the truth (R1 2.2.2, accuracy by rules).

`extract` finds the answer, `fast` parses both sides to exact values, `agreement` decides whether they agree; where that
takes more algebra than ours (`algebra`), math-verify decides in a worker process (`worker`). Boxes that differ are
`correct` only if together they are the list that the truth asks for; `12 or 13` is two answers.
A truth that is a JSON list of strings names several right answers, any of which will do.

Not covered: proofs, answers in words ("twelve"), units that `units` does not know (they leave a pair undecided),
units inside formulas, conditions that have to be solved, plots and tables.
"""

import re
from dataclasses import replace
from functools import partial

from r1data.data.responses import split
from r1data.verifiers.extraction import beside, texts
from r1data.verifiers.extraction.refusals import says_unknown
from r1data.verifiers.math import agreement, answers, fast, formulas, second_looks, spelling, truths
from r1data.verifiers.math.algebra.limits import PossiblyEqual, Unsupported
from r1data.verifiers.math.answers import SENTENCE, find_answer
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.truths import LIMIT
from r1data.verifiers.math.units import asked, labels
from r1data.verifiers.math.units.measures import UnknownWords
from r1data.verifiers.math.values import INFINITE, Choice, Several, Undecided, Value, Word
from r1data.verifiers.verdict import (
    DECIDED,
    ONE_VALUE,
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

_UNSOLVED = re.compile(
    r"\b(?:can(?:no|['’]|\s+no)t|impossible|unsolvable|no\s+(?:real\s+)?(?:solution|answer|value)s?)\b|无法|不能|无解|没有解",
    re.I,
)
"""Sentences that say that there is no number, which is an answer where the truth is one, and wrong."""
_PRIMED = re.compile(r"\d+\s*'{1,3}")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")


def check(case: Case, time_limit: float, *, lenient: bool = False) -> Verdict:
    """Verify one response.

    Args:
        case: its truth is the right answer, or a JSON list of several.
        time_limit: seconds for math-verify, if it is needed; shared by all right answers.
        lenient: whether a sentence with one value ("Tom has 12 apples.") is an answer.

    Returns:
        `correct` if any right answer agrees; else the first verdict that is not `incorrect`, if there is one.
    """
    truth = case.truth
    if truth is not None and truth.isdigit():  # most truths: nothing else can be meant
        return _check_against(case, truth, time_limit, lenient=lenient)
    if truth is None or truths.is_placeholder(truth):
        return no_truth()
    golds = truths.golds(truth)
    if len(golds) == 1 and "#" not in truth:
        return _check_against(case, golds[0], time_limit, lenient=lenient)
    verdicts = []
    for gold in golds:
        verdict = _check_against(case, gold, time_limit / len(golds), lenient=lenient)
        if verdict.verdict == "correct":
            return verdict
        verdicts.append(verdict)
    # All forms of a gold at once are the gold's own text.
    if (
        "#" in truth
        and (whole := _check_against(case, truth, time_limit, lenient=lenient)).verdict == "correct"
    ):
        return whole
    return next((verdict for verdict in verdicts if verdict.verdict != "incorrect"), verdicts[0])


def _check_against(case: Case, gold: str, time_limit: float, *, lenient: bool) -> Verdict:
    if len(gold) > LIMIT:
        return unverifiable("too_long", f"truth of {len(gold)} characters, over the limit of {LIMIT}")
    expected = fast.read(gold)
    if expected is None and (truths.points_elsewhere(gold) or not spelling.normal(gold)):
        return unverifiable(
            "bad_truth", "the truth cannot be read: it shows nothing, or says where it stands"
        )
    response_parts = split(case.response)
    if response_parts.answer is None:
        return no_answer("after the thoughts: they were never closed")
    if objection := beside.objection_to_tags(case.response):
        return no_answer(objection)
    cut = case.is_cut
    extracted = find_answer(
        texts.with_blank_end(response_parts.answer, case.response) if cut else response_parts.answer,
        gold,
        expected,
        plain=response_parts.reasoning is None,
        prompt=case.prompt,
        cut=cut,
    )
    if isinstance(extracted, Verdict):
        return _unless_unknown(extracted)
    verdict = _unless_unknown(compare(extracted.text, gold, time_limit, case.prompt))
    if verdict.verdict != "correct" and not (extracted.text.isdigit() and gold.isdigit()):
        verdict = second_looks.look_again(verdict, extracted.text, gold)
    if verdict.verdict == "correct":
        if "'" in extracted.text and gold.isdigit() and _PRIMED.fullmatch(extracted.text):
            return undecided("a prime that may be a unit or none", extracted.text)
        if extracted.around and (doubt := answers.doubt(extracted)):
            return undecided(doubt, extracted.text)
    if extracted.rule == SENTENCE and not lenient and verdict.verdict in DECIDED:
        reason = "one value in a sentence: --lenient reads it"
        return replace(undecided(reason, extracted.text), measures={ONE_VALUE: 1.0})
    if extracted.rule == "boxes" and verdict.verdict in ("incorrect", "unverifiable"):
        return no_answer("that is one: boxes that differ", extracted.text)
    return verdict


def _unless_unknown(verdict: Verdict) -> Verdict:
    """`no_answer` in place of what cannot be read because it says that the writer does not know."""
    if verdict.cause == "undecided" and says_unknown(verdict.extracted or ""):
        return no_answer("given: it says that it is not known", verdict.extracted)
    return verdict


def compare(answer: str, truth: str, time_limit: float, prompt: str | None = None) -> Verdict:
    """The verdict on an answer's text against a truth's text.

    Args:
        answer: as written.
        truth: as written, a single right answer.
        time_limit: seconds for math-verify, if it is needed.
        prompt: the question, if it is known; it may ask for an order.
    """
    if answer == truth:
        return correct(answer)
    if answer.isdigit() and truth.isdigit() and answer.isascii() and truth.isascii():
        return correct(answer) if int(answer) == int(truth) else incorrect(answer)
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
    if isinstance(truth_value, Number) and isinstance(answer_value, Several):
        items = answer_value.items
        words = any(isinstance(item, Word) and item.text not in INFINITE for item in items)
        if words and not _UNSOLVED.search(answer):
            return undecided("words where the truth is a number", answer)
    if not (isinstance(truth_value, Several) or isinstance(answer_value, Several)):
        same = agreement.same(truth_value, answer_value, prompt)
        return correct(answer) if same else incorrect(answer)
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
    accepted = labels.accept(truth_value, None), labels.accept(answer_value, words)
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
    version="5",
    summary="numbers, tuples, sets, intervals, formulas",
    judge_may_review=True,
    answer_form="\\boxed{{answer}}",
)
LENIENT = replace(VERIFIER, check=partial(check, lenient=True), version="5-lenient")
"""`math` for a reader who takes the one value of a sentence for its answer: not for rewards."""
