"""A teacher answers general prompts: with thoughts first, or without where the query is simple (R1 App. B.3.3).

Three may say which, the first that does: the row's column `thoughts` (`yes`, `no`; `auto` and null leave it open), the
command, the rule (`simple`). A prompt that gets thoughts is put into a text that asks for them; a simple one is asked
as it stands. What comes back is laid out alike: `<think>`, thoughts, `</think>`, answer; or the answer alone, what a
reasoning model thought for itself left out. A response that is not what was asked for is dropped, for one of `REASONS`.
The row's `sampling` says what was asked for and because of what.

Not here: whether the answer is right or good. A verifier, a judge or people say that.
"""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.layouts import with_tags
from r1data.data.locations import absolute
from r1data.data.records import as_text
from r1data.data.responses import CLOSE, OPEN, is_blank, split
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.engines.base import EngineOptions
from r1data.errors import UserError
from r1data.sampling import sample
from r1data.sampling.cold_start import texts
from r1data.sampling.cold_start.output import put
from r1data.sampling.cold_start.texts import Texts, fill
from r1data.sampling.simple_queries import kind_of
from r1data.sampling.strategy import DROPPED, KEPT, Asked, Method, Row

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
"""What is the matter with a response, and the word of `drop_reasons` for it."""
_SAYS: Mapping[str, Thoughts] = {
    **dict.fromkeys(("yes", "true"), "yes"),
    **dict.fromkeys(("no", "false"), "no"),
    **dict.fromkeys(("auto", ""), "auto"),
}


class General(Method):
    """Asks about prompts; `thoughts` is what the command says of rows that do not say it themselves."""

    name = "general"
    needs = ("{prompt}",)
    reads = ("prompt_id", "prompt", "system", "language", COLUMN)

    def __init__(self, asked_with: Texts, thoughts: Thoughts = "auto") -> None:
        self.texts, self.thoughts = asked_with, thoughts

    def recorded(self) -> dict[str, Any]:
        return {"method": self.name, "texts": self.texts.digests(), "thoughts": self.thoughts}

    def choose(self, rows: pa.Table) -> tuple[pa.Table, None]:
        if COLUMN not in rows.column_names:
            rows = rows.append_column(COLUMN, pa.nulls(len(rows), pa.string()))
        return rows, None

    def asked(self, row: Row) -> Sequence[Asked]:
        wanted, because = self.decide(row)
        prompt = row["prompt"]
        if wanted:
            prompt = fill(self.texts.of(row["language"]), {"prompt": prompt, "language": row["language"]})
        note = {"method": self.name, COLUMN: "yes" if wanted else "no", "because": because}
        return [Asked(prompt, row["system"], note)]

    def decide(self, row: Row) -> tuple[bool, str]:
        """Whether a row gets thoughts, and why. Raises UserError where its column says what nobody knows."""
        said = _SAYS.get((as_text(row[COLUMN]) or "").strip().lower())
        if said is None:
            raise UserError(
                f"prompt {row['prompt_id']}: column {COLUMN!r} says {row[COLUMN]!r}; it may say yes, no or auto"
            )
        if said != "auto":
            return said == "yes", f"the row's column {COLUMN!r}"
        if self.thoughts != "auto":
            return self.thoughts == "yes", f"--{COLUMN} {self.thoughts}"
        kind = kind_of(row["prompt"])
        return kind is None, f"simple query: {kind}" if kind else "no simple query"

    def made(self, sampled: pa.Table, aside: pa.Table | None) -> dict[str, pa.Table]:
        columns: dict[str, list[str | None]] = {name: [] for name in CHANGED}
        for row in sampled.select(["response", "finish_reason", "sampling"]).to_pylist():
            for name, value in zip(CHANGED, _laid_out(row), strict=True):
                columns[name].append(value)
        table = _without_tokens(put(sampled, columns))
        kept = pc.is_null(table.column(REASON))
        dropped = table.filter(pc.invert(kept))
        words = [[REASONS[reason]] for reason in dropped.column(REASON).to_pylist()]
        listed = pa.chunked_array([pa.array(words, pa.list_(pa.string()))])
        return {
            KEPT: table.filter(kept).drop_columns([REASON]),
            DROPPED: put(dropped, {"drop_reasons": listed}),
        }

    def counts(self, made: Mapping[str, pa.Table]) -> dict[str, float]:
        """Rows asked for thoughts and not, kept rows of both, and the dropped ones by reason."""
        notes = [json.loads(text) for table in made.values() for text in table.column("sampling").to_pylist()]
        asked = Counter(note[COLUMN] for note in notes)
        reasons = Counter(made[DROPPED].column(REASON).to_pylist())
        return {
            "asked_for_thoughts": asked["yes"],
            "simple": asked["no"],
            "kept": len(made[KEPT]),
            **{f"dropped_{reason}": reasons[reason] for reason in REASONS},
        }


CHANGED = ("response", "reasoning", "answer", "original_response", REASON)


def choose(thoughts: str = "auto", prompt_files: Sequence[str] = ()) -> General:
    """The method with the texts that ship, or a user's in their place (`PATH`, `LANGUAGE=PATH`).

    Raises UserError: a file will not do, or `thoughts` is none of the three.
    """
    if thoughts not in get_args(Thoughts):
        raise UserError(f"--thoughts {thoughts}: write {', '.join(get_args(Thoughts))}")
    return General(texts.load(General.name, prompt_files, General.needs), thoughts)  # type: ignore[arg-type]


def run(
    source: Source,
    out: str,
    plan: sample.Plan,
    method: General,
    options: EngineOptions | None = None,
    dropped: str | None = None,
) -> Summary:
    """Writes the responses that are what was asked for into `out`, the others into `dropped` if that is given.

    Raises UserError and RowsLost as `sampling.sample` does.
    """
    if dropped and os.path.normpath(absolute(dropped)) == os.path.normpath(absolute(out)):
        raise UserError(f"{out}: two outputs cannot share a folder")
    return sample.sample(
        source, out, plan, options, command=method.name, schema=method.makes, method=method, dropped=dropped
    )


def _without_tokens(table: pa.Table) -> pa.Table:
    """The table without the number of tokens where thoughts were taken out of the response."""
    cut = pc.and_(pc.is_valid(table.column("original_response")), pc.is_null(table.column("reasoning")))
    tokens = pc.if_else(cut, pa.scalar(None, pa.int32()), table.column("response_tokens"))
    return put(table, {"response_tokens": tokens})


def _laid_out(row: Row) -> tuple[str | None, ...]:
    """The columns `CHANGED` of a row. A dropped response stays as it was written."""
    written = row["response"]
    reasoning, answer = split(written)
    wanted = json.loads(row["sampling"])[COLUMN] == "yes"
    reason = _reason(row, reasoning, answer, wanted)
    if reason:
        failed = reason == "failed"
        return written, reasoning, None if failed else answer, None, reason
    thoughts = reasoning if wanted else None
    text = answer if thoughts is None else with_tags(thoughts, answer or "")
    return text, thoughts, answer, written if text != written else None, None


def _reason(row: Row, reasoning: str | None, answer: str | None, wanted: bool) -> str | None:
    """What is the matter with a response; None where it is what was asked for."""
    if row["finish_reason"] == "error":
        return "failed"
    if row["finish_reason"] == "length":
        return "truncated"
    if answer is None or is_blank(answer):
        return "no_answer"
    if wanted and (reasoning is None or is_blank(reasoning)):
        return "no_thoughts"
    return None if _is_tidy(row["response"]) else "bad_layout"


def _is_tidy(response: str) -> bool:
    """At most one pair of think tags, with nothing before it."""
    opened, closed = response.count(OPEN), response.count(CLOSE)
    return opened <= 1 and closed <= 1 and (not opened or not response[: response.find(OPEN)].strip())
