"""`r1 check`: all findings of one look, and what a repair does and leaves."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from r1data.cli import invoke

from r1data.data import commits
from r1data.data.commits import Command, ShardEntry
from r1data.data.dataset import Dataset
from r1data.data.schema import load_schema
from r1data.data.stores import copy, open_store
from r1data.data.stores.layout import DAMAGED, LOG, SCRATCH
from r1data.data.stores.local import LocalStore
from r1data.data.writer import Writer
from r1data.errors import UserError
from r1data.lineage.checking import check
from r1data.lineage.repair import repair
from tests.lineage import datasets

SHARD, OTHER = "data/part-00001.parquet", "data/part-00004.parquet"
COMMIT = f"{LOG}/00000002.json"


def spoil(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])


def failures(dataset: Path) -> list[str]:
    return [failure.file for failure in check(str(dataset)).failures]


def told(dataset: Path, level: str) -> list[str]:
    return [finding.problem for finding in check(str(dataset)).findings if finding.level == level]


def prompts(count: int = 3) -> pa.Table:
    names = ("prompt_id", "prompt", "domain", "language", "source")
    return pa.table({name: [f"{name} {n}" for n in range(count)] for name in names})


def test_it_goes_on_after_a_finding_and_lists_all(dataset: Path) -> None:
    spoil(dataset / SHARD)
    (dataset / OTHER).unlink()
    spoil(dataset / COMMIT)
    assert failures(dataset) == [COMMIT, SHARD, OTHER]


def test_shards_of_the_readable_commits_are_still_counted(dataset: Path) -> None:
    spoil(dataset / COMMIT)
    found = check(str(dataset))
    assert (found.commits, found.shards, found.rows) == (6, 5, 25)


def test_a_good_dataset_exits_0_and_a_damaged_one_1(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["check", str(dataset), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["good"] is True
    spoil(dataset / SHARD)
    assert invoke(["check", str(dataset), "--json"]) == 1
    shown = capsys.readouterr()
    assert [failure["file"] for failure in json.loads(shown.out)["failures"]] == [SHARD]
    assert "--repair" in shown.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("shards", 7),
        ("shards", [{}]),
        ("command", "verify"),
        ("schema", []),
        ("parents", [{"uri": 1, "digest": 2}]),
    ],
)
def test_a_commit_of_somebody_elses_making_is_one_line(dataset: Path, key: str, value: object) -> None:
    first = dataset / LOG / "00000000.json"
    body = {**json.loads(first.read_bytes()), "version": 1, key: value}
    first.write_text(json.dumps({name: body[name] for name in body if name != "sha256"}))
    assert failures(dataset) == [f"{LOG}/00000000.json"]
    with pytest.raises(UserError, match=r"00000000\.json"):
        Dataset(dataset)


@pytest.mark.parametrize("key", ["path", "rows", "bytes", "sha256", "inputs", "counts"])
def test_a_shard_entry_of_other_types_is_one_line(dataset: Path, key: str) -> None:
    first = dataset / LOG / "00000000.json"
    body = json.loads(first.read_bytes())
    body["shards"][0][key] = None
    first.write_text(json.dumps({**{name: body[name] for name in body if name != "sha256"}, "version": 1}))
    assert failures(dataset) == [f"{LOG}/00000000.json"]


def test_what_a_stranger_left_is_a_note(dataset: Path) -> None:
    (dataset / "data/stray.parquet").write_bytes(b"not parquet")
    (dataset / SCRATCH / "half").write_bytes(b"half")
    assert failures(dataset) == [] and len(told(dataset, "note")) == 2


def test_a_shard_committed_twice_with_other_bytes_is_a_failure(tmp_path: Path) -> None:
    with Writer.open(tmp_path / "d", schema="prompt", command=Command("test")) as writer:
        writer.publish("a", prompts())
    entry = ShardEntry("data/a.parquet", 3, 1, "0" * 64)
    log = {"schema": ("prompt", 1), "command": Command("test"), "parents": []}
    commits.append(LocalStore(tmp_path / "d"), shards=[entry], **log)
    (failure,) = check(str(tmp_path / "d")).failures
    assert failure.file == entry.path and "commits 0 and 1" in failure.problem


def test_datasets_mixed_in_one_folder_are_a_failure(tmp_path: Path) -> None:
    for name, rows in (("a", 1), ("b", 2)):
        with Writer.open(tmp_path / name, schema="prompt", command=Command("test")) as writer:
            writer.publish("first", prompts(rows))
            writer.finish()
    shutil.copytree(tmp_path / "a" / "data", tmp_path / "b" / "data", dirs_exist_ok=True)
    shutil.copy(tmp_path / "a" / LOG / "00000000.json", tmp_path / "b" / LOG)
    assert failures(tmp_path / "b") == [f"{LOG}/00000001.json"]


def test_nulls_where_the_schema_has_none_are_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("r1data.data.writer.conform", lambda table, *_: table)
    holed = prompts().set_column(1, "prompt", pa.array(["a", None, None]))
    with Writer.open(tmp_path / "d", schema="prompt", command=Command("test")) as writer:
        whole = {name: pa.nulls(3, pa.string()) for name in writer.schema.names}
        writer.publish("a", pa.table({**whole, **dict(zip(holed.column_names, holed.columns, strict=True))}))
    (failure,) = check(str(tmp_path / "d")).failures
    assert "'prompt' must not be null; it is in 2 rows" in failure.problem


def test_a_parent_that_grew_is_a_warning_with_both_digests(work: Path) -> None:
    before = Dataset(work / "verified").parents()[0].digest
    with Writer.open(work / "samples", schema="sample", command=_command(work / "samples")) as writer:
        writer.publish("part-00006", Dataset(work / "samples").table())
    (warning,) = told(work / "verified", "warning")
    assert str(before) in warning and Dataset(work / "samples").digest in warning
    assert failures(work / "verified") == []


def test_a_file_that_changed_since_it_was_ingested_is_a_warning(work: Path) -> None:
    assert check(str(work / "samples")).findings == ()
    datasets.write_rows(work / "rows.jsonl", 31)
    (warning,) = told(work / "samples", "warning")
    assert "grew or was made again" in warning


def test_a_damaged_parent_is_a_warning(work: Path) -> None:
    spoil(work / "samples" / COMMIT)
    (warning,) = told(work / "verified", "warning")
    assert "cannot be compared" in warning


def _command(dataset: Path) -> Command:
    found = Dataset(dataset).command
    return Command(found["name"], found["parameters"])


def test_a_parent_that_is_gone_is_told_and_no_failure(work: Path) -> None:
    (work / "samples").rename(work / "elsewhere")
    assert failures(work / "verified") == []
    (note,) = told(work / "verified", "note")
    assert "not there" in note


def test_a_copy_gives_back_shards_and_commits(work: Path, dataset: Path) -> None:
    whole = datasets.files(dataset)
    good = datasets.copy(dataset, work / "copy")
    spoil(dataset / SHARD)
    (dataset / OTHER).unlink()
    spoil(dataset / COMMIT)
    (dataset / LOG / "00000004.json").unlink()
    report = repair(str(dataset), [str(good)])
    assert report.failures == [] and len(report.repairs) == 4
    assert datasets.files(dataset) == whole


def test_two_damaged_copies_make_a_whole_one(work: Path, dataset: Path) -> None:
    whole = datasets.files(dataset)
    good = datasets.copy(dataset, work / "copy")
    other = datasets.copy(dataset, work / "other")
    for file in (dataset / SHARD, dataset / OTHER, good / SHARD, other / OTHER):
        spoil(file)
    assert repair(str(dataset), [str(good), str(other)]).failures == []
    assert datasets.files(dataset) == whole


def test_commits_lost_at_the_end_come_back_while_the_command_has_not_finished(
    work: Path, dataset: Path
) -> None:
    good = datasets.copy(dataset, work / "copy")
    for number in (4, 5, 6):
        (dataset / LOG / f"{number:08d}.json").unlink()
    assert repair(str(dataset), [str(good)]).complete
    assert datasets.files(dataset) == datasets.files(good)


def test_another_dataset_is_no_copy(work: Path, dataset: Path) -> None:
    spoil(dataset / SHARD)
    before = datasets.files(dataset)
    with pytest.raises(UserError, match="no copy"):
        repair(str(dataset), [str(work / "samples")])
    assert datasets.files(dataset) == before


def test_a_shard_without_a_copy_goes_aside_and_its_command_makes_it_again(work: Path, dataset: Path) -> None:
    whole = datasets.files(dataset)
    spoil(dataset / SHARD)
    report = repair(str(dataset))
    assert [failure.file for failure in report.failures] == [SHARD]
    assert report.made_by.startswith(f"r1 verify {work / 'samples'}")
    datasets.verify(work)
    moved_file = f"{DAMAGED}/part-00001.parquet"
    assert datasets.files(dataset).keys() - {moved_file} == whole.keys()
    assert {name: datasets.files(dataset)[name] for name in whole} == whole
    assert check(str(dataset)).failures == []


def test_a_dry_run_changes_nothing_and_says_what_it_would_do(work: Path, dataset: Path) -> None:
    good = datasets.copy(dataset, work / "copy")
    spoil(dataset / SHARD)
    spoil(dataset / OTHER)
    spoil(good / OTHER)
    spoil(dataset / COMMIT)
    before = datasets.files(dataset)
    report = repair(str(dataset), [str(good)], dry_run=True)
    assert datasets.files(dataset) == before
    assert sorted(line.split()[1] for line in report.repairs) == ["copy", "copy", "move"]


def test_a_repair_of_a_whole_dataset_does_nothing(dataset: Path) -> None:
    before = datasets.files(dataset)
    assert repair(str(dataset)).repairs == () and datasets.files(dataset) == before


def test_a_repair_removes_what_dead_processes_left(dataset: Path) -> None:
    store = LocalStore(dataset)
    mine = store.stage(SHARD, b"still in the making")
    dead = dataset / SCRATCH / Path(mine).name.replace(f".{_pid(mine)}.", ".4194999.")
    dead.write_bytes(b"left")
    assert len(repair(str(dataset)).repairs) == 1
    assert (dataset / mine).exists() and not dead.exists()


def _pid(name: str) -> str:
    return name.rsplit(".", 2)[1]


def test_a_shard_that_is_as_committed_is_left_where_it_is(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = datasets.files(dataset)
    newer = replace(load_schema("verified"), version=2)
    monkeypatch.setattr("r1data.lineage.log.load_schema", lambda _: newer)
    report = repair(str(dataset))
    assert "this r1 knows v2" in report.failures[0].problem and report.repairs == ()
    assert datasets.files(dataset) == before


@pytest.mark.parametrize("option", [["--from", "elsewhere"], ["--dry-run"]])
def test_options_of_a_repair_need_it(dataset: Path, option: list[str]) -> None:
    assert invoke(["check", str(dataset), *option]) == 1


def test_a_folder_without_commits_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["check", str(tmp_path)]) == 1
    assert "not a dataset" in capsys.readouterr().err


def test_a_dataset_on_s3_is_checked_and_repaired_from_disk(dataset: Path, s3: str) -> None:
    store, local = open_store(f"{s3}/copy"), open_store(dataset)
    for name in datasets.files(dataset):
        copy(local, name, store)
    assert check(store.uri).failures == []
    _overwrite(store.uri, SHARD, b"damaged")
    _overwrite(store.uri, COMMIT, b"{}")
    assert [failure.file for failure in check(store.uri).failures] == [COMMIT, SHARD]
    assert repair(store.uri, [str(dataset)]).failures == []
    assert store.read(SHARD) == (dataset / SHARD).read_bytes()
    _overwrite(store.uri, SHARD, b"damaged")
    assert [failure.file for failure in repair(store.uri).failures] == [SHARD]
    assert store.read(f"{DAMAGED}/part-00001.parquet") == b"damaged"


def _overwrite(uri: str, name: str, content: bytes) -> None:
    import fsspec

    with fsspec.open(f"{uri}/{name}", "wb") as file:
        file.write(content)
