"""What a dataset holds, its lineage, and rows out of it."""

import io
import json
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest
from r1data.cli import invoke

from r1data.data.commits import Command, Parent
from r1data.data.dataset import Dataset
from r1data.data.rows import Rows, one_schema
from r1data.data.source import open_source
from r1data.data.writer import Writer
from r1data.errors import UserError
from r1data.lineage.describe import describe
from r1data.lineage.why import why
from tests.conftest import R1
from tests.data import test_writer
from tests.lineage import datasets


def prompts(*numbers: int, **more: str) -> pa.Table:
    rows = [
        {
            "prompt_id": f"p{n}",
            "prompt": f"{n}?",
            "domain": "math",
            "language": "en",
            "source": "test",
            **more,
        }
        for n in numbers
    ]
    return pa.Table.from_pylist(rows)


def write(uri: str, *shards: pa.Table, parents: tuple[Parent, ...] = (), **details: int) -> str:
    with Writer.open(uri, schema="prompt", command=Command("made"), parents=parents) as writer:
        for number, table in enumerate(shards):
            writer.publish(f"part-{number:05d}", table)
        writer.finish(details)
    return uri


def test_counts_are_of_all_shards(dataset: Path) -> None:
    described = describe(str(dataset))
    assert described["counts"]["verdict"] == {"correct": datasets.SHARDS * datasets.ROWS}
    assert described["digest"] == Dataset(dataset).digest


@pytest.mark.parametrize(
    "values",
    [
        pa.array([{"a": 1}]),
        pa.array([[["x"]]]),
        pa.array([["x"]], pa.large_list(pa.string())),
        pa.array([2**31 - 1], pa.int32()).cast(pa.date32()),
        pa.array([1]).cast(pa.timestamp("us", "Mars/Phobos")),
    ],
    ids=["object", "lists of lists", "large list", "date", "zone"],
)
def test_a_column_of_a_type_without_values_to_count_is_not_counted(values: pa.Array, tmp_path: Path) -> None:
    """A set of prompts from elsewhere may have a column of its own that is called `verdict`."""
    with Writer.open(tmp_path / "d", schema="prompt", command=Command("test"), announce=False) as writer:
        writer.publish("part-0", test_writer.prompts(1).append_column("verdict", values))
        writer.finish()
    said = describe(str(tmp_path / "d"))
    assert "verdict" in said["columns"] and said["counts"].keys() == {"domain", "language"}


def test_quarantined_rows_are_counted(tmp_path: Path) -> None:
    assert describe(write(str(tmp_path / "a"), prompts(1), quarantined=3))["quarantined"] == 3


def test_columns_are_those_of_any_shard(tmp_path: Path) -> None:
    described = describe(write(str(tmp_path / "a"), prompts(1), prompts(2, note="x")))
    assert "note" in described["columns"]


def test_the_lineage_is_a_tree_that_tells_of_a_common_ancestor_once(tmp_path: Path) -> None:
    first = write(str(tmp_path / "first"), prompts(1))
    both = [write(str(tmp_path / name), prompts(1), parents=(Parent(first),)) for name in ("left", "right")]
    last = write(str(tmp_path / "last"), prompts(1), parents=tuple(map(Parent, both)))
    told = describe(last)["lineage"]
    names = [(Path(step.get("dataset") or step["source"]).name, step["depth"]) for step in told]
    assert names == [("last", 0), ("left", 1), ("first", 2), ("right", 1), ("first", 2)]
    assert told[-1]["again"]


def test_a_parent_that_is_gone_damaged_or_out_of_reach_is_named(work: Path) -> None:
    away = Parent("nowhere://bucket/x", "0" * 64)
    broken = Path(shutil.copytree(work / "samples", work / "broken"))
    (broken / ".r1/commits/00000000.json").write_text("{")
    parents = (Parent(str(work / "gone"), "1" * 64), Parent(str(broken)), away)
    told = describe(write(str(work / "last"), prompts(1), parents=parents))["lineage"]
    assert [step["found"] for step in told[1:]] == [False, False, False]
    assert told[1]["why"] == "not there"
    assert "commit" in told[2]["why"]


def test_inspect_fits_eighty_columns(
    dataset: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert invoke(["inspect", str(dataset)]) == 0
    told = capsys.readouterr().err.splitlines()
    assert max(map(len, told)) <= 80
    assert any(Dataset(dataset).digest in line for line in told)


def test_an_arrow_stream_has_the_columns_of_every_shard(tmp_path: Path) -> None:
    uri = write(str(tmp_path / "a"), prompts(1), prompts(2, note="x"))
    schema, parts = one_schema(open_source(uri))
    whole = pa.concat_tables(list(parts))
    assert whole.schema == schema
    assert whole["note"].to_pylist() == [None, "x"]


def test_shards_that_fit_no_schema_are_refused_before_a_row(tmp_path: Path) -> None:
    numbers = prompts(2).append_column("note", pa.array([[1]]))
    uri = write(str(tmp_path / "a"), prompts(1, note="x"), numbers)
    with pytest.raises(UserError, match="do not fit one schema"):
        one_schema(open_source(uri))


def test_a_limit_ends_within_a_shard(dataset: Path) -> None:
    assert [len(table) for table in Rows(open_source(str(dataset))).tables(["prompt"], 7)] == [5, 2]


@pytest.mark.parametrize("format", ["jsonl", "arrow"])
def test_cat_reads_a_pipe(format: str, dataset: Path) -> None:
    references = (dataset.parent / "pipe.jsonl").read_text().replace("DATASET", str(dataset))
    done = subprocess.run(
        [R1, "cat", "-", "--format", format], input=references.encode(), capture_output=True, check=True
    )
    if format == "arrow":
        rows = pa.ipc.open_stream(io.BytesIO(done.stdout)).read_all().to_pylist()
    else:
        rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows == Dataset(dataset).table().to_pylist()


@pytest.mark.parametrize("format", ["jsonl", "arrow"])
def test_cat_gives_no_row_of_a_damaged_shard(format: str, dataset: Path) -> None:
    shard = dataset / "data/part-00003.parquet"
    shard.write_bytes(shard.read_bytes()[:-20])
    done = subprocess.run([R1, "cat", dataset, "--format", format], capture_output=True)
    assert done.returncode == 1
    assert b"part-00003" in done.stderr and len(done.stderr.splitlines()) == 1
    assert b"p015" not in done.stdout


def test_an_arrow_stream_whose_reader_leaves_ends_quietly(tmp_path: Path) -> None:
    uri = write(str(tmp_path / "a"), *(prompts(*range(5_000), note=f"{n}" * 200) for n in range(4)))
    done = subprocess.run(f"'{R1}' cat '{uri}' --format arrow | head -c 100", shell=True, capture_output=True)
    assert len(done.stdout) == 100
    assert done.stderr == b""


def test_cat_and_why_read_s3(s3: str, dataset: Path) -> None:
    from r1data.data.stores import copy, open_store
    from r1data.data.stores.layout import DATA, LOG

    here, there = open_store(dataset), open_store(f"{s3}/verified")
    for folder in (DATA, LOG):
        for file in here.files(folder):
            copy(here, file.name, there)
    _, parts = one_schema(open_source(there.uri))
    assert pa.concat_tables(list(parts)).to_pylist() == Dataset(dataset).table().to_pylist()
    history = why("p007/0", [there.uri], search_folder=str(dataset))
    assert [chapter.uri for chapter in history.chapters] == [there.uri]
