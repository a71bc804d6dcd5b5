"""What the page of a row shows, taken out of the row: texts in the order in which they are read, verdict, figures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from markupsafe import Markup

from r1data.data.dataset import Dataset
from r1data.data.responses import CLOSE, OPEN, split, token_of
from r1data.data.schema import Row
from r1data.data.text import printable
from r1data.errors import RowError, UserError
from r1data.filters.apply import Measure, explain_filters, locate_filters
from r1data.filters.marks import Mark
from r1data.filters.registry import find
from r1data.lineage.why import MEANINGLESS, recorded_filters
from r1data.window.text.html import text_html
from r1data.window.text.paragraphs import Folded, folded

SHOWN = 10_000
"""Characters of a text that is not folded. Ours; the rest is a link away."""
VALUE, VALUES = 2_000, 400
"""Characters of a value in the table of other columns, and the columns of that table. Ours."""
LONGEST_MEASURED = 250_000
"""Characters of a response that filters measure again for a page. Ours: a page does not wait for more."""

LONGEST_JSON = 200_000
"""Characters of a text that is laid out where it is JSON. Ours."""

CAUSES = {
    "no_answer": "the response holds no answer",
    "undecided": "there is an answer, and the verifier cannot decide it",
    "no_truth": "the prompt has no reference answer",
    "bad_truth": "the reference answer cannot be read",
    "too_long": "longer than the verifier reads",
    "no_checker": "what would check it is not there",
    "limit": "a limit of time or memory",
    "crash": "the checker failed",
}
REASONS = {
    "incorrect": "its answer was found and is wrong",
    "unverifiable": "nothing could say whether it is right",
    "duplicate": "another row says nearly the same",
    "contaminated": "its prompt stands in a benchmark",
    "not_selected": "a quota, a choice among the samples of its prompt, or a reviewer left it out",
}
"""Reasons that are not a filter's."""
FACTS = (
    "model",
    "engine",
    "finish_reason",
    "prompt_tokens",
    "response_tokens",
    "tokens",
    "language_consistency",
    "domain",
    "language",
    "source",
    "license",
    "split",
    "kind",
    "aspect",
    "reward",
    "advantage",
    "step",
)
VERDICT = (
    "verdict",
    "score",
    "extracted",
    "verdict_cause",
    "verdict_reason",
    "verifier",
    "verifier_version",
    "truth",
)
TEXTS = ("system", "prompt", "reasoning", "answer", "messages", "chosen", "rejected")
IDS = ("prompt_id", "sample_index", "example_id", "preference_id", "drop_reasons")


@dataclass(frozen=True, slots=True)
class Section:
    """A text of the row. `column` is where all of it lies; `left` counts characters that the page does not show."""

    label: str
    column: str
    html: Markup | None = None
    folded: Folded | None = None
    left: int = 0
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A column's value as text; `left` counts the characters that are cut off."""

    column: str
    text: str
    left: int


@dataclass
class RowView:
    """A row of a dataset for its page; `start` is the paragraph with which the thoughts begin."""

    row: Row
    dataset: Dataset
    start: int = 0
    all_open: bool = False
    _shown: set[str] = field(default_factory=set, repr=False)

    @cached_property
    def sections(self) -> list[Section]:
        """System message, prompt, thoughts, answer; the messages of an example; both sides of a preference."""
        sections = [
            self._plain(label.capitalize(), label, str(self.row[label]))
            for label in ("system", "prompt")
            if self.row.get(label)
        ]
        if isinstance(self.row.get("messages"), list):
            sections += self._messages()
        if isinstance(self.row.get("response"), str):
            sections += self._response()
        for side in ("chosen", "rejected"):
            if self.row.get(side) is not None:
                sections.append(self._plain(side.capitalize(), side, as_text(self.row[side])))
        return sections

    def _response(self) -> list[Section]:
        response = self.row["response"]
        reasoning, answer = self.row.get("reasoning"), self.row.get("answer")
        if not isinstance(reasoning, str):
            if isinstance(answer, str) and response.strip() == answer.strip():
                marks = [*self.marks.get("answer", ()), *self.marks.get("response", ())]
                return [self._folded("Response, which has no thoughts apart", "response", response, marks)]
            return [self._folded("Response as it came", "response", response, self.marks.get("response", []))]
        sections = [self._folded("Thoughts", "reasoning", reasoning, self.marks.get("reasoning", []))]
        if isinstance(answer, str):
            sections.append(self._plain("Answer", "answer", answer, self.marks.get("answer", [])))
        if self.marks.get("response") or not self._is_laid_out(response, reasoning, answer):
            sections.append(
                self._plain("Response as it came", "response", response, self.marks.get("response", []))
            )
        return sections

    def _is_laid_out(self, response: str, reasoning: str, answer: str | None) -> bool:
        """Whether a response is no more than its thoughts and its answer with the tags around them."""
        if token_of(response, reasoning, answer):
            return True
        tagged = response.replace(OPEN, "", 1).replace(CLOSE, "", 1)
        return len("".join(tagged.split())) == len("".join((reasoning + (answer or "")).split()))

    def _messages(self) -> list[Section]:
        sections = []
        for message in self.row["messages"]:
            if not isinstance(message, Mapping):
                continue
            role, content = str(message.get("role")), as_text(message.get("content"))
            parts = split(content) if role == "assistant" else None
            if parts is not None and parts.reasoning is not None:
                sections.append(self._folded("Assistant, thoughts", "messages", parts.reasoning, []))
                if parts.answer is not None:
                    sections.append(self._plain("Assistant, answer", "messages", parts.answer))
            else:
                sections.append(self._plain(role.capitalize(), "messages", content))
        return sections

    def _plain(self, label: str, column: str, text: str, marks: list[Mark] | None = None) -> Section:
        kinds = tuple(dict.fromkeys(mark.kind for mark in marks or ()))
        html = text_html(text[:SHOWN], marks or ())
        return Section(label, column, html, None, max(0, len(text) - SHOWN), kinds)

    def _folded(self, label: str, column: str, text: str, marks: list[Mark]) -> Section:
        kinds = tuple(dict.fromkeys(mark.kind for mark in marks))
        return Section(
            label, column, None, folded(text, marks, start=self.start, all_open=self.all_open), 0, kinds
        )

    @cached_property
    def marks(self) -> dict[str, list[Mark]]:
        """What the filters of the command that wrote the dataset mark in this row's texts, by column."""
        try:
            recorded = None if self._too_long else recorded_filters(self.dataset)
            return locate_filters(self.row, *recorded) if recorded else {}
        except (*MEANINGLESS, UserError, RowError):
            return {}

    @cached_property
    def measures(self) -> list[Measure]:
        """What those filters measure, with the limits that were recorded."""
        try:
            recorded = None if self._too_long else recorded_filters(self.dataset)
            return explain_filters(self.row, *recorded) if recorded else []
        except (*MEANINGLESS, UserError, RowError):
            return []

    @property
    def _too_long(self) -> bool:
        return len(self.row.get("response") or "") > LONGEST_MEASURED

    @cached_property
    def unmeasured(self) -> str:
        """Why a filtered row has no measures; "" where it has."""
        if self.dataset.command["name"] != "filter" or self.measures:
            return ""
        if self._too_long:
            return (
                f"Filters do not measure more than {LONGEST_MEASURED:,} characters for a page; r1 why does."
            )
        return "This r1 does not know the limits that the command recorded; r1 inspect shows them."

    @property
    def verdict(self) -> str | None:
        value = self.row.get("verdict")
        return None if value is None else str(value)

    @property
    def tone(self) -> str:
        """The colour of the verdict."""
        return {"correct": "good", "incorrect": "bad"}.get(self.verdict or "", "unsure")

    @property
    def cause(self) -> str:
        """The verdict's cause in words."""
        cause = self.row.get("verdict_cause")
        return CAUSES.get(str(cause), str(cause)) if cause is not None else ""

    @property
    def drop_reasons(self) -> list[tuple[str, str]]:
        """Each reason and what it means."""
        reasons = self.row.get("drop_reasons") or []
        return [(str(reason), explained(str(reason))) for reason in reasons]

    @property
    def facts(self) -> list[tuple[str, Any]]:
        """Columns of one short value."""
        return [(name, self.row[name]) for name in FACTS if self.row.get(name) is not None]

    @cached_property
    def others(self) -> list[Value]:
        """All other columns that have a value."""
        known = {*FACTS, *VERDICT, *TEXTS, *IDS, "response"}
        names = [name for name, value in self.row.items() if name not in known and value is not None]
        return [self.value(name) for name in names[:VALUES]]

    @property
    def unlisted(self) -> int:
        """How many columns the table of others leaves out, or that have no value."""
        known = {*FACTS, *VERDICT, *TEXTS, *IDS, "response"}
        return sum(name not in known for name in self.row) - len(self.others)

    def value(self, name: str, limit: int = VALUE) -> Value:
        """A column's value as text."""
        text = as_text(self.row[name])
        return Value(name, text[:limit], max(0, len(text) - limit))


def explained(reason: str) -> str:
    """A drop reason in words; "" for one that this r1 does not know."""
    if reason in REASONS:
        return REASONS[reason]
    try:
        return find(reason).summary
    except UserError:
        return ""


def as_text(value: Any) -> str:
    """A value as text: a text as it is, JSON laid out, anything else as JSON."""
    if isinstance(value, str):
        if value[:1] not in ("{", "[") or len(value) > LONGEST_JSON:
            return value
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return as_text(parsed)
    try:
        text: str = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    except (ValueError, RecursionError):
        return str(value)
    return text


def readable(text: str) -> str:
    """`printable` line by line: most lines need no look at each character."""
    return "\n".join(map(printable, text.split("\n")))
