"""One poisoned row in a file of 1,000: with `--quarantine-bad` the 999 are what they are in a file without it.

The poison is a line of any bytes, a record cut anywhere, a value in any column, a column of any name, or a row of
another kind. `HOSTILE=all` throws 500 of them.
"""

import csv
import io
import itertools
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from r1data.cli import invoke

import r1data
from r1data.data.dataset import Dataset
from r1data.data.plain import PlainSource
from r1data.errors import RowsLost
from r1data.exchange.conversations import Recognised
from r1data.exchange.ingest import ingest
from tests.hostile.rows import poisons
from tests.hostile.rows.poisons import SURROGATES
from tests.hostile.rows.stages import POISONED, ROWS, row

SECONDS = 20.0
"""For 1,000 rows with a poison of five megabytes, on a busy machine; a quarter of a second is usual."""
COLUMNS = (
    "prompt",
    "response",
    "truth",
    "prompt_id",
    "sample_index",
    "score",
    "meta",
    "drop_reasons",
    "messages",
    "count",
    "share",
    "is_new",
    "note",
    "another",
)


def record(number: int) -> dict[str, Any]:
    """A row with columns of its own, one of each type."""
    own = {"count": number, "share": number / 7, "is_new": number % 2 == 0, "note": f"note {number}"}
    return {**row(number), **own}


def taken(path: Path, **options: Any) -> PlainSource:
    return PlainSource(str(path), Recognised(), quarantine_bad=True, **options)


def bad_lines(seed: int) -> Iterator[tuple[int, bytes]]:
    """Places, and lines in the place of their row, without end."""
    draw = random.Random(f"lines {seed}")
    for number, poison in enumerate(poisons.poisons(seed)):
        place = draw.randrange(ROWS)
        good = {**record(place), "license": POISONED}
        text = poison.value if isinstance(poison.value, str) else repr(poison.value)[:1000]
        raw = text.encode("utf-8", "surrogatepass").replace(b"\n", b" ").replace(b"\r", b" ")
        try:
            match number // 2 % 6:  # texts and values come in turn
                case 0:
                    line = json.dumps({**good, draw.choice(COLUMNS): poison.value}).encode()
                case 1:
                    line = json.dumps({**good, text[:1000]: poison.value}).encode()
                case 2:
                    line = raw
                case 3:
                    line = json.dumps(good).encode()
                    line = line[: draw.randrange(1, len(line))]
                case 4:
                    line = json.dumps({n: v for n, v in good.items() if n != draw.choice(COLUMNS)}).encode()
                case _:
                    line = json.dumps({**good, **dict.fromkeys(map(str, range(10**5)), 1)}).encode()
                    line = line if draw.random() < 0.1 else b'{"prompt": ' + raw + b"}"
        except (TypeError, ValueError, RecursionError):
            continue  # no JSON
        if line.strip():
            yield place, line


def test_a_line_of_anything(tmp_path: Path) -> None:
    lines = [json.dumps(record(number)).encode() for number in range(ROWS)]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(lines))
    expected = PlainSource(str(path), Recognised()).table()
    for place, line in itertools.islice(bad_lines(91), poisons.count(36)):
        path.write_bytes(b"\n".join([*lines[:place], line, *lines[place + 1 :]]))
        start = time.monotonic()
        source = taken(path)
        (shard,) = source.shards()
        assert time.monotonic() - start < SECONDS, line[:200]
        is_other = pa.array([number != place for number in range(ROWS)])
        table = shard.table() if source.bad_rows else shard.table().filter(is_other)
        assert table.select(expected.column_names).equals(expected.filter(is_other)), line[:200]
        assert len(shard.bad_rows) == source.bad_rows == ROWS - source.rows <= 1
        for number, text, reason in shard.bad_rows:
            assert number == place + 1 and reason.isprintable() and 0 < len(reason) <= 300
            assert len(text) <= 4_000 and not any(char in "\0" + "".join(SURROGATES) for char in text)
            assert table.column_names == expected.column_names, line[:200]


def test_shards_are_those_of_the_file_without_the_bad_rows_to_the_byte(tmp_path: Path) -> None:
    """Bad rows before, between and behind the shards' ends, also those that stand out only beside the others."""
    lines = [json.dumps(record(number)).encode() for number in range(ROWS)]
    (tmp_path / "clean.jsonl").write_bytes(b"\n".join(lines))
    other_kind = b'{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}'
    text_count = json.dumps({**record(1), "count": "many", "unlike all others": 1}).encode()
    for place, bad in (
        (ROWS, b'{"prompt": "cut'),
        (300, other_kind),
        (300, text_count),
        (299, b"\xff\x00"),
        (0, b"[]"),
    ):
        lines.insert(place, bad)
    (tmp_path / "bad.jsonl").write_bytes(b"\n".join(lines))
    ingest(str(tmp_path / "clean.jsonl"), str(tmp_path / "clean"), shard_rows=300)
    for _ in range(2):  # a rerun does nothing, and says so again
        with pytest.raises(RowsLost, match="5 rows could not be processed and were quarantined"):
            ingest(str(tmp_path / "bad.jsonl"), str(tmp_path / "bad"), shard_rows=300, quarantine_bad=True)
        clean, bad = Dataset(tmp_path / "clean"), Dataset(tmp_path / "bad")
        assert bad.digest == clean.digest and bad.summary["quarantined"] == 5
        quarantine = [
            each for path in sorted((tmp_path / "bad/.r1/quarantine").iterdir()) for each in rows_of(path)
        ]
        assert [each["quarantine_line"] for each in quarantine] == [1, 301, 303, 304, 1005]
        assert [each["quarantine_text"] for each in quarantine][:2] == ["[]", "��"]


def rows_of(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def test_rows_of_csv(tmp_path: Path) -> None:
    draw, texts = random.Random(92), poisons.texts(92)
    lines = [f"p{number},What is {number}?,{number}\r\n".encode() for number in range(ROWS)]
    head, path = b"prompt_id,prompt,count\r\n", tmp_path / "rows.csv"
    path.write_bytes(head + b"".join(lines))
    expected = PlainSource(str(path), Recognised()).table()
    for number in range(poisons.count(15)):
        place, sink = draw.randrange(ROWS), io.StringIO()
        text = next(texts).value
        csv.writer(sink).writerow([f"p{place}", text, "1", *[2] * (number % 2)])
        bad = sink.getvalue().encode("utf-8", "surrogatepass") if number % 3 else b"p0,\xff\xfe\x80,1\r\n"
        path.write_bytes(head + b"".join([*lines[:place], bad, *lines[place + 1 :]]))
        source = taken(path)
        is_other = pa.array([number != place for number in range(ROWS)])
        table = source.table() if source.bad_rows else source.table().filter(is_other)
        assert table.equals(expected.filter(is_other)), bad[:200]
        assert source.bad_rows or number % 3


def test_rows_of_parquet_with_values_that_have_no_form(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    prompts = pa.array([f"What is {number}?" for number in range(ROWS)])
    times = pa.array([2**62 if number == 600 else number for number in range(ROWS)], pa.timestamp("us"))
    pq.write_table(pa.table({"prompt": prompts, "when": times}), path)
    (shard,) = taken(path).shards()
    ((number, _, reason),) = shard.bad_rows
    assert shard.rows == ROWS - 1 and number == 601 and "'when'" in reason


def test_elements_of_a_json_list(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([*({"prompt": f"What is {number}?"} for number in range(9)), 7]))
    (shard,) = taken(path).shards()
    assert shard.rows == 9 and [number for number, _, _ in shard.bad_rows] == [10]


def test_the_command_counts_them_and_exits_with_1(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "rows.jsonl", tmp_path / "out"
    path.write_text('{"prompt": "What is 1?"}\n{"prompt": "What is 2?"}\n{"prompt\n')
    arguments = ["ingest", str(path), "-o", str(out), "--quarantine-bad"]
    assert invoke([*arguments, "--dry-run", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["quarantined"] == 1
    assert invoke(arguments) == 1
    assert "1 row could not be processed and was quarantined" in capfd.readouterr().err
    assert Dataset(out).rows == 2
    assert invoke(["ingest", "pack:factual-qa", "-o", str(tmp_path / "pack"), "--quarantine-bad"]) == 1
    assert "--quarantine-bad is for plain files" in capfd.readouterr().err
    with pytest.raises(RowsLost):
        r1data.ingest(path, tmp_path / "api", quarantine_bad=True)
    assert r1data.read(tmp_path / "api").summary["quarantined"] == 1
