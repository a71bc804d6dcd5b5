"""Graders compared on the same responses: accuracy, agreement, and every response on which they disagree.

Each difference has a kind, which says at what point a grader and the ruling part: what it read, or how it compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from r1data.data.responses import split
from r1data.errors import UserError
from r1data.evaluation.graders.grades import (
    OTHER_ROWS,
    Grade,
    Grader,
    GraderOptions,
    GraderUnavailable,
    Response,
)
from r1data.evaluation.graders.registry import GRADERS
from r1data.evaluation.graders.ruling import Ruling, is_equal, rule
from r1data.evaluation.statistics import Estimate, estimate_share

LABEL = "label"
"""The column of the data's own labels, which stands beside the graders'."""
NO_ANSWER = "reads no answer"
OTHER_ANSWER = "reads another answer"
OTHER_VALUE = "takes another number for the truth"
AS_TEXT = "reads the right number and calls it wrong"
NO_VERDICT = "gives no verdict"
NOT_SHOWN = "does not show what it reads"
COMPARED = "compares the answer in another way"
KINDS: Mapping[str, str] = {
    NO_ANSWER: "where it looks for an answer there is none",
    OTHER_ANSWER: "the answer that it reads is not what the others read",
    OTHER_VALUE: "its rule of equality is too lenient",
    AS_TEXT: "its rule of equality is too strict",
    NO_VERDICT: "a time-out, a truth that it cannot read, an answer that its rules do not decide",
    NOT_SHOWN: "run it on that response to see what it reads",
    COMPARED: "neither side is a plain number: look at the two texts",
}
"""Kinds of difference between a grader and the ruling, and what each means."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A response on which graders, or a grader and the label, differ.

    Attributes:
        place: of the response.
        ruling: who is right, as far as can be told.
        kinds: column → the kind of its difference; columns that agree with the ruling are left out. Empty where the
            ruling cannot tell.
    """

    place: int
    ruling: Ruling
    kinds: Mapping[str, str]


class Accuracy(NamedTuple):
    """The share of right responses: the mean over prompts, over `decided` of the `responses` of a group."""

    share: Estimate
    decided: int
    responses: int

    def as_json(self) -> dict[str, Any]:
        """The estimate, with the number of responses that it is over."""
        return {**self.share.as_json(), "responses": self.decided}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same responses by several graders.

    Attributes:
        responses: what was graded.
        grades: column → a grade for each response.
        versions: column → version of its grader.
        unavailable: lines about graders that could not run.
        disagreements: in the order of the responses.
    """

    responses: Sequence[Response]
    grades: Mapping[str, Sequence[Grade]]
    versions: Mapping[str, str]
    unavailable: Sequence[str]
    disagreements: Sequence[Disagreement] = field(default=())

    @property
    def decisions(self) -> dict[str, list[bool | None]]:
        """Column → right, wrong or None for each response; the label's column first, where there are labels."""
        columns = {name: [grade.is_right for grade in grades] for name, grades in self.grades.items()}
        labels = [response.label for response in self.responses]
        return {LABEL: labels, **columns} if any(label is not None for label in labels) else columns

    def accuracies(self, by: str = "model") -> dict[str, dict[str, Accuracy]]:
        """Model → column → the share that is right of the responses that the column decides.

        Args:
            by: `model` or `verifier`, the field of a response whose values stand in the place of the models.
        """
        groups: dict[str, list[int]] = {}
        for place, response in enumerate(self.responses):
            groups.setdefault(getattr(response, by), []).append(place)
        return {
            group: {
                name: accuracy
                for name, column in self.decisions.items()
                if (accuracy := self._accuracy(column, groups[group]))
            }
            for group in sorted(groups)
        }

    def _accuracy(self, column: Sequence[bool | None], places: Sequence[int]) -> Accuracy | None:
        """Of the responses at `places`; None where the column decides none of them."""
        values: dict[str, list[bool]] = {}
        for place in places:
            right = column[place]
            if right is not None:
                values.setdefault(self.responses[place].prompt_id, []).append(right)
        if not values:
            return None
        share = estimate_share([sum(each) / len(each) for each in values.values()])
        return Accuracy(share, sum(map(len, values.values())), len(places))

    def agreement(self) -> dict[str, dict[str, float | None]]:
        """Column → column → share of the responses that both decide on which they agree; None where there is none."""
        return {
            one: {other: _share_alike(column, second) for other, second in self.decisions.items()}
            for one, column in self.decisions.items()
        }

    def undecided(self) -> dict[str, int]:
        """Column → the number of responses that it leaves open."""
        return {name: sum(right is None for right in column) for name, column in self.decisions.items()}

    def kinds(self) -> Iterator[tuple[str, str, bool, int, Disagreement]]:
        """(column, kind, whether the response is right, how often, the first one), the most frequent first."""
        keys: list[tuple[str, str, bool]] = []
        first: dict[tuple[str, str, bool], Disagreement] = {}
        for each in self.disagreements:
            for name, kind in each.kinds.items():
                key = (name, kind, bool(each.ruling.right))
                first.setdefault(key, each)
                keys.append(key)
        for key, count in Counter(keys).most_common():
            yield (*key, count, first[key])

    def rarest_first(self) -> list[Disagreement]:
        """The disagreements, those whose kinds are rare before those of many like them."""
        patterns = Counter(_pattern(each) for each in self.disagreements)
        return sorted(self.disagreements, key=lambda each: patterns[_pattern(each)])

    def as_json(self) -> dict[str, Any]:
        """Plain data: accuracies, agreement, kinds of difference and what could not run."""
        rulings = Counter(each.ruling.by or "cannot be told" for each in self.disagreements)
        return {
            "responses": len(self.responses),
            "versions": dict(self.versions),
            "unavailable": list(self.unavailable),
            "accuracy": _plain(self.accuracies()),
            "accuracy_by_verifier": _plain(self.accuracies("verifier")),
            "undecided": self.undecided(),
            "agreement": self.agreement(),
            "disagreements": len(self.disagreements),
            "decided_by": dict(rulings),
            "kinds": [
                {"grader": name, "kind": kind, "response_is_right": right, "responses": count}
                for name, kind, right, count, _ in self.kinds()
            ],
        }


def compare(responses: Sequence[Response], options: GraderOptions) -> Comparison:
    """Every grader on the same responses; one that cannot run here is a line in `unavailable`.

    Raises:
        UserError: there are no responses, or none has a truth.
    """
    if not responses:
        raise UserError("no responses to grade; give rows that have them")
    if all(response.case.truth is None for response in responses):
        raise UserError(
            f"none of the {len(responses):,} responses has a truth to be graded by; "
            "map one with r1 ingest --map truth=COLUMN"
        )
    grades: dict[str, list[Grade]] = {}
    versions: dict[str, str] = {}
    unavailable = []
    for grader in GRADERS.values():
        places = grader.places(responses)
        if not places:
            unavailable.append(f"{grader.name}: grades rows of {_words(grader)} alone, and there are none")
            continue
        try:
            version = grader.version(options)
            columns = grader.grade([responses[place] for place in places], options)
        except GraderUnavailable as error:
            unavailable.append(str(error))
            continue
        for name, column in columns.items():
            grades[name] = [OTHER_ROWS] * len(responses)
            for place, grade in zip(places, column, strict=True):
                grades[name][place] = grade
        versions.update(dict.fromkeys(columns, version))
    return Comparison(responses, grades, versions, unavailable, list(_disagreements(responses, grades)))


def _words(grader: Grader) -> str:
    *others, last = grader.verifiers or ("none",)
    return f"{', '.join(others)} and {last}" if others else last


def _plain(table: Mapping[str, Mapping[str, Accuracy]]) -> dict[str, dict[str, Any]]:
    return {
        group: {name: accuracy.as_json() for name, accuracy in columns.items()}
        for group, columns in table.items()
    }


def _disagreements(
    responses: Sequence[Response], columns: Mapping[str, Sequence[Grade]]
) -> Iterator[Disagreement]:
    for place, response in enumerate(responses):
        grades = {name: column[place] for name, column in columns.items() if column[place] != OTHER_ROWS}
        decisions = {grade.is_right for grade in grades.values()}
        decisions |= {response.label} if response.label is not None else set()
        if len(decisions) > 1:
            ruling = rule(
                response.case.truth,
                response.label,
                (each.extracted for each in grades.values()),
                in_thoughts=split(response.case.response).answer is None,
            )
            kinds = {
                name: kind_of(grade, ruling, response.case.truth or "")
                for name, grade in grades.items()
                if ruling.right is not None and grade.is_right != ruling.right
            }
            yield Disagreement(place, ruling, kinds)


def kind_of(grade: Grade, ruling: Ruling, truth: str) -> str:
    """The kind of a grade's difference from the ruling, one of `KINDS`."""
    if grade.is_right is None:
        return NO_VERDICT
    if grade.extracted is None:
        return NO_ANSWER if grade.cause == "no_answer" else NOT_SHOWN
    equal = is_equal(grade.extracted, truth)
    if equal is None:
        return COMPARED
    if ruling.right:
        return AS_TEXT if equal else OTHER_ANSWER
    return OTHER_ANSWER if equal else OTHER_VALUE


def _pattern(disagreement: Disagreement) -> tuple[object, ...]:
    return disagreement.ruling.right, *sorted(disagreement.kinds.items())


def _share_alike(one: Sequence[bool | None], other: Sequence[bool | None]) -> float | None:
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None
