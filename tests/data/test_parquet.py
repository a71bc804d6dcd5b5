"""Parquet files of hostile origin: refused with one line, within a bound of memory; never a crash."""

import hashlib
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.data import commits, parquet
from r1data.data.commits import Command, ShardEntry
from r1data.data.plain import PlainSource
from r1data.data.stores import open_store
from r1data.errors import DamagedShard, UserError

Bomb = Callable[[], Iterator[pa.Table]]

MILLION = 1_000_000
PEAK = parquet.UNPACKED_LIMIT + 2 * parquet.BATCH_LIMIT + parquet.PAGE_LIMIT
"""Bytes of memory that a process which meets a hostile file may take: 1.5 GiB."""

MUTATE = """
import io, random
import pyarrow as pa, pyarrow.parquet as pq
from r1data.errors import DamagedShard
from r1data.data import parquet

texts = [f"text {row}" * (row % 5) for row in range(300)]
lists = [["a", "b" * row] if row % 3 else None for row in range(300)]
table = pa.table({"prompt": texts, "number": range(300), "list": lists})
draw = random.Random(7)
refused = read = 0
for encoding in ("PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", None):
    texts = {"column_encoding": {"prompt": encoding, "list.list.element": encoding}} if encoding else {}
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="none", use_dictionary=not encoding, row_group_size=100, **texts)
    for _ in range(300):
        raw = bytearray(sink.getvalue())
        for _ in range(draw.choice([1, 1, 2, 4, 8])):
            place = draw.randrange(len(raw))
            new = draw.choice([bytes([draw.randrange(256)]), b"", bytes([255]) * 4 + bytes([draw.choice([7, 127])])])
            raw[place : place + max(1, len(new))] = new
        try:
            parquet.decode(bytes(raw), "x").to_pylist()
            read += 1
        except DamagedShard as error:
            assert len(str(error).splitlines()) == 1, error
            refused += 1
print(refused, read)
"""

READ = """
import json, sys
from r1data.errors import UserError
from r1data.data.source import open_source
try:
    rows = sum(len(shard.table()) for shard in open_source(sys.argv[1]).shards())
    said = f"{rows} rows"
except UserError as error:
    said = str(error)
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
print(json.dumps([said, int(status["VmHWM"].split()[0]) * 1024]))
"""


def read_apart(uri: Path) -> tuple[str, int]:
    """What reading says, and the peak memory of the process that read, in bytes."""
    done = subprocess.run([sys.executable, "-c", READ, str(uri)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said, peak = json.loads(done.stdout)
    return said, peak


def repeated(text: str, rows: int) -> pa.Array:
    """A dictionary of one text: `rows` indices and the text itself."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [text])


def prefixed(size: int, rows: int) -> pa.Array:
    return pa.array(["x" * size] * rows)


def tables(column: pa.Array, times: int = 1) -> Iterator[pa.Table]:
    for _ in range(times):
        yield pa.table({"c": column})


def long_dictionary() -> Iterator[pa.Table]:
    """2,000 rows of one text of 1 MB."""
    yield from tables(repeated("x" * MILLION, 2_000))


def constant_numbers() -> Iterator[pa.Table]:
    """96 million rows of one number."""
    yield from tables(pa.array(range(1)).take(pa.array([0] * 4 * MILLION)), 24)


def nulls() -> Iterator[pa.Table]:
    yield from tables(pa.nulls(8 * MILLION, pa.string()), 18)


def nulls_in_lists() -> Iterator[pa.Table]:
    yield from tables(pa.nulls(8 * MILLION, pa.list_(pa.list_(pa.string()))), 12)


def nulls_in_one_list() -> Iterator[pa.Table]:
    """One row, whose list has 80 million nulls."""
    for _ in range(2):
        yield from tables(pa.ListArray.from_arrays([0, 80 * MILLION], pa.nulls(80 * MILLION, pa.string())))


def dictionary_in_one_list() -> Iterator[pa.Table]:
    """One row, whose list holds a text of 1 MB 2,000 times."""
    yield from tables(pa.ListArray.from_arrays([0, 2_000], repeated("x" * MILLION, 2_000)))


def zeros() -> Iterator[pa.Table]:
    """Texts of 100 MB, each unlike the others, that zstd packs into some kilobytes."""
    for number in range(12):
        yield from tables(pa.array([str(number) + "0" * 100 * MILLION]))


def shared_prefixes() -> Iterator[pa.Table]:
    yield from tables(prefixed(200_000, 2_000), 3)


def one_huge_page() -> Iterator[pa.Table]:
    yield from tables(pa.array(["0" * 900 * MILLION]))


def many_row_groups() -> Iterator[pa.Table]:
    """5,000 row groups of a text of 256 kB each."""
    yield from tables(pa.array(["0" * 262_144]), 5_000)


BOMBS: list[Bomb] = [
    long_dictionary,
    constant_numbers,
    nulls,
    nulls_in_lists,
    nulls_in_one_list,
    dictionary_in_one_list,
    zeros,
    shared_prefixes,
    one_huge_page,
    many_row_groups,
]


def write(bomb: Bomb, path: Path) -> None:
    made = bomb()
    first = next(made)
    options: dict[str, Any] = {"use_dictionary": bomb not in (zeros, one_huge_page, many_row_groups)}
    if bomb is shared_prefixes:
        options = {"use_dictionary": False, "column_encoding": {"c": "DELTA_BYTE_ARRAY"}}
    with pq.ParquetWriter(
        path, first.schema, compression="zstd", write_statistics=False, **options
    ) as writer:
        for table in (first, *made):
            writer.write_table(table, row_group_size=len(table))


def as_dataset(file: Path, folder: Path) -> None:
    """A dataset of somebody hostile: the commit names the file's own checksum."""
    raw = file.read_bytes()
    store = open_store(folder)
    store.prepare()
    store.place(store.stage("data/a.parquet", raw), "data/a.parquet")
    entry = ShardEntry("data/a.parquet", 2_000, len(raw), hashlib.sha256(raw).hexdigest())
    commits.append(store, shards=[entry], schema=("prompt", 1), command=Command("ingest"), parents=[])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Bomb], Path]:
    """The file of a bomb, written once."""
    folder = tmp_path_factory.mktemp("bombs")

    def file(bomb: Bomb) -> Path:
        path = folder / f"{bomb.__name__}.parquet"
        if not path.exists():
            write(bomb, path)
        return path

    return file


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.__name__)
def test_a_small_shard_that_unpacks_to_gigabytes_is_refused(
    tmp_path: Path, files: Callable[[Bomb], Path], bomb: Bomb
) -> None:
    as_dataset(files(bomb), tmp_path / "samples")
    said, peak = read_apart(tmp_path / "samples")
    assert "refused" in said
    assert "\n" not in said
    assert "data/a.parquet" in said
    assert peak < PEAK


@pytest.mark.parametrize("bomb", [constant_numbers, nulls_in_one_list, zeros], ids=lambda bomb: bomb.__name__)
def test_a_plain_file_that_unpacks_to_gigabytes_is_refused(files: Callable[[Bomb], Path], bomb: Bomb) -> None:
    said, peak = read_apart(files(bomb))
    assert "refused" in said
    assert peak < PEAK


def test_a_row_whose_list_is_too_long_for_a_record_is_refused(tmp_path: Path) -> None:
    lists = pa.ListArray.from_arrays([0, 2 * MILLION], pa.array(range(2 * MILLION), pa.int64()))
    pq.write_table(pa.table({"prompt": ["q"], "c": lists}), tmp_path / "long.parquet")
    with pytest.raises(UserError, match="row 1: longer than 32 MiB"):
        PlainSource(str(tmp_path / "long.parquet"))


def test_a_shard_of_long_traces_reads_whole() -> None:
    """260 MB of text in 2,000 rows, though one page may hold 130 MB of it."""
    table = pa.table({"response": pa.array([f"{row:04d}" + "x" * 130_000 for row in range(2_000)])})
    assert parquet.decode(parquet.encode(table).to_pybytes(), "x").equals(table)


def test_columns_of_every_encoding_read_as_pyarrow_reads_them(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": [None if row % 7 == 0 else f"text {row % 40}" for row in range(5_000)],
            "number": pa.array(range(5_000), pa.int32()),
            "list": [["a", "b" * (row % 3)] if row % 5 else None for row in range(5_000)],
            "turns": [[{"role": "user", "content": str(row)}] for row in range(5_000)],
            "kind": pa.array(["x", "y"] * 2_500).dictionary_encode(),
        }
    )
    for version, dictionary in itertools.product(("1.0", "2.0"), (True, False)):
        path = tmp_path / f"{version}{dictionary}.parquet"
        pq.write_table(table, path, data_page_version=version, use_dictionary=dictionary, data_page_size=500)
        wanted = pq.read_table(path)
        read = parquet.decode(path.read_bytes(), "x")
        assert read.to_pylist() == wanted.to_pylist()
        assert read.schema.field("kind").type == pa.string()


def test_rows_are_read_in_parts_where_a_dictionary_might_blow_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH_LIMIT", 200_000)
    table = pa.table({"own": ["x" * 10_000, *(str(row % 9) for row in range(999))]})
    raw = parquet.encode(table).to_pybytes()
    parts = [len(part) for part in parquet.read_batches(pa.BufferReader(raw), "x")]
    assert max(parts) <= 20
    assert parquet.decode(raw, "x").equals(table)


def test_mutated_files_are_refused_or_read_and_never_end_the_process(tmp_path: Path) -> None:
    """1,200 mutations of files of several encodings, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", MUTATE], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    refused, read = map(int, done.stdout.split())
    assert refused + read == 1_200
    assert refused > 600


@given(cut=st.integers(0, 2_000))
@settings(max_examples=50)
def test_a_truncated_file_is_refused(cut: int) -> None:
    whole = parquet.encode(pa.table({"prompt": ["a", "b"] * 20})).to_pybytes()
    with pytest.raises(DamagedShard):
        parquet.decode(whole[: cut % len(whole)], "x")


@given(raw=st.binary(max_size=300))
@settings(max_examples=100)
def test_garbage_is_refused(raw: bytes) -> None:
    with pytest.raises(DamagedShard):
        parquet.decode(raw, "x")


def test_text_that_is_not_utf8_is_refused() -> None:
    binary = pa.array([b"\xff\xfe"], pa.binary())
    text = pa.StringArray.from_buffers(1, *binary.buffers()[1:])
    with pytest.raises(DamagedShard, match=r"(?i)utf"):
        parquet.decode(parquet.encode(pa.table({"prompt": text})).to_pybytes(), "x")
