"""Applying the results of a review to the rows of the dataset that was reviewed.

Rows keep their order, their ids and every column. Accepted, edited and undecided rows go on; rejected ones go to the
second dataset, where there is one, as `not_selected`. An edited row holds the new text in `response`, `reasoning` and
`answer`, since that is what later commands read, and the first text in `original_response` and so on. Its verdict was
of the old text: it moves to `verdict_before` and so on, and the row waits for another. What finds its place taken goes
into `review_history`, so that nothing is lost.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.records import Record
from r1data.data.schema import includes
from r1data.data.source import AnyShard, Source
from r1data.data.values import to_rows
from r1data.data.writer import Summary, Writer
from r1data.errors import UserError
from r1data.exchange.review.opinions import CONFLICT, UNCLEAR, ReviewOutcome, RowKey, settle
from r1data.exchange.review.questions import TEXTS, edit_response, response_id
from r1data.exchange.review.results import Results
from r1data.lineage.rows import review_history, row_name
from r1data.runtime.progress import track
from r1data.runtime.stages import refuse_shared_folders
from r1data.verifiers.table import COLUMNS as VERDICT

REVIEW = ("review_decision", "reviewed_by", "reviewed_at", "review_note", "review_history")
"""Columns that review adds; `review_decision` is accept, edit, reject or none."""
NONE = "none"
ORIGINAL = {name: f"original_{name}" for name in ("response", *TEXTS)}
STALE = {name: f"{name}_before" for name in (*VERDICT, "language_consistency")}
"""Columns about the text before an edit, and the columns they move to."""
COUNTS_BY_DECISION = {"accept": "accepted", "edit": "edited", "reject": "rejected"}
DECIDED = (*COUNTS_BY_DECISION.values(), "decided_before")
FATES = (*DECIDED, CONFLICT, UNCLEAR, "no_decision", "other_response")
"""Counts of rows by outcome; a row decided by an earlier review, without a result in this one, is unchanged."""


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """The results to apply. `require_all`: refuse if a row has no decision; `command_name`: the command at hand."""

    results: Results
    require_all: bool = False
    command_name: str = "ingest"

    def command(self) -> Command:
        """Everything that determines the rows; results by the digest of their content."""
        parameters = {
            "from": self.results.tool,
            "results": self.results.digest,
            "require_all": self.require_all,
        }
        return Command(self.command_name, parameters)


def run(source: Source, out: str, plan: ReviewPlan, *, dropped: str | None = None) -> Summary:
    """Applies results to a source of samples.

    Args:
        dropped: the dataset for rejected rows; without it they are counted and left out.

    Raises:
        UserError: no result belongs to any of the rows, or a row has no decision and `require_all` is set.
    """
    # All rows are read twice: whether any was edited decides the schema and the columns of every shard.
    counts = survey(source, plan)
    schema = source.schema.name
    if counts["edited"] and includes(schema, "verified"):
        schema = "sample"
    parents = [*source.parents(), plan.results.parent()]
    writer = Writer.open(out, schema=schema, command=plan.command(), parents=parents)
    rest = None
    if dropped is not None:
        rest = Writer.open(
            dropped, schema=source.schema.name, command=plan.command(), parents=parents, announce=False
        )
        refuse_shared_folders([writer, rest])
    with track(plan.command_name, total=source.rows) as bar:
        for shard in source.shards():
            _write(shard, plan.results, writer, rest, edits=bool(counts["edited"]))
            bar.advance(shard.rows)
    if rest is not None:
        rest.finish(complete=source.complete)
    return writer.finish(counts, complete=source.complete)


def survey(source: Source, plan: ReviewPlan) -> dict[str, int]:
    """Counts of rows by outcome, and of results without a row. Raises UserError as `run` does."""
    counts = Counter(dict.fromkeys(FATES, 0))
    reviewed_keys: set[RowKey] = set()
    first_open: str | None = None
    for shard in source.shards():
        for row in _rows(shard):
            key = _key(row)
            reviewed_keys |= {key} & plan.results.keys
            _, fate = _outcome(row, plan.results)
            counts[fate] += 1
            if fate not in DECIDED:
                first_open = first_open or row_name(*key)
    _refuse(source, plan, counts, reviewed_keys, first_open)
    return {
        **counts,
        "results": plan.results.records,
        "not_in_dataset": plan.results.count_unmatched(reviewed_keys),
    }


def _refuse(
    source: Source, plan: ReviewPlan, counts: Counter[str], reviewed_keys: set[RowKey], first_open: str | None
) -> None:
    if not reviewed_keys:
        raise UserError(
            f"{plan.results.uri}: none of its {plan.results.records} records is of a row of {source.uri}; "
            "name the dataset that was exported with --apply-to"
        )
    if counts["other_response"] and not sum(counts[name] for name in COUNTS_BY_DECISION.values()):
        raise UserError(
            f"{plan.results.uri}: the responses in {source.uri} are not those that were reviewed; "
            "name the dataset that was exported with --apply-to"
        )
    if plan.require_all and first_open is not None:
        undecided = sum(counts[name] for name in FATES if name not in DECIDED)
        raise UserError(
            f"{plan.results.uri}: {undecided} rows of {source.uri} have no decision, the first {first_open}; "
            "review them, or leave --require-all out"
        )


def _outcome(row: Record, results: Results) -> tuple[ReviewOutcome | None, str]:
    """The outcome of the results for a row, and the count it goes into."""
    row_results = results.of(_key(row))
    opinions = [
        opinion
        for result in row_results
        if result.response_id in (None, response_id(row))
        for opinion in result.opinions
    ]
    if not opinions:
        other = any(result.opinions for result in row_results)
        before = "decided_before" if row.get("review_decision") in COUNTS_BY_DECISION else "no_decision"
        return None, "other_response" if other else before
    outcome = settle(row, opinions)
    return outcome, COUNTS_BY_DECISION[outcome.decision] if outcome.decision else outcome.why or UNCLEAR


def _write(shard: AnyShard, results: Results, writer: Writer, rest: Writer | None, *, edits: bool) -> None:
    inputs = ((shard.name, shard.sha256),)
    writers = [each for each in (writer, rest) if each is not None]
    finished = [each.has(shard.name, inputs) for each in writers]
    if all(finished):
        return
    accepted, rejected = apply(shard.table(), results, edits=edits)
    writer.publish(shard.name, accepted, inputs)
    if rest is not None:
        rest.publish(shard.name, rejected, inputs)


def apply(table: pa.Table, results: Results, *, edits: bool) -> tuple[pa.Table, pa.Table]:
    """One shard of samples: the rows that go on, and those that were rejected, with `drop_reasons`.

    `edits`: some row of the dataset was edited, so that every shard has the columns for it.
    """
    accepted: list[Record] = []
    rejected: list[Record] = []
    for row in to_rows(table, "the reviewed rows"):
        outcome, _ = _outcome(row, results)
        reviewed = _with_review(row, outcome, results.tool)
        if outcome is not None and outcome.decision == "reject":
            rejected.append({**reviewed, "drop_reasons": [*(row.get("drop_reasons") or []), "not_selected"]})
        else:
            accepted.append(reviewed)
    columns = _columns(table.schema, edits=edits)
    reasons = pa.field("drop_reasons", pa.list_(pa.string()))
    # Rejected rows have reasons of their own, also in a dataset that no filter has seen.
    place = columns.get_field_index(reasons.name)
    with_reasons = columns.append(reasons) if place < 0 else columns
    return pa.Table.from_pylist(accepted, columns), pa.Table.from_pylist(rejected, with_reasons)


def _columns(schema: pa.Schema, *, edits: bool) -> pa.Schema:
    """The columns of a shard with those that review adds; with edits also the places of what was there before."""
    schema = schema.remove_metadata()
    new_columns = {name: pa.string() for name in REVIEW}
    if edits:
        moved = {**ORIGINAL, **STALE}
        new_columns |= {
            target: schema.field(name).type for name, target in moved.items() if name in schema.names
        }
    for name, kind in new_columns.items():
        if name not in schema.names:
            schema = schema.append(pa.field(name, kind))
    return schema


def _with_review(row: Record, outcome: ReviewOutcome | None, tool: str) -> Record:
    """The row after review; one without a result keeps what an earlier review said of it."""
    if outcome is None:
        return {**row, "review_decision": row.get("review_decision") or NONE}
    step: Record = {"decision": outcome.decision or NONE, "tool": tool}
    step["opinions"] = [each.as_json() for each in outcome.opinions]
    if outcome.overruled:
        step["overruled"] = [each.as_json() for each in outcome.overruled]
    if outcome.why:
        step["why"] = outcome.why
    reviewed = dict(row)
    if outcome.decision == "edit":
        reviewed, before = _with_edits(row, edit_response(row, outcome.texts))
        step |= {"before": before} if before else {}
    decided = outcome.decision is not None
    return {
        **reviewed,
        "review_decision": outcome.decision or NONE,
        "reviewed_by": outcome.by if decided else None,
        "reviewed_at": outcome.at if decided else None,
        "review_note": outcome.note if decided else None,
        "review_history": json.dumps([*review_history(row), step], ensure_ascii=False),
    }


def _with_edits(row: Record, texts: Mapping[str, str | None]) -> tuple[Record, Record]:
    """The row with its new texts, and the values that no column keeps any more."""
    # The columns of a place move together or not at all: after a second edit `original_*` is still the model's text,
    # never half of it from one edit and half from another.
    edited_row: Record = dict(row)
    before: Record = {}
    for places in (ORIGINAL, STALE):
        free = all(row.get(target) is None for target in places.values())
        for name, target in places.items():
            if row.get(name) is not None:
                (edited_row if free else before)[target if free else name] = row[name]
    edited_row |= {**{name: None for name in STALE if name in row}, **texts}
    for name, value in (("response_tokens", None), ("finish_reason", "stop")):
        if row.get(name) not in (None, value):
            before[name], edited_row[name] = row[name], value
    return edited_row, before


def _rows(shard: AnyShard) -> Iterator[Record]:
    table = shard.table()
    # A batch at a time: as Python values, a shard of long responses takes several times its size.
    names = ["prompt_id", "sample_index", *ORIGINAL, *(n for n in REVIEW[:1] if n in table.column_names)]
    for batch in table.select(names).to_batches(max_chunksize=500):
        yield from batch.to_pylist()


def _key(row: Mapping[str, Any]) -> RowKey:
    return row["prompt_id"], row["sample_index"]
