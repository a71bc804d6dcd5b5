"""Several processes write one dataset at once, on disk and on S3: nothing is lost, nothing is there twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from r1data.data.dataset import Dataset
from r1data.data.stores import open_store

APPEND = """
import sys
from r1data.data.commits import Command, ShardEntry, append
from r1data.data.stores import open_store
store = open_store(sys.argv[1])
for number in range(50):
    entry = ShardEntry(f"data/{sys.argv[2]}-{number}.parquet", 1, 1, "0" * 64)
    append(store, shards=[entry], schema=("prompt", 1), command=Command("test"), parents=[])
"""
PUBLISH = """
import sys
from tests.data.test_writer import opened, prompts
place, mark, shared = sys.argv[1:]
writer = opened(place)
for number in range(6):
    if not writer.has(f"same-{number}"):
        writer.publish(f"same-{number}", prompts(20, 20 * number))
    writer.publish(f"own-{mark}-{number}", prompts(1, 1000 + 10 * int(mark) + number))
    if shared == "differing":
        table = prompts(1, 5000 + number)
        writer.publish(f"other-{number}", table.set_column(1, "prompt", [[mark]]))
"""


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "d") if request.param == "disk" else f"{request.getfixturevalue('s3')}/d"


def four(code: str, place: str, *more: str) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, place, str(mark), *more],
            cwd=Path(__file__).parents[2],
            stderr=subprocess.PIPE,
            text=True,
        )
        for mark in range(4)
    ]
    said = [writer.communicate()[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4, said


@pytest.mark.slow
def test_four_processes_that_append_fifty_commits_each_lose_none(place: str) -> None:
    open_store(place).prepare()
    four(APPEND, place)
    dataset = Dataset(place)
    assert len(dataset.commits) == len(dataset.entries) == 200


def test_four_processes_that_publish_the_same_shards_give_each_row_once(place: str) -> None:
    four(PUBLISH, place, "alike")
    dataset = Dataset(place)
    committed = [entry.path for commit in dataset.commits for entry in commit.shards]
    assert sorted(committed) == sorted(set(committed))
    ids = dataset.table()["prompt_id"].to_pylist()
    assert len(ids) == len(set(ids)) == 6 * 20 + 4 * 6


def test_four_processes_that_disagree_leave_a_dataset_that_can_be_read(tmp_path: Path) -> None:
    four(PUBLISH, str(tmp_path / "d"), "differing")
    ids = Dataset(tmp_path / "d").table()["prompt_id"].to_pylist()
    assert len(ids) == len(set(ids)) == 6 * 20 + 4 * 6 + 6
