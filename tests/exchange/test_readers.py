"""Other tools read a dataset with no help of ours, even where a write was interrupted."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from r1data.data.dataset import Dataset
from tests.conftest import R1, Run

Rows = list[dict[str, Any]]
INTERRUPTED = """
import os, sys
from r1data.data.commits import Command; from r1data.data.writer import Writer
from tests.exchange.conftest import prompts

writer = Writer.open(sys.argv[1], schema="prompt", command=Command("test"))
writer.publish("part-0", prompts(0))
writer.publish("part-1", prompts(3))
writer.target.draft("part-2", prompts(6))
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module", params=["whole", "interrupted"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Datasets of 6 rows: verified samples with a nested column, and one whose writer was killed."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "whole":
        rows = [
            {"prompt": f"é{n}?", "truth": "1", "response": f"<think>so</think>{n % 2}", "tags": ["a", str(n)]}
            for n in range(6)
        ]
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        for line in (["ingest", "rows.jsonl", "-o", "s", "--shard-rows", "4"], ["filter", "s", "-o", "d"]):
            more = ["--verdict", "any"] if line[0] == "filter" else []
            subprocess.run([R1, *line, *more], cwd=folder, check=True, capture_output=True)
    else:
        done = subprocess.run([sys.executable, "-c", INTERRUPTED, folder / "d"], env={**os.environ})
        assert done.returncode == -signal.SIGKILL
        assert list((folder / "d/.r1/tmp").iterdir())
    yield folder / "d"


def by_arrow(path: Path) -> Rows:
    import pyarrow.dataset

    return pyarrow.dataset.dataset(path / "data", format="parquet").to_table().to_pylist()


def by_polars(path: Path) -> Rows:
    import polars

    return polars.scan_parquet(path / "data/*.parquet").collect().to_dicts()


def by_duckdb(path: Path) -> Rows:
    import duckdb

    return duckdb.sql(f"SELECT * FROM '{path}/data/*.parquet'").to_arrow_table().to_pylist()


def by_datasets(path: Path) -> Rows:
    import datasets

    return list(datasets.load_dataset(str(path), split="train", cache_dir=str(path.parent / "cache")))


@pytest.mark.parametrize("read", [by_arrow, by_polars, by_duckdb, by_datasets])
def test_rows_are_equal(made: Path, read: Callable[[Path], Rows]) -> None:
    ours = Dataset(made).table().to_pylist()
    assert len(ours) == 6
    assert read(made) == ours


def test_datasets_finds_the_card(made: Path, tmp_path: Path) -> None:
    import shutil

    import datasets

    from r1data.exchange import card

    shutil.copytree(made, tmp_path / "d")
    (tmp_path / "d/README.md").write_text(card(Dataset(made)))
    assert len(datasets.load_dataset(str(tmp_path / "d"), cache_dir=str(tmp_path / "c"))["train"]) == 6


def test_lines_are_read_by_json_and_polars(r1: Run, made: Path) -> None:
    import polars

    text = r1("cat", made, "--format", "jsonl").stdout
    ours = Dataset(made).table().to_pylist()
    assert [json.loads(line) for line in text.splitlines()] == ours
    assert polars.read_ndjson(io.StringIO(text))["prompt"].to_list() == [row["prompt"] for row in ours]


def test_an_arrow_stream_is_read_by_arrow(made: Path) -> None:
    raw = subprocess.run([R1, "cat", made, "--format", "arrow"], capture_output=True, check=True).stdout
    with pa.ipc.open_stream(raw) as stream:
        assert stream.read_all().to_pylist() == Dataset(made).table().to_pylist()
