"""Sampling: prompts in, n responses each out (R1 2.3.3 and App. B.3.2).

A shard holds the responses to some consecutive prompts and is committed once it is whole. Each response's seed follows
from the seed, the prompt's id and the sample's number, so a rerun goes on with the same rows. A prompt that no engine
can take (longer than the context) gives rows with finish_reason `error`: counted, never dropped. A request that failed
for now is owed (`owed`): the same command asks again.

`plan` says what is asked for, `adaptive` when a prompt has enough, `continuing` how truncated responses go on. Not
here: verdicts (verify/), what is worth keeping (selection/), prompts for cold start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.schema import includes
from r1data.data.source import Source
from r1data.data.stores.layout import QUARANTINE
from r1data.data.writer import Summary, Writer
from r1data.engines.base import Engine, EngineOptions, choose, load_engine
from r1data.engines.models import resolve_model
from r1data.errors import RowsLost, UserError
from r1data.runtime.progress import track
from r1data.sampling import rows
from r1data.sampling.cost import Meter, Prices
from r1data.sampling.parts import Part, Renderer, missing
from r1data.sampling.pending_retries import TO_RETRY, Owing
from r1data.sampling.plan import Plan
from r1data.sampling.rounds import Rounds
from r1data.sampling.scheduler import completed
from r1data.sampling.strategy import DROPPED, KEPT, Method
from r1data.sampling.until import Rule

__all__ = ["Plan", "Prices", "Rule", "preview", "refuse_failed", "sample"]

Stage = Callable[[pa.Table], pa.Table]


def sample(
    source: Source,
    out: str,
    plan: Plan,
    options: EngineOptions | None = None,
    *,
    command: str = "sample",
    schema: str = "sample",
    stage: Stage | None = None,
    method: Method | None = None,
    dropped: str | None = None,
    prices: Prices = Prices(),
    keep_failed: bool = False,
) -> Summary:
    """Sample responses into a dataset; where it is there already, do what is missing of it.

    Args:
        source: prompts, or what else the method takes.
        options: what of the machine may be used; `dtype` and `max_model_len` are the plan's.
        schema: of what is written; with the plan's `until` it is `verified`.
        method: another way to ask than by the prompt as it stands.
        dropped: a dataset for the rows that the method drops.
        stage: what is done to a shard's samples before they are written (evaluation verifies them).
        keep_failed: rows whose request failed for now are written with finish_reason `error`, and never asked again.

    Returns:
        The summary; `failed` counts the rows that have no response, `to_retry` those of them that the next run asks for
        again, `truncated` those that ran out of tokens. Rates are over the time of all runs that committed shards.

    Raises:
        UserError: the model, the template or the source will not do, or `out` holds something else.
        RowsLost: the pipe it reads from broke off; what arrived is committed.
    """
    method = method or Method()
    _refuse_other_rows(source, method, command)
    recorded = Command(command, {**plan.flat(), "weights": plan.weights(), **method.recorded()})
    schema = "verified" if plan.until else schema
    opened = partial(Writer.open, schema=schema, command=recorded, parents=source.parents())
    writers = {KEPT: opened(out)} | ({DROPPED: opened(dropped, announce=False)} if dropped else {})
    output = _Output(writers, method, stage, owes=method.owes and not keep_failed)
    renderer = partial(
        Renderer, plan.files, plan.template, plan.system, plan.n, plan.seed, method, plan.longest_prompt
    )
    per_part = max(1, plan.rows_at_most // plan.n)
    parts = missing(source, list(writers.values()), output.owing, renderer, per_part, plan.n)
    first = next(parts, None)
    if first is not None:
        engine = _load(plan, options)
        tabled = partial(rows.table, plan=plan, engine=engine.name)
        rounds = Rounds(plan.until, tabled) if plan.until else None
        output.start()
        with track(command, total=_rows(source, plan), unit="rows") as bar:
            meter = Meter(bar, prices)
            for part in completed(engine, chain([first], parts), plan.sampling, meter, rounds):
                output.publish(part, tabled)
                bar.advance(part.skipped + part.rows_undrawn)
    return output.finish(source, prices)


class _Output:
    """The datasets that are written, and what is owed of them."""

    def __init__(
        self, writers: Mapping[str, Writer], method: Method, stage: Stage | None, *, owes: bool
    ) -> None:
        self.writers, self.method, self.stage, self.owes = writers, method, stage, owes
        self.owing = Owing(writers[KEPT])
        self.not_written = 0
        self.start()

    def start(self) -> None:
        """The engine is loaded: from now on time counts."""
        self.since = time.monotonic()

    def publish(self, part: Part, tabled: Callable[[Part, list[int]], pa.Table]) -> None:
        """Commits what came of a part; of one whose requests all failed for now nothing is written."""
        failed = part.failed_for_now() if self.owes else []
        before = len(part.only or ())
        if failed and len(failed) == len(part.completions) and part.aside is None:
            self.not_written += len(failed) - before
            return
        numbers = sorted(part.completions.keys() - set(failed))
        table = tabled(part, numbers)
        made = self.method.made(self.stage(table) if self.stage else table, part.aside)
        counts = self._counts(part, numbers, made)
        if failed or before:
            counts = {**counts, TO_RETRY: len(failed) - before}
            counts["failed"] += len(failed) - before
        self.owing.put(part.name, tabled(part, failed), failed)
        for key, writer in self.writers.items():
            writer.publish(part.name, made[key], part.inputs, counts if key == KEPT else None)
        self.owing.committed(part.name)

    def finish(self, source: Source, prices: Prices) -> Summary:
        """Ends the datasets; while rows are owed they are not complete."""
        entries = self.writers[KEPT].committed.values()
        sums = {
            name: sum(entry.counts.get(name, 0) for entry in entries)
            for name in ("prompt_tokens", "response_tokens", "seconds", "failed", TO_RETRY)
        }
        owed = int(sums[TO_RETRY]) + self.not_written
        details: dict[str, Any] = {}
        if sums["seconds"]:
            details["tokens_per_second"] = round(sums["response_tokens"] / sums["seconds"], 1)
        cost = prices.of(sums["prompt_tokens"], sums["response_tokens"])
        if cost is not None:
            details["estimated_cost"] = round(cost, 4)
        if owed or sums[TO_RETRY]:
            details |= {TO_RETRY: owed, "failed": sums["failed"] + self.not_written}
        complete = source.complete and not owed
        ends = [
            writer.finish(details, complete=complete, parents=source.parents())
            for writer in self.writers.values()
        ]
        return ends[0]

    def _counts(self, part: Part, numbers: list[int], made: Mapping[str, pa.Table]) -> dict[str, float]:
        now = time.monotonic()
        seconds, self.since = now - self.since, now
        return {**rows.counts(part, numbers, seconds), **self.method.counts(made)}


def preview(
    source: Source, plan: Plan, method: Method | None = None, command: str = "sample"
) -> dict[str, Any]:
    """What `sample` would do. Loads no weights and asks no network."""
    method = method or Method()
    _refuse_other_rows(source, method, command)
    engine = choose(plan.engine)
    found = plan.model if engine == "openai" else str(resolve_model(plan.model))
    rule = {"gives_up_after": plan.until.earliest() or "never"} if plan.until else {}
    return {
        **plan.flat(),
        **rule,
        "model": found,
        "engine": engine,
        **method.recorded(),
        "prompts": source.rows,
        "rows": _rows(source, plan),
    }


def refuse_failed(summary: Summary, instead: str = "") -> None:
    """Raise RowsLost where rows have no response: with an error in the dataset, or owed.

    `instead`: what else than running again the command offers.
    """
    failed, owed = (int(summary.details.get(name, 0)) for name in ("failed", TO_RETRY))
    if owed:
        raise RowsLost(
            f"{summary.dataset}: {owed} rows failed and were left out (the reasons are in column sampling of the files "
            f"in {summary.dataset}/{QUARANTINE}); run the same command again to ask for them again{instead}"
        )
    if failed:
        raise RowsLost(
            f"{summary.dataset}: {failed} rows failed (finish_reason error; the reason is in column sampling): "
            "shorten those prompts, or use a model with a longer context"
        )


def _load(plan: Plan, options: EngineOptions | None) -> Engine:
    with track(f"load {plan.model}", total=1, unit="model") as bar:
        options = replace(
            options or EngineOptions(),
            dtype=plan.dtype,
            max_model_len=plan.max_model_len,
            tokenizer=plan.tokenizer,
        )
        engine = load_engine(plan.engine, plan.model, options)
        bar.advance(1)
    return engine


def _rows(source: Source, plan: Plan) -> int | None:
    return None if source.rows is None else source.rows * plan.n


def _refuse_other_rows(source: Source, method: Method, command: str) -> None:
    holds, takes = source.schema.name, method.takes
    if holds != takes and (takes == "prompt" or not includes(holds, takes)):
        raise UserError(f"{source.uri}: holds {holds} rows; `r1 {command}` needs {takes} rows here")
