"""Workers that die: shards tried again, rows found and quarantined, everything else untouched."""

import functools
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.data.writer import Summary, Writer
from r1data.errors import RowsLost
from r1data.runtime import retries
from r1data.runtime.stages import Output, run_stage
from tests.runtime import stages
from tests.runtime.stages import COMMAND, make_source

Stage = Callable[[pa.Table], pa.Table]
ROWS = range(16)
BAD = (5, 12, 15)
"""Rows that kill: one of the second shard, two of the last."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_source(tmp_path_factory.mktemp("given") / "source", shards=4, rows=4)


def copied(source: str, out: Path, stage: Stage, workers: int = 2) -> Summary:
    output = {"rows": Output(str(out), "prompt", stages.count)}
    return run_stage(open_source(source), output, stage, command=COMMAND, workers=workers)["rows"]


def killing(*rows: int) -> Stage:
    return functools.partial(stages.die_of, rows=tuple(map(str, rows)))


def said_of(source: str, out: Path, stage: Stage, workers: int = 2) -> str:
    with pytest.raises(RowsLost) as error:
        copied(source, out, stage, workers)
    return str(error.value)


def ids(out: Path) -> list[int]:
    return [int(row) for row in Dataset(out).table()["prompt_id"].to_pylist()]


def quarantine(out: Path, shard: str) -> pa.Table:
    return pq.read_table(out / ".r1/quarantine" / f"{shard}.parquet")


@pytest.fixture(scope="module")
def reduced(source: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What a run over three killing rows wrote, and what it said."""
    out = tmp_path_factory.mktemp("reduced") / "out"
    return out, said_of(source, out, killing(*BAD))


def test_workers_that_die_now_and_then_change_nothing(source: str, tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    dying = functools.partial(stages.die_once, marks=str(tmp_path / "marks"))
    assert copied(source, tmp_path / "a", dying).digest == copied(source, tmp_path / "b", stages.same).digest
    assert list((tmp_path / "marks").iterdir())


def test_rows_that_kill_are_quarantined_and_the_rest_goes_on(reduced: tuple[Path, str]) -> None:
    out, _ = reduced
    assert ids(out) == [row for row in ROWS if row not in BAD]
    assert Dataset(out).complete


def test_each_quarantined_row_is_kept_with_its_reason(reduced: tuple[Path, str]) -> None:
    out, _ = reduced
    kept = quarantine(out, "part-3")
    assert kept["prompt_id"].to_pylist() == ["12", "15"]
    assert all("SIGKILL" in reason for reason in kept["quarantine_reason"].to_pylist())


def test_quarantined_rows_are_counted_and_said_in_a_line(reduced: tuple[Path, str]) -> None:
    out, said = reduced
    assert Dataset(out).summary == {"seen": 13, "quarantined": 3}
    assert said.startswith(f"{out}: 3 rows could not be processed and were quarantined")
    assert f"{out}/.r1/quarantine" in said


def test_a_rerun_says_the_same_and_does_nothing(source: str, reduced: tuple[Path, str]) -> None:
    out, said = reduced
    files = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert said_of(source, out, killing(*BAD)) == said
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == files


def test_what_is_quarantined_does_not_depend_on_the_workers(
    source: str, reduced: tuple[Path, str], tmp_path: Path
) -> None:
    said_of(source, tmp_path / "out", killing(*BAD), workers=1)
    assert Dataset(tmp_path / "out").digest == Dataset(reduced[0]).digest
    assert quarantine(tmp_path / "out", "part-3").equals(quarantine(reduced[0], "part-3"))


def test_quarantined_rows_can_be_read_by_any_command(reduced: tuple[Path, str], tmp_path: Path) -> None:
    copied(str(reduced[0] / ".r1/quarantine/part-1.parquet"), tmp_path / "again", stages.same)
    assert ids(tmp_path / "again") == [5]


@pytest.mark.parametrize("folder", ["quarantine", "aside"])
def test_what_a_killed_run_quarantined_goes_when_its_shard_succeeds(
    source: str, tmp_path: Path, folder: str
) -> None:
    left = tmp_path / "out/.r1" / folder / "part-1.parquet"
    left.parent.mkdir(parents=True)
    left.touch()
    copied(source, tmp_path / "out", stages.same)
    assert not left.exists()


def test_rows_that_an_older_version_quarantined_are_reported_by_a_rerun(source: str, tmp_path: Path) -> None:
    writer = Writer.open(str(tmp_path / "out"), schema="prompt", command=COMMAND, announce=False)
    for shard in open_source(source).shards():
        counts = {"set_aside": 1} if shard.name == "part-0" else {}
        writer.publish(shard.name, shard.table(), ((shard.name, shard.sha256),), counts)
    assert "1 row could not be processed and was quarantined" in said_of(
        source, tmp_path / "out", stages.same
    )


def test_a_worker_that_ends_quietly_is_no_success(tmp_path: Path) -> None:
    source = make_source(tmp_path / "source", shards=1, rows=2)
    said_of(source, tmp_path / "out", functools.partial(stages.exit_quietly, row="1"))
    assert ids(tmp_path / "out") == [0]
    assert "exit code 0" in quarantine(tmp_path / "out", "part-0")["quarantine_reason"][0].as_py()


def test_short_memory_is_a_death_and_no_traceback(tmp_path: Path) -> None:
    source = make_source(tmp_path / "source", shards=1, rows=1)
    said_of(source, tmp_path / "out", functools.partial(stages.fail, error="memory"))
    assert "out of memory" in quarantine(tmp_path / "out", "part-0")["quarantine_reason"][0].as_py()


def test_a_shard_whose_rows_kill_only_together_is_given_up_by_name(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "ROUNDS", 1)
    said = said_of(source, tmp_path / "out", functools.partial(stages.die_of_many, most=2))
    assert "shard part-0: its worker died 2 times (killed by SIGKILL), and no single row did it" in said


def test_a_stage_that_kills_on_every_row_quarantines_nothing(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "MOST_ROWS", 1)
    said = said_of(source, tmp_path / "out", functools.partial(stages.die_of_many, most=0))
    assert "shard part-0: its worker died on more than 1 of its rows" in said
    assert not list((tmp_path / "out/data").iterdir())
    assert not (tmp_path / "out/.r1/quarantine").exists()
