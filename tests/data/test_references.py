"""Pipes: what was announced arrives; what is missing is said."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.commits import ShardEntry
from r1data.data.references import Announcer, ReferenceReader
from r1data.errors import RowsLost, UserError

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


@pytest.mark.parametrize("rows", [True, "3", None, 1.5])
def test_rows_that_are_no_number_are_refused(rows: object) -> None:
    with pytest.raises(UserError, match="line 1"):
        read([json.dumps({"dataset": "d", "path": "data/a.parquet", "rows": rows, "sha256": "x"}) + "\n"])


def test_a_line_that_does_not_end_is_refused_before_it_is_held_in_memory() -> None:
    class Endless(io.StringIO):
        given = 0

        def readline(self, size: int = -1) -> str:  # type: ignore[override]
            assert 0 < size <= 1 << 20
            self.given += size
            return "x" * size

    stream = Endless()
    with pytest.raises(UserError, match="line 1"):
        list(ReferenceReader(stream))
    assert stream.given <= 1 << 20


def test_bytes_that_are_no_text_are_refused() -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\x00reference\n"), encoding="utf-8")
    with pytest.raises(UserError, match="line 1"):
        list(ReferenceReader(stream))


def test_two_datasets_in_one_pipe_are_refused() -> None:
    other = lines(ENTRIES)[1].replace('"d"', '"e"')
    with pytest.raises(UserError, match="line 2 names another dataset"):
        read([lines(ENTRIES)[0], other])


@pytest.mark.parametrize("change", [{"digest": "x"}, {"rows": 2}, {"shards": 9}, {"digest": None}])
def test_an_end_line_that_speaks_of_other_shards_is_noticed(change: dict[str, object]) -> None:
    text = lines(ENTRIES)
    with pytest.raises(RowsLost, match="run both commands again"):
        read([*text[:-1], json.dumps({**json.loads(text[-1]), **change}) + "\n"])


@given(text=st.text())
def test_no_text_is_more_than_one_clear_line(text: str) -> None:
    with pytest.raises((UserError, RowsLost)) as raised:
        list(ReferenceReader(io.StringIO(text)))
    assert "\n" not in str(raised.value)


@given(keep=st.lists(st.sampled_from(range(4)), max_size=6))
def test_lines_lost_doubled_or_out_of_place_never_pass_for_the_whole(keep: list[int]) -> None:
    text = lines(ENTRIES)
    arrived = [text[number] for number in keep]
    whole = sorted(keep[: keep.index(3)]) == [0, 1, 2] if 3 in keep else False
    if whole:
        assert sorted(read(arrived)) == [entry.path for entry in ENTRIES]
    else:
        with pytest.raises(RowsLost):
            read(arrived)
