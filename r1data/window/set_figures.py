"""What a set holds, in figures: values of columns, lengths, pass rates of prompts, near copies, contamination hits.

DuckDB counts over the columns that are needed, in four passes at most, and the result is kept by the dataset's digest.
Texts are read only where rows are few and their tokens were not counted.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from r1data.window.table import RowTable
from r1data.window.table.conditions import SCALARS, WORDS, quoted

COLUMNS = (
    "domain",
    "language",
    "kind",
    "split",
    "verdict",
    "verdict_cause",
    "finish_reason",
    "source",
    "license",
    "model",
    "review_decision",
)
"""Columns with few values, of whatever schema; those that a set has are counted."""
MAX_VALUES = 60
"""Values of a column that are named, the most frequent. Ours."""
MAX_NAMED = 50
"""Prompts, examples or records of a bar that a link leads to. Ours; an address may name 100."""
MAX_CLUSTERS = 10
TEXT_ROWS = 50_000
"""Rows whose texts are measured where no tokens were counted. Ours."""
KEPT_SETS = 8
CLUSTER_SIZES = ((2, 2), (3, 3), (4, 4), (5, 8), (9, 16), (17, 64), (65, None))
"""Least and greatest size of the clusters of a bar."""
TENTHS = ("0 %", *(f"{low}–{low + 10} %" for low in range(0, 100, 10)), "100 %")
"""Prompts by pass rate: none right, tenths with their upper ends, all right."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a column, None for rows without one; `tokens` are the mean, `passed` of `judged` were correct."""

    value: str | None
    rows: int
    tokens: float | None = None
    passed: int = 0
    judged: int = 0


@dataclass(frozen=True, slots=True)
class Length:
    """Rows whose length lies from `least` to `most`, both included."""

    least: int
    most: int
    rows: int


@dataclass(frozen=True, slots=True)
class Group:
    """A bar of things that are named: how many, of how many rows, and the first names."""

    label: str
    count: int
    rows: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetFigures:
    """All figures of one state of a set. Those that its columns do not tell are empty.

    `values` are by column, the most frequent first, and `distinct` counts all values; `untold` are rows without a
    length. `reasons` count a row once for each of its reasons.
    """

    rows: int
    digest: str
    unit: str
    values: Mapping[str, list[Value]] = field(default_factory=dict)
    distinct: Mapping[str, int] = field(default_factory=dict)
    lengths: list[Length] = field(default_factory=list)
    untold: int = 0
    reasons: list[Value] = field(default_factory=list)
    pass_rates: list[Group] = field(default_factory=list)
    cluster_sizes: list[Group] = field(default_factory=list)
    clusters: list[Group] = field(default_factory=list)
    contamination: list[Group] = field(default_factory=list)

    @property
    def mean_tokens(self) -> float | None:
        """Mean tokens of a row over all domains, None where they were not counted."""
        told = [(each.tokens, each.rows) for each in self.values.get("domain", []) if each.tokens is not None]
        rows = sum(count for _, count in told)
        return sum(tokens * count for tokens, count in told) / rows if rows else None


_CACHE: OrderedDict[tuple[str, str], SetFigures] = OrderedDict()
_LOCK = threading.Lock()


def figures(table: RowTable) -> SetFigures:
    """The figures of a set as it is committed in `table`; counted once for each digest.

    Raises:
        UserError: it took too long, or a shard cannot be read.
        DamagedShard: a shard is not what was committed.
    """
    key = (table.uri, table.digest)
    with _LOCK:
        if key in _CACHE:
            _CACHE.move_to_end(key)
            return _CACHE[key]
    counted = _counted(table)
    with _LOCK:
        _CACHE[key] = counted
        while len(_CACHE) > KEPT_SETS:
            _CACHE.popitem(last=False)
    return counted


def _counted(table: RowTable) -> SetFigures:
    if not table.rows:
        return SetFigures(0, table.digest, "tokens")
    unit, length = _length(table)
    values, distinct, bins = _values(table, length)
    lengths = [_bin(int(number), rows) for number, rows in bins if number is not None]
    sizes = _cluster_sizes(table)
    return SetFigures(
        rows=table.rows,
        digest=table.digest,
        unit=unit,
        values=values,
        distinct=distinct,
        lengths=sorted(lengths, key=lambda each: each.least),
        untold=sum(rows for number, rows in bins if number is None),
        reasons=_reasons(table),
        pass_rates=_pass_rates(table, values),
        cluster_sizes=sizes,
        clusters=_clusters(table) if sizes else [],
        contamination=_contamination(table),
    )


def _length(table: RowTable) -> tuple[str, str]:
    """What a length counts, and SQL of it; NULL where measuring it would read too many texts."""
    unit = table.length_unit
    if unit == "tokens":
        return unit, next(name for name in ("response_tokens", "tokens") if name in table.types)
    if table.rows <= TEXT_ROWS:
        for name in ("response", "chosen", "prompt"):
            if table.types.get(name) == "VARCHAR":
                return unit, f"length({name})"
    return unit, "NULL::BIGINT"


def _values(
    table: RowTable, length: str
) -> tuple[dict[str, list[Value]], dict[str, int], list[tuple[str | None, int]]]:
    """Values of columns, how many each has, and rows by the number of their bin of lengths: in one pass."""
    names = [name for name in COLUMNS if table.types.get(name) in SCALARS]
    keys = [*names, "-bin"]
    columns = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in names)
    at_least_one = "CASE WHEN size < 1 THEN 1 ELSE size END"  # greatest() would make a 1 of NULL
    # two bins an octave; a float is exact enough, since no whole number lies on the odd bounds
    inner = (
        f'{columns}{", " if columns else ""}CAST(floor(2 * log2({at_least_one})) AS VARCHAR) AS "-bin", size'
    )
    judged = "false AS passed, false AS judged"
    if table.types.get("verdict") == "VARCHAR":
        cause = "verdict_cause" if table.types.get("verdict_cause") == "VARCHAR" else "NULL"
        judged = (
            "verdict = 'correct' AS passed, "
            f"verdict IN ('correct', 'incorrect') OR coalesce({cause} = 'no_answer', false) AS judged"
        )
    grouped = ", ".join(quoted(key) for key in keys)
    sets = ", ".join(f"({quoted(key)})" for key in keys)
    rows = table.sql(
        f"""
        WITH told AS (SELECT {inner}, passed, judged FROM
                (SELECT *, {length} AS size, {judged} FROM rows)),
            counted AS (SELECT grouping({grouped}) AS kind, coalesce({grouped}) AS value, count(*) AS n,
                avg(size) AS mean, count(*) FILTER (passed) AS passed, count(*) FILTER (judged) AS judged
                FROM told GROUP BY GROUPING SETS ({sets}))
        SELECT kind, value, n, mean, passed, judged, count(*) OVER (PARTITION BY kind) FROM counted
        QUALIFY row_number() OVER (PARTITION BY kind ORDER BY n DESC, value NULLS LAST) <= {MAX_VALUES}
        ORDER BY kind, n DESC, value NULLS LAST
        """
    )
    # the bit of the column that a group is of is 0, those of the others are 1; the last column has the lowest
    every = (1 << len(keys)) - 1
    kinds = {every ^ (1 << place): key for place, key in enumerate(reversed(keys))}
    values: dict[str, list[Value]] = {name: [] for name in names}
    distinct: dict[str, int] = {}
    bins: list[tuple[str | None, int]] = []
    for kind, value, count, mean, passed, known, all_values in rows:
        key = kinds[kind]
        if key == "-bin":
            bins.append((value.removesuffix(".0") if value is not None else None, count))
            continue
        values[key].append(
            Value(value, count, mean if table.length_unit == "tokens" else None, passed, known)
        )
        distinct[key] = all_values
    told = {key: each for key, each in values.items() if any(value.value is not None for value in each)}
    return told, distinct, bins


def _bin(number: int, rows: int) -> Length:
    """The bin from 2^(number/2) on; the first begins with 0."""
    return Length(0 if number == 0 else _bound(number), _bound(number + 1) - 1, rows)


def all_bins(first: Length, last: Length) -> list[Length]:
    """The bins from one to another, those between them too, each without rows."""
    bins = (_bin(number, 0) for number in range(200))
    return [each for each in bins if first.least <= each.least <= last.least and each.most >= each.least]


def _bound(number: int) -> int:
    """The least whole number from 2^(number/2) on."""
    return math.isqrt((1 << number) - 1) + 1


def _reasons(table: RowTable) -> list[Value]:
    """Rows by drop reason; None counts those without any."""
    if table.types.get("drop_reasons") != WORDS:
        return []
    rows = table.sql(
        # lists are counted before they are taken apart: a set has few different ones
        f"""WITH lists AS (SELECT drop_reasons AS reasons, count(*) AS n FROM rows GROUP BY drop_reasons),
            each AS (SELECT n, unnest(CASE WHEN coalesce(len(reasons), 0) = 0
                THEN [NULL] ELSE list_distinct(reasons) END) AS value FROM lists)
        SELECT value, sum(n)::BIGINT AS n FROM each GROUP BY value
        ORDER BY n DESC, value NULLS LAST LIMIT {MAX_VALUES}"""
    )
    reasons = [Value(value, count) for value, count in rows]
    return reasons if any(each.value is not None for each in reasons) else []


def _pass_rates(table: RowTable, values: Mapping[str, list[Value]]) -> list[Group]:
    """Prompts by pass rate, where verdicts differ: after a filter only what passed is there."""
    verdicts = {each.value for each in values.get("verdict", [])}
    if verdicts <= {"correct", None} or table.types.get("prompt_id") != "VARCHAR":
        return []
    cause = "verdict_cause" if table.types.get("verdict_cause") == "VARCHAR" else "NULL"
    rows = table.sql(
        f"""
        WITH prompts AS (SELECT prompt_id, count(*) AS n, count(*) FILTER (verdict = 'correct') AS passed,
                count(*) FILTER (verdict IN ('correct', 'incorrect') OR coalesce({cause} = 'no_answer', false)) AS known
                FROM rows GROUP BY prompt_id)
        SELECT CASE WHEN passed = known THEN 11 ELSE (10 * passed + known - 1) // known END AS tenth,
            count(*), sum(n), min(prompt_id, {MAX_NAMED}) FROM prompts WHERE known > 0 GROUP BY tenth ORDER BY tenth
        """
    )
    by_tenth = {tenth: Group(TENTHS[tenth], count, int(n), tuple(names)) for tenth, count, n, names in rows}
    return [by_tenth.get(tenth, Group(label, 0, 0, ())) for tenth, label in enumerate(TENTHS)]


_LOST = "FROM rows WHERE lost_to IS NOT NULL AND list_contains(drop_reasons, 'duplicate')"


def _names_winners(table: RowTable) -> bool:
    return table.types.get("lost_to") == "VARCHAR" and table.types.get("drop_reasons") == WORDS


def _cluster_sizes(table: RowTable) -> list[Group]:
    """Clusters of copies by size, the one that stayed included."""
    if not _names_winners(table):
        return []
    cases = " ".join(
        f"WHEN size >= {least} THEN {place}" for place, (least, _) in reversed(list(enumerate(CLUSTER_SIZES)))
    )
    rows = table.sql(
        f"""
        WITH clusters AS (SELECT lost_to, count(*) + 1 AS size {_LOST} GROUP BY lost_to)
        SELECT CASE {cases} END AS place, count(*), sum(size - 1), min(lost_to, {MAX_NAMED}) FROM clusters
        GROUP BY place ORDER BY place
        """
    )
    return [
        Group(_size_label(*CLUSTER_SIZES[place]), count, int(lost), tuple(names))
        for place, count, lost, names in rows
    ]


def _size_label(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more"
    return f"{least}" if least == most else f"{least}–{most}"


def _clusters(table: RowTable) -> list[Group]:
    """The largest clusters, by the row that stayed."""
    rows = table.sql(
        f"SELECT lost_to, count(*) AS n {_LOST} GROUP BY lost_to ORDER BY n DESC, lost_to LIMIT {MAX_CLUSTERS}"
    )
    return [Group(winner, count + 1, count, (winner,)) for winner, count in rows]


def _contamination(table: RowTable) -> list[Group]:
    """What shares words with an evaluation, by its file; `count` are the file's records that were met."""
    if table.types.get("contaminated_by") != "VARCHAR":
        return []
    rows = table.sql(
        f"""
        WITH records AS (SELECT contaminated_by AS record, count(*) AS n FROM rows
                WHERE contaminated_by IS NOT NULL GROUP BY contaminated_by)
        SELECT regexp_replace(record, ':[0-9]+$', '') AS file, count(*), sum(n), min(record, {MAX_NAMED})
        FROM records GROUP BY file ORDER BY sum(n) DESC, file LIMIT {MAX_VALUES}
        """
    )
    return [Group(file, count, int(n), tuple(names)) for file, count, n, names in rows]
