"""Takes the runs that are no evidence (`boilerplate`) from what examples share with an evaluation, in the database of
`decide`, and says what was ignored.

How many prompts have an instruction is known once all features are there, so the common ones are found here; what a
file names, formulas and sequences were found in the evaluation alone (`contamination.read_evaluation`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from r1data.selection import boilerplate, contamination
from r1data.selection.contamination import EvaluationIndex
from r1data.selection.evaluations import Compared

if TYPE_CHECKING:
    import duckdb

MOST_SHOWN = 20
"""Kinds of ignored words that the summary lists."""


@dataclass(frozen=True)
class EvaluationFiles:
    """The evaluation files that a build is compared with, and the path of their saved index."""

    files: tuple[Compared, ...]
    saved: str


def leave_out_ignored(con: "duckdb.DuckDBPyConnection", evaluation: EvaluationFiles) -> None:
    """Makes `contaminated_by` and `shared_words` of `keys` what is left without the ignored runs.

    Makes the table `ignored`, a row for each of the words that were ignored: `kind` (of `boilerplate`), `words`, how
    many `prompts` have them, where they are common, and the `examples` that share nothing else.
    """
    con.execute("CREATE TABLE ignored (kind TINYINT, words VARCHAR, prompts BIGINT, examples BIGINT)")
    con.execute("""
        CREATE TABLE shared AS SELECT id, unnest(shared_runs) AS run, generate_subscripts(shared_runs, 1) AS number
        FROM keys WHERE shared_runs IS NOT NULL""")
    index = contamination.read_index(evaluation.saved)
    grams = _common_grams(con, index)
    kinds, stretches = kinds_with_common(index, evaluation.files, grams)
    runs_there = [run for (run,) in con.execute("SELECT DISTINCT run FROM shared ORDER BY run").fetchall()]
    known = [run for run in runs_there if run >= 0]
    with_kinds = pa.table({"run": pa.array(runs_there, pa.int32()), "kind": _kinds(runs_there, kinds)})
    con.register("run_kinds", with_kinds)
    con.execute("""
        CREATE TABLE counted AS SELECT id, arg_min(run, number) FILTER (WHERE kind = 0) AS run,
            arg_min(run, number) FILTER (WHERE kind <> 0) AS ignored
        FROM shared JOIN run_kinds USING (run) GROUP BY id""")
    con.unregister("run_kinds")
    if grams:
        _name_again(con, evaluation, index)
    _report(con, evaluation, index, kinds, stretches, known)


def fewest_prompts(prompts: int) -> float:
    """How many of so many distinct prompts must have a gram for it to be an instruction's; of a few, half."""
    fewest = min(boilerplate.FEWEST_PROMPTS, max(boilerplate.FEWEST_OF_A_FEW, prompts / 2))
    return max(fewest, boilerplate.PROMPTS * prompts)


def kinds_with_common(
    index: EvaluationIndex, files: Sequence[Compared], prompts_by_gram: Mapping[int, int]
) -> tuple[npt.NDArray[np.int8], dict[str, int]]:
    """The index's kinds with those of the runs that belong to common grams, and the passages that the grams make up.

    `prompts_by_gram`: how many prompts have each common gram, by its number in the index.
    """
    kinds = index.kinds.copy()
    if not prompts_by_gram:
        return kinds, {}
    by_hash = {int(index.grams[gram]): count for gram, count in prompts_by_gram.items()}
    runs, passages = contamination.common_runs(files, index.n, by_hash)
    common = np.searchsorted(index.runs, runs)
    kinds[common[kinds[common] == boilerplate.COUNTS]] = boilerplate.COMMON
    return kinds, passages


def _common_grams(con: "duckdb.DuckDBPyConnection", index: EvaluationIndex) -> dict[int, int]:
    """The numbers of the grams that so many distinct prompts have that they are an instruction's, and how many have."""
    (prompts,) = con.execute("SELECT count(DISTINCT prompt_key) FROM keys").fetchone() or (0,)
    rows = con.execute(
        """SELECT gram, count(*) FROM (SELECT DISTINCT prompt_key, unnest(prompt_grams) AS gram FROM keys
            WHERE prompt_grams IS NOT NULL) GROUP BY gram HAVING count(*) >= ?""",
        [fewest_prompts(prompts)],
    ).fetchall()
    return dict(rows)


def _kinds(runs: Sequence[int], kinds: npt.NDArray[np.int8]) -> pa.Array:
    """The kind of each run; a whole question counts."""
    return pa.array([int(kinds[run]) if run >= 0 else boilerplate.COUNTS for run in runs], pa.int8())


def _name_again(
    con: "duckdb.DuckDBPyConnection", evaluation: EvaluationFiles, index: EvaluationIndex
) -> None:
    """Sets `contaminated_by` and `shared_words` anew where the first run that an example shares is a common one."""
    runs = [
        run
        for (run,) in con.execute(
            "SELECT DISTINCT run FROM counted WHERE run IS NOT NULL ORDER BY run"
        ).fetchall()
    ]
    words = contamination.spell(evaluation.files, index, [run for run in runs if run >= 0])
    names = [index.names[index.records[run] if run >= 0 else contamination.WHOLE - run] for run in runs]
    passages = pa.table(
        {
            "run": pa.array(runs, pa.int32()),
            "record": pa.array([str(name) for name in names], pa.string()),
            "passage": pa.array([words.get(run, "a whole question") for run in runs], pa.string()),
        }
    )
    con.register("passages", passages)
    con.execute("""
        UPDATE keys SET contaminated_by = record,
            shared_words = CASE WHEN record = contaminated_by AND run < 0 THEN shared_words ELSE passage END
        FROM counted LEFT JOIN passages USING (run) WHERE keys.id = counted.id AND contaminated_by IS NOT NULL""")
    con.unregister("passages")


def _report(
    con: "duckdb.DuckDBPyConnection",
    evaluation: EvaluationFiles,
    index: EvaluationIndex,
    kinds: npt.NDArray[np.int8],
    stretches: dict[str, int],
    known: Sequence[int],
) -> None:
    counts = con.execute(
        "SELECT ignored, count(*) FROM counted WHERE run IS NULL GROUP BY ignored ORDER BY count(*) DESC, ignored"
    ).fetchall()
    others = [(run, count) for run, count in counts if kinds[run] != boilerplate.COMMON]
    common = sum(count for run, count in counts if kinds[run] == boilerplate.COMMON)
    words = contamination.spell(evaluation.files, index, [run for run, _ in others[:MOST_SHOWN]])
    rows: list[tuple[int, str, int | None, int | None]] = [
        (int(kinds[run]), words[run], None, count) for run, count in others[:MOST_SHOWN]
    ]
    by_size = sorted(stretches.items(), key=lambda item: (-item[1], item[0]))[:MOST_SHOWN]
    rows += [(boilerplate.COMMON, text, prompts, None) for text, prompts in by_size]
    if common:
        rows.append((boilerplate.COMMON, "", None, common))
    if rest := sum(count for _, count in others[MOST_SHOWN:]):
        rows.append((boilerplate.COUNTS, "", None, rest))
    if rows:
        con.executemany("INSERT INTO ignored VALUES (?, ?, ?, ?)", rows)
