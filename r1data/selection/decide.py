"""Decides which examples make the set: DuckDB over the keys that `features` wrote, out of core, without any texts.

The order is: licences, copies, contamination, near copies, the choice within a prompt, quotas, splits. Ties are
broken by `place`, the order of the set, which depends on the rows and not on the order of the inputs; so the same
rows make the same set, however they are sharded and ordered.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from r1data.data.prompt_ids import describe_shared_ids
from r1data.errors import UserError
from r1data.selection.ignored_runs import EvaluationFiles, leave_out_ignored
from r1data.selection.mixture import NEAR_QUESTIONS, Mixture
from r1data.selection.near_duplicates import alike_by_bands, alike_in_groups, find_losers, open_sketches
from r1data.selection.sketch import BINS, ROWS, ROWS_SHORT, RUN, Sketches, similarity

ORDER = "example_id, prompt_id, sample_index NULLS FIRST, source, domain, language, kind, tokens, license"
"""Order of the rows of the set: shuffled, since an example's id is a hash."""
LONG = 50
"""Words from which a response is compared with those to all other prompts: many may rightly be told "Yes"."""
TELLING = 12
"""Words from which one is compared with those to questions with the same numbers."""
MOST_COMPARED = 64
"""Samples of one prompt that are compared each with each; of more, those that share a band."""
TEMPLATE = 16
"""Questions that are near one another from which they are taken for one template with other words, not one prompt."""
SAME = "the same messages"
"""What is noted of an exact copy."""
_AT_ONCE = 20_000


def decide(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    mixture: Mixture,
    scratch: Path,
    evaluation: EvaluationFiles | None = None,
) -> None:
    """Makes the table `decided`, a row an example: `id`, `place`, `reasons`, `lost_to`, `note` and `split`.

    Args:
        con: an empty database; `keys` and other tables stay in it.
        files: Parquet files that `features` wrote; `id` counts their rows in this order.
        scratch: a folder for what does not fit in memory.
        evaluation: that of the features, if there is one.
    """
    # The order is part of what the set means. An example that an earlier step ruled out takes nobody's place in a
    # later one: a copy with a refused licence must not drive out the one that may go in, and a quota counts only what
    # is left. Every step writes (id, reason, who it lost to, why) to `fates`; the steps from near copies on see only
    # examples without a fate. All run on keys of some hundred bytes an example: DuckDB spills those to disk, where
    # sorting the texts along would take several times its memory (`python -m benchmarks.build`: memory by number of
    # rows).
    _read_keys(con, files, mixture)
    _refuse_shared_ids(con)
    if evaluation is not None:
        leave_out_ignored(con, evaluation)
    answers, questions = _read_sketches(con, files, scratch)
    _name_prompts(con, questions)
    con.execute("CREATE TABLE fates (id BIGINT, reason VARCHAR, winner BIGINT, note VARCHAR)")
    _rule_out(con, mixture)
    _find_near_copies(con, answers, mixture)
    _choose(con, answers, mixture)
    _fill_quotas(con, mixture)
    _split(con, mixture)
    _conclude(con)


def _read_keys(con: duckdb.DuckDBPyConnection, files: Sequence[Path], mixture: Mixture) -> None:
    """`keys`: all but texts and sketches, in the order of the files; `turn`: who goes first where one must go."""
    con.execute("CREATE TABLE files (filename VARCHAR, start BIGINT)")
    starts = np.cumsum([0, *(pq.read_metadata(path).num_rows for path in files)])
    con.executemany(
        "INSERT INTO files VALUES (?, ?)", [(str(f), int(s)) for f, s in zip(files, starts, strict=False)]
    )
    first = "length, " if mixture.policy == "shortest" else ""
    # `place` is numbered by the rows' own values, so that the order of the inputs and their cut into shards change
    # nothing; `id` follows the files, so that sketches can be read from disk in the order in which they lie there
    con.execute(
        f"""CREATE TABLE keys AS SELECT *, row_number() OVER (ORDER BY {first}drawn, place) AS turn FROM (
            SELECT start + file_row_number AS id, row_number() OVER (ORDER BY {ORDER}) AS place,
                example_id, prompt_id, sample_index, source, domain, language, kind, tokens, license, prompt_key,
                question_key, length, words, drawn, split_drawn, sums, numbers, contaminated_by, shared_words,
                shared_runs, prompt_grams, bands, question_bands
            FROM read_parquet(?, filename = true, file_row_number = true) JOIN files USING (filename)
        ) ORDER BY id""",
        [[str(path) for path in files]],
    )


def _refuse_shared_ids(con: duckdb.DuckDBPyConnection) -> None:
    """Raises UserError where samples of different prompts have one id: they would be counted as one prompt's."""
    rows = con.execute("""
        SELECT prompt_id FROM keys WHERE question_key IS NOT NULL
        GROUP BY prompt_id HAVING min(question_key) < max(question_key) ORDER BY prompt_id""").fetchall()
    if rows:
        raise UserError(describe_shared_ids([prompt_id for (prompt_id,) in rows]))


def _read_sketches(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], scratch: Path
) -> tuple[Sketches, Sketches]:
    """The sketches of answers, by `id`, and those of questions that have any, in files that take little memory."""
    sketches = []
    for column in ("sketch", "question_sketch"):
        path, count = scratch / column, 0
        with path.open("wb") as out:
            for file in files:
                for batch in pq.ParquetFile(file).iter_batches(_AT_ONCE, columns=[column], use_threads=False):
                    blobs = batch[column].drop_null()
                    out.write(b"".join(blobs.to_pylist()))
                    count += len(blobs)
        sketches.append(open_sketches(path, count))
    return sketches[0], sketches[1]


def _name_prompts(con: duckdb.DuckDBPyConnection, sketches: Sketches) -> None:
    """`prompts`: one name for each prompt: the smallest id among those that share a text, or an id, with it, or whose
    question is nearly the same."""
    con.execute("""
        CREATE TABLE questions AS SELECT prompt_key, arg_min(number, place) AS id, arg_min(sums, place) AS sums,
            arg_min(numbers, place) AS numbers,
            arg_min(question_bands, place) AS bands, min(place) AS turn
        FROM (SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM keys WHERE question_bands IS NOT NULL)
        GROUP BY prompt_key""")
    con.execute("CREATE TABLE near_questions (later BIGINT, earlier BIGINT, alike DOUBLE)")
    alike_by_bands(
        con,
        "questions",
        "near_questions",
        "x.sums = y.sums",
        sketches,
        NEAR_QUESTIONS,
        BINS // ROWS_SHORT,
    )
    con.execute("""
        CREATE TABLE links AS SELECT DISTINCT l.prompt_key AS one, e.prompt_key AS other
        FROM near_questions JOIN questions l ON l.id = later JOIN questions e ON e.id = earlier""")
    _leave_templates(con)
    con.execute("CREATE TABLE prompts AS SELECT DISTINCT prompt_key, prompt_id, prompt_id AS name FROM keys")
    _spread_smallest(con, "prompts", "prompt_id")


def _leave_templates(con: duckdb.DuckDBPyConnection) -> None:
    """Removes the links among questions of which more than `TEMPLATE` hang together."""
    con.execute("""
        CREATE TABLE clusters AS SELECT DISTINCT prompt_key, prompt_key AS name
        FROM (SELECT one AS prompt_key FROM links UNION ALL SELECT other FROM links)""")
    _spread_smallest(con, "clusters", "prompt_key")
    con.execute(f"""
        DELETE FROM links WHERE one IN (SELECT prompt_key FROM clusters WHERE name IN
            (SELECT name FROM clusters GROUP BY name HAVING count(*) > {TEMPLATE}))""")


def _spread_smallest(con: duckdb.DuckDBPyConnection, table: str, identity: str) -> None:
    """Gives all rows of `table` that hang together, by `links` of their `prompt_key` or the same `identity`, the
    smallest `name` among them."""
    # Connected components in SQL: each round every row takes the smallest name of its neighbours, until none changes.
    # As many rounds as the longest chain of links; chains are short, since `_leave_templates` cuts large clusters. A
    # union-find in Python would hold all prompts in memory.
    while True:
        con.execute(f"""
            CREATE OR REPLACE TABLE spread AS
            WITH by_key AS (SELECT prompt_key, min(name) AS name FROM {table} GROUP BY prompt_key),
            linked AS (
                SELECT prompt_key, name FROM by_key
                UNION ALL SELECT one, name FROM links JOIN by_key ON prompt_key = other
                UNION ALL SELECT other, name FROM links JOIN by_key ON prompt_key = one
            ), least AS (SELECT prompt_key, min(name) AS name FROM linked GROUP BY prompt_key)
            SELECT t.* REPLACE (min(least.name) OVER (PARTITION BY t.{identity}) AS name), t.name AS before
            FROM {table} t JOIN least USING (prompt_key)""")
        (changed,) = con.execute("SELECT count(*) FROM spread WHERE name <> before").fetchone() or (0,)
        con.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * EXCLUDE (before) FROM spread")
        if not changed:
            con.execute("DROP TABLE spread")
            return


def _rule_out(con: duckdb.DuckDBPyConnection, mixture: Mixture) -> None:
    """Licences that may not go in, exact copies, and what is contaminated."""
    if mixture.licenses:
        # `||` with a licence that is NULL gives NULL, for which `coalesce` puts the other note.
        con.execute(
            """INSERT INTO fates SELECT id, 'not_selected', NULL,
                coalesce('licence ' || license || ' is not asked for', 'no licence is given')
            FROM keys WHERE license IS NULL OR NOT list_contains(?, license)""",
            [list(mixture.licenses)],
        )
    # Of examples with the same messages one stays, not one with a wrong licence if another can be had: `f.id IS NOT
    # NULL` sorts first what has no fate yet. `fates` holds at this point the refused licences alone, at most one row an
    # example, so that the join multiplies none.
    con.execute(f"""
        INSERT INTO fates SELECT id, 'duplicate', winner, '{SAME}' FROM (
            SELECT k.id, first_value(k.id) OVER same AS winner, row_number() OVER same AS number FROM keys k
            LEFT JOIN fates f ON f.id = k.id
            WINDOW same AS (PARTITION BY k.example_id ORDER BY f.id IS NOT NULL, k.place)
        ) WHERE number > 1""")
    con.execute("""
        INSERT INTO fates SELECT id, 'contaminated', NULL, 'shares "' || shared_words || '" with ' || contaminated_by
        FROM keys WHERE contaminated_by IS NOT NULL""")


def _make_remaining(con: duckdb.DuckDBPyConnection, table: str, more: str = "") -> None:
    """Makes `table` of the keys of examples that nothing speaks against so far, with the name of their prompt."""
    con.execute(f"""
        CREATE OR REPLACE TABLE {table} AS
        SELECT id, place, turn, name, domain, language, length, drawn, words >= {LONG} AS long{more}
        FROM keys JOIN prompts USING (prompt_key, prompt_id) WHERE id NOT IN (SELECT id FROM fates) ORDER BY id""")


def _find_near_copies(con: duckdb.DuckDBPyConnection, sketches: Sketches, mixture: Mixture) -> None:
    if mixture.near > 1:  # no two texts are as similar as that: the step is switched off
        return
    question_sums = f"""(SELECT q.sums FROM questions q
        WHERE q.prompt_key = keys.prompt_key AND q.numbers > 0 AND keys.words >= {TELLING})"""
    _make_remaining(con, "texts", f", bands, words, {question_sums} AS question_sums")
    con.execute(f"DELETE FROM texts WHERE words < {RUN}")
    con.execute("CREATE TABLE near (later BIGINT, earlier BIGINT, alike DOUBLE)")
    where = "(x.long AND y.long) OR x.name = y.name OR x.question_sums = y.question_sums"
    alike_by_bands(con, "texts", "near", where, sketches, mixture.near, BINS // ROWS)
    alike_in_groups(con, "texts", "near", "name", MOST_COMPARED, sketches, mixture.near)
    pairs = find_losers(con, "near", "texts", sketches, mixture.near)
    note = "{:.2f} of all runs of {} words are common to both"
    _add_fates(con, ((id, "duplicate", winner, note.format(alike, RUN)) for id, winner, alike in pairs))
    con.execute("DROP TABLE texts; DROP TABLE near")


def _choose(con: duckdb.DuckDBPyConnection, sketches: Sketches, mixture: Mixture) -> None:
    """At most `max_per_prompt` examples of each prompt; who loses, loses to the last that got in."""
    most = mixture.max_per_prompt
    if most is None or mixture.policy == "all":
        return
    _make_remaining(con, "texts")
    if mixture.policy == "diverse":
        _add_fates(con, _choose_diverse(con, sketches, most))
    else:
        # `last`, the loser's winner, is the last one that got in. Its window names its frame: by default a window
        # with an ORDER BY ends at the current row
        measure = "length || ' characters'" if mixture.policy == "shortest" else "'drawn'"
        con.execute(f"""
            INSERT INTO fates SELECT id, 'not_selected', last, '{most} of ' || size ||
                ' for this prompt, {mixture.policy}: it is number ' || number || ', ' || {measure}
            FROM (
                SELECT id, length, row_number() OVER prompt AS number, count(*) OVER (PARTITION BY name) AS size,
                    nth_value(id, {most}) OVER (PARTITION BY name ORDER BY turn
                        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last
                FROM texts WINDOW prompt AS (PARTITION BY name ORDER BY turn)
            ) WHERE number > {most}""")
    con.execute("DROP TABLE texts")


Fate = tuple[int, str, int | None, str]


def _choose_diverse(con: duckdb.DuckDBPyConnection, sketches: Sketches, most: int) -> Iterator[Fate]:
    """The examples that stay out where those go in that are least like one another: the first drawn, then always the
    one whose similarity to the nearest of those chosen is smallest."""
    query = (
        f"SELECT list(id ORDER BY turn) FROM texts GROUP BY name HAVING count(*) > {most} ORDER BY min(place)"
    )
    reader = con.sql(query).to_arrow_reader(_AT_ONCE)
    for batch in reader:
        for group in batch.column(0).to_pylist():
            mine = sketches[group]
            # Below any similarity, and argmin takes the first of equal ones: the first drawn is chosen first.
            nearest, which = np.full(len(group), -1.0), np.zeros(len(group), np.int64)
            chosen: list[int] = []
            while len(chosen) < most:
                is_chosen = np.isin(np.arange(len(group)), chosen)
                best = int(np.argmin(np.where(is_chosen, np.inf, nearest)))
                chosen.append(best)
                alike = similarity(mine, np.broadcast_to(mine[best], mine.shape))
                which = np.where(alike > nearest, best, which)
                nearest = np.maximum(nearest, alike)
            for number in sorted(set(range(len(group))) - set(chosen)):
                note = f"{most} of {len(group)} for this prompt, diverse: {nearest[number]:.2f} like one that went in"
                yield group[number], "not_selected", group[int(which[number])], note


def _fill_quotas(con: duckdb.DuckDBPyConnection, mixture: Mixture) -> None:
    """At most a quota's number of examples, drawn: first of each language of a domain, then of the domain."""
    for by in ("domain || ':' || language", "domain"):
        quotas = {key: rows for key, rows in mixture.quotas.items() if (":" in key) == (":" in by)}
        if not quotas:
            continue
        _make_remaining(con, "texts")
        con.execute("CREATE OR REPLACE TABLE quotas (what VARCHAR, most BIGINT)")
        con.executemany("INSERT INTO quotas VALUES (?, ?)", list(quotas.items()))
        con.execute(f"""
            INSERT INTO fates SELECT id, 'not_selected', last,
                'the quota of ' || what || ', ' || most || ', is full: it was drawn as number ' || number
            FROM (
                SELECT id, what, most, number, max(CASE WHEN number = most THEN id END) OVER (PARTITION BY what) AS last
                FROM (
                    SELECT id, what, most, row_number() OVER (PARTITION BY what ORDER BY drawn, place) AS number
                    FROM texts JOIN quotas ON what = {by}
                )
            ) WHERE number > most""")
        con.execute("DROP TABLE texts")


def _split(con: duckdb.DuckDBPyConnection, mixture: Mixture) -> None:
    """`splits`: for each prompt's name, `validation` or `test` for the share of prompts that the seed draws."""
    # A draw is a number below 2^63 from the prompt's id alone: whatever else is in the set, and whatever its
    # neighbours are, a prompt stays in its split. Of prompts under one name the draw of the one that gave the name
    # counts.
    validation = int(mixture.validation * 2**63)
    test = int((mixture.validation + mixture.test) * 2**63)
    con.execute(f"""
        CREATE TABLE splits AS SELECT name, CASE WHEN drawn < {validation} THEN 'validation'
            WHEN drawn < {test} THEN 'test' ELSE 'train' END AS split
        FROM (SELECT name, min(split_drawn) FILTER (WHERE prompt_id = name) AS drawn
            FROM keys JOIN prompts USING (prompt_key, prompt_id) GROUP BY name)""")


def _conclude(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""
        CREATE TABLE decided AS
        WITH told AS (
            SELECT id, list(reason ORDER BY reason = 'not_selected', reason DESC) AS reasons, first(winner ORDER BY
                winner IS NULL, reason DESC) AS winner, string_agg(note, '; ' ORDER BY reason DESC) AS note
            FROM fates GROUP BY id
        )
        SELECT k.id, k.place, split, coalesce(reasons, []) AS reasons, w.example_id AS lost_to, note
        FROM keys k JOIN prompts USING (prompt_key, prompt_id) JOIN splits USING (name)
        LEFT JOIN told ON told.id = k.id LEFT JOIN keys w ON w.id = winner ORDER BY k.place""")


def _add_fates(con: duckdb.DuckDBPyConnection, fates: Iterator[Fate]) -> None:
    rows = list(fates)
    if rows:
        columns = dict(zip(("id", "reason", "winner", "note"), zip(*rows, strict=True), strict=True))
        con.register("new_fates", pa.table({name: list(values) for name, values in columns.items()}))
        con.execute("INSERT INTO fates SELECT * FROM new_fates")
        con.unregister("new_fates")
