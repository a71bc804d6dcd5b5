"""A minor version adds a column: shards that were written before it still read, with nulls there."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from r1data.data import commits
from r1data.data.commits import Command, ShardEntry
from r1data.data.dataset import Dataset
from r1data.data.schema import conform, load_schema
from r1data.data.source import open_source
from r1data.data.stores import open_store
from r1data.errors import DamagedShard
from r1data.verifiers.table import VerifyPlan, run, verify_table

ADDED = "verdict_cause"


def verified() -> pa.Table:
    """Two verified rows as they are written now: one correct, one without a truth."""
    samples = {
        "prompt_id": ["a", "b"], "prompt": ["1?", "2?"], "domain": ["math"] * 2, "language": ["en"] * 2,
        "source": ["s"] * 2, "license": ["mit"] * 2, "truth": ["1", None],
        "sample_index": pa.array([0, 0], pa.int32()),
        "response": ["<think>so</think>1", "<think>so</think>2"], "model": ["m"] * 2,
        "finish_reason": ["stop"] * 2,
    }  # fmt: skip
    return conform(verify_table(pa.table(samples)), load_schema("verified"), "rows")


def dataset(folder: Path, *tables: pa.Table) -> Dataset:
    """A dataset of these shards, as a version of this package that wrote such columns left it."""
    store = open_store(folder)
    store.prepare()
    entries = []
    for number, table in enumerate(tables):
        sink, name = pa.BufferOutputStream(), f"data/part-{number:05}.parquet"
        pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
        raw = sink.getvalue().to_pybytes()
        store.place(store.stage(name, raw), name)
        entries.append(ShardEntry(name, len(table), len(raw), hashlib.sha256(raw).hexdigest()))
    commits.append(store, shards=entries, schema=("verified", 1), command=Command("verify"), parents=[])
    return Dataset(folder)


@pytest.fixture
def mixed(tmp_path: Path) -> Dataset:
    """A shard that was written before causes were recorded, and one of today."""
    return dataset(tmp_path / "mixed", verified().drop_columns([ADDED]), verified())


def test_an_old_shard_reads_whole_with_nulls(tmp_path: Path) -> None:
    rows = dataset(tmp_path / "old", verified().drop_columns([ADDED])).table()
    assert rows.column_names == verified().column_names
    assert rows[ADDED].to_pylist() == [None, None]
    assert rows["verdict"].to_pylist() == ["correct", "unverifiable"]


@pytest.mark.parametrize("columns", [["verdict", ADDED], [ADDED, "verdict"], [ADDED]])
def test_the_column_can_be_read_alone_and_in_any_order(mixed: Dataset, columns: list[str]) -> None:
    rows = mixed.table(columns)
    assert rows.column_names == columns
    assert rows[ADDED].to_pylist() == [None, None, None, "no_truth"]


def test_any_other_column_that_is_missing_is_damage(tmp_path: Path) -> None:
    with pytest.raises(DamagedShard, match="'extracted'"):
        dataset(tmp_path / "damaged", verified().drop_columns(["extracted"])).table()


def test_verdicts_without_a_cause_stay_as_they_are_and_are_counted(mixed: Dataset, tmp_path: Path) -> None:
    summary = run(open_source(mixed.uri, "sample"), str(tmp_path / "out"), VerifyPlan())
    assert Dataset(tmp_path / "out").table([ADDED])[ADDED].to_pylist() == [None, None, None, "no_truth"]
    assert (summary.details["no_cause"], summary.details["no_truth"]) == (1, 1)


def test_verifying_again_gives_them_their_cause(mixed: Dataset, tmp_path: Path) -> None:
    run(open_source(mixed.uri, "sample"), str(tmp_path / "out"), VerifyPlan(replay=True))
    assert Dataset(tmp_path / "out").table([ADDED])[ADDED].to_pylist() == [None, "no_truth"] * 2
