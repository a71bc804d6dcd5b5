"""The stage of `r1 verify`: reads samples, writes the same rows with a verdict.

A row's own `verifier` is used. A row that already has a verdict keeps it, unless verdicts are replayed: then every row
is verified again, and its old verdict is written to further columns.
"""

import functools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from r1data.data.plain import DEFAULT_VERIFIER
from r1data.data.responses import as_tagged
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.verifiers import registry
from r1data.verifiers.judge import agreement, probes
from r1data.verifiers.judge.review import COLUMN, JudgeReview, Judging
from r1data.verifiers.verdict import (
    CAUSES,
    DECIDED,
    MEANINGS,
    ONE_VALUE,
    REMEDIES,
    WORDS,
    Case,
    Verdict,
    VerdictColumns,
    Verifier,
    unverifiable,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from r1data.data.source import Source
    from r1data.data.writer import Summary

COLUMNS = {
    "verdict": "string",
    "score": "float64",
    "extracted": "string",
    "verdict_cause": "string",
    "verdict_reason": "string",
    "verifier_version": "string",
}
BEFORE = {
    name: f"{name}_before" for name in ("verdict", "verdict_cause", "verdict_reason", "verifier_version")
}
"""Columns that a replay adds, with the old verdict."""
NO_CAUSE = "no_cause"
LENIENT = "lenient_would_decide"
_LENIENT = b"r1.lenient_would_decide"
"""Counts undecided rows whose answer is the one value of a sentence."""
NAME_CHARS = 100
"""Most characters of an unknown verifier's name that are repeated. Ours."""
NO_RESPONSE = unverifiable("no_answer", "no answer: the response is null")
SHOWN = ["prompt_id", "sample_index", BEFORE["verdict"], "verdict", "extracted", "verdict_reason"]


@dataclass(frozen=True, slots=True)
class VerifyPlan:
    """How rows are verified.

    `verifier` is for rows that name none; `overrides` holds verifiers that stand in for those of their name;
    `replay`: rows that have a verdict are graded again; `judging`: a model decides what is for it.
    """

    time_limit: float = registry.TIME_LIMIT
    """Seconds a row."""
    verifier: str | None = None
    overrides: Mapping[str, Verifier] = field(default_factory=dict)
    replay: bool = False
    scores: bool = False
    """Whether rows get the column `scores` too."""
    judging: Judging | None = None
    lenient: bool = False
    """Whether `math` takes the one value of a sentence ("Tom has 12 apples.") for its answer."""

    @property
    def verifiers(self) -> Mapping[str, Verifier]:
        """The verifiers that stand in for those of their name."""
        if not self.lenient:
            return self.overrides
        from r1data.verifiers.math.verifier import LENIENT

        return {LENIENT.name: LENIENT, **self.overrides}

    def recorded(self) -> dict[str, Any]:
        """The settings that decide the verdicts, for the command's record.

        Raises:
            UserError: `verifier` is unknown, or its package cannot be imported.
        """
        if self.verifier:
            registry.VERIFIERS[self.verifier]
        overrides = {name: version_of(name, self.overrides) for name in self.overrides}
        flags = {name: True for name in ("replay", "scores", "lenient") if getattr(self, name)}
        return {
            "time_limit": self.time_limit,
            "verifier": self.verifier,
            **({"overrides": overrides} if overrides else {}),
            **flags,
            **(self.judging.recorded() if self.judging else {}),
        }


def run(
    source: "Source",
    out: str,
    plan: VerifyPlan = VerifyPlan(),
    *,
    workers: int | None = None,
    executor: str = "local",
) -> "Summary":
    """Verifies every shard of a source of samples into `out`.

    Raises UserError on an unknown verifier, and where a replay finds no verdicts to replay.
    """
    from r1data.data.commits import Command
    from r1data.runtime.stages import Output, run_stage

    refuse_empty_replay(source, plan)
    workers = plan.judging.workers(workers) if plan.judging else workers
    stage = functools.partial(verify_table, plan=plan)
    outputs = {"verified": Output(out, "verified", count)}
    command = Command("verify", plan.recorded())
    return run_stage(source, outputs, stage, command=command, workers=workers, executor=executor)["verified"]


def verify_table(table: "pa.Table", plan: VerifyPlan = VerifyPlan()) -> "pa.Table":
    """The table with `COLUMNS` at its end, rows in order; after a replay also `BEFORE`'s.

    A row's own `verifier` decides; without one, the plan's; without that, math. Rows without a truth are
    `unverifiable` by all verifiers that need one. Raises KeyError where there is no column `response`.
    """
    import pyarrow as pa

    parts = (_column(table, "reasoning"), _column(table, "answer"))
    responses: list[Any] = as_tagged(table.column("response").to_pylist(), *parts)
    names = [name or plan.verifier or DEFAULT_VERIFIER for name in _column(table, "verifier")]
    truths, prompts = _column(table, "truth"), _column(table, "prompt")
    finish_reasons = _column(table, "finish_reason")
    old = [None] * len(table) if plan.replay else _old_verdicts(table)
    pending_rows = [row for row, verdict in enumerate(old) if verdict is None and responses[row] is not None]
    # All rows in one call, so that a verifier that takes batches, and is dear to start, starts once for the table.
    verdicts = registry.check_all(
        *(
            [values[row] for row in pending_rows]
            for values in (names, responses, truths, prompts, finish_reasons)
        ),
        time_limit=plan.time_limit,
        overrides=plan.verifiers,
    )
    new = dict(zip(pending_rows, verdicts, strict=True))
    versions = {name: version_of(name, plan.verifiers) for name in set(names)}
    by_rules = [
        verdict or _verdict_columns(new.get(row, NO_RESPONSE), versions[names[row]])
        for row, verdict in enumerate(old)
    ]
    cases = [
        None if response is None else Case(response, truth, prompt, finish_reason)
        for response, truth, prompt, finish_reason in zip(
            responses, truths, prompts, finish_reasons, strict=True
        )
    ]
    if plan.judging:
        reviewed = plan.judging.review(names, cases, by_rules)
        new.update(reviewed.overrides)
        for row, verdict in reviewed.overrides.items():
            by_rules[row] = _verdict_columns(verdict, plan.judging.version)
        table = _with_opinions(table, reviewed) if plan.judging.agreement else table
    if plan.scores:
        verified = {row: (case, verdict) for row, verdict in new.items() if (case := cases[row])}
        table = _with_scores(table, names, verified, plan)
    table = _with_old_verdicts(table) if plan.replay else table
    # Dropped and appended again: the columns stand at the end in one order, whatever the table came with.
    table = table.drop_columns([name for name in COLUMNS if name in table.column_names])
    for place, (name, kind) in enumerate(COLUMNS.items()):
        column = pa.array([row[place] for row in by_rules], pa.type_for_alias(kind))
        table = table.append_column(name, column)
    # A stage gives back a table and nothing else, so the count travels in its metadata, and `count` reads it there.
    if lenient := sum(ONE_VALUE in (verdict.measures or ()) for verdict in new.values()):
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), _LENIENT: str(lenient)})
    return table


def count(verified: "pa.Table") -> Mapping[str, float]:
    """Counts of rows by verdict and by cause, for a summary; after a replay also the number of changes of each kind.

    `NO_CAUSE` counts verdicts that are older than causes.
    """
    now = verified.column("verdict").to_pylist()
    words, causes = Counter(now), Counter(verified.column("verdict_cause").to_pylist())
    counts: dict[str, float] = {word: words[word] for word in WORDS if words[word]}
    counts.update({cause: causes[cause] for cause in CAUSES if causes[cause]})
    # Decided rows have no cause; any other row without one has a verdict that is older than the column.
    if without := causes[None] - sum(words[word] for word in DECIDED):
        counts[NO_CAUSE] = without
    if lenient := (verified.schema.metadata or {}).get(_LENIENT):
        counts[LENIENT] = int(lenient)
    if BEFORE["verdict"] in verified.column_names:
        pairs = Counter(zip(verified.column(BEFORE["verdict"]).to_pylist(), now, strict=True))
        changes = {
            f"{old or 'none'}_to_{new}": n for (old, new), n in sorted(pairs.items(), key=str) if old != new
        }
        counts.update(changed=sum(changes.values()), **changes)
    if COLUMN in verified.column_names:
        opinions = zip(now, verified.column(COLUMN).to_pylist(), strict=True)
        counts.update(
            agreement.counts((rule, judge) for rule, judge in opinions if judge and rule in DECIDED)
        )
    if probes.COLUMN in verified.column_names:
        counts.update(agreement.probe_counts(filter(None, verified.column(probes.COLUMN).to_pylist())))
    return counts


def causes_in_words(counts: Mapping[str, Any]) -> Iterator[str]:
    """How many rows got no verdict for which cause and what to do about them, a line each, from a summary's counts."""
    for cause in CAUSES:
        if rows := counts.get(cause):
            yield f"{_rows(rows)} {MEANINGS[cause]} ({cause}): {REMEDIES[cause]}"
    if rows := counts.get(LENIENT):
        yield (
            f'{_rows(rows)} of those undecided with one value in a sentence, as in "Tom has 12 apples.": '
            "`r1 verify --lenient` decides them; not for rewards"
        )
    if rows := counts.get(NO_CAUSE):
        yield (
            f"{_rows(rows)} with a verdict of an older version, without a cause ({NO_CAUSE}): it counts as unknown; "
            "grade again with `r1 verify --reverify`"
        )


def _rows(number: float) -> str:
    return "1 row" if number == 1 else f"{number:,.0f} rows"


def preview(source: "Source", out: str, plan: VerifyPlan) -> dict[str, Any]:
    """A description of what `run` would do, for `--dry-run`. Raises UserError as `run` does."""
    refuse_empty_replay(source, plan)
    recorded = replace(plan, judging=None).recorded()
    judge = {"judge": plan.judging.judge.settings.model} if plan.judging else {}
    return {
        "source": source.uri,
        "rows": source.rows,
        "out": out,
        **recorded,
        **judge,
        "verifier": recorded["verifier"] or "each row's own, else math",
    }


def refuse_empty_replay(source: "Source", plan: VerifyPlan) -> None:
    """Raises UserError if verdicts are to be replayed and the source has none."""
    if plan.replay and source.schema.name not in ("verified", "filtered"):
        raise UserError(f"{source.uri}: holds no verdicts to replay; run `r1 verify` without --reverify")


def changed_rows(tables: Iterable["pa.Table"], limit: int) -> list[dict[str, Any]]:
    """The first rows whose verdict a replay changed, as mappings of `SHOWN`'s columns."""
    import pyarrow.compute as pc

    rows: list[dict[str, Any]] = []
    for table in tables:
        # Compared with a null nothing is equal or not: rows that had no verdict count as changed.
        differ = pc.fill_null(pc.not_equal(table["verdict"], table[BEFORE["verdict"]]), True)
        rows.extend(table.filter(differ).select(SHOWN).slice(0, limit - len(rows)).to_pylist())
        if len(rows) == limit:
            break
    return rows


def _verdict_columns(verdict: Verdict, version: str) -> VerdictColumns:
    return VerdictColumns(
        verdict.verdict, verdict.score, verdict.extracted, verdict.cause, verdict.reason, version
    )


def version_of(name: str, overrides: Mapping[str, Verifier]) -> str:
    """`name/version`, as in the column `verifier_version`; `name/none` if there is no such verifier."""
    verifier = overrides.get(name) or registry.find(name)
    # A name that no verifier has may be anything, of any length.
    return f"{name}/{verifier.version}" if verifier else f"{one_line(name, NAME_CHARS)}/none"


def _with_scores(
    table: "pa.Table", names: Sequence[str], verified: Mapping[int, tuple[Case, Verdict]], plan: VerifyPlan
) -> "pa.Table":
    """The table with the column `scores`: measures and scores, as JSON, of rows verified now; others keep theirs."""
    import pyarrow as pa

    ids = _column(table, "prompt_id")
    column: list[str | None] = _column(table, "scores")
    prompts = {row: ids[row] or case.prompt or "" for row, (case, _) in verified.items()}
    scores = registry.scores(
        {row: (names[row], *verified[row], prompts[row]) for row in verified}, plan.time_limit
    )
    for row, (_, verdict) in verified.items():
        measures = dict(verdict.measures or {})
        measures.update({name: score for name, score in scores.get(row, {}).items() if score is not None})
        column[row] = json.dumps(measures, sort_keys=True) if measures else None
    table = table.drop_columns(["scores"] if "scores" in table.column_names else [])
    return table.append_column("scores", pa.array(column, pa.string()))


def _with_opinions(table: "pa.Table", reviewed: JudgeReview) -> "pa.Table":
    """The table with the judge's second opinions on rows that a rule decided, and on wrong answers to some of them."""
    import pyarrow as pa

    for column, verdicts in ((COLUMN, reviewed.opinions), (probes.COLUMN, reviewed.probes)):
        words = [verdict.verdict if (verdict := verdicts.get(row)) else None for row in range(len(table))]
        table = table.drop_columns([column] if column in table.column_names else [])
        table = table.append_column(column, pa.array(words, pa.string()))
    return table


def _with_old_verdicts(table: "pa.Table") -> "pa.Table":
    """The table with `BEFORE`'s columns, which replace those of an earlier replay."""
    import pyarrow as pa

    table = table.drop_columns([name for name in BEFORE.values() if name in table.column_names])
    for name, before in BEFORE.items():
        table = table.append_column(before, pa.array(_column(table, name), pa.string()))
    return table


def _old_verdicts(table: "pa.Table") -> list[VerdictColumns | None]:
    """The verdicts that rows already have, None for rows without one."""
    if "verdict" not in table.column_names:
        return [None] * table.num_rows
    rows = map(VerdictColumns, *(_column(table, name) for name in COLUMNS))
    return [row if row.verdict is not None else None for row in rows]


def _column(table: "pa.Table", name: str) -> list[Any]:
    if name in table.column_names:
        values: list[Any] = table.column(name).to_pylist()
        return values
    return [None] * table.num_rows
