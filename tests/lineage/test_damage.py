"""Damage of every kind, a hundred and forty times: all of it is found, and no damaged row is read."""

import io
import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.data.stores import open_store
from r1data.errors import UserError
from r1data.evaluation.scores import score_dataset
from r1data.lineage.checking import check
from r1data.lineage.describe import describe
from r1data.selection import build
from r1data.selection.mixture import Mixture
from r1data.training import launch
from tests.lineage import datasets

Read = Callable[[Path], Iterator[str]]
CASES = (
    [("flip", n) for n in range(100)]
    + [("truncate", n) for n in range(20)]
    + [("remove", n) for n in range(20)]
)


def damage(dataset: Path, kind: str, seed: int) -> Path:
    """Damages one file of a dataset, which the seed decides, and returns it: a shard, or a commit too."""
    draw = random.Random(f"{kind} {seed}")
    folders = ["data"] if kind == "remove" else ["data", ".r1/commits"]
    files = sorted(file for folder in folders for file in (dataset / folder).iterdir())
    return spoil(draw.choice(files), kind, draw)


def spoil(file: Path, kind: str, draw: random.Random) -> Path:
    content = bytearray(file.read_bytes())
    place = draw.randrange(len(content))
    if kind == "remove":
        file.unlink()
    elif kind == "truncate":
        file.write_bytes(content[:place])
    else:
        content[place] ^= 1 << draw.randrange(8)
        file.write_bytes(content)
    return file


@pytest.fixture(scope="module")
def rows(pristine: Path) -> dict[str, set[str]]:
    """Ids of the rows by the name of their shard's file."""
    shards = Dataset(pristine / "verified").shards()
    return {f"{shard.name}.parquet": set(shard.table()["prompt_id"].to_pylist()) for shard in shards}


def hidden(file: Path, rows: dict[str, set[str]]) -> set[str]:
    """Rows that must not be read: a damaged shard's own, or all where a commit is damaged."""
    return rows.get(file.name) or set().union(*rows.values())


def cat(dataset: Path) -> Iterator[str]:
    for shard in open_source(str(dataset)).shards():
        yield from shard.table()["prompt_id"].to_pylist()


def columns(dataset: Path) -> Iterator[str]:
    for table in Dataset(dataset).tables(["prompt_id"]):
        yield from table["prompt_id"].to_pylist()


def train(dataset: Path) -> Iterator[str]:
    return (row["prompt_id"] for row in launch.read_rows(str(dataset), "sample"))


def piped(dataset: Path) -> Iterator[str]:
    sys.stdin = io.StringIO(dataset.with_name("pipe.jsonl").read_text().replace("DATASET", str(dataset)))
    for shard in open_source("-").shards():
        yield from shard.table()["prompt_id"].to_pylist()


def built(dataset: Path) -> Iterator[str]:
    out = dataset.with_name("built")
    build.run([open_source(str(dataset), "sample", "sft")], str(out), mixture=Mixture())
    yield from Dataset(out).table()["prompt_id"].to_pylist()


def scored(dataset: Path) -> Iterator[str]:
    yield f"{score_dataset(Dataset(dataset)).samples} samples"


def described(dataset: Path) -> Iterator[str]:
    yield f"{describe(str(dataset))['rows']} rows"


READERS: list[Read] = [cat, columns, piped, train, built, scored, described]


def read(reader: Read, dataset: Path) -> tuple[list[str], UserError | None]:
    """What a reader gave before it stopped, and why it stopped."""
    got: list[str] = []
    try:
        for row in reader(dataset):
            got.append(row)  # noqa: PERF402  the rows before an error count
    except UserError as error:
        return got, error
    return got, None


def test_the_readers_read_what_is_whole(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", sys.stdin)
    assert [reader.__name__ for reader in READERS if read(reader, dataset)[1]] == []
    assert check(str(dataset)).findings == ()


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_damage_is_found_and_nothing_of_it_is_read(
    dataset: Path, rows: dict[str, set[str]], kind: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", sys.stdin)
    file = damage(dataset, kind, seed)
    found = check(str(dataset))
    assert [failure.file for failure in found.failures] == [str(file.relative_to(dataset))]
    for reader in READERS:
        got, error = read(reader, dataset)
        assert error is not None and file.name in str(error), reader.__name__
        assert not hidden(file, rows).intersection(got), reader.__name__


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("cat", "flip"),
        ("verify", "truncate"),
        ("filter", "remove"),
        ("build", "flip"),
        ("ingest", "truncate"),
    ],
)
def test_a_command_writes_no_damaged_row(
    dataset: Path, rows: dict[str, set[str]], command: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = spoil(dataset / "data/part-00003.parquet", kind, random.Random(7))
    out = dataset.with_name("out")
    place = [] if command == "cat" else ["-o", str(out)]
    assert invoke([command, str(dataset), *place]) == 1
    told = capsys.readouterr()
    assert file.name in told.err.splitlines()[-1] and "Traceback" not in told.err
    written = Dataset(out).table()["prompt_id"].to_pylist() if out.exists() else []
    cat_out = [json.loads(line)["prompt_id"] for line in told.out.splitlines()]
    assert not hidden(file, rows).intersection(written, cat_out)


@pytest.mark.parametrize("number", range(datasets.SHARDS))
def test_a_missing_commit_is_found_and_nothing_is_read(dataset: Path, number: int) -> None:
    file = dataset / f".r1/commits/{number:08d}.json"
    file.unlink()
    found = check(str(dataset))
    assert [failure.file for failure in found.failures] == [str(file.relative_to(dataset))]
    assert all(read(reader, dataset)[1] for reader in READERS)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 99), place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_any_changed_byte_of_any_file_is_found(dataset: Path, which: int, place: float, change: int) -> None:
    files = datasets.files(dataset)
    name = sorted(files)[which % len(files)]
    bad = bytearray(files[name])
    bad[int(place * len(bad))] ^= change
    (dataset / name).write_bytes(bad)
    try:
        assert [failure.file for failure in check(str(dataset)).failures] == [name]
    finally:
        (dataset / name).write_bytes(files[name])


def test_a_commit_that_claims_an_older_version_is_found(dataset: Path) -> None:
    first = dataset / ".r1/commits/00000000.json"
    first.write_text(first.read_text().replace('"version": 2', '"version": 1', 1))
    assert [failure.file for failure in check(str(dataset)).failures] == [".r1/commits/00000000.json"]


def test_a_dataset_that_was_moved_still_checks_and_resumes(work: Path, tmp_path: Path) -> None:
    moved = work.rename(tmp_path / "elsewhere")
    assert check(str(moved / "verified")).findings == ()
    lost = moved / "verified/data/part-00002.parquet"
    content = lost.read_bytes()
    lost.unlink()
    datasets.verify(moved)
    assert lost.read_bytes() == content
    assert check(str(moved / "verified")).findings == ()


def test_a_dataset_copied_through_s3_still_checks_and_resumes(work: Path, s3: str) -> None:
    for name in ("rows.jsonl", "samples", "verified"):
        for file in [work / name] if (work / name).is_file() else (work / name).rglob("*.*[nt]"):
            upload(file, f"{s3}/{file.relative_to(work)}")
    assert check(f"{s3}/verified").findings == ()
    store = open_store(f"{s3}/verified")
    content = store.read("data/part-00002.parquet")
    store.remove("data/part-00002.parquet")
    datasets.verify(s3)
    assert store.read("data/part-00002.parquet") == content
    assert check(f"{s3}/verified").findings == ()


def upload(file: Path, target: str) -> None:
    import fsspec

    with fsspec.open(target, "wb") as out:
        out.write(file.read_bytes())
