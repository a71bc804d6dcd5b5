"""Sampling: prompts in, n responses each out (R1 2.3.3 and App. B.3.2).

A shard holds the responses to some consecutive prompts and is committed once it is complete. Each response's seed is
derived from the run's seed, the prompt's id and the sample's number, so a rerun goes on with the same rows. A prompt
that no engine can take (longer than the context) gives rows with finish_reason `error`: counted, never dropped. A
request that failed transiently is retried by the next run of the same command (`pending_retries`).

`plan` holds what decides the rows, `until` when to stop sampling a prompt, `continue_truncated` how truncated responses
go on. Not here: verdicts (verifiers/), what is worth keeping (selection/), cold start's prompts (cold_start/).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.schema import how_to_get, includes
from r1data.data.source import Source
from r1data.data.stores.layout import QUARANTINE
from r1data.data.writer import Summary, Writer
from r1data.engines.base import Completion, EngineOptions, LoadedEngine, choose, is_served, load_engine
from r1data.engines.models import resolve_model
from r1data.errors import RowsLost, UserError
from r1data.runtime.progress import Bar, track
from r1data.sampling import lengths, rows
from r1data.sampling.dates import dated
from r1data.sampling.parts import Part, Renderer, missing
from r1data.sampling.pending_retries import TO_RETRY, RetryQueue
from r1data.sampling.plan import CostMeter, Prices, SamplingPlan
from r1data.sampling.rounds import SamplingRounds
from r1data.sampling.scheduler import run_parts
from r1data.sampling.strategy import DROPPED, KEPT, Strategy
from r1data.sampling.unfinished import Unfinished

__all__ = ["Prices", "load", "preview", "refuse_failed", "sample"]

Stage = Callable[[pa.Table], pa.Table]
Loader = Callable[[SamplingPlan, EngineOptions | None], LoadedEngine]


def sample(
    source: Source,
    out: str,
    plan: SamplingPlan,
    options: EngineOptions | None = None,
    *,
    command: str = "sample",
    schema: str = "sample",
    stage: Stage | None = None,
    strategy: Strategy | None = None,
    dropped: str | None = None,
    prices: Prices = Prices(),
    keep_failed: bool = False,
    loader: Loader | None = None,
) -> Summary:
    """Sample responses into a dataset; where it exists already, add the shards that are missing.

    Args:
        source: prompts, or the rows of the strategy's `input_schema`.
        out: path or URL of the dataset that is written.
        plan: everything that decides the rows.
        options: machine resources for the engine; `dtype` and `max_model_len` are the plan's.
        command: the command's name in the commits.
        schema: of what is written; with the plan's `until` it is `verified`.
        stage: applied to a shard's samples before they are written (evaluation verifies them).
        strategy: how prompts are made of rows; by default they are sent as they stand.
        dropped: a dataset for the rows that the strategy drops.
        prices: of tokens, for an estimate of the cost.
        keep_failed: rows whose request failed transiently are written with finish_reason `error` and never retried.
        loader: gives the engine once it is needed; by default `load`.

    Returns:
        The summary; `failed` counts the rows that have no response, `to_retry` those of them that the next run
        retries, `truncated` those that ran out of tokens. Rates are over the time of all runs that committed shards.

    Raises:
        UserError: the model, the template or the source is not usable, `out` holds the result of another command, or
            prompts leave no room for the length that the user names.
        RowsLost: the input pipe broke off; what arrived is committed.
    """
    strategy = strategy or Strategy()
    _refuse_other_rows(source, strategy, command)
    plan = dated(plan, out)
    lengths.check_length(plan)
    renderer = partial(
        Renderer,
        plan.tokenizer_source,
        plan.template,
        plan.system,
        plan.n,
        plan.seed,
        strategy,
        plan.max_prompt_tokens,
        plan.prompt_limit,
        plan.thinking,
        plan.date,
    )
    lengths.check_prompts(source, plan, renderer)
    recorded = Command(
        command, {**plan.parameters(), "weights": plan.model_fingerprint(), **strategy.parameters()}
    )
    schema = "verified" if plan.until else schema
    open_writer = partial(Writer.open, schema=schema, command=recorded, parents=source.parents())
    writers = {KEPT: open_writer(out)} | ({DROPPED: open_writer(dropped, announce=False)} if dropped else {})
    output = _Output(writers, strategy, stage, retries_failures=strategy.retries_failures and not keep_failed)
    per_part = max(1, plan.max_shard_rows // plan.n)
    parts = missing(source, list(writers.values()), output.retry_queue, renderer, per_part, plan.n)
    # Looked for before the model is loaded: a finished dataset must not cost that.
    first = next(parts, None)
    if first is not None:
        engine = (loader or load)(plan, options)
        rows_of = partial(rows.table, plan=plan, engine=engine.name)
        rounds = SamplingRounds(plan.until, rows_of) if plan.until else None
        output.start()
        with track(command, total=_rows(source, plan), unit="rows") as bar:
            meter = CostMeter(bar, prices)

            def on_completion(completion: Completion) -> None:
                meter(completion)
                output.unfinished.save_if_due()

            all_parts = output.begin(chain([first], parts), bar)
            with (
                output.keeping_responses(None if plan.until else _rows(source, plan)),
                # Closed first, so that what the engine had finished by then is kept too.
                closing(run_parts(engine, all_parts, plan.sampling, on_completion, rounds)) as complete,
            ):
                for part in complete:
                    output.publish(part, rows_of)
                    bar.advance(part.rows_skipped + part.rows_not_sampled)
    return output.finish(source, prices)


class _Output:
    """The datasets that are written, their pending retries, and the responses of shards in the making."""

    def __init__(
        self,
        writers: Mapping[str, Writer],
        strategy: Strategy,
        stage: Stage | None,
        *,
        retries_failures: bool,
    ) -> None:
        self.writers, self.strategy, self.stage = writers, strategy, stage
        self.retries_failures = retries_failures
        self.retry_queue = RetryQueue(writers[KEPT])
        self.unfinished = Unfinished(writers[KEPT])
        self.unwritten_failures = 0
        self.start()

    def start(self) -> None:
        """Starts the clock of the first shard, once the engine is loaded."""
        self.since = time.monotonic()
        self.unfinished.start()

    def begin(self, parts: Iterator[Part], bar: Bar) -> Iterator[Part]:
        """The parts, with the responses that an interrupted run left of them."""
        for part in parts:
            self.unfinished.begin(part)
            bar.advance(len(part.earlier))
            yield part

    @contextmanager
    def keeping_responses(self, total: int | None) -> Iterator[None]:
        """Where the block is interrupted, or fails, the responses that have come are kept, which a note says.

        `total`: how many there will be; None where that is not known.
        """
        try:
            yield
        except BaseException as error:
            try:
                self.unfinished.save()
            except OSError as failure:  # a full disk, say: what was on the way already is what is told
                error.add_note(f"responses of unfinished shards could not be kept ({failure.strerror})")
            committed = sum(
                entry.rows for writer in self.writers.values() for entry in writer.committed.values()
            )
            responses = committed + self.unfinished.responses()
            of_all = "" if total is None else f" of {total:,}"
            if responses:
                error.add_note(
                    f"{responses:,}{of_all} responses are kept, the same command goes on from there"
                )
            else:
                error.add_note("no response had come yet, the same command starts anew")
            raise

    def publish(self, part: Part, rows_of: Callable[[Part, list[int]], pa.Table]) -> None:
        """Commits a complete part; where all its requests failed transiently, nothing is written."""
        failed = part.transient_failures() if self.retries_failures else []
        retried = len(part.retried_requests or ())
        if failed and len(failed) == len(part.completions) and part.unsampled is None:
            self.unwritten_failures += len(failed) - retried
            self.unfinished.end(part)
            return
        numbers = sorted(part.completions.keys() - set(failed))
        table = rows_of(part, numbers)
        outputs = self.strategy.outputs(self.stage(table) if self.stage else table, part.unsampled)
        now = time.monotonic()
        seconds, self.since = now - self.since, now
        counts = rows.counts(part, numbers, seconds + part.earlier_seconds)
        counts |= self.strategy.counts(outputs)
        if failed or retried:
            counts = {**counts, TO_RETRY: len(failed) - retried}
            # Negative where a retry succeeded: counts are summed over a shard and its retries.
            counts["failed"] += len(failed) - retried
        # Before the commit: a kill in between leaves a file without a shard, never a shard without its file.
        self.retry_queue.save(part.name, rows_of(part, failed), failed)
        for key, writer in self.writers.items():
            writer.publish(part.name, outputs[key], part.inputs, counts if key == KEPT else None)
        self.retry_queue.mark_committed(part.name)
        self.unfinished.end(part)

    def finish(self, source: Source, prices: Prices) -> Summary:
        """Finishes the datasets, which are not complete while retries are pending."""
        entries = self.writers[KEPT].committed.values()
        sums = {
            name: sum(entry.counts.get(name, 0) for entry in entries)
            for name in ("prompt_tokens", "response_tokens", "seconds", "failed", TO_RETRY)
        }
        pending = int(sums[TO_RETRY]) + self.unwritten_failures
        details: dict[str, Any] = {}
        if sums["seconds"]:
            details["tokens_per_second"] = round(sums["response_tokens"] / sums["seconds"], 1)
        cost = prices.cost(sums["prompt_tokens"], sums["response_tokens"])
        if cost is not None:
            details["estimated_cost"] = round(cost, 4)
        if pending or sums[TO_RETRY]:
            details |= {TO_RETRY: pending, "failed": sums["failed"] + self.unwritten_failures}
        complete = source.complete and not pending
        if complete:
            self.unfinished.clear()
        ends = [
            writer.finish(details, complete=complete, parents=source.parents())
            for writer in self.writers.values()
        ]
        return ends[0]


def preview(
    source: Source, plan: SamplingPlan, strategy: Strategy | None = None, command: str = "sample"
) -> dict[str, Any]:
    """What `sample` would do, for `--dry-run`. Loads no weights and uses no network."""
    strategy = strategy or Strategy()
    _refuse_other_rows(source, strategy, command)
    engine = choose(plan.engine)
    model = plan.model if is_served(engine) else str(resolve_model(plan.model))
    if Path(model).is_dir():
        lengths.check_length(plan)
    rule = {"gives_up_after": plan.until.earliest() or "never"} if plan.until else {}
    return {
        **plan.parameters(),
        **rule,
        "model": model,
        "engine": engine,
        **strategy.parameters(),
        "prompts": source.rows,
        "rows": _rows(source, plan),
    }


def refuse_failed(summary: Summary, alternative: str = "") -> None:
    """Raise RowsLost where rows have no response: written with an error, or pending.

    `alternative`: what the command offers besides running it again, as the end of the message.
    """
    failed, pending = (int(summary.details.get(name, 0)) for name in ("failed", TO_RETRY))
    if pending:
        raise RowsLost(
            f"{summary.dataset}: {pending} rows failed and were left out (the reasons are in column sampling of the "
            f"files in {summary.dataset}/{QUARANTINE}); run the same command again to retry them{alternative}"
        )
    if failed:
        raise RowsLost(
            f"{summary.dataset}: {failed} rows failed (finish_reason error; the reason is in column sampling): "
            "shorten those prompts, or use a model with a longer context"
        )


def load(plan: SamplingPlan, options: EngineOptions | None) -> LoadedEngine:
    """The plan's engine with its model in it. Raises UserError where it cannot be loaded."""
    with track(f"load {plan.model}", total=1, unit="model") as bar:
        options = replace(
            options or EngineOptions(),
            dtype=plan.dtype,
            max_model_len=plan.max_model_len,
            tokenizer=plan.tokenizer,
            thinking=plan.thinking,
        )
        engine = load_engine(plan.engine, plan.model, options)
        bar.advance(1)
    return engine


def _rows(source: Source, plan: SamplingPlan) -> int | None:
    return None if source.rows is None else source.rows * plan.n


def _refuse_other_rows(source: Source, strategy: Strategy, command: str) -> None:
    schema, needed = source.schema.name, strategy.input_schema
    if schema != needed and (needed == "prompt" or not includes(schema, needed)):
        raise UserError(
            f"{source.uri}: holds {schema} rows; `r1 {command}` needs {needed} rows here: "
            + how_to_get(needed, schema, source.uri)
        )
