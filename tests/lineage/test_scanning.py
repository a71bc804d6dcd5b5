"""A scan by columns names the shards that hold a row; test_why compares the histories told with it."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from r1data.data.dataset import Dataset
from r1data.exchange.ingest import ingest
from r1data.lineage.scanning import by_columns


@pytest.fixture(scope="module")
def three_shards(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("a [b] *c")  # characters in which DuckDB sees a pattern
    rows = [{"prompt_id": f"sums-{number:03d}", "prompt": f"{number} + 1?"} for number in range(30)]
    pq.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet")
    ingest(str(folder / "rows.parquet"), str(folder / "prompts"), shard_rows=10, workers=1)
    return Dataset(folder / "prompts")


def names(dataset: Dataset, values: dict[str, list[str]], prefixes: bool) -> list[str]:
    return [shard.name for shard in by_columns(dataset, values, prefixes)]


def test_only_shards_with_a_value_are_named(three_shards: Dataset) -> None:
    every = [shard.name for shard in three_shards.shards()]
    assert len(every) == 3
    assert names(three_shards, {"prompt_id": ["sums-004", "sums-025"]}, False) == [every[0], every[2]]
    assert names(three_shards, {"prompt_id": ["sums-01"]}, True) == [every[1]]
    assert names(three_shards, {"prompt_id": ["sums-01"]}, False) == []
    assert names(three_shards, {"example_id": ["sums-004"]}, False) == []


def test_a_shard_that_cannot_be_read_leaves_all_to_be_looked_into(
    three_shards: Dataset, tmp_path: Path
) -> None:
    copy = Dataset(shutil.copytree(three_shards.uri, tmp_path / "copy"))
    every = list(copy.shards())
    Path(every[1].uri).write_bytes(b"no Parquet")
    assert names(copy, {"prompt_id": ["sums-004"]}, False) == [shard.name for shard in every]
