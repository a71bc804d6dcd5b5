"""Reading: a damaged shard gives an error with its name, never rows."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r1data.data.commits import Command
from r1data.data.dataset import Dataset
from r1data.data.schema import load_schema
from r1data.data.stores.layout import LOG
from r1data.data.writer import Writer
from r1data.errors import DamagedShard, UserError
from r1data.exchange.card import card
from tests.data.test_writer import opened, prompts


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    with opened(tmp_path / "d") as writer:
        writer.publish("part-00000", prompts(200))
        writer.finish()
    return tmp_path / "d"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(dataset: Path, place: float, bit: int) -> None:
    shard = dataset / "data/part-00000.parquet"
    good = shard.read_bytes()
    bad = bytearray(good)
    bad[int(place * len(bad))] ^= 1 << bit
    shard.write_bytes(bad)
    try:
        with pytest.raises(DamagedShard, match="part-00000"):
            Dataset(dataset).table()
    finally:
        shard.write_bytes(good)


def test_a_missing_shard_is_named(dataset: Path) -> None:
    (dataset / "data/part-00000.parquet").unlink()
    with pytest.raises(DamagedShard, match="missing"):
        Dataset(dataset).table()


@pytest.mark.parametrize("values", [[{"a": 1}], [["x"]], [b"\xff"]], ids=["objects", "lists", "bytes"])
def test_a_column_of_another_type_than_its_schemas_is_found_whatever_is_read(
    values: list[object], tmp_path: Path
) -> None:
    """A stranger commits such a shard: one who reads only some of its columns is told as well."""
    array, schema = pa.array(values), load_schema("prompt")
    columns = (replace(each, type=array.type) if each.name == "language" else each for each in schema.columns)
    lax = replace(schema, columns=tuple(columns))
    rows = prompts(1).drop_columns(["language"]).append_column("language", array)
    with Writer(tmp_path / "d", lax, Command("ingest"), [], announce=False) as writer:
        writer.publish("part-00000", rows)
        writer.finish()
    (shard,) = Dataset(tmp_path / "d").shards()
    assert shard.table(["prompt"]).num_rows == 1
    for read in (shard.table, lambda: shard.table(["language"]), lambda: card(Dataset(tmp_path / "d"))):
        with pytest.raises(DamagedShard, match="column 'language' is"):
            read()


def test_a_stray_file_is_not_part_of_the_dataset(dataset: Path) -> None:
    (dataset / "data/stray.parquet").write_bytes(b"not parquet")
    assert len(Dataset(dataset).table()) == 200


def test_a_dataset_can_be_moved(dataset: Path, tmp_path: Path) -> None:
    moved = dataset.rename(tmp_path / "elsewhere")
    assert len(Dataset(moved).table()) == 200


def test_an_unreadable_commit_is_named(dataset: Path) -> None:
    (dataset / LOG / "00000000.json").write_text('{"version": 1')
    with pytest.raises(DamagedShard, match=r"00000000\.json"):
        Dataset(dataset)


def test_a_folder_without_commits_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="r1 ingest"):
        Dataset(tmp_path)


def test_a_scheme_that_fsspec_does_not_know_is_refused() -> None:
    with pytest.raises(UserError, match="gopher://bucket/samples"):
        Dataset("gopher://bucket/samples")


def test_other_tools_read_a_dataset(dataset: Path, tmp_path: Path) -> None:
    import datasets
    import polars

    assert polars.scan_parquet(dataset / "data").select(polars.len()).collect().item() == 200
    assert len(datasets.load_dataset(str(dataset), split="train", cache_dir=str(tmp_path))) == 200
