"""Rows on which a stage raises: quarantined with what was raised, everything else untouched."""

import functools
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.errors import RowError, RowsLost, UserError
from r1data.runtime.failing_rows import MOST_ROWS, run_without_failing
from r1data.runtime.stages import Output, run_stage
from tests.runtime import stages
from tests.runtime.stages import COMMAND, make_source


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_source(tmp_path_factory.mktemp("given") / "source", shards=2, rows=8)


def quarantine_of(source: str, out: Path, stage: Callable[[pa.Table], pa.Table]) -> dict[str, str]:
    """The rows that a run over `source` quarantined, with their reasons."""
    with pytest.raises(RowsLost, match=r"could not be processed and (was|were) quarantined"):
        run_stage(
            open_source(source), {"rows": Output(str(out), "prompt")}, stage, command=COMMAND, workers=2
        )
    tables = [pq.read_table(path) for path in sorted((out / ".r1/quarantine").iterdir())]
    return {row["prompt_id"]: row["quarantine_reason"] for table in tables for row in table.to_pylist()}


def left_in(out: Path) -> list[str]:
    ids: list[str] = Dataset(out).table()["prompt_id"].to_pylist()
    return ids


def test_a_row_that_raises_is_quarantined_with_what_was_raised(source: str, tmp_path: Path) -> None:
    reasons = quarantine_of(source, tmp_path, functools.partial(stages.raise_at, rows=("3", "12")))
    assert reasons == {row: rf"ValueError: no use for {row}: \x1b[31m red" for row in ("3", "12")}
    assert left_in(tmp_path) == [str(row) for row in range(16) if row not in (3, 12)]
    assert Dataset(tmp_path).summary["quarantined"] == 2


def test_rows_that_raise_and_rows_that_kill_do_not_hide_one_another(source: str, tmp_path: Path) -> None:
    stage = functools.partial(stages.raise_or_die, raising=("1", "6"), deadly=("2", "7"))
    reasons = quarantine_of(source, tmp_path, stage)
    assert {row: "ValueError" in reason for row, reason in reasons.items()} == {
        "1": True,
        "2": False,
        "6": True,
        "7": False,
    }


def test_a_panic_is_its_rows_alone(source: str, tmp_path: Path) -> None:
    reasons = quarantine_of(source, tmp_path, functools.partial(stages.panic_at, row="5"))
    assert reasons == {"5": "PanicException: index out of bounds"}


def table_of(rows: int) -> pa.Table:
    return pa.table({"prompt_id": [str(row) for row in range(rows)]})


@given(rows=st.integers(1, 40), data=st.data())
@settings(max_examples=50)
def test_the_result_is_that_of_the_stage_on_the_other_rows(rows: int, data: st.DataObject) -> None:
    failing = data.draw(st.sets(st.integers(0, rows - 1), max_size=min(rows // 2, MOST_ROWS)))
    table = table_of(rows)
    stage = functools.partial(stages.raise_at, rows=tuple(map(str, failing)))
    result, reasons = run_without_failing(stage, table)
    assert set(reasons) == failing
    assert result.equals(table.filter(pa.array([row not in failing for row in range(rows)])))


@pytest.mark.parametrize("rows", [2, 200])
def test_a_stage_that_fails_on_all_rows_is_given_up_in_a_line(rows: int) -> None:
    stage = functools.partial(stages.raise_at, rows=tuple(map(str, range(rows))))
    with pytest.raises(RowsLost, match=r"shard part-1: .* of its rows failed, as with ValueError: no use"):
        run_without_failing(stage, table_of(rows), shard="part-1")


def test_what_a_user_can_mend_is_told_as_it_is_where_all_rows_fail() -> None:
    def stage(table: pa.Table) -> pa.Table:
        raise RowError("package toy: mend it")

    with pytest.raises(UserError, match=r"^package toy: mend it$"):
        run_without_failing(stage, table_of(3))


@pytest.mark.parametrize("error", ["full", "memory"])
def test_what_is_no_rows_doing_is_raised_as_it_is(error: str) -> None:
    with pytest.raises((OSError, MemoryError)):
        run_without_failing(functools.partial(stages.fail, error=error), table_of(3))


def test_rows_that_fail_only_together_are_the_stages_error() -> None:
    with pytest.raises(ValueError, match="too many"):
        run_without_failing(functools.partial(stages.raise_of_many, most=2), table_of(8))
