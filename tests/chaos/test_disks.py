"""A full disk and a read-only one: a line, exit 1, the dataset as it was; with room again the same command ends.

The disk is a small tmpfs. Who may not mount one runs these tests in a namespace in which they may; where that is not
to be had either, they are skipped, and say so.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from r1data.data.commits import Command
from r1data.data.dataset import Dataset
from r1data.data.stores.layout import DATA, SCRATCH
from r1data.data.writer import Writer
from tests.chaos.commands import COMMANDS, OUTPUTS, Lines, contents
from tests.chaos.processes import Pipe, Server, finish

PAGE = 4096
SIZE = {
    "ingest": "160k",
    "verify": "160k",
    "filter": "160k",
    "build": "200k",
    "review": "160k",
    "sample": "80k",
}
"""Room for some of a command's shards; what makes a single one is not here."""
NAMES = list(SIZE)

INSIDE = "R1_TESTS_IN_A_NAMESPACE"
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def lines(name: str, inputs: Path, elsewhere: Path) -> Lines:
    """The command line; what `build` keeps between its steps, more than its set, lies on another disk."""
    first, *others = COMMANDS[name](inputs)
    return [[*first, "--scratch", str(elsewhere / "scratch")] if name == "build" else first, *others]


def succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


MAY_MOUNT = INSIDE in os.environ or succeeds(
    "sh", "-c", "d=$(mktemp -d) && mount -t tmpfs none $d && umount $d"
)
needs_mounts = pytest.mark.skipif(not MAY_MOUNT, reason="a tmpfs may not be mounted here; see the last test")


class Disk:
    """A tmpfs of a given size."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mount(self, options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", self.path], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "disk")
    disk.path.mkdir()
    yield disk
    if disk.path.is_mount():
        disk.unmount()


def refused(commands: Lines, folder: Path, server: Server) -> str:
    """The one line that a command says when it cannot write."""
    pipe = Pipe(commands, folder, server, forked=True)
    assert pipe.end() == [1], pipe.said()
    lines = [line for line in pipe.said().splitlines() if line.startswith("r1: ")]
    assert len(lines) == 1, pipe.said()
    assert "Traceback" not in pipe.said()
    return lines[0]


def whole(uri: Path) -> dict[str, str]:
    """The shards of a dataset that may not be finished, every one read."""
    dataset = Dataset(uri)
    assert sum(len(table) for table in dataset.tables()) == dataset.rows
    return {entry.path: entry.sha256 for entry in dataset.entries}


@pytest.mark.parametrize("name", NAMES)
@needs_mounts
def test_a_disk_that_fills_up_costs_nothing_that_was_committed(
    name: str, inputs: Path, server: Server, disk: Disk, tmp_path: Path
) -> None:
    commands = lines(name, inputs, tmp_path)
    finish(commands, tmp_path, server)
    expected = contents(tmp_path, OUTPUTS[name])
    disk.mount(f"mode=1777,size={SIZE[name]}")
    assert "No space left" in refused(commands, disk.path, server)
    before = {output: whole(disk.path / output) for output in OUTPUTS[name] if (disk.path / output).exists()}
    assert any(before.values()), "filled up too early to show anything"
    finish([["check", f"{disk.path}/{output}"] for output in before][:1], tmp_path, server)
    refused(commands, disk.path, server)
    for output, shards in before.items():
        assert shards.items() <= whole(disk.path / output).items()
    disk.mount("remount,size=64m")
    finish(commands, disk.path, server)
    assert contents(disk.path, OUTPUTS[name]) == expected


@pytest.mark.parametrize("name", NAMES)
@needs_mounts
def test_a_disk_that_turns_read_only_costs_nothing_that_was_committed(
    name: str, inputs: Path, server: Server, disk: Disk, tmp_path: Path
) -> None:
    commands = lines(name, inputs, tmp_path)
    disk.mount(f"mode=1777,size={SIZE[name]}")
    refused(commands, disk.path, server)
    before = {output: whole(disk.path / output) for output in OUTPUTS[name] if (disk.path / output).exists()}
    disk.mount("remount,ro,size=64m")
    assert "Read-only" in refused(commands, disk.path, server)
    assert {output: whole(disk.path / output) for output in before} == before
    disk.mount("remount,rw")
    finish(commands, disk.path, server)


@needs_mounts
def test_a_build_whose_scratch_fills_the_disk_goes_on_with_room(
    inputs: Path, server: Server, disk: Disk, tmp_path: Path
) -> None:
    """Wherever it fills up: while features are computed, while DuckDB decides."""
    commands = COMMANDS["build"](inputs)
    finish(commands, tmp_path, server)
    for room in ("500k", "1m", "2m", "4m"):
        disk.mount(f"mode=1777,size={room}")
        assert "No space left" in refused(commands, disk.path, server)
        disk.mount("remount,size=64m")
        finish(commands, disk.path, server)
        assert contents(disk.path, OUTPUTS["build"]) == contents(tmp_path, OUTPUTS["build"])
        disk.unmount()


@pytest.mark.parametrize("name", ["ingest", "build"])
@needs_mounts
def test_a_read_only_disk_gets_no_folder(name: str, inputs: Path, server: Server, disk: Disk) -> None:
    disk.mount("ro,mode=555")
    assert "Read-only" in refused(COMMANDS[name](inputs), disk.path, server)


@needs_mounts
def test_a_finished_dataset_on_a_read_only_disk_is_finished(inputs: Path, server: Server, disk: Disk) -> None:
    disk.mount("mode=1777")
    finish(COMMANDS["ingest"](inputs), disk.path, server)
    disk.mount("remount,ro")
    finish(COMMANDS["ingest"](inputs), disk.path, server)


def table(start: int) -> pa.Table:
    ids = [str(number) for number in range(start, start + 3)]
    return pa.table(
        {"prompt_id": ids, "prompt": ids, **{name: [name] * 3 for name in ("domain", "language", "source")}}
    )


@pytest.mark.parametrize("limit", ["size", "nr_inodes"])
@needs_mounts
def test_wherever_the_disk_fills_up_publishing_goes_on_from_there(limit: str, disk: Disk) -> None:
    """Page by page, and file by file: at the folders, at the shard, at the commit."""
    failures = 0
    for room in range(2, 16):
        if disk.path.is_mount():
            disk.unmount()
        disk.mount(f"mode=1777,{limit}={room * (PAGE if limit == 'size' else 1)}")
        done = 0
        for number in range(3):
            try:
                opened(disk.path / "d").publish(f"s{number}", table(number))
                done += 1
            except OSError:
                failures += 1
                break
        if done:
            assert sorted(whole(disk.path / "d")) == [f"{DATA}/s{number}.parquet" for number in range(done)]
        disk.mount(f"remount,{limit}={1000 * (PAGE if limit == 'size' else 1)}")
        for number in range(3):
            writer = opened(disk.path / "d")
            if not writer.has(f"s{number}"):
                writer.publish(f"s{number}", table(number))
        assert len(whole(disk.path / "d")) == 3
        assert not list((disk.path / "d" / SCRATCH).iterdir())
    assert failures > 3


def opened(path: Path) -> Writer:
    return Writer.open(path, schema="prompt", command=Command("test"))


@pytest.mark.skipif(MAY_MOUNT, reason="the tests above ran here")
def test_all_of_this_holds_in_a_namespace_with_mounts() -> None:
    if not succeeds(*NAMESPACE, "true"):
        pytest.skip("neither mounts nor user namespaces are allowed here: run this as root")
    tests = [*NAMESPACE, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    subprocess.run(tests, env={**os.environ, INSIDE: "1"}, check=True)
