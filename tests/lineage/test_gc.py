"""`r1 gc`: what no commit names goes, what may still be in the making stays."""

import json
import os
import time
from pathlib import Path

import pytest
from r1data.cli import invoke

from r1data.data.stores import copy, open_store
from r1data.data.stores.layout import DAMAGED, LOG, SCRATCH
from r1data.data.stores.local import LocalStore
from r1data.errors import DamagedShard
from r1data.lineage.checking import check
from r1data.lineage.orphans import gc
from tests.lineage import datasets

STRAY = "data/stray.parquet"


def put(dataset: Path, name: str, hours: float = 2, content: bytes = b"stray") -> Path:
    file = dataset / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    then = time.time() - hours * 3_600
    os.utime(file, (then, then))
    return file


def test_what_no_commit_names_goes_and_the_dataset_stays(dataset: Path) -> None:
    whole = datasets.files(dataset)
    for name in (STRAY, "data/notes.txt", f"{SCRATCH}/elsewhere.7.abcd", f"{DAMAGED}/part-00001.parquet"):
        put(dataset, name)
    found = gc(str(dataset)).as_json()
    assert (found["removed"], found["bytes"], found["left_alone"]) == (4, 20, 0)
    assert datasets.files(dataset) == whole
    assert check(str(dataset)).findings == ()


def test_what_is_young_may_be_in_the_making(dataset: Path) -> None:
    files = [put(dataset, name, hours=0.5) for name in (STRAY, f"{SCRATCH}/elsewhere.7.abcd")]
    assert gc(str(dataset)).as_json()["left_alone"] == 2
    assert all(file.exists() for file in files)
    assert gc(str(dataset), older_than=60).as_json()["removed"] == 2


def test_a_living_process_keeps_its_files_and_a_dead_one_does_not(dataset: Path) -> None:
    mine = LocalStore(dataset).stage(STRAY, b"still in the making")
    host, owner, _ = Path(mine).name.rsplit(".", 2)
    put(dataset, mine, hours=9)
    dead = put(dataset, f"{SCRATCH}/{host}.{int(owner.split('-')[0]) + 2**22}.abcd", hours=0)
    gc(str(dataset))
    assert (dataset / mine).exists() and not dead.exists()


def test_quarantined_rows_are_no_garbage(dataset: Path) -> None:
    kept = put(dataset, ".r1/quarantine/rows.jsonl")
    gc(str(dataset), older_than=0)
    assert kept.exists()


def test_a_damaged_shard_stays_until_it_was_made_again(work: Path, dataset: Path) -> None:
    (dataset / "data/part-00001.parquet").unlink()
    damaged = put(dataset, f"{DAMAGED}/part-00001.parquet")
    assert gc(str(dataset)).as_json()["left_alone"] == 1 and damaged.exists()
    datasets.verify(work)
    assert gc(str(dataset)).as_json()["removed"] == 1 and not damaged.exists()


def test_nothing_goes_while_a_commit_cannot_be_read(dataset: Path) -> None:
    stray = put(dataset, STRAY)
    (dataset / LOG / "00000002.json").unlink()
    with pytest.raises(DamagedShard, match=r"00000002\.json"):
        gc(str(dataset))
    assert stray.exists()


def test_a_dry_run_removes_nothing(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stray = put(dataset, STRAY)
    assert invoke(["gc", str(dataset), "--dry-run"]) == 0
    assert f"would remove  {STRAY}  5 bytes" in capsys.readouterr().err
    assert stray.exists()


@pytest.mark.parametrize(("age", "removed"), [("3h", 0), ("90m", 1), ("1d", 0), ("60", 1)])
def test_ages_have_units(dataset: Path, age: str, removed: int, capsys: pytest.CaptureFixture[str]) -> None:
    put(dataset, STRAY)
    assert invoke(["gc", str(dataset), "--older-than", age, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == removed


def test_an_age_that_is_none_is_a_usage_error(dataset: Path) -> None:
    assert invoke(["gc", str(dataset), "--older-than", "soon"]) == 2


def test_garbage_on_s3(dataset: Path, s3: str) -> None:
    store, local = open_store(s3), open_store(dataset)
    put(dataset, STRAY)
    for name in datasets.files(dataset):
        copy(local, name, store)
    assert gc(s3).as_json()["left_alone"] == 1
    assert gc(s3, older_than=-60).as_json()["removed"] == 1
    assert check(s3).failures == []
