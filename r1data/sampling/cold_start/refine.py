"""`refine`: correct samples rewritten for readers by a stronger model (R1 2.3.1, App. B.3.2).

A row is refined when it is correct and nothing is wrong with it but what refinement mends (`MENDED`); its thoughts and
summary are written anew, the thoughts in the prompt's language. The refined row is kept when it has both parts, is
correct, has the answer that it had before, and passes all filters. The paper names language mixing twice, as a filter
and as what the stronger model resolves by translating: here translation comes first, and the filter judges its result.

Every row comes out, kept or dropped: `drop_reasons` says why in the vocabulary of `r1 filter`, `refine_reason` at which
point (`REASONS`). What the row was before stands in its columns `original_…`.

Not checked, for no rule can: that no step was added, that the tone is conversational, that there is no markdown.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.layouts import with_tags
from r1data.data.schema import load_schema
from r1data.filters.limits import LIMITS, Limits
from r1data.sampling.cold_start import parts
from r1data.sampling.cold_start.output import Output, put
from r1data.sampling.cold_start.texts import Texts, fill
from r1data.sampling.strategy import DROPPED, KEPT, Asked, Method, Row
from r1data.selection import filtering
from r1data.selection.drop_reasons import REASONS as DROP_REASONS
from r1data.verifiers.table import COLUMNS, verify_table

MENDED = ("mixed_language", "long_paragraph", "code_block")
"""Reasons of `r1 filter` that do not keep a row from being refined. Ours."""
REASONS = ("not_refined", "failed", "no_parts", "answer_changed", "no_verdict", "unreadable", "duplicate")
"""At which point a row was dropped: before it was refined, or what is the matter with the refinement."""
UNREADABLE = frozenset(
    ("bad_format", "truncated", "mixed_language", "long_paragraph", "code_block", "repetition")
)

ORIGINAL = "original_"
REASON = "refine_reason"
_PLACE = "__place"
_OWN = frozenset(load_schema("filtered").names) - frozenset(load_schema("prompt").names)


class Refine(Method):
    """Takes samples; `limits` and `skip` are those of `r1 filter`."""

    name = "refine"
    needs = ("{prompt}",)
    takes, makes = "sample", "filtered"
    owes = False
    reads = (
        "prompt_id",
        "prompt",
        "language",
        *(f"{ORIGINAL}{name}" for name in ("sample_index", "response", "reasoning", "answer")),
    )

    def __init__(
        self,
        texts: Texts,
        output: Output,
        limits: Limits = LIMITS,
        skip: tuple[str, ...] = (),
        mended: tuple[str, ...] = MENDED,
    ) -> None:
        self.texts, self.output = texts, output
        self.limits, self.skip, self.mended = limits, skip, frozenset(mended)

    def recorded(self) -> dict[str, Any]:
        return {
            "method": self.name,
            "texts": self.texts.digests(),
            **self.output.recorded(),
            "skip": sorted(self.skip),
            "mend": sorted(self.mended),
            "limits": asdict(self.limits),
        }

    def choose(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        older = [name for name in rows.column_names if name.startswith(ORIGINAL) or name == REASON]
        judged = self._judged(rows.drop_columns(older), self.limits)
        reasons = judged.column("drop_reasons").to_pylist()
        asked = pa.array([self.mended.issuperset(found) for found in reasons], pa.bool_())
        aside = judged.filter(pc.invert(asked))
        return _as_original(judged.filter(asked)), put(aside, {REASON: ["not_refined"] * len(aside)})

    def row_id(self, row: Row) -> str:
        return f"{row['prompt_id']}/{row[f'{ORIGINAL}sample_index']}"

    def asked(self, row: Row) -> Sequence[Asked]:
        thoughts, answer = row[f"{ORIGINAL}reasoning"], row[f"{ORIGINAL}answer"]
        values = {
            "prompt": row["prompt"],
            "thoughts": row[f"{ORIGINAL}response"] if thoughts is None else thoughts,
            "answer": answer or "",
            "language": row["language"],
        }
        return [Asked(fill(self.texts.of(row["language"]), values), None, {"method": self.name})]

    def made(self, sampled: pa.Table, aside: pa.Table | None) -> dict[str, pa.Table]:
        taken, lacking = self._taken_apart(sampled)
        judged = self._judged(taken, replace(self.limits, layout="r1"))
        changed = answers_that_changed(judged)
        rows = judged.select(["drop_reasons", "finish_reason"]).to_pylist()
        reasons = [
            _reasons(row["drop_reasons"], *other) for row, *other in zip(rows, lacking, changed, strict=True)
        ]
        failed = [row["finish_reason"] == "error" for row in rows]
        points = [_point(*row) for row in zip(reasons, failed, lacking, changed, strict=True)]
        listed = pa.chunked_array([pa.array(reasons, pa.list_(pa.string()))])
        judged = put(judged, {REASON: points, "drop_reasons": listed})
        kept = pc.is_null(judged.column(REASON))
        dropped = [judged.filter(pc.invert(kept)), *([] if aside is None else [aside])]
        return {
            KEPT: self._laid_out(judged.filter(kept)),
            DROPPED: pa.concat_tables(dropped, promote_options="default"),
        }

    def counts(self, made: Mapping[str, pa.Table]) -> dict[str, float]:
        """Rows that came in, went to the model, were dropped at each point; unreadable ones before and after."""
        rows = [row for table in made.values() for row in table.select(COUNTED).to_pylist()]
        refined = [row for row in rows if row[REASON] != "not_refined"]
        points = Counter(row[REASON] for row in rows if row[REASON] is not None)
        reasons = Counter(reason for row in rows for reason in row["drop_reasons"])
        before = [row[f"{ORIGINAL}drop_reasons"] for row in refined]
        left = [row["drop_reasons"] for row in rows if row[REASON] == "not_refined"]
        return {
            "rows_in": len(rows),
            "unreadable_in": _unreadable([*before, *left]),
            "refined": len(refined),
            "unreadable_before": _unreadable(before),
            "unreadable_after": _unreadable(row["drop_reasons"] for row in refined),
            **{point: points[point] for point in REASONS},
            **{f"dropped_{reason}": reasons[reason] for reason in DROP_REASONS if reasons[reason]},
        }

    def _judged(self, table: pa.Table, limits: Limits) -> pa.Table:
        """The rows in their order with a verdict and `drop_reasons`."""
        placed = table.append_column(_PLACE, pa.array(range(len(table)), pa.int64()))
        split = filtering.filter_table(placed, limits=limits, skip=self.skip)
        both = pa.concat_tables(split.values(), promote_options="default")
        return both.sort_by(_PLACE).drop_columns([_PLACE])

    def _taken_apart(self, sampled: pa.Table) -> tuple[pa.Table, list[bool]]:
        """The refined rows under their number, thoughts and answer apart, and which of them lack one of the two."""
        columns: dict[str, list[str | None]] = {"response": [], "reasoning": [], "answer": []}
        lacking = []
        for row in sampled.select(["response", "language", "finish_reason", "answer"]).to_pylist():
            tags = parts.wants_tags(self.texts.of(row["language"]))
            found = parts.parse(row["response"], tags=tags)
            columns["response"].append(with_tags(*found) if found else row["response"])
            columns["reasoning"].append(found and found[0])
            columns["answer"].append(found[1] if found else row["answer"])
            lacking.append(found is None and row["finish_reason"] != "error")
        number = f"{ORIGINAL}sample_index"
        table = put(sampled, {**columns, "sample_index": sampled.column(number)})
        return table.drop_columns([number]), lacking

    def _laid_out(self, kept: pa.Table) -> pa.Table:
        rows = kept.select(["reasoning", "answer"]).to_pylist()
        return put(kept, {"response": [self.output.write(row["reasoning"], row["answer"]) for row in rows]})


COUNTED = ["drop_reasons", REASON, f"{ORIGINAL}drop_reasons"]


def answers_that_changed(judged: pa.Table) -> list[bool]:
    """Rows whose answer is not the one before, each as its own verifier sees it.

    An incorrect answer is another than the correct one of before. A correct one whose text differs is checked against
    the text of before; where the verifier cannot say, the truth has spoken already and it counts as the same.
    """
    before = judged.column(f"{ORIGINAL}extracted")
    right = pc.equal(judged.column("verdict"), "correct")
    other = pc.and_(right, pc.fill_null(pc.not_equal(judged.column("extracted"), before), False))
    changed: list[bool] = pc.equal(judged.column("verdict"), "incorrect").to_pylist()
    asked = judged.filter(other)
    if len(asked):
        asked = put(asked, {"truth": asked.column(f"{ORIGINAL}extracted")})
        fresh = verify_table(asked.drop_columns([name for name in COLUMNS if name in asked.column_names]))
        said = iter(fresh.column("verdict").to_pylist())
        changed = [
            next(said) == "incorrect" if differs else known
            for known, differs in zip(changed, other.to_pylist(), strict=True)
        ]
    return changed


def _as_original(table: pa.Table) -> pa.Table:
    """The columns of samples, verdicts and filters under names of their own, so that others can follow."""
    return table.rename_columns(
        [f"{ORIGINAL}{name}" if name in _OWN else name for name in table.column_names]
    )


def _reasons(found: Sequence[str], lacking: bool, changed: bool) -> list[str]:
    """`drop_reasons` of a refinement; one with another, yet correct answer has no word there but `not_selected`."""
    reasons = {*found, *(["bad_format"] if lacking else [])}
    return sorted(reasons or (["not_selected"] if changed else []), key=DROP_REASONS.index)


def _point(reasons: Sequence[str], failed: bool, lacking: bool, changed: bool) -> str | None:
    if not reasons:
        return None
    if failed:
        return "failed"
    if lacking:
        return "no_parts"
    if changed:
        return "answer_changed"
    if "unverifiable" in reasons:
        return "no_verdict"
    return "duplicate" if UNREADABLE.isdisjoint(reasons) else "unreadable"


def _unreadable(reasons: Iterable[Sequence[str]]) -> int:
    return sum(not UNREADABLE.isdisjoint(found) for found in reasons)
