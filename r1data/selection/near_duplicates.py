"""Finds texts that are nearly the same without comparing all pairs.

Candidates share a band (`sketch`) or, for responses, the prompt; their sketches then give the similarity. In a
bucket with more texts than `SMALL_BUCKET`, each text is only compared with its neighbours in the order of their
other bands, so that boilerplate common to all texts costs no more than linear time.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from r1data.selection.sketch import BINS, Sketches, similarity

SMALL_BUCKET = 32
"""Texts of a bucket that are compared each with each."""
NEIGHBOURS = 8
"""Texts of a larger one that each is compared with, on one side."""
_AT_ONCE = 50_000


def open_sketches(path: Path, count: int) -> Sketches:
    """The sketches in a file, `count` × 256, read as they are needed."""
    if not count:
        return np.empty((0, BINS), np.uint16)
    return np.memmap(path, np.uint16, "r", shape=(count, BINS))


def alike_by_bands(
    con: duckdb.DuckDBPyConnection,
    texts: str,
    into: str,
    where: str,
    sketches: Sketches,
    least: float,
    bands: int,
) -> None:
    """Adds to table `into` (`later`, `earlier`, `alike`) pairs that share a band and are alike by `least` or more.

    Args:
        texts: a table with `id` (place of the sketch), `turn` (who goes first; unique), `bands`.
        where: SQL on rows `x` and `y` of it; only such pairs are compared.
        bands: how many bands each text has.
    """
    [(count,)] = con.execute(f"SELECT count(*) FROM {texts}").fetchall()
    if count < 2:  # nothing to share a band with, and queries take a second even of an empty table
        return
    # One query a band, and not one over all of them unnested: the memory is that of a band's buckets, and pairs come
    # out as a stream. Within a bucket the texts are numbered by their next three bands, which puts like ones side by
    # side; each is then compared with those that follow, all in a small bucket, `NEIGHBOURS` in a large one. What a
    # large bucket misses in one band is found in another: `python -m benchmarks.near_copies` measures recall and
    # precision.
    for band in range(bands):
        order = ", ".join(f"bands[{1 + (band + step) % bands}]" for step in (1, 2, 3))
        query = f"""
            WITH bucketed AS (
                SELECT * EXCLUDE (bands), bands[{1 + band}] AS bucket,
                    count(*) OVER (PARTITION BY bands[{1 + band}]) AS size,
                    row_number() OVER (PARTITION BY bands[{1 + band}] ORDER BY {order}, turn) AS spot
                FROM {texts} QUALIFY size > 1
            ), steps AS (
                SELECT *, unnest(range(1, CASE WHEN size <= {SMALL_BUCKET} THEN size - spot + 1
                    ELSE {NEIGHBOURS + 1} END)) AS step
                FROM bucketed
            )
            SELECT x.id, x.turn, y.id, y.turn FROM steps x
            JOIN bucketed y ON y.bucket = x.bucket AND y.spot = x.spot + x.step
            WHERE {where}"""
        _add_alike(con, query, into, sketches, least)


def alike_in_groups(
    con: duckdb.DuckDBPyConnection,
    texts: str,
    into: str,
    group: str,
    most: int,
    sketches: Sketches,
    least: float,
) -> None:
    """As `alike_by_bands`, for all pairs with the same `group`, but for groups of more than `most` texts."""
    query = f"""
        WITH grouped AS (
            SELECT id, turn, {group} AS grouping, count(*) OVER (PARTITION BY {group}) AS size
            FROM {texts} QUALIFY size BETWEEN 2 AND {most}
        )
        SELECT x.id, x.turn, y.id, y.turn FROM grouped x JOIN grouped y
        ON x.grouping = y.grouping AND x.turn < y.turn"""
    _add_alike(con, query, into, sketches, least)


def _add_alike(
    con: duckdb.DuckDBPyConnection, query: str, into: str, sketches: Sketches, least: float
) -> None:
    pairs = [_EMPTY]
    # batch by batch: a query may give far more pairs than are alike, and only those are held in memory
    for batch in con.sql(query).to_arrow_reader(_AT_ONCE):
        one, turn, other, other_turn = (column.to_numpy(zero_copy_only=False) for column in batch.columns)
        alike = similarity(sketches[one], sketches[other])
        is_alike = alike >= least
        later = np.where(turn > other_turn, one, other)[is_alike]
        earlier = np.where(turn > other_turn, other, one)[is_alike]
        pairs.append(pa.table({"later": later, "earlier": earlier, "alike": alike[is_alike]}, schema=_PAIRS))
    if not any(map(len, pairs)):
        return
    con.register("new_pairs", pa.concat_tables(pairs))
    con.execute(f"INSERT INTO {into} SELECT * FROM new_pairs")
    con.unregister("new_pairs")


_PAIRS = pa.schema([("later", pa.int64()), ("earlier", pa.int64()), ("alike", pa.float64())])
_EMPTY = _PAIRS.empty_table()


def find_losers(
    con: duckdb.DuckDBPyConnection, pairs: str, texts: str, sketches: Sketches, least: float
) -> Iterator[tuple[int, int, float]]:
    """Each text that is too much like one that goes before it and stays: its place, the other's, how alike they are.

    Texts are gone through by their `turn`. One that is like none that stays, but like one that was lost, is compared
    with what that one lost to; if it is like enough, it is lost too.
    """
    winner: dict[int, int] = {}
    # A pair was added once for each band that both texts share: grouping leaves it once. `turn` is unique, so the
    # order is total, and of several that stay the first by turn is taken.
    query = f"""
        SELECT p.later, p.earlier, max(p.alike) FROM {pairs} p JOIN {texts} l ON l.id = p.later
        JOIN {texts} e ON e.id = p.earlier GROUP BY p.later, p.earlier, l.turn, e.turn ORDER BY l.turn, e.turn"""
    for later, earlier in _by_later(con, query):
        stays = [(at, alike) for at, alike in earlier if at not in winner]
        if not stays:
            roots = sorted({winner[at] for at, _ in earlier})
            alike = similarity(sketches[roots], sketches[[later] * len(roots)])
            stays = [(at, float(how)) for at, how in zip(roots, alike, strict=True) if how >= least]
        if stays:
            winner[later] = stays[0][0]
            yield later, *stays[0]


def _by_later(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    last, earlier = -1, list[tuple[int, float]]()
    reader = con.sql(query).to_arrow_reader(_AT_ONCE)
    for batch in reader:
        for later, at, alike in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if later != last and earlier:
                yield last, earlier
                earlier = []
            last = later
            earlier.append((at, alike))
    if earlier:
        yield last, earlier
