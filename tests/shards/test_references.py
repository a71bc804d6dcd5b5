"""Pipes: what was announced arrives; what is missing is said."""

import io
import json

import pytest

from r1data.errors import RowsLost, UserError
from r1data.shards.commits import ShardEntry
from r1data.shards.references import Announcer, ReferenceReader

ENTRIES = [ShardEntry(f"data/part-{n}.parquet", n, 10, f"{n:x}") for n in range(3)]


def lines(entries: list[ShardEntry]) -> list[str]:
    stream = io.StringIO()
    announcer = Announcer("d", stream)
    for entry in entries:
        announcer.shard(entry)
    announcer.end()
    return stream.getvalue().splitlines(keepends=True)


def read(text: list[str]) -> list[str]:
    return [shard.entry.path for shard in ReferenceReader(io.StringIO("".join(text)))]


def test_references_arrive_as_they_were_announced() -> None:
    assert read(lines(ENTRIES)) == [entry.path for entry in ENTRIES]


def test_a_shard_is_announced_once() -> None:
    assert lines(ENTRIES + ENTRIES) == lines(ENTRIES)


@pytest.mark.parametrize("cut", range(4))
def test_a_missing_end_line_is_an_error_after_the_last_shard(cut: int) -> None:
    reader = ReferenceReader(io.StringIO("".join(lines(ENTRIES)[:cut])))
    arrived = []
    with pytest.raises(RowsLost, match=f"after {cut} shards"):
        arrived.extend(reader)
    assert len(arrived) == cut


def test_a_lost_line_in_the_middle_is_noticed() -> None:
    text = lines(ENTRIES)
    with pytest.raises(RowsLost, match="3 shards"):
        read([text[0], *text[2:]])


@pytest.mark.parametrize("path", ["data/../x.parquet", "/etc/passwd", "data/a b.parquet", "data/x.pickle"])
def test_a_path_outside_the_dataset_is_refused(path: str) -> None:
    with pytest.raises(UserError):
        read([json.dumps({"dataset": "d", "path": path, "rows": 1, "sha256": "x"}) + "\n"])


@pytest.mark.parametrize("line", ["prose\n", "[]\n", '{"rows": 1}\n', "[" * 100_000 + "\n"])
def test_what_is_no_reference_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(UserError, match="line 1"):
        read([line])
