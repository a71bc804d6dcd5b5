"""Copies to and from folders and S3: byte for byte, going on after a break, never over another dataset."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from r1data.data.dataset import Dataset
from r1data.data.stores.local import LocalStore
from r1data.errors import DamagedShard, UserError
from r1data.exchange.transfer import pull, push
from tests.conftest import R1, Run
from tests.exchange.conftest import SHARDS, one_line, same, write


def test_a_copy_on_s3_comes_back_as_it_was_and_goes_on(s3: str, tmp_path: Path) -> None:
    rows = write(tmp_path / "rows", 2, complete=False)
    assert push(str(rows), s3, incomplete=True)["copied"] == 2
    assert push(str(write(rows)), s3)["copied"] == SHARDS - 2
    assert push(str(rows), s3)["copied"] == 0
    pull(s3, str(tmp_path / "copy"))
    assert same(rows, tmp_path / "copy") and Dataset(s3).digest == Dataset(rows).digest


def test_a_shard_that_lies_on_s3_with_other_bytes_is_sent_again(s3: str, dataset: Path) -> None:
    push(str(dataset), s3)
    Dataset(s3).store.remove("data/part-1.parquet")
    Dataset(s3).store.create("data/part-1.parquet", b"?" * Dataset(s3).entries[1].bytes)
    assert push(str(dataset), s3)["copied"] == 1
    assert len(Dataset(s3).table()) == 3 * SHARDS


def test_the_command_copies_and_checks(r1: Run, dataset: Path, tmp_path: Path) -> None:
    assert r1("push", dataset, tmp_path / "copy").returncode == 0
    assert r1("check", tmp_path / "copy").returncode == 0
    assert same(dataset, tmp_path / "copy")


def test_a_copy_takes_what_its_original_takes(dataset: Path, tmp_path: Path) -> None:
    pull(str(dataset), str(tmp_path / "copy"))
    assert Dataset(write(tmp_path / "copy")).digest == Dataset(dataset).digest
    with pytest.raises(UserError, match="r1 test"):
        from r1data.data.commits import Command
        from r1data.data.writer import Writer

        Writer.open(tmp_path / "copy", schema="prompt", command=Command("other"))


def test_damage_is_counted_and_no_commit_is_copied(dataset: Path, tmp_path: Path) -> None:
    for name in ("part-1", "part-3"):
        path = dataset / f"data/{name}.parquet"
        path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    with pytest.raises(DamagedShard, match=r"2 of 4 shards.*part-1"):
        push(str(dataset), str(tmp_path / "copy"))
    assert not list((tmp_path / "copy/.r1/commits").iterdir())


def test_bytes_that_change_on_the_way_are_found(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = LocalStore.stage
    monkeypatch.setattr(LocalStore, "stage", lambda store, name, raw: stage(store, name, raw[:-1] + b"?"))
    with pytest.raises(DamagedShard, match="copy/data/part-0"):
        push(str(dataset), str(tmp_path / "copy"))


def test_what_else_lies_there_is_kept(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/letter.txt").write_text("Dear")
    other = write(tmp_path / "other", domain="code")
    before = Dataset(other).digest
    for place in ("folder", "folder/letter.txt", "other"):
        with pytest.raises(UserError, match="choose another place"):
            push(str(dataset), str(tmp_path / place))
    assert Dataset(other).digest == before


def test_a_store_without_exclusive_commits_is_refused(dataset: Path) -> None:
    with pytest.raises(UserError, match="memory://"):
        push(str(dataset), "memory://copy")


def test_an_option_of_the_hub_is_refused_for_a_folder(r1: Run, dataset: Path, tmp_path: Path) -> None:
    assert "hf:ORG/NAME" in one_line(r1("push", dataset, tmp_path / "copy", "--revision", "v1"))


def test_a_copy_that_was_killed_is_not_whole_and_goes_on(tmp_path: Path) -> None:
    rows, copy = write(tmp_path / "rows", 60), tmp_path / "copy"
    command = [R1, "pull", rows, "-o", copy]
    for least in (1, 20, 40):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
            while killed.poll() is None and len(list(copy.glob("data/*.parquet"))) < least:
                time.sleep(0.001)
            os.kill(killed.pid, signal.SIGKILL)
        for path in copy.glob("data/*.parquet"):
            assert path.read_bytes() == (rows / "data" / path.name).read_bytes()
    pull(str(rows), str(copy))
    assert same(rows, copy)
