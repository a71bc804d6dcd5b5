"""Publishing: whole shards or none, resumed by name, refused under other arguments."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from r1data.data.commits import Command, Parent, ShardEntry, append
from r1data.data.dataset import Dataset
from r1data.data.stores.layout import LOG, SCRATCH
from r1data.data.stores.local import LocalStore
from r1data.data.writer import Writer
from r1data.errors import UserError


def prompts(count: int, start: int = 0) -> pa.Table:
    ids = [str(number) for number in range(start, start + count)]
    constant = {name: [name] * count for name in ("domain", "language", "source")}
    return pa.table({"prompt_id": ids, "prompt": ids, **constant})


def opened(path: Path | str, **parameters: object) -> Writer:
    return Writer.open(path, schema="prompt", command=Command("test", parameters))


def test_a_published_shard_can_be_read_back(tmp_path: Path) -> None:
    with opened(tmp_path / "d") as writer:
        writer.publish("a", prompts(3))
        writer.finish()
    assert Dataset(tmp_path / "d").table()["prompt_id"].to_pylist() == ["0", "1", "2"]


def test_nothing_is_made_before_the_first_shard(tmp_path: Path) -> None:
    opened(tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_a_shard_that_does_not_fit_the_schema_leaves_nothing_in_data(tmp_path: Path) -> None:
    writer = opened(tmp_path / "d")
    with pytest.raises(UserError, match="domain"):
        writer.publish("a", prompts(3).drop_columns(["domain"]))
    assert not list((tmp_path / "d/data").iterdir())


def test_other_parameters_are_refused_and_named(tmp_path: Path) -> None:
    opened(tmp_path / "d", keep="any").publish("a", prompts(1))
    with pytest.raises(UserError, match="keep = 'any', now 'correct'"):
        opened(tmp_path / "d", keep="correct")


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match="other files"):
        opened(tmp_path)


def test_a_finished_shard_is_not_made_again(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("a", prompts(1), inputs=[("x", "1")])
    again = opened(tmp_path / "d")
    assert again.has("a", [("x", "1")])
    assert not again.has("b")


def test_a_shard_made_from_other_input_is_refused(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("a", prompts(1), inputs=[("x", "1")])
    with pytest.raises(UserError, match="other input"):
        opened(tmp_path / "d").has("a", [("x", "2")])


def test_shards_of_input_that_is_gone_are_refused_at_the_end(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("a", prompts(1))
    again = opened(tmp_path / "d")
    again.publish("b", prompts(1))
    with pytest.raises(UserError, match="'a'"):
        again.finish()


def test_finishing_twice_adds_no_file(tmp_path: Path) -> None:
    for _ in range(2):
        writer = opened(tmp_path / "d")
        if not writer.has("a"):
            writer.publish("a", prompts(1))
        writer.finish(parents=[Parent(str(tmp_path / "p"), "digest")])
    assert len(list((tmp_path / "d" / LOG).iterdir())) == 2


def test_counts_add_up_over_shards_and_restarts(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("a", prompts(1), counts={"good": 2})
    writer = opened(tmp_path / "d")
    writer.has("a")
    writer.publish("b", prompts(1), counts={"good": 3})
    assert writer.finish().details == {"good": 5}


def test_columns_of_its_own_stay_behind_the_schemas(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("a", prompts(1).append_column("mine", pa.array([7])))
    table = Dataset(tmp_path / "d").table()
    assert table.column_names[-1] == "mine"
    assert table["mine"].to_pylist() == [7]


def test_shards_are_written_as_promised(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("a", prompts(2_500))
    meta = pq.read_metadata(tmp_path / "d/data/a.parquet")
    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == [1000, 1000, 500]
    assert meta.row_group(0).column(0).compression == "ZSTD"


def test_what_a_dead_process_left_is_swept(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("a", prompts(1))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / "d" / SCRATCH / f"{os.uname().nodename}.{dead.pid}.00000000"
    left.write_bytes(b"half a shard")
    opened(tmp_path / "d")
    assert not left.exists()


def test_what_a_dead_process_left_is_swept_where_another_has_its_number(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("a", prompts(1))
    mine = tmp_path / "d" / LocalStore(tmp_path / "d").stage("data/b.parquet", b"a shard in the making")
    host, owner, rest = mine.name.rsplit(".", 2)
    left = mine.with_name(f"{host}.{owner}7.{rest}")
    left.write_bytes(b"half a shard")
    opened(tmp_path / "d")
    assert mine.exists() and not left.exists()


def test_what_a_killed_process_left_is_swept_before_its_parent_looks(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("a", prompts(1))
    code = """if True:
        import sys
        from pathlib import Path
        from r1data.data.stores.local import LocalStore
        LocalStore(Path(sys.argv[1])).stage("data/b.parquet", b"half a shard")
    """
    dead = subprocess.Popen([sys.executable, "-c", code, tmp_path / "d"])
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
    assert len(list((tmp_path / "d" / SCRATCH).iterdir())) == 1
    opened(tmp_path / "d")
    assert not list((tmp_path / "d" / SCRATCH).iterdir())
    dead.wait()


def test_a_commit_from_elsewhere_cannot_name_a_path_outside(tmp_path: Path) -> None:
    opened(tmp_path / "d").publish("a", prompts(1))
    entry = ShardEntry("data/../../etc/passwd", 1, 1, "0" * 64)
    append(LocalStore(tmp_path / "d"), shards=[entry], schema=("prompt", 1), command=Command("t"), parents=[])
    with pytest.raises(UserError, match="refused"):
        Dataset(tmp_path / "d")
