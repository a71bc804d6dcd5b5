"""Statistics of a set from the database of `decide`: the paper's table (App. B.3.3), and drop counts by reason."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from r1data.data.text import one_line
from r1data.selection.boilerplate import KINDS
from r1data.selection.decide import SAME
from r1data.selection.drop_reasons import in_order

if TYPE_CHECKING:
    import duckdb

KEPT = "len(reasons) = 0"
NAME_CHARACTERS = 100
IGNORED_CHARACTERS = 200
"""Ours, both."""


def rows_of(files: Sequence[Path]) -> int:
    """Rows in Parquet files, by their footers."""
    return sum(int(pq.read_metadata(path).num_rows) for path in files)


def bytes_of(files: Sequence[str]) -> int:
    """Bytes of the columns of Parquet files before compression, by their footers."""
    footers = [pq.read_metadata(path) for path in files]
    return sum(
        footer.row_group(n).total_byte_size for footer in footers for n in range(footer.num_row_groups)
    )


def count(con: "duckdb.DuckDBPyConnection", where: str) -> int:
    """Rows of `decided` that a condition holds for."""
    return int(_one(con, f"SELECT count(*) FROM decided WHERE {where}"))


def has_licenses(con: "duckdb.DuckDBPyConnection") -> bool:
    """Whether any example has a licence."""
    return bool(_one(con, "SELECT count(license) > 0 FROM keys"))


def digest_of_decision(con: "duckdb.DuckDBPyConnection") -> str:
    """Identifies what is in the set and what is not, and why; the same in whatever order the inputs came."""
    digest = hashlib.sha256()
    reader = con.execute(
        "SELECT example_id, prompt_id, sample_index, source, split, reasons, note FROM decided JOIN keys USING (id) "
        "ORDER BY decided.place"
    )
    while rows := reader.fetchmany(10_000):
        digest.update(repr(rows).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def statistics(con: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
    """The paper's table (samples and average tokens by domain), and counts by kind, language, split and reason."""
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW kept AS SELECT * FROM keys JOIN decided USING (id) WHERE {KEPT}"
    )
    by_domain = con.execute(
        "SELECT domain, count(*), avg(tokens) FROM kept GROUP BY domain ORDER BY domain"
    ).fetchall()
    counts = {
        name: dict(con.execute(f"SELECT {name}, count(*) FROM kept GROUP BY 1 ORDER BY 1").fetchall())
        for name in ("kind", "language", "split")
    }
    prompts = "SELECT count(DISTINCT name) FROM kept JOIN prompts USING (prompt_key, prompt_id)"
    return {
        "prompts": _one(con, prompts),
        "samples": {_named(domain): rows for domain, rows, _ in by_domain},
        "tokens_on_average": {
            **{_named(domain): tokens for domain, _, tokens in by_domain},
            "total": _one(con, "SELECT avg(tokens) FROM kept"),
        },
        **{f"by_{name}": {_named(value): n for value, n in rows.items()} for name, rows in counts.items()},
        "dropped": reasons(con),
        # Exact and near copies have one reason; the note tells them apart.
        "near_copies": _one(
            con, f"SELECT count(*) FROM fates WHERE reason = 'duplicate' AND note <> '{SAME}'"
        ),
        **({"ignored": ignored} if (ignored := _ignored(con)) else {}),
    }


def _ignored(con: "duckdb.DuckDBPyConnection") -> list[dict[str, Any]]:
    """What examples share with an evaluation and is no evidence (`boilerplate`): why, the words, how many distinct
    prompts have them, where that is why, and how many examples share nothing else."""
    if not _one(con, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'ignored'"):
        return []
    rows = con.execute("SELECT kind, words, prompts, examples FROM ignored").fetchall()
    return [
        {
            "why": KINDS[kind],
            **({"words": one_line(words, IGNORED_CHARACTERS)} if words else {}),
            **({"prompts": prompts} if prompts is not None else {}),
            **({"examples": examples} if examples is not None else {}),
        }
        for kind, words, prompts, examples in rows
    ]


def _named(value: str) -> str:
    """A domain or language as a summary names it: rows from elsewhere may have any text there."""
    return one_line(value, NAME_CHARACTERS)


def reasons(con: "duckdb.DuckDBPyConnection") -> dict[str, int]:
    """Examples left out, by reason; one may have several."""
    counts = dict(con.execute("SELECT reason, count(DISTINCT id) FROM fates GROUP BY reason").fetchall())
    return {name: counts[name] for name in in_order(counts)}


def describe_reasons(con: "duckdb.DuckDBPyConnection") -> str:
    """`reasons` in words."""
    return (
        "; ".join(f"{rows} {name}" for name, rows in reasons(con).items())
        + "; --dropped DS says why for each"
    )


def _one(con: "duckdb.DuckDBPyConnection", query: str) -> Any:
    (value,) = con.execute(query).fetchone() or (None,)
    return value
