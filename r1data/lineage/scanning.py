"""Which shards of a dataset may hold rows with given ids, told without reading the shards whole.

A scan only narrows: what it names is read and checked as any shard is. `every_shard` names all, so that a damaged one
is noticed wherever it lies; `by_columns` reads the id columns alone with DuckDB, unchecked, which takes a hundredth of
the time on a large set and does not notice damage in shards without the row.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from r1data.data.dataset import Dataset, Shard
from r1data.data.locations import scheme
from r1data.data.stores.entries import FILE, kind_of
from r1data.errors import UserError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Values = Mapping[str, Collection[str]]
"""A column's name → values, one of which a row has in one of the columns."""
Scan = Callable[[Dataset, Values, bool], Iterator[Shard]]
"""(dataset, values, whether beginnings of values count) → shards that may have such rows, in their order."""
Database = Callable[[], AbstractContextManager["DuckDBPyConnection"]]
MEMORY, THREADS = "256MB", 2
"""Of DuckDB. Ours."""


def every_shard(dataset: Dataset, values: Values, prefixes: bool) -> Iterator[Shard]:
    """All shards of a dataset."""
    return dataset.shards()


@contextmanager
def own_database() -> Iterator["DuckDBPyConnection"]:
    """A DuckDB for one query."""
    import duckdb

    with duckdb.connect(config={"memory_limit": MEMORY, "threads": THREADS}) as connection:
        connection.execute("SET enable_progress_bar = false")
        yield connection


def by_columns(
    dataset: Dataset, values: Values, prefixes: bool, database: Database = own_database
) -> Iterator[Shard]:
    """The shards whose columns hold one of the values; all of a dataset that is not on this machine or not readable so.

    Args:
        prefixes: a value counts where the row's begins with it.
        database: what is asked; a program that asks often keeps one, with what it knows of the files.
    """
    import duckdb

    shards = list(dataset.shards())
    paths = {} if scheme(dataset.uri) else {str(Path(shard.uri).absolute()): shard for shard in shards}
    if not paths or any(kind_of(path) != FILE for path in paths):
        yield from shards
        return
    try:
        numbers = _numbers_of(list(paths), _present(dataset, shards[0], values), prefixes, database)
    except (duckdb.Error, UserError, pa.ArrowException, OSError):
        yield from shards  # the one that cannot be read is named where it is read
        return
    yield from (shards[number] for number in numbers)


def _present(dataset: Dataset, first: Shard, values: Values) -> Values:
    """What is asked of columns that the dataset has: those of its schema, and of its first shard."""
    names = {*dataset.schema.names, *pq.read_schema(first.uri).names}
    return {name: each for name, each in values.items() if name in names and each}


def _numbers_of(paths: Collection[str], values: Values, prefixes: bool, database: Database) -> list[int]:
    """The numbers of the files that have one of the values, rising."""
    # One comparison a value: a join with a list of them takes twice the time, and there are a few.
    conditions = [(name, value) for name, each in values.items() for value in sorted(each)]
    if not conditions:
        return []
    matches = (
        f'starts_with("{name}", $v{number})' if prefixes else f'"{name}" = $v{number}'
        for number, (name, _) in enumerate(conditions)
    )
    parameters = {f"v{number}": value for number, (_, value) in enumerate(conditions)}
    with database() as connection:
        # Without union_by_name a shard that lacks a column is an error, and all shards are looked into.
        numbers = connection.execute(
            f"SELECT DISTINCT file_index FROM read_parquet($paths) WHERE {' OR '.join(matches)} ORDER BY 1",
            {"paths": [literal_path(path) for path in paths], **parameters},
        )
        return [int(row[0]) for row in numbers.fetchall()]


def literal_path(path: str) -> str:
    """A path in which DuckDB sees no pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)
