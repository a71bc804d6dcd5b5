"""`refine`: correct samples rewritten for readers by a stronger model (R1 2.3.1, App. B.3.2).

A row is refined when it is correct and fails no filter but those that refinement repairs (`REFINABLE`); its thoughts
and summary are rewritten, the thoughts in the prompt's language. The refined row is kept when it has both parts, is
correct, has the same answer as before, and passes all filters. The paper names language mixing twice, as a filter and
as what the stronger model resolves by translating: here translation comes first, and the filter is applied to the
result.

Every row is written, kept or dropped: `drop_reasons` says why in the vocabulary of `r1 filter`, `refine_reason` at
which stage (`REASONS`). The original row is in its columns `original_…`.

Not checked, since no rule can: that no step was added, that the tone is conversational, that there is no markdown.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.responses import with_tags
from r1data.data.schema import Row, load_schema
from r1data.filters.bad_format import LAYOUT
from r1data.filters.limits import LIMITS, FilterLimits
from r1data.sampling.cold_start.texts import OutputLayout, Texts, fill, parse, wants_tags
from r1data.sampling.strategy import DROPPED, KEPT, PromptRequest, Strategy, with_columns
from r1data.selection import filtering
from r1data.selection.drop_reasons import in_order, is_filters
from r1data.verifiers.table import COLUMNS, verify_table

REFINABLE = ("mixed_language", "long_paragraph", "code_block")
"""Reasons of `r1 filter` that do not keep a row from being refined. Ours."""
REASONS = ("not_refined", "failed", "no_parts", "answer_changed", "no_verdict", "unreadable", "duplicate")
"""At which stage a row was dropped: before it was refined, or for which fault of the refinement."""

ORIGINAL = "original_"
REASON = "refine_reason"
_POSITION = "__place"
_SAMPLE_COLUMNS = frozenset(load_schema("filtered").names) - frozenset(load_schema("prompt").names)


class Refine(Strategy):
    """Rewrites samples; `limits` and `skip` are those of `r1 filter`."""

    name = "refine"
    needs = ("{prompt}",)
    input_schema, output_schema = "sample", "filtered"
    retries_failures = False
    columns_read = (
        "prompt_id",
        "prompt",
        "language",
        *(f"{ORIGINAL}{name}" for name in ("sample_index", "response", "reasoning", "answer")),
    )

    def __init__(
        self,
        texts: Texts,
        output: OutputLayout,
        limits: FilterLimits = LIMITS,
        skip: tuple[str, ...] = (),
        refinable: tuple[str, ...] = REFINABLE,
    ) -> None:
        self.texts, self.output = texts, output
        self.limits, self.skip, self.refinable = limits, skip, frozenset(refinable)

    def parameters(self) -> dict[str, Any]:
        return {
            "method": self.name,
            "texts": self.texts.digests(),
            **self.output.parameters(),
            "mend": sorted(self.refinable),
            **filtering.recorded_filters(self.limits, self.skip),
        }

    def partition(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        previous_columns = [name for name in rows.column_names if name.startswith(ORIGINAL) or name == REASON]
        filtered = self._verified_and_filtered(rows.drop_columns(previous_columns), self.limits)
        reasons = filtered.column("drop_reasons").to_pylist()
        refinable = pa.array([self.refinable.issuperset(row_reasons) for row_reasons in reasons], pa.bool_())
        unsampled = filtered.filter(pc.invert(refinable))
        # Samples, verdicts and filters become `original_…`, so that the refinement's own can be appended.
        sampled = filtered.filter(refinable)
        names = [f"{ORIGINAL}{name}" if name in _SAMPLE_COLUMNS else name for name in sampled.column_names]
        return sampled.rename_columns(names), with_columns(
            unsampled, {REASON: ["not_refined"] * len(unsampled)}
        )

    def row_id(self, row: Row) -> str:
        return f"{row['prompt_id']}/{row[f'{ORIGINAL}sample_index']}"

    def requests(self, row: Row) -> Sequence[PromptRequest]:
        thoughts, answer = row[f"{ORIGINAL}reasoning"], row[f"{ORIGINAL}answer"]
        values = {
            "prompt": row["prompt"],
            "thoughts": row[f"{ORIGINAL}response"] if thoughts is None else thoughts,
            "answer": answer or "",
            "language": row["language"],
        }
        return [PromptRequest(fill(self.texts.of(row["language"]), values), None, {"method": self.name})]

    def outputs(self, sampled: pa.Table, unsampled: pa.Table | None) -> dict[str, pa.Table]:
        # Refinements are in think tags now, whatever layout the samples were in: hence the filter's default.
        parsed, lacking = self._parsed(sampled)
        filtered = self._verified_and_filtered(parsed, self.limits.replace(LAYOUT, LAYOUT.default))
        changed = answers_that_changed(filtered)
        rows = filtered.select(["drop_reasons", "finish_reason"]).to_pylist()
        reasons = []
        for row, lacks_part, is_changed in zip(rows, lacking, changed, strict=True):
            row_reasons = {*row["drop_reasons"], *(["bad_format"] if lacks_part else [])}
            # A changed but correct answer has no reason of its own among `drop_reasons`.
            reasons.append(in_order(row_reasons or (["not_selected"] if is_changed else [])))
        failed = [row["finish_reason"] == "error" for row in rows]
        refine_reasons = [_refine_reason(*row) for row in zip(reasons, failed, lacking, changed, strict=True)]
        drop_reason_lists = pa.chunked_array([pa.array(reasons, pa.list_(pa.string()))])
        filtered = with_columns(filtered, {REASON: refine_reasons, "drop_reasons": drop_reason_lists})
        is_kept = pc.is_null(filtered.column(REASON))
        dropped = [filtered.filter(pc.invert(is_kept)), *([] if unsampled is None else [unsampled])]
        kept = filtered.filter(is_kept)
        # Written last: verifiers and filters read think tags, the paper's layout is for the dataset alone.
        rows = kept.select(["reasoning", "answer"]).to_pylist()
        texts = [self.output.write(row["reasoning"], row["answer"]) for row in rows]
        return {
            KEPT: with_columns(kept, {"response": texts}),
            DROPPED: pa.concat_tables(dropped, promote_options="default"),
        }

    def counts(self, outputs: Mapping[str, pa.Table]) -> dict[str, float]:
        """Rows read, refined and dropped at each stage; unreadable ones before and after."""
        rows = [row for table in outputs.values() for row in table.select(COUNTED).to_pylist()]
        refined = [row for row in rows if row[REASON] != "not_refined"]
        by_refine_reason = Counter(row[REASON] for row in rows if row[REASON] is not None)
        reasons = Counter(reason for row in rows for reason in row["drop_reasons"])
        before = [row[f"{ORIGINAL}drop_reasons"] for row in refined]
        unrefined = [row["drop_reasons"] for row in rows if row[REASON] == "not_refined"]
        return {
            "rows_in": len(rows),
            "unreadable_in": _unreadable([*before, *unrefined]),
            "refined": len(refined),
            "unreadable_before": _unreadable(before),
            "unreadable_after": _unreadable(row["drop_reasons"] for row in refined),
            **{point: by_refine_reason[point] for point in REASONS},
            **{f"dropped_{reason}": reasons[reason] for reason in in_order(reasons)},
        }

    def _verified_and_filtered(self, table: pa.Table, limits: FilterLimits) -> pa.Table:
        """The rows in their order with a verdict and `drop_reasons`, kept and dropped ones together."""
        numbered = table.append_column(_POSITION, pa.array(range(len(table)), pa.int64()))
        outcome = filtering.filter_table(numbered, limits=limits, skip=self.skip)
        merged = pa.concat_tables(outcome.values(), promote_options="default")
        return merged.sort_by(_POSITION).drop_columns([_POSITION])

    def _parsed(self, sampled: pa.Table) -> tuple[pa.Table, list[bool]]:
        """The refined rows under their sample index, split into thoughts and answer; and which of them lack one."""
        columns: dict[str, list[str | None]] = {"response": [], "reasoning": [], "answer": []}
        lacking = []
        for row in sampled.select(["response", "language", "finish_reason", "answer"]).to_pylist():
            tags = wants_tags(self.texts.of(row["language"]))
            both_parts = parse(row["response"], tags=tags)
            columns["response"].append(with_tags(*both_parts) if both_parts else row["response"])
            columns["reasoning"].append(both_parts and both_parts[0])
            columns["answer"].append(both_parts[1] if both_parts else row["answer"])
            lacking.append(both_parts is None and row["finish_reason"] != "error")
        number = f"{ORIGINAL}sample_index"
        table = with_columns(sampled, {**columns, "sample_index": sampled.column(number)})
        return table.drop_columns([number]), lacking


COUNTED = ["drop_reasons", REASON, f"{ORIGINAL}drop_reasons"]


def answers_that_changed(filtered: pa.Table) -> list[bool]:
    """Whether each row's answer differs from the original's, by the row's own verifier.

    An incorrect answer differs from the original, which was correct. A correct one whose text differs is verified
    against the original's text; where that gives no verdict it counts as the same, since both match the truth.
    """
    previous_answer = filtered.column(f"{ORIGINAL}extracted")
    is_correct = pc.equal(filtered.column("verdict"), "correct")
    text_differs = pc.and_(
        is_correct, pc.fill_null(pc.not_equal(filtered.column("extracted"), previous_answer), False)
    )
    changed: list[bool] = pc.equal(filtered.column("verdict"), "incorrect").to_pylist()
    to_compare = filtered.filter(text_differs)
    if len(to_compare):
        to_compare = with_columns(to_compare, {"truth": to_compare.column(f"{ORIGINAL}extracted")})
        compared = verify_table(
            to_compare.drop_columns([name for name in COLUMNS if name in to_compare.column_names])
        )
        verdicts = iter(compared.column("verdict").to_pylist())
        changed = [
            next(verdicts) == "incorrect" if differs else is_changed
            for is_changed, differs in zip(changed, text_differs.to_pylist(), strict=True)
        ]
    return changed


def _refine_reason(reasons: Sequence[str], failed: bool, lacking: bool, changed: bool) -> str | None:
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
    return "unreadable" if any(map(is_filters, reasons)) else "duplicate"


def _unreadable(reasons: Iterable[Sequence[str]]) -> int:
    return sum(any(map(is_filters, row_reasons)) for row_reasons in reasons)
