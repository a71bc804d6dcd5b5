r"""Finds the one answer of a response to a maths question, or says why there is none.

`extract` says where an answer may stand; here it is asked which of the places holds mathematics, whether boxes agree,
and whether the text takes its answer back or offers another (`objections`). A sentence ("Tom has 12 apples.") answers
where it concludes or is announced; other sentences with one value only for a lenient reader (`sentences`).

Not covered: answers in words, several answers that are not one list.
"""

import re

from r1data.verifiers.extraction import disclaimers, extract, json_answers, objections, texts
from r1data.verifiers.extraction.boxes import find as find_boxes
from r1data.verifiers.extraction.boxes import is_placeholder
from r1data.verifiers.extraction.extract import ExtractedAnswer
from r1data.verifiers.math import agreement, fast, formulas, sentences, spelling
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.truths import LIMIT
from r1data.verifiers.math.values import INFINITE, Formula, Several, Undecided, Value, Word
from r1data.verifiers.verdict import Verdict, no_answer, undecided, unverifiable

BOXES = 50
"""Most different boxes that are compared with each other."""
SENTENCE = "one value in a sentence"
"""The rule that finds an answer for a lenient reader only."""


def find_answer(
    answer: str,
    gold: str,
    expected: Value | None,
    *,
    plain: bool,
    prompt: str | None = None,
    cut: bool = False,
) -> ExtractedAnswer | Verdict:
    """The one answer in a text, or the verdict that it has none; by the rule `SENTENCE` for a lenient reader only.

    Args:
        answer: the text after the thoughts.
        gold: the truth as written: an answer that is written the same is not read further.
        expected: the truth's value; for a number, the answer may also be looked for in prose.
        plain: whether the response has no think tags, so that the text includes its reasoning.
        prompt: what was asked; a box that it holds may be a placeholder.
        cut: whether the response stopped at a limit of tokens: only what was boxed, or announced and ended, counts.
    """
    last_line = extract.last_line_answer(answer)
    if (
        last_line
        and not cut
        and len(last_line) < LIMIT
        and ((last_line.isdigit() and last_line.isascii()) or fast.read(last_line) is not None)
    ):
        return ExtractedAnswer(last_line, "marker")
    answer = extract.shown_of_cut(answer) if cut else extract.shown(answer)
    extracted = _find(answer, gold, expected, plain=plain, prompt=prompt, cut=cut)
    if isinstance(extracted, Verdict):
        return extracted
    return ExtractedAnswer(extracted.text, extracted.rule, extracted.end, answer)


def _find(
    answer: str, gold: str, expected: Value | None, *, plain: bool, prompt: str | None, cut: bool
) -> ExtractedAnswer | Verdict:
    """As `find_answer`, for the shown text."""
    placeholders = False
    if "\\" in answer:
        boxes = find_boxes(answer)
        contents = _without_placeholders(boxes.contents, prompt)
        if boxes.problem:
            return no_answer(boxes.problem)
        placeholders = boxes.placeholders or len(contents) < len(boxes.contents)
        if contents:
            boxed = _boxed_answer(contents)
            if isinstance(boxed, Verdict):
                return boxed
            boxed = ExtractedAnswer(boxed.text, boxed.rule, boxes.end)
            return _unless_announced_otherwise(boxed, answer, boxes.end)
    if "{" in answer and (json_answer := json_answers.find(answer)):
        return _json_answer(json_answer)
    if extracted := extract.marked_answer(answer, cut=cut):
        if extracted.text.startswith("{") and is_placeholder(extracted.text):
            return no_answer("found: a placeholder")
        text = extracted.text
        if extracted.rule == extract.DASH and agree(f"-{text}", gold):
            return undecided("a dash that may be a sign", text)
        if text[-1:] == "!" and text[-2:-1].isdigit() and not agree(text, gold):
            return undecided("a mark that may be a factorial", text)
        # Of one that was cut, what follows may be the beginning of the answer that the announced text leads to.
        readable = _readable(extracted, gold, answer[: extracted.end] if cut else answer)
        return _unless_objected(readable, answer, extracted.end)
    if cut:
        return no_answer(texts.UNENDED)
    unannounced = _unannounced(answer, gold, expected, plain=plain)
    if placeholders and (isinstance(unannounced, Verdict) or "box" in unannounced.text):
        return no_answer("found: the box holds a placeholder")
    return unannounced


def _unannounced(answer: str, gold: str, expected: Value | None, *, plain: bool) -> ExtractedAnswer | Verdict:
    """The answer of a text that has neither box nor marker."""
    number = isinstance(expected, Number)
    extracted = extract.closing_answer(answer, number=number)
    if extracted and extracted.rule == "row of bold texts":
        return no_answer("that is one: several bold texts", extracted.text)
    sentence = sentences.last_sentence(answer)
    if extracted and extracted.rule == extract.LINKED and sentences.states_another(sentence):
        return undecided("several values of which something is said", sentence)
    if extracted and extracted.rule == "whole answer" and (value := sentences.conclusion(sentence)):
        return _within_limit(ExtractedAnswer(value, "conclusion"))
    if extracted and _is_mathematics(extracted.text, gold):
        return _within_limit(extracted)
    if value := (
        sentences.conclusion(sentence) or sentences.stated_value(sentence) or sentences.bold_value(answer)
    ):
        return _within_limit(ExtractedAnswer(value, "conclusion"))
    if (
        extracted
        and extracted.rule == extract.RESULT
        and (value := sentences.announced_value(extracted.text))
    ):
        return _within_limit(ExtractedAnswer(value, extracted.rule))
    if extracted and extracted.rule == "whole answer" and (value := _shorter(extracted.text)):
        return _within_limit(ExtractedAnswer(value, "whole answer"))
    if plain and number and (last := extract.last_number(answer)):
        return _within_limit(last)
    if (value := sentences.one_value(sentence)) is not None:
        return _within_limit(ExtractedAnswer(value, SENTENCE))
    # One line without think tags may be the reasoning itself.
    if extracted and not (plain and extracted.rule == "whole answer"):
        return _within_limit(extracted)
    if not answer:
        return no_answer("after the thoughts: nothing follows")
    if any(mark.isdigit() or mark in "$\\" for mark in sentence):
        return undecided("the answer stands in a sentence that cannot be read", sentence)
    return no_answer("found in what follows the thoughts")


def _shorter(text: str) -> str | None:
    """A text without formula delimiters inside (`$32$ %`), or without its reason ("Yes, because it is even.")."""
    shorter = [text.replace("$", "")] if text.count("$") == 2 else []
    shorter += objections.without_reasons(text)
    return next((bare for bare in shorter if bare != text and fast.read(bare) is not None), None)


def _readable(extracted: ExtractedAnswer, gold: str, answer: str) -> ExtractedAnswer:
    """An announced answer, or where it cannot be read whole the one value in it, or at the end of what follows it."""
    text = extracted.text
    if once := _said_twice(text):
        return ExtractedAnswer(once, extracted.rule, extracted.end)
    if _is_mathematics(text, gold):
        return extracted
    value = sentences.announced_value(text)
    if value is None and answer[extracted.end :].strip(" .。*$"):
        sentence = sentences.last_sentence(answer)
        value = sentences.conclusion(sentence) or sentences.linked_value(sentence)
        return extracted if value is None else ExtractedAnswer(value, extracted.rule, len(answer))
    return extracted if value is None else ExtractedAnswer(value, extracted.rule, extracted.end)


_REMARK = re.compile(
    r"(.{1,80}?)\s+\((?:or|i\.e\.,?|that is,?|=|≈|\\approx|about|approximately)?\s*([^()]{1,60})\)"
)
_OR = re.compile(r"\s*,?\s+(?:or|i\.e\.,?|that is,?)\s+|\s*或\s*")


def _said_twice(text: str) -> str | None:
    """What a text says that says it again: "12 (twelve)", "12 (3*4)", "3/4 or 0.75"; None for any other text."""
    if len(text) > extract.LINE or not (
        "(" in text or " or " in text or "或" in text or " i" in text or "that" in text
    ):
        return None
    remark = _REMARK.fullmatch(text)
    first, *others = remark.groups() if remark else _OR.split(text)
    others = [sentences.number_of_words(other) or other for other in others]
    value = fast.read(first)
    if (
        not others
        or not isinstance(value, Number | Formula)
        or not all(agree(first, other) for other in others)
    ):
        return None
    return first


def _is_mathematics(text: str, gold: str) -> bool:
    """Whether a text can be read as a value or a formula, or is the truth's own text."""
    if len(text) > LIMIT:
        return True
    value = fast.read(text)
    # "64 clips, altogether" and "therefore, x = 3" are lists to the reader of values.
    if isinstance(value, Several) and any(
        isinstance(item, Word) and item.text not in INFINITE for item in value.items
    ):
        value = None
        if spelling.normal(text) != spelling.normal(gold) and len(text.split()) > 2:
            return False
    if value is not None or formulas.is_formula(text):
        return True
    return spelling.normal(text) == spelling.normal(gold)


def _unless_announced_otherwise(boxed: ExtractedAnswer, answer: str, end: int) -> ExtractedAnswer | Verdict:
    """A box's answer, unless a marker behind it announces another number, or the text objects."""
    if len(answer) - end <= 2 and not answer[end:].strip("$."):  # most boxes: nothing follows
        return boxed
    if boxed.rule == "box" and len(answer) - end > 4 and (marked := extract.marked_answer(answer[end:])):
        one, other = fast.read(boxed.text), fast.read(marked.text)
        if isinstance(one, Number) and isinstance(other, Number) and not agree(boxed.text, marked.text):
            return no_answer(
                "that is one: another is announced behind the box", f"{boxed.text}; {marked.text}"[:LIMIT]
            )
    return _unless_objected(boxed, answer, end)


def _unless_objected(extracted: ExtractedAnswer, answer: str, end: int) -> ExtractedAnswer | Verdict:
    """The answer, unless what follows takes it back or offers one that differs."""
    objection = objections.find(answer, end)
    if objection.taken_back:
        return no_answer("that stands: it is taken back", extracted.text[:LIMIT])
    for offer in objection.offers:
        value = sentences.offered_value(offer)
        if value is not None and not agree(value, extracted.text):
            return no_answer(
                "that is one: another is offered beside it", f"{extracted.text}; {value}"[:LIMIT]
            )
    return _within_limit(extracted)


def doubt(extracted: ExtractedAnswer) -> str | None:
    """Why an answer may be none by what stands around it; None where nothing says so."""
    text = extracted.around
    end = extracted.end or len(text)
    if (other := disclaimers.other_value(text, end)) and not agree(other, extracted.text):
        return "another value stands alone behind the answer"
    if extracted.rule == "box":
        return disclaimers.box_disclaimed(text, _last_box(text, end), end)
    return disclaimers.disclaimed(text, end)


def _last_box(text: str, end: int) -> int:
    if "\\f" not in text:  # neither of the two others
        return text.rfind("\\boxed", 0, end)
    return max(text.rfind(macro, 0, end) for macro in ("\\boxed", "\\fbox", "\\framebox"))


def _without_placeholders(contents: list[str], prompt: str | None) -> list[str]:
    """The boxes' contents without words that only repeat a box of the prompt's (`\\boxed{option letter}`)."""
    if not contents or not prompt or "\\boxed" not in prompt:
        return contents
    asked = {content for content in find_boxes(prompt).contents if _may_be_placeholder(content)}
    return [content for content in contents if content not in asked]


def _may_be_placeholder(content: str) -> bool:
    letters = [mark for mark in content if mark.isalpha()]
    return len(letters) > 5 and not any(mark.isdigit() for mark in content)


def _boxed_answer(boxed: list[str]) -> ExtractedAnswer | Verdict:
    """The answer in boxes: the last one if all agree, else a list of those that differ."""
    if len(boxed) == 1 and boxed[0]:
        return _within_limit(ExtractedAnswer(boxed[0], "box"))
    different: list[str] = []
    for content in boxed:
        if not any(agree(content, other) for other in different):
            different.append(content)
            if len(different) > BOXES:
                return no_answer(f"that is one: more than {BOXES} boxes that differ")
    if different == [""]:
        return no_answer("in the box: it is empty")
    if len(different) == 1:
        return _within_limit(ExtractedAnswer(boxed[-1], "box"))
    return _within_limit(ExtractedAnswer(", ".join(different), "boxes"))


def _json_answer(answer: json_answers.JsonAnswer) -> ExtractedAnswer | Verdict:
    """The value of a JSON object's answer, or of the box in it."""
    if any(not agree(other, answer.text) for other in answer.rivals):
        return no_answer("that is one: several under the key", answer.text[:LIMIT])
    boxed = find_boxes(answer.text).contents
    return _boxed_answer(boxed) if boxed else _within_limit(ExtractedAnswer(answer.text, "json"))


def agree(a: str, b: str) -> bool:
    """Whether two answers agree, by the fast rules alone."""
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
