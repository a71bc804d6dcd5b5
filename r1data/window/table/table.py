"""A dataset as a table that is looked at: selections of row numbers, pages of rows, counts of values.

Rows are numbered through the committed shards in the order of their paths. DuckDB finds the numbers; rows are read by
them. A table stays as the dataset was when it was opened: `refreshed` gives the one of a dataset that has grown.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

import duckdb
import numpy as np
import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.data.locations import scheme
from r1data.data.schema import Row
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.window.table import database
from r1data.window.table.conditions import SCALARS, WORDS, Conditions, NoSuchText, quoted
from r1data.window.table.copies import Copies
from r1data.window.table.database import Stop
from r1data.window.table.query import LENGTH, RowQuery
from r1data.window.table.searches import Search, chunks_of
from r1data.window.table.shards import Checked, Numbers, Shards, literal

SEARCHES = 4
"""Searches whose rows are kept; one that finds all 800,000 takes 6.4 MB."""
SELECTIONS = 6
"""Selections that are kept; one of 800,000 rows takes 6.4 MB."""
FACET_COLUMNS = (
    "domain", "language", "verdict", "verdict_cause", "drop_reasons", "model", "verifier", "finish_reason", "kind",
    "split", "review_decision", "aspect", "source",
)  # fmt: skip
"""The columns whose values pages offer with their numbers, in this order."""
FACET_VALUES = 50
"""Values of a column that are counted. Ours."""
FACETS = 200
T = TypeVar("T")


@dataclass(frozen=True)
class Selection:
    """The rows of a query: how many, and their numbers in the order in which they are shown.

    `positions` has shape (total,); rows 0 to `RowTable.rows` - 1. A selection that is not `complete` has those that fit
    among the first `searched` rows of the dataset: the search for the others goes on.
    """

    total: int
    positions: Numbers
    complete: bool = True
    searched: int = 0

    def neighbours(self, at: int) -> tuple[int | None, int | None]:
        """The places in this selection before and after `at`, None at its ends."""
        return (at - 1 if 0 < at <= self.total else None, at + 1 if 0 <= at < self.total - 1 else None)


class RowTable:
    """The rows of a dataset, local or remote.

    Raises:
        UserError: there is no dataset, or this r1 does not know its schema.
    """

    def __init__(self, uri: str, *, checked: Checked | None = None, copies: Copies | None = None) -> None:
        self.uri = uri
        self._log = _log_of(uri)  # before the commits are read: one more in between is seen at the next look
        self._dataset = Dataset(uri)
        self._shards = Shards(self._dataset, checked)
        self._copies = copies or Copies(self._shards.checked)
        self._selections: OrderedDict[RowQuery, Selection] = OrderedDict()
        self._searches: OrderedDict[RowQuery, Search] = OrderedDict()
        self._facets: OrderedDict[tuple[RowQuery, str], list[tuple[Any, int]]] = OrderedDict()
        self._lock = threading.Lock()

    def refreshed(self) -> "RowTable":
        """This table, or the one of the dataset as it is now where something was committed since."""
        if _log_of(self.uri) == self._log:
            return self
        return RowTable(self.uri, checked=self._shards.checked, copies=self._copies)

    def warm(self) -> None:
        """Reads what pages ask for first: columns, the unit of lengths, numbers of what can be filtered by.

        Raises:
            UserError: as `facets`.
        """
        if self.length_unit and self.types:
            self.facets_of(RowQuery(), [name for name in FACET_COLUMNS if name in self.types])

    def prepare(self) -> None:
        """Makes what searches through a large dataset are quicker with, in the background; returns at once."""
        self._copies.follow(self._shards.shards)

    @property
    def rows(self) -> int:
        return self._shards.rows

    @property
    def paths(self) -> list[str]:
        """The committed files, as DuckDB takes them. Raises UserError where they are not on this machine."""
        return self._paths()

    @property
    def digest(self) -> str:
        return self._shards.digest

    @property
    def complete(self) -> bool:
        return self._dataset.complete

    @property
    def schema(self) -> str:
        """Name of the schema: `prompt`, `sample`, `verified`, `filtered`, `sft`, `preference`."""
        return self._dataset.schema.name

    @cached_property
    def types(self) -> dict[str, str]:
        """The columns that any shard has, with their types in DuckDB's words."""
        if not self._shards.shards:
            return {}
        return self._query(None, None, None, lambda db: _types(db, self._paths()))

    @property
    def columns(self) -> list[str]:
        return list(self.types)

    @property
    def sort_columns(self) -> list[str]:
        """What rows can be sorted by, `LENGTH` aside."""
        conditions = Conditions(self.types, "0")

        def sorts(name: str) -> bool:
            try:
                return bool(conditions.sort_key(name))
            except UserError:
                return False

        return [name for name in self.types if sorts(name)]

    @cached_property
    def length_unit(self) -> str:
        """What the length of a row counts: `tokens` where any row tells them, else `characters`."""
        return self._length[0]

    def select(self, query: RowQuery, stop: Stop | None = None) -> Selection:
        """The rows of a query.

        Args:
            stop: ends the query from another thread.

        Raises:
            UserError: a column is not there, a pattern is wrong, or it took too long.
            DamagedShard: a shard is not what was committed.
        """
        return self.select_soon(query, math.inf, stop)

    def select_soon(self, query: RowQuery, seconds: float, stop: Stop | None = None) -> Selection:
        """`select`, or what a search through the texts has by then: it goes on while it is asked for again."""
        with self._lock:
            if query in self._selections:
                self._selections.move_to_end(query)
                return self._selections[query]
        matches = self._search(query.only_search()).matches(seconds, stop) if query.searches else None
        if matches is None:
            positions, done = self._filtered(query, stop), True
        else:
            positions, done = self._both(query, matches.positions, stop), matches.done
        if matches is not None and not done:
            return Selection(len(positions), positions, False, matches.searched)
        selection = Selection(len(positions), positions, True, self.rows)
        with self._lock:
            self._selections[query] = selection
            while len(self._selections) > SELECTIONS:
                self._selections.popitem(last=False)
        return selection

    def fetch(self, positions: Sequence[int] | Numbers, columns: Sequence[str] | None = None) -> list[Row]:
        """Whole rows, or some columns of them, in the order of `positions`; None for what a row's shard has not.

        Raises:
            UserError: a column is in no shard.
            IndexError: there is no such row.
            DamagedShard: a shard is not what was committed.
        """
        names = self.columns if columns is None else list(columns)
        for name in names:
            self._require(name)
        rows = self._shards.fetch(positions, None if columns is None else names)
        return [{name: row.get(name) for name in names} for row in rows]

    def facets(self, query: RowQuery, column: str, stop: Stop | None = None) -> list[tuple[Any, int]]:
        """The values of a column among a query's rows, with how many rows have each, the most frequent first.

        At most `FACET_VALUES`. A row counts for each value of a list. None counts rows without a value. Values that
        the query asks of this very column do not count, so that all others that could be asked for are there.

        Raises:
            UserError: as `select`, or the column's values are not counted.
            DamagedShard: a shard is not what was committed.
        """
        return self.facets_of(query, [column], stop)[column]

    def facets_of(
        self, query: RowQuery, columns: Sequence[str], stop: Stop | None = None
    ) -> dict[str, list[tuple[Any, int]]]:
        """`facets` of several columns, which are counted in as few passes as there are different questions."""
        counts: dict[str, list[tuple[Any, int]]] = {}
        together: dict[RowQuery, list[str]] = {}
        for column in columns:
            self._require(column)
            asked = query.with_values(column).unsorted()
            with self._lock:
                known = self._facets.get((asked, column))
            if known is not None:
                counts[column] = known
            elif self.types[column] == WORDS:
                counts[column] = self._counts(asked, [column], stop)[column]
            else:
                together.setdefault(asked, []).append(column)
        for asked, names in together.items():
            counts |= self._counts(asked, names, stop)
        with self._lock:
            for column, values in counts.items():
                self._facets[query.with_values(column).unsorted(), column] = values
            while len(self._facets) > FACETS:
                self._facets.popitem(last=False)
        return {column: counts[column] for column in columns}

    def positions_of(self, prompt_id: str, sample_index: int | None = None) -> list[int]:
        """The rows of a prompt in the order of their samples, or of one of its samples; [] where there are none."""
        if "prompt_id" not in self.types:
            return []
        query = RowQuery(values=(("prompt_id", (prompt_id,)),))
        if "sample_index" in self.types:
            query = query.with_range("sample_index", sample_index, sample_index)
            query = RowQuery(values=query.values, ranges=query.ranges, sort="sample_index")
        elif sample_index is not None:
            return []
        return [int(position) for position in self.select(query).positions]

    def sql(self, query: str, parameters: Any = None, stop: Stop | None = None) -> list[tuple[Any, ...]]:
        """The answer of DuckDB to a query of ours over the view `rows`; never one of a reader's.

        The view has the columns of the rows and `position`.
        """
        if not self._shards.shards:
            raise UserError(f"{self.uri}: no rows are committed yet; wait for the first shard")
        paths = ", ".join("'" + path.replace("'", "''") + "'" for path in self._paths())
        starts = ", ".join(map(str, self._shards.starts.tolist()))
        view = (
            f"CREATE TEMP VIEW rows AS SELECT *, [{starts}][file_index::BIGINT + 1] + file_row_number::BIGINT AS "
            f"position FROM read_parquet([{paths}], union_by_name => true)"
        )

        def answer(db: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
            db.execute(view)
            answers: list[tuple[Any, ...]] = db.execute(query, parameters).fetchall()
            return answers

        return self._query(None, stop, None, answer)

    @cached_property
    def _length(self) -> tuple[str, str]:
        """What a length counts, and SQL of it."""
        for name in ("response_tokens", "tokens"):
            if name in self.types and self._has_values(name):
                return "tokens", name
        for name in ("response", "chosen", "prompt"):
            if self.types.get(name) == "VARCHAR":
                return "characters", f"length({name})"
        if "messages" in self.types:
            answers = "list_filter(messages, lambda m: m.role = 'assistant')"
            return "characters", f"list_sum(list_transform({answers}, lambda m: length(m.content)))"
        return "characters", "NULL::BIGINT"

    def _has_values(self, name: str) -> bool:
        text = f"SELECT 1 FROM {_ROWS} WHERE {name} IS NOT NULL LIMIT 1"
        return self._query(
            None, None, None, lambda db: db.execute(text, {"paths": self._paths()}).fetchone() is not None
        )

    def _filtered(self, query: RowQuery, stop: Stop | None) -> Numbers:
        """The rows of a query without a search."""
        conditions = self._conditions(query)
        where, order = conditions.of(query), conditions.order(query)
        if query == RowQuery() or not self._shards.shards:
            return np.arange(self.rows, dtype=np.int64)
        ordered = f"ORDER BY {order}, file_index, file_row_number" if order else ""
        text = f"SELECT file_index, file_row_number FROM {_ROWS} WHERE {where} {ordered}"
        columns = self._query(query, stop, None, lambda db: db.execute(
            text, {"paths": self._paths(), **conditions.parameters}
        ).fetchnumpy())  # fmt: skip
        positions = self._shards.positions(columns["file_index"], columns["file_row_number"])
        return positions if order else np.sort(positions)

    def _both(self, query: RowQuery, matches: Numbers, stop: Stop | None) -> Numbers:
        """Those of the rows that a search found which fit the rest of the query too, in its order.

        Texts take a thousand times the bytes of what filters look at: they are gone through once for a search, and
        whatever is filtered, sorted and counted after it starts from what it found.
        """
        if query == query.only_search():
            return matches
        others = self.select(query.without_search(), stop).positions
        is_match = np.zeros(self.rows, np.bool_)
        is_match[matches] = True
        return others[is_match[others]]

    def _search(self, query: RowQuery) -> Search:
        """The search of a query that is nothing else, which is begun where it does not run."""
        if self._shards.shards:
            Conditions(self.types, "").of(query)  # refused here, before anything runs
        with self._lock:
            search = self._searches.get(query)
            if search is None or search.failed:
                chunks = chunks_of([shard.entry.bytes for shard in self._shards.shards])
                search = Search(chunks, self._shards.starts, partial(self._find, query))
                self._searches[query] = search
            self._searches.move_to_end(query)
            while len(self._searches) > SEARCHES:
                self._searches.popitem(last=False)
            return search

    def _find(self, query: RowQuery, first: int, last: int, stop: Stop) -> Numbers:
        """The rows of some shards that a search finds, in their order."""
        paths = self._text_paths()[first:last]
        types = self.types

        def ask(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
            conditions = Conditions(types, "")
            text = f"SELECT file_index, file_row_number FROM {_ROWS} WHERE {conditions.of(query)}"
            return dict(db.execute(text, {"paths": paths, **conditions.parameters}).fetchnumpy())

        def ask_again(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
            nonlocal types
            try:
                return ask(db)
            except duckdb.BinderException:  # a column that these shards lack
                types = _types(db, paths)
                return ask(db)

        try:
            columns = self._query(query, stop, None, ask_again)
        except NoSuchText:
            return np.empty(0, np.int64)
        shards = first + np.asarray(columns["file_index"], np.int64)
        return np.sort(self._shards.positions(shards, columns["file_row_number"]))

    def _counts(
        self, query: RowQuery, columns: Sequence[str], stop: Stop | None
    ) -> dict[str, list[tuple[Any, int]]]:
        """Values and their numbers for columns of scalars, or for one of lists, in one pass."""
        names = []
        for column in columns:
            kind, name = self.types[column], quoted(column)
            if kind not in SCALARS | {WORDS}:
                raise UserError(
                    f"column {column!r} holds {one_line(kind, 60)}, which is not counted; choose another"
                )
            empty = f"coalesce(len({name}), 0) = 0"
            names.append(
                name
                if kind != WORDS
                else f"unnest(CASE WHEN {empty} THEN [NULL] ELSE list_distinct({name}) END)"
            )
        source, among = self._source(query, stop)
        conditions = self._conditions(query)
        where = conditions.of(query.without_search())
        listed = ", ".join(f"{name} AS v{number}" for number, name in enumerate(names))
        values = [f"v{number}" for number in range(len(names))]
        which = f"grouping({', '.join(values)})"
        text = (
            f"SELECT {which}, {', '.join(values)}, count(*) FROM (SELECT {listed} FROM {source} WHERE {where}) "
            f"GROUP BY GROUPING SETS ({', '.join(f'({value})' for value in values)}) QUALIFY row_number() OVER "
            f"(PARTITION BY {which} ORDER BY count(*) DESC, {', '.join(values)}) <= {FACET_VALUES}"
        )
        rows = self._query(query, stop, among, lambda db: db.execute(
            text, {"paths": self._paths(), **conditions.parameters}
        ).fetchall()) if self._shards.shards else []  # fmt: skip
        counts: dict[str, list[tuple[Any, int]]] = {column: [] for column in columns}
        # the bit of the one column that a row groups by is 0; the first column's is the highest
        every = (1 << len(columns)) - 1
        for bits, *row, count in rows:
            place = len(columns) - (every ^ bits).bit_length()
            counts[columns[place]].append((row[place], int(count)))
        for each in counts.values():
            each.sort(key=lambda pair: (-pair[1], pair[0] is None, str(pair[0])))
        return counts

    def _source(self, query: RowQuery, stop: Stop | None) -> tuple[str, Numbers | None]:
        """What is counted: all rows, or those that a search finds, which are then given too."""
        if not query.searches:
            return _ROWS, None
        place = f"({self._shards.starts.tolist()})[file_index::BIGINT + 1] + file_row_number::BIGINT"
        return (
            f"(SELECT * FROM {_ROWS} WHERE {place} IN (SELECT position FROM among))",
            self.select(query.only_search(), stop).positions,
        )

    def _conditions(self, query: RowQuery) -> Conditions:
        uses_length = query.sort == LENGTH or any(name == LENGTH for name, *_ in query.ranges)
        return Conditions(self.types, self._length[1] if uses_length and self.types else "NULL::BIGINT")

    def _require(self, column: str) -> None:
        if column not in self.types:
            names = one_line(", ".join(self.types), 1_000)
            raise UserError(f"{self.uri}: no column {column!r}; choose from: {names}")

    def _paths(self) -> list[str]:
        """The files with all columns, one a shard."""
        if scheme(self.uri) is None:
            return self._shards.paths
        self._copies.wait(self._shards.shards, database.SECONDS)
        return self._text_paths()

    def _text_paths(self) -> list[str]:
        """The files to search texts in, one a shard: its copy where there is one."""
        copies = [self._copies.path(shard) for shard in self._shards.shards]
        if None not in copies:
            return [literal(path) for path in copies if path is not None]
        own_paths = self._paths()
        return [literal(copy) if copy else own for copy, own in zip(copies, own_paths, strict=True)]

    def _query(
        self,
        query: RowQuery | None,
        stop: Stop | None,
        among: Numbers | None,
        ask: Callable[[duckdb.DuckDBPyConnection], T],
    ) -> T:
        """What DuckDB answers; its errors as lines that say what is wrong with pattern or shard."""
        try:
            with database.running(stop) as db:
                if among is not None:
                    db.register("among", pa.table({"position": among}))
                return ask(db)
        except duckdb.Error as error:
            if query is not None and query.regex and isinstance(error, duckdb.InvalidInputException):
                raise database.pattern_error(query.regex, error) from None
            self._shards.raise_damage()
            reason = one_line(str(error), 300)
            raise UserError(f"{self.uri}: DuckDB cannot read it: {reason}; `r1 check` tells more") from error


_ROWS = "read_parquet($paths, union_by_name => true)"


def _types(db: duckdb.DuckDBPyConnection, paths: list[str]) -> dict[str, str]:
    """The columns that any of the files has, with their types."""
    described = db.execute(f"DESCRIBE SELECT * FROM {_ROWS}", {"paths": paths}).fetchall()
    return {str(name): _plain_type(str(kind)) for name, kind, *_ in described}


def _plain_type(kind: str) -> str:
    """A type in DuckDB's words without the quotes that some of its versions put around names."""
    return kind.replace('"', "") if kind.startswith("STRUCT") else kind


def _log_of(uri: str) -> tuple[Any, ...]:
    """What tells that something was committed: names and sizes of the commits."""
    return tuple((file.name, file.bytes) for file in open_store(uri).files(LOG))
