"""Sampling: prompts in, n responses each out (R1 2.3.3 and App. B.3.2).

Temperature 1.0 by default, at which the paper samples R1-Zero for its cold start and rolls out in RL; n =
16 is what it takes a question in RL (for rejection sampling it says "multiple"). A shard holds the
responses to some consecutive prompts and is committed once it is whole. Each response's seed follows from
the seed, the prompt's id and the sample's number, so a rerun goes on with the same rows. A prompt that no
engine can take (longer than the context) gives rows with finish_reason `error`: counted, never dropped.

Not here: verdicts (verify/), what is worth keeping (selection/), prompts for cold start.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any

import pyarrow as pa

from r1data.engines import Completion, Engine, EngineOptions, Sampling, choose, load_engine
from r1data.errors import RowsLost, UserError
from r1data.method import DROPPED, KEPT, Method
from r1data.models import Dtype, context_length, fingerprint, resolve_model, tokenizer_fingerprint
from r1data.parts import Part, Renderer, completed, missing
from r1data.progress import Bar, track
from r1data.prompts.templates import SERVER, TEMPLATES
from r1data.responses import split
from r1data.shards import Command, Source, Summary, Writer, load_schema
from r1data.shards.schema import includes

PART_ROWS = 2_048
"""Rows of a shard at most: what a kill can lose, and what an engine fills its batches from. Ours."""
PART_BYTES = 64 << 20
"""Bytes of the responses of a shard whose rows all have their full length: what later stages hold in memory."""
TOKEN_BYTES = 4

Stage = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to sample: all that decides the rows. `template` "auto" follows the model's tokenizer.

    `tokenizer`: the folder or hub id of the tokenizer, where `model` is only the name under which a server serves it.
    """

    model: str
    n: int = 16
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    template: str = "auto"
    system: str | None = None
    engine: str = "auto"
    dtype: Dtype = "auto"
    max_model_len: int | None = None
    part_rows: int = PART_ROWS
    tokenizer: str | None = None

    def __post_init__(self) -> None:
        if self.n < 1:
            raise UserError(f"n {self.n}: ask for at least one response a prompt")
        if self.template not in ("auto", SERVER, *TEMPLATES):
            raise UserError(
                f"no template {self.template!r}; there are auto, {', '.join((*TEMPLATES, SERVER))}"
            )
        if self.engine != "openai" and (self.template == SERVER or self.tokenizer):
            raise UserError("--template server and --tokenizer are for --engine openai")

    def flat(self) -> dict[str, Any]:
        """All of it under plain names; `part_rows` as it is used."""
        unset = {"sampling"} | ({"tokenizer"} if self.tokenizer is None else set())
        own = {key: value for key, value in asdict(self).items() if key not in unset}
        return {**own, "part_rows": self.rows_at_most, **asdict(self.sampling)}

    @property
    def files(self) -> str:
        """Where the tokenizer is."""
        return self.tokenizer or self.model

    @property
    def rows_at_most(self) -> int:
        """Rows of a shard, bounded in bytes too; it follows from the parameters, never from what is sampled."""
        return max(1, min(self.part_rows, PART_BYTES // (TOKEN_BYTES * self.sampling.max_tokens)))

    def longest_prompt(self) -> int | None:
        """Tokens of a prompt that leave room for a whole response, or for half the context where that is less.

        None where the context is not known. Ours.
        """
        context = min(filter(None, (context_length(self.files), self.max_model_len)), default=None)
        return context and context - min(self.sampling.max_tokens, context // 2)


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
) -> Summary:
    """Sample responses into a dataset; where it is there already, do what is missing of it.

    Args:
        source: prompts, or what else the method takes.
        options: what of the machine may be used; `dtype` and `max_model_len` are the plan's.
        method: another way to ask than by the prompt as it stands.
        dropped: a dataset for the rows that the method drops.
        stage: what is done to a shard's samples before they are written (evaluation verifies them).

    Returns:
        The summary; `failed` counts the rows with finish_reason `error`, `truncated` those that ran out of
        tokens.

    Raises:
        UserError: the model, the template or the source will not do, or `out` holds something else.
        RowsLost: the pipe it reads from broke off; what arrived is committed.
    """
    method = method or Method()
    _refuse_other_rows(source, method, command)
    recorded = Command(command, {**plan.flat(), "weights": _weights(plan), **method.recorded()})
    opened = partial(Writer.open, schema=schema, command=recorded, parents=source.parents())
    writers = {KEPT: opened(out)} | ({DROPPED: opened(dropped, announce=False)} if dropped else {})
    renderer = partial(
        Renderer, plan.files, plan.template, plan.system, plan.n, plan.seed, method, plan.longest_prompt
    )
    parts = missing(source, list(writers.values()), renderer, max(1, plan.rows_at_most // plan.n))
    first = next(parts, None)
    if first is not None:
        engine = _load(plan, options)
        with track(command, total=_rows(source, plan), unit="rows") as bar:
            for part in completed(engine, chain([first], parts), plan.sampling, partial(_count, bar)):
                table = _table(part, plan, engine.name)
                made = method.made(stage(table) if stage else table, part.aside)
                counts = {**_counts(part), **method.counts(made)}
                for key, writer in writers.items():
                    writer.publish(part.name, made[key], part.inputs, counts if key == KEPT else None)
                bar.advance(part.skipped * plan.n + part.rows_aside)
    ends = [writer.finish(complete=source.complete, parents=source.parents()) for writer in writers.values()]
    return ends[0]


def preview(
    source: Source, plan: Plan, method: Method | None = None, command: str = "sample"
) -> dict[str, Any]:
    """What `sample` would do. Loads no weights and asks no network."""
    method = method or Method()
    _refuse_other_rows(source, method, command)
    engine = choose(plan.engine)
    found = plan.model if engine == "openai" else str(resolve_model(plan.model))
    return {
        **plan.flat(),
        "model": found,
        "engine": engine,
        **method.recorded(),
        "prompts": source.rows,
        "rows": _rows(source, plan),
    }


def refuse_failed(summary: Summary) -> None:
    """Raise RowsLost where rows failed; they are in the dataset, each with its reason in `sampling`."""
    failed = int(summary.details.get("failed", 0))
    if failed:
        raise RowsLost(
            f"{summary.dataset}: {failed} rows failed (finish_reason error; the reason is in column sampling): "
            "shorten those prompts, or use a model with a longer context"
        )


def _weights(plan: Plan) -> str:
    """What tells a model from one of the same name. Of a served one only the tokenizer is here, not its address."""
    if plan.engine != "openai":
        return fingerprint(plan.model)
    if plan.template == SERVER:
        return "served"
    try:
        return f"served, tokenizer {tokenizer_fingerprint(plan.files)}"
    except UserError as error:
        raise UserError(
            f"{error}; or say where the served model's tokenizer is (--tokenizer), or let the server write the "
            "template (--template server)"
        ) from None


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


def _count(bar: Bar, completion: Completion) -> None:
    bar.advance(1, tokens=completion.response_tokens)


def _table(part: Part, plan: Plan, engine: str) -> pa.Table:
    """The rows of schema `sample`, in the order of the prompts and their samples."""
    rows = [_row(part, number, plan) for number in range(len(part.requests))]
    repeated = part.prompts.take(pa.array([number // plan.n for number in range(len(rows))], pa.int64()))
    same = {"model": plan.model, "engine": engine}
    made = pa.Table.from_pylist([{**row, **same} for row in rows], schema=_columns())
    for name in made.column_names:
        repeated = repeated.append_column(name, made[name])
    return repeated


def _row(part: Part, number: int, plan: Plan) -> dict[str, Any]:
    done = part.completions[number]
    settings = {**asdict(plan.sampling), "seed": plan.seed, "template": part.template, "system": plan.system}
    settings |= part.notes[number // plan.n]
    failed = done.error is not None
    response = "" if failed else part.prefills[number // plan.n] + done.text
    parts = split(response)
    return {
        "sample_index": number % plan.n,
        "response": response,
        "reasoning": parts.reasoning,
        "answer": None if failed else parts.answer,
        "finish_reason": done.finish_reason,
        "prompt_tokens": done.prompt_tokens,
        "response_tokens": done.response_tokens,
        "sampling": json.dumps({**settings, "error": done.error} if failed else settings, ensure_ascii=False),
    }


def _columns() -> pa.Schema:
    """The columns that sampling adds."""
    new = load_schema("sample").columns[len(load_schema("prompt").columns) :]
    return pa.schema([(column.name, column.type) for column in new])


def _counts(part: Part) -> dict[str, float]:
    reasons = [completion.finish_reason for completion in part.completions.values()]
    tokens = sum(completion.response_tokens for completion in part.completions.values())
    return {
        "response_tokens": tokens,
        "truncated": reasons.count("length"),
        "failed": reasons.count("error"),
    }


def _rows(source: Source, plan: Plan) -> int | None:
    return None if source.rows is None else source.rows * plan.n


def _refuse_other_rows(source: Source, method: Method, command: str) -> None:
    holds, takes = source.schema.name, method.takes
    if holds != takes and (takes == "prompt" or not includes(holds, takes)):
        raise UserError(f"{source.uri}: holds {holds} rows; `r1 {command}` needs {takes} rows here")
