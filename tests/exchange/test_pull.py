"""`r1 pull org/name`: what arrives is what was pushed, or nothing looks whole."""

import json
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from r1data.data.dataset import Dataset
from r1data.errors import UserError
from tests.conftest import R1
from tests.exchange.conftest import SHARDS, HubR1, facts, files, one_line, same, write
from tests.exchange.fake_hub import FakeHub, Handler, Repository

SHARD = "data/part-1.parquet"
COMMIT = ".r1/commits/00000001.json"


@pytest.fixture
def pushed(hub: FakeHub, dataset: Path) -> Path:
    """The dataset, and its files on the hub."""
    hub.repositories["org/name"] = Repository(private=True)
    hub.repositories["org/name"].commit("main", files(dataset))
    return dataset


def refuses_to_open(path: Path) -> bool:
    try:
        return not Dataset(path).complete
    except UserError:
        return True


def test_flipped_bytes_are_found_and_mended_by_the_next_pull(
    hub_r1: HubR1, hub: FakeHub, pushed: Path, tmp_path: Path
) -> None:
    hub.flip = {SHARD}
    assert SHARD in one_line(hub_r1("pull", "org/name", "-o", "copy"))
    assert refuses_to_open(tmp_path / "copy")
    hub.flip = set()
    assert facts(hub_r1("pull", "org/name", "-o", "copy", "--json"))["copied"] == 1
    assert same(pushed, tmp_path / "copy")


def test_a_flipped_commit_is_found(hub_r1: HubR1, hub: FakeHub, pushed: Path, tmp_path: Path) -> None:
    hub.flip = {COMMIT}
    assert "00000001.json" in one_line(hub_r1("pull", "org/name", "-o", "copy"))
    assert not (tmp_path / "copy").exists()


def test_a_shard_that_is_gone_is_named(hub_r1: HubR1, hub: FakeHub, pushed: Path) -> None:
    del hub.files("org/name")[SHARD]
    assert SHARD in one_line(hub_r1("pull", "org/name", "-o", "copy"))


def test_a_second_pull_fetches_no_shard_and_mends_what_broke_here(
    hub_r1: HubR1, hub: FakeHub, pushed: Path, tmp_path: Path
) -> None:
    facts(hub_r1("pull", "org/name", "-o", "copy", "--json"))
    facts(hub_r1("pull", "org/name", "-o", "copy", "--json"))
    assert hub.count(r"\.parquet") == SHARDS
    (tmp_path / "copy" / SHARD).unlink()
    facts(hub_r1("pull", "org/name", "-o", "copy", "--json"))
    assert hub.count(r"\.parquet") == SHARDS + 1 and same(pushed, tmp_path / "copy")


def test_only_parquet_and_json_files_are_fetched(
    hub_r1: HubR1, hub: FakeHub, pushed: Path, tmp_path: Path
) -> None:
    more = {"name.py": b"print(1)", "README.md": b"hello", "data/stray.parquet": b"stray"}
    hub.repositories["org/name"].commit("main", {**hub.files("org/name"), **more})
    facts(hub_r1("pull", "org/name", "-o", "copy", "--json"))
    assert same(pushed, tmp_path / "copy")
    assert hub.count("resolve") == hub.count(r"resolve/\w+/(data/part-\d\.parquet|\.r1/commits/\d{8}\.json)$")


def test_a_copy_goes_on_where_the_first_stopped(hub_r1: HubR1, hub: FakeHub, tmp_path: Path) -> None:
    write(tmp_path / "rows", 2, complete=False)
    hub_r1("push", "rows", "org/name", "--incomplete")
    assert "--incomplete" in one_line(hub_r1("pull", "org/name", "-o", "copy"))
    facts(hub_r1("pull", "org/name", "-o", "copy", "--incomplete", "--json"))
    assert Dataset(write(tmp_path / "copy")).digest == Dataset(write(tmp_path / "rows")).digest


def test_a_pull_that_was_killed_is_not_whole_and_goes_on(
    hub_r1: HubR1, hub: FakeHub, pushed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    arrived = threading.Event()

    def hold(handler: Handler) -> bool:
        if handler.path_only.endswith("part-3.parquet"):
            arrived.set()
            return True
        return False

    hub.meddle = hold
    command = [R1, "pull", "org/name", "-o", tmp_path / "copy"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as killed:
        assert arrived.wait(60)
        killed.send_signal(signal.SIGKILL)
    assert refuses_to_open(tmp_path / "copy")
    hub.meddle = lambda _: False
    facts(hub_r1("pull", "org/name", "-o", "copy", "--json"))
    assert same(pushed, tmp_path / "copy")


def test_a_path_outside_of_data_is_refused(hub_r1: HubR1, hub: FakeHub, pushed: Path, tmp_path: Path) -> None:
    text = (pushed / ".r1/commits/00000000.json").read_text()
    raw = {**json.loads(text), "version": 1}
    del raw["sha256"]
    raw["shards"][0]["path"] = "../outside.parquet"
    hub.repositories["org/name"].commit(
        "main", {**files(pushed), ".r1/commits/00000000.json": json.dumps(raw).encode()}
    )
    assert "outside" in one_line(hub_r1("pull", "org/name", "-o", "copy"))
    assert not list(tmp_path.glob("outside*"))


def test_a_set_that_is_none_of_ours_is_for_ingest(hub_r1: HubR1, hub: FakeHub) -> None:
    hub.repositories["org/name"] = Repository(private=False)
    hub.repositories["org/name"].commit("main", {"train.jsonl": b'{"question": "?"}\n'})
    assert "r1 ingest hf:org/name" in one_line(hub_r1("pull", "org/name", "-o", "copy"))


def test_a_pull_into_a_pipe_prints_references(hub_r1: HubR1, pushed: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in hub_r1("pull", "org/name", "-o", "copy").stdout.splitlines()]
    assert [line.get("path") for line in lines[:-1]] == [
        f"data/part-{number}.parquet" for number in range(SHARDS)
    ]
    assert lines[-1]["end"] and lines[-1]["digest"] == Dataset(tmp_path / "copy").digest


def test_a_dry_run_writes_nothing(hub_r1: HubR1, pushed: Path, tmp_path: Path) -> None:
    assert facts(hub_r1("pull", "org/name", "-o", "copy", "--dry-run", "--json"))["would_copy"] == SHARDS
    assert not (tmp_path / "copy").exists()


def test_other_commands_read_the_hub_in_place(hub_r1: HubR1, pushed: Path) -> None:
    lines = hub_r1("cat", "hf://datasets/org/name", "-c", "prompt").stdout.splitlines()
    assert len(lines) == 3 * SHARDS
