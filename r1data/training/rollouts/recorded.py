"""What is recorded of a rollout: each response as a row of the schema `verified`, with what training made of it.

Beside that schema's columns a row has

- `reward`, the weighted sum, and `reward_NAME` for each reward; null where nobody can tell;
- `advantage`, and `policy_step`, the optimizer steps that the policy had made when it wrote the response;
- `round`, the number of the rollout; `sample_index` counts the responses of the run;
- `trainer_logprob` and `engine_logprob`, the response's log-probability by the trainer's model and by the engine, each
  summed over its tokens, and `logprob_gap`, the largest difference of the two in one token. The engine's are null where
  it says none: transformers generates with the trainer's own model;
- `scores` of a program and `grades` by models (a rubric's items, a reward model) as JSON, where rewards asked for them.

A response whose verdict is not known is a row too. The paper does not say what of its rollouts is kept; all is ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from r1data.data.responses import split
from r1data.data.schema import load_schema
from r1data.training.grpo.lengths import OVERLONG
from r1data.training.rewards import Scored
from r1data.verifiers.verdict import Verdict

NO_VERIFIER = Verdict("unverifiable", cause="no_checker", reason="the prompt names no verifier")
PART_BYTES = 128 << 20
"""Bytes of text in one shard, about: a reader refuses a shard that unpacks to more than a gibibyte. Ours."""
NUMBERS = {
    "reward": pa.float64(),
    "advantage": pa.float64(),
    "policy_step": pa.int32(),
    "round": pa.int32(),
    "trainer_logprob": pa.float64(),
    "engine_logprob": pa.float64(),
    "logprob_gap": pa.float64(),
}
TEXTS = {"scores": pa.string(), "grades": pa.string()}


@dataclass
class Response:
    """One response of a rollout, as the trainer and the rewards know it."""

    position: int
    """Of its prompt among the run's prompts."""
    scored: Scored
    rewards: Mapping[str, float | None]
    prompt_tokens: int
    response_tokens: int
    punishment: float = 0.0
    """What its length took from its reward."""
    sample_index: int = 0
    numbers: dict[str, Any] = field(default_factory=dict)
    """Values of `NUMBERS`."""


@dataclass(frozen=True)
class Origin:
    """What all rows of a rollout have in common: who wrote them, by which engine, sampled how (JSON)."""

    model: str
    engine: str
    sampling: str


def schema(rewards: Sequence[str]) -> pa.Schema:
    """The columns of rollouts, in their order."""
    columns = [(column.name, column.type) for column in load_schema("verified").columns]
    return pa.schema(
        [
            *columns,
            *NUMBERS.items(),
            *TEXTS.items(),
            *((reward_column(name), pa.float64()) for name in rewards),
        ]
    )


def reward_column(name: str) -> str:
    """The column of a reward: `reward_format_r1_zero` for `format-r1-zero`."""
    return "reward_" + re.sub(r"\W", "_", name)


def tables(
    responses: Sequence[Response],
    prompts: Mapping[int, Mapping[str, Any]],
    origin: Origin,
    versions: Mapping[str | None, str],
    columns: pa.Schema,
) -> Iterator[pa.Table]:
    """A rollout as tables, one a shard: a new one begins where the texts of the last exceed `PART_BYTES`.

    Args:
        prompts: rows by position.
        versions: `verifier_version` by a prompt's verifier.
        columns: as `schema` gives them.
    """
    rows: list[dict[str, Any]] = []
    size = 0
    for response in responses:
        row = _row(response, prompts[response.position], origin, versions)
        rows.append(row)
        size += sum(len(value) for value in row.values() if isinstance(value, str))
        if size > PART_BYTES:
            yield pa.Table.from_pylist(rows, schema=columns)
            rows, size = [], 0
    if rows:
        yield pa.Table.from_pylist(rows, schema=columns)


def _row(
    response: Response,
    prompt: Mapping[str, Any],
    origin: Origin,
    versions: Mapping[str | None, str],
) -> dict[str, Any]:
    rollout, verdict = response.scored.rollout, response.scored.verdict or NO_VERIFIER
    parts = split(rollout.response)
    return {
        **prompt,
        "sample_index": response.sample_index,
        "response": rollout.response,
        "reasoning": parts.reasoning,
        "answer": parts.answer,
        "finish_reason": rollout.finish_reason or "stop",
        "prompt_tokens": response.prompt_tokens,
        "response_tokens": response.response_tokens,
        "model": origin.model,
        "engine": origin.engine,
        "sampling": origin.sampling,
        "verdict": verdict.verdict,
        "score": verdict.score,
        "extracted": verdict.extracted,
        "verdict_cause": verdict.cause,
        "verdict_reason": verdict.reason,
        "verifier_version": versions[rollout.verifier],
        **response.numbers,
        "scores": _as_json(response.scored.scores),
        "grades": _as_json({name: asdict(grade) for name, grade in response.scored.grades.items()}),
        reward_column(OVERLONG): None if response.numbers["reward"] is None else response.punishment,
        **{reward_column(name): value for name, value in response.rewards.items()},
    }


def _as_json(values: Mapping[str, Any]) -> str | None:
    return json.dumps(dict(values), ensure_ascii=False, default=str) if values else None
