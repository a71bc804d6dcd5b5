"""Which shards of a dataset may hold rows with given ids, told without reading the shards whole.

A scan only narrows: what it names is read and checked as any shard is. `every_shard` names all, so that a damaged one
is noticed wherever it lies; `by_columns` reads the id columns alone with DuckDB, unchecked, which takes a hundredth of
the time on a large set and does not notice damage in shards without the row.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from r1data.data.dataset import Dataset, Shard
from r1data.data.locations import scheme
from r1data.data.stores.entries import FILE, kind_of

Values = Mapping[str, Collection[str]]
"""A column's name → values, one of which a row has in one of the columns."""
Scan = Callable[[Dataset, Values, bool], Iterator[Shard]]
"""(dataset, values, whether beginnings of values count) → shards that may have such rows, in their order."""
MEMORY, THREADS = "256MB", 2
"""Of DuckDB. Ours."""


def every_shard(dataset: Dataset, values: Values, prefixes: bool) -> Iterator[Shard]:
    """All shards of a dataset."""
    return dataset.shards()


def by_columns(dataset: Dataset, values: Values, prefixes: bool) -> Iterator[Shard]:
    """The shards whose columns hold one of the values; all of a dataset that is not on this machine or not readable so.

    Args:
        prefixes: a value counts where the row's begins with it.
    """
    import duckdb

    shards = list(dataset.shards())
    paths = {} if scheme(dataset.uri) else {str(Path(shard.uri).absolute()): shard for shard in shards}
    if not paths or any(kind_of(path) != FILE for path in paths):
        yield from shards
        return
    try:
        hits = _paths_with(list(paths), values, prefixes)
    except duckdb.Error:
        yield from shards  # the one that cannot be read is named where it is read
        return
    yield from (shard for path, shard in paths.items() if path in hits)


def _paths_with(paths: Collection[str], values: Values, prefixes: bool) -> set[str]:
    import duckdb

    with duckdb.connect(config={"memory_limit": MEMORY, "threads": THREADS}) as connection:
        connection.execute("SET parquet_metadata_cache = true")
        connection.execute("SET enable_progress_bar = false")
        source = "read_parquet($paths, filename = true, union_by_name = true)"
        literal = [_literal(path) for path in paths]
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}", {"paths": literal}).fetchall()
        there = [name for name in values if name in {row[0] for row in described} and values[name]]
        if not there:
            return set()
        matches = (
            f'list_any_value(list_filter($v{number}, lambda v: starts_with("{name}", v))) IS NOT NULL'
            if prefixes
            else f'"{name}" IN (SELECT unnest($v{number}))'
            for number, name in enumerate(there)
        )
        parameters = {f"v{number}": sorted(values[name]) for number, name in enumerate(there)}
        paths_with = connection.execute(
            f"SELECT DISTINCT filename FROM {source} WHERE {' OR '.join(matches)}",
            {"paths": literal, **parameters},
        )
        return {str(row[0]) for row in paths_with.fetchall()}


def _literal(path: str) -> str:
    """A path in which DuckDB sees no pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)
