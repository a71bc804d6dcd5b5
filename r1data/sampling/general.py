"""A teacher answers general prompts: with thoughts first, or without where the query is simple (R1 App. B.3.3).

Which of the two is decided by the first of these that decides it: the row's column `thoughts` (`yes`, `no`; `auto` and
null leave it open), the command's option, the rule for simple queries (`simple_queries`). A prompt that gets thoughts
is put into a text that asks for them; a simple one is sent as it stands. Responses have one layout: `<think>`,
thoughts, `</think>`, answer; or the answer alone, without what a reasoning model thought for itself. A response that is
not as requested is dropped, for one of `REASONS`. The row's `sampling` records the decision and its reason.

Not here: whether the answer is right or good. A verifier, a judge or people decide that.
"""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.locations import absolute
from r1data.data.records import as_text
from r1data.data.responses import CLOSE, OPEN, is_blank, split, with_tags
from r1data.data.schema import Row
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.engines.base import EngineOptions
from r1data.errors import UserError
from r1data.sampling.cold_start import texts
from r1data.sampling.cold_start.texts import Texts, fill
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import sample
from r1data.sampling.simple_queries import kind_of
from r1data.sampling.strategy import DROPPED, KEPT, PromptRequest, Strategy, with_columns

Thoughts = Literal["yes", "no", "auto"]
COLUMN = "thoughts"
REASON = "general_reason"
REASONS = {
    "failed": "unverifiable",
    "truncated": "truncated",
    "no_thoughts": "bad_format",
    "no_answer": "bad_format",
    "bad_layout": "bad_format",
}
"""Faults of a response, with the `drop_reasons` entry for each."""
_VALUES: Mapping[str, Thoughts] = {
    **dict.fromkeys(("yes", "true"), "yes"),
    **dict.fromkeys(("no", "false"), "no"),
    **dict.fromkeys(("auto", ""), "auto"),
}


class GeneralAnswers(Strategy):
    """Answers general prompts; `thoughts` applies to rows whose column leaves it open."""

    name = "general"
    needs = ("{prompt}",)
    columns_read = ("prompt_id", "prompt", "system", "language", COLUMN)

    def __init__(self, texts: Texts, thoughts: Thoughts = "auto") -> None:
        self.texts, self.thoughts = texts, thoughts

    def parameters(self) -> dict[str, Any]:
        return {"method": self.name, "texts": self.texts.digests(), "thoughts": self.thoughts}

    def partition(self, rows: pa.Table) -> tuple[pa.Table, None]:
        if COLUMN not in rows.column_names:
            rows = rows.append_column(COLUMN, pa.nulls(len(rows), pa.string()))
        return rows, None

    def requests(self, row: Row) -> Sequence[PromptRequest]:
        with_thoughts, because = self.decide(row)
        prompt = row["prompt"]
        if with_thoughts:
            prompt = fill(self.texts.of(row["language"]), {"prompt": prompt, "language": row["language"]})
        note = {"method": self.name, COLUMN: "yes" if with_thoughts else "no", "because": because}
        return [PromptRequest(prompt, row["system"], note)]

    def decide(self, row: Row) -> tuple[bool, str]:
        """Whether a row gets thoughts, and why. Raises UserError where its column has another value."""
        choice = _VALUES.get((as_text(row[COLUMN]) or "").strip().lower())
        if choice is None:
            raise UserError(
                f"prompt {row['prompt_id']}: column {COLUMN!r} says {row[COLUMN]!r}; write yes, no or auto"
            )
        if choice != "auto":
            return choice == "yes", f"the row's column {COLUMN!r}"
        if self.thoughts != "auto":
            return self.thoughts == "yes", f"--{COLUMN} {self.thoughts}"
        kind = kind_of(row["prompt"])
        return kind is None, f"simple query: {kind}" if kind else "no simple query"

    def outputs(self, sampled: pa.Table, unsampled: pa.Table | None) -> dict[str, pa.Table]:
        columns: dict[str, list[str | None]] = {name: [] for name in CHANGED}
        for row in sampled.select(["response", "finish_reason", "sampling"]).to_pylist():
            for name, value in zip(CHANGED, _laid_out_response(row), strict=True):
                columns[name].append(value)
        table = with_columns(sampled, columns)
        # Where thoughts were removed the engine's count is of a longer text, and the rest was not counted by itself.
        cut = pc.and_(pc.is_valid(table.column("original_response")), pc.is_null(table.column("reasoning")))
        tokens = pc.if_else(cut, pa.scalar(None, pa.int32()), table.column("response_tokens"))
        table = with_columns(table, {"response_tokens": tokens})
        is_kept = pc.is_null(table.column(REASON))
        dropped = table.filter(pc.invert(is_kept))
        drop_reasons = [[REASONS[reason]] for reason in dropped.column(REASON).to_pylist()]
        drop_reason_lists = pa.chunked_array([pa.array(drop_reasons, pa.list_(pa.string()))])
        return {
            KEPT: table.filter(is_kept).drop_columns([REASON]),
            DROPPED: with_columns(dropped, {"drop_reasons": drop_reason_lists}),
        }

    def counts(self, outputs: Mapping[str, pa.Table]) -> dict[str, float]:
        """Rows with and without thoughts requested, kept rows, and dropped ones by reason."""
        notes = [
            json.loads(text) for table in outputs.values() for text in table.column("sampling").to_pylist()
        ]
        by_choice = Counter(note.get(COLUMN) for note in notes)
        reasons = Counter(outputs[DROPPED].column(REASON).to_pylist())
        return {
            "asked_for_thoughts": by_choice["yes"],
            "simple": by_choice["no"],
            "kept": len(outputs[KEPT]),
            **{f"dropped_{reason}": reasons[reason] for reason in REASONS},
        }


CHANGED = ("response", "reasoning", "answer", "original_response", REASON)


def load_strategy(thoughts: str = "auto", prompt_files: Sequence[str] = ()) -> GeneralAnswers:
    """The strategy with the built-in texts, or a user's instead (`PATH`, `LANGUAGE=PATH`).

    Raises UserError: a file is unusable, or `thoughts` is none of the three.
    """
    if thoughts not in get_args(Thoughts):
        raise UserError(f"--thoughts {thoughts}: write {', '.join(get_args(Thoughts))}")
    return GeneralAnswers(texts.load(GeneralAnswers.name, prompt_files, GeneralAnswers.needs), thoughts)  # type: ignore[arg-type]


def run(
    source: Source,
    out: str,
    plan: SamplingPlan,
    strategy: GeneralAnswers,
    options: EngineOptions | None = None,
    dropped: str | None = None,
) -> Summary:
    """Writes the responses that are as requested into `out`, the others into `dropped` if it is given.

    Raises UserError and RowsLost as `sampling.sample` does.
    """
    if dropped and os.path.normpath(absolute(dropped)) == os.path.normpath(absolute(out)):
        raise UserError(f"{out}: two outputs cannot share a folder; name another for one of them")
    return sample(
        source,
        out,
        plan,
        options,
        command=strategy.name,
        schema=strategy.output_schema,
        strategy=strategy,
        dropped=dropped,
    )


def _laid_out_response(row: Row) -> tuple[str | None, ...]:
    """The values of `CHANGED` for a row. A dropped response stays as it was written."""
    response = row["response"]
    reasoning, answer = split(response)
    with_thoughts = json.loads(row["sampling"]).get(COLUMN) == "yes"
    reason = _reason(row, reasoning, answer, with_thoughts)
    if reason:
        failed = reason == "failed"
        return response, reasoning, None if failed else answer, None, reason
    thoughts = reasoning if with_thoughts else None
    text = answer if thoughts is None else with_tags(thoughts, answer or "")
    return text, thoughts, answer, response if text != response else None, None


def _reason(row: Row, reasoning: str | None, answer: str | None, with_thoughts: bool) -> str | None:
    """The fault of a response; None where it is as requested."""
    if row["finish_reason"] == "error":
        return "failed"
    if row["finish_reason"] == "length":
        return "truncated"
    if answer is None or is_blank(answer):
        return "no_answer"
    if with_thoughts and (reasoning is None or is_blank(reasoning)):
        return "no_thoughts"
    # At most one pair of think tags, with nothing before it.
    response = row["response"]
    opened, closed = response.count(OPEN), response.count(CLOSE)
    is_well_laid_out = (
        opened <= 1 and closed <= 1 and (not opened or not response[: response.find(OPEN)].strip())
    )
    return None if is_well_laid_out else "bad_layout"
