"""Two sets of responses paired by prompt: pass rates, what changed, a page of prompts. Ids and verdicts are read alone.

DuckDB adds up each side by prompt and joins both, so neither set is in memory. A side is one model's rows of a dataset;
a pass rate is the share of correct among its samples with a known verdict, where no answer counts as wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from r1data.errors import UserError
from r1data.evaluation.statistics import Estimate, estimate_difference
from r1data.window.table.conditions import quoted
from r1data.window.table.table import RowTable

CHANGES = {
    "better": "B is right more often",
    "worse": "B is right less often",
    "right": "both always right",
    "wrong": "both never right",
    "mixed": "both right equally often",
    "unknown": "no known verdict in one or both",
    "only_a": "in A alone",
    "only_b": "in B alone",
}
"""What a prompt's pass rates say, by the word that addresses have."""
NOT_SHARED = ("only_a", "only_b")
INTERVAL_PROMPTS = 20_000
"""Shared prompts up to which the difference gets an interval. Ours: it needs their values one by one."""


@dataclass(frozen=True)
class Side:
    """One side: the rows of a dataset, of one model where `model` is named."""

    table: RowTable
    model: str | None = None

    def counts(self, source: str, parameter: str, place: str) -> str:
        """SQL of a row a prompt: `prompt_id`, where it begins, `n` samples, `known` verdicts, `correct` ones."""
        columns = self.table.columns
        verdict = "verdict" if "verdict" in columns else "NULL::VARCHAR"
        cause = "verdict_cause" if "verdict_cause" in columns else "NULL::VARCHAR"
        where = f"WHERE model = {parameter}" if self.model is not None else ""
        return (
            f"SELECT prompt_id, min({place}) AS place, count(*) AS n, "
            f"count(*) FILTER ({verdict} IN ('correct', 'incorrect') OR {cause} = 'no_answer') AS known, "
            f"count(*) FILTER ({verdict} = 'correct') AS correct FROM {source} {where} GROUP BY prompt_id"
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Prompts of one change: how many, and the mean pass rates of both sides, None where they are not known."""

    change: str
    prompts: int
    first: float | None
    second: float | None


@dataclass(frozen=True, slots=True)
class Pairing:
    """Both sides, prompt by prompt, in figures.

    `rated`: shared prompts with a known verdict on both sides; `first`, `second`: their mean pass rates. `difference`
    is the second less the first with its interval, None where there are none or too many prompts for one.
    """

    groups: tuple[Group, ...]
    shared: int
    rated: int
    first: float | None
    second: float | None
    difference: Estimate | None

    def prompts(self, change: str) -> int:
        """Prompts of a change."""
        return sum(group.prompts for group in self.groups if group.change == change)


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt's samples, known verdicts and correct ones on both sides; None on a side that lacks it."""

    prompt_id: str
    change: str
    first: tuple[int, int, int] | None
    second: tuple[int, int, int] | None


def pair(one: Side, other: Side) -> Pairing:
    """The figures of two sides.

    Raises:
        UserError: one cannot be read, or takes longer than the window allows itself.
    """
    query = (
        f"{_joined(one, other)} SELECT change, count(*), avg(first), avg(second) FROM pairs GROUP BY change"
    )
    counted = {change: Group(change, *rest) for change, *rest in _ask(one, other, query)}
    groups = tuple(counted[name] for name in CHANGES if name in counted)
    rated = [group for group in groups if group.change not in (*NOT_SHARED, "unknown")]
    number = sum(group.prompts for group in rated)
    return Pairing(
        groups,
        sum(group.prompts for group in groups if group.change not in NOT_SHARED),
        number,
        sum((group.first or 0) * group.prompts for group in rated) / number if number else None,
        sum((group.second or 0) * group.prompts for group in rated) / number if number else None,
        _difference(one, other) if 1 < number <= INTERVAL_PROMPTS else None,
    )


def pairs(one: Side, other: Side, change: str | None, start: int, count: int) -> list[Pair]:
    """A page of prompts, all that both have without a `change`; the largest difference first.

    Equal differences stand in the order of A, so that the prompts of a page lie in few shards.
    """
    where = "change = $change" if change else "change NOT IN ('only_a', 'only_b')"
    query = (
        f"{_joined(one, other)} SELECT prompt_id, change, a_n, a_known, a_correct, b_n, b_known, b_correct FROM pairs "
        f"WHERE {where} ORDER BY abs(second - first) DESC NULLS LAST, place, prompt_id LIMIT {count:d} OFFSET {start:d}"
    )
    rows = _ask(one, other, query, **({"change": change} if change else {}))
    return [
        Pair(
            str(row[0]), row[1], *(None if part[0] is None else tuple(part) for part in (row[2:5], row[5:8]))
        )
        for row in rows
    ]


def samples(side: Side, prompt_ids: Sequence[str], columns: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Some columns and the `position` of a side's samples of some prompts, in the order of their numbers."""
    names = [name for name in columns if name in side.table.columns]
    order = ", sample_index" if "sample_index" in side.table.columns else ""
    model = "AND model = $model" if side.model is not None else ""
    rows = side.table.sql(
        f"SELECT prompt_id, position{''.join(f', {quoted(name)}' for name in names)} FROM rows "
        f"WHERE prompt_id IN (SELECT unnest($ids)) {model} ORDER BY prompt_id{order}, position",
        {"ids": list(prompt_ids), **({"model": side.model} if side.model is not None else {})},
    )
    by_prompt: dict[str, list[dict[str, Any]]] = {prompt_id: [] for prompt_id in prompt_ids}
    for prompt_id, position, *values in rows:
        by_prompt[prompt_id].append({"position": position, **dict(zip(names, values, strict=True))})
    return by_prompt


def _difference(one: Side, other: Side) -> Estimate:
    rated = "first IS NOT NULL AND second IS NOT NULL"
    query = (
        f"{_joined(one, other)} SELECT first, second, prompt_id FROM pairs WHERE {rated} ORDER BY prompt_id"
    )
    values = _ask(one, other, query)
    first, second, clusters = ([row[place] for row in values] for place in range(3))
    return estimate_difference(second, first, clusters, shares=True)


_PLACE = "file_index::BIGINT * 1000000000 + file_row_number::BIGINT"
"""SQL of a number that rises through a dataset's rows."""


def _joined(one: Side, other: Side) -> str:
    """SQL of the view `pairs`: a row a prompt of either side, with both pass rates and what they say."""
    return f"""WITH a AS ({one.counts("rows", "$model_a", "position")}),
        b AS ({other.counts(_files(other.table), "$model_b", _PLACE)}),
        rated AS (
            SELECT coalesce(a.prompt_id, b.prompt_id) AS prompt_id, coalesce(a.place, b.place) AS place, a.n AS a_n,
                a.known AS a_known,
                a.correct AS a_correct, b.n AS b_n, b.known AS b_known, b.correct AS b_correct,
                a.correct / nullif(a.known, 0) AS first, b.correct / nullif(b.known, 0) AS second
            FROM a FULL JOIN b ON a.prompt_id = b.prompt_id
        ),
        pairs AS (
            SELECT *, CASE WHEN b_n IS NULL THEN 'only_a' WHEN a_n IS NULL THEN 'only_b'
                WHEN first IS NULL OR second IS NULL THEN 'unknown' WHEN second > first THEN 'better'
                WHEN second < first THEN 'worse' WHEN first = 1 THEN 'right' WHEN first = 0 THEN 'wrong'
                ELSE 'mixed' END AS change
            FROM rated
        )"""


def _ask(one: Side, other: Side, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    models = {"model_a": one.model, "model_b": other.model}
    named = {name: model for name, model in models.items() if model is not None}
    return one.table.sql(query, {**named, **parameters} or None)


def _files(table: RowTable) -> str:
    """A table's rows as SQL beside those of another table, whose view is `rows`. Raises UserError without any."""
    if not table.paths:
        raise UserError(f"{table.uri}: no rows are committed yet; wait for the first shard")
    paths = ", ".join("'" + path.replace("'", "''") + "'" for path in table.paths)
    return f"read_parquet([{paths}], union_by_name => true)"
