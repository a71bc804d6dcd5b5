"""Which rows of a plain file are quarantined, and when the file is refused all the same."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from r1data.data.bad_rows import STRETCH
from r1data.data.plain import PlainSource, file_digest
from r1data.errors import UserError

GOOD = [{"prompt": f"What is {number}?", "n": number} for number in range(200)]


def source_of(tmp_path: Path, rows: list[Any], **options: Any) -> PlainSource:
    """A file of rows; a text is a line as it stands."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return PlainSource(str(path), **{"quarantine_bad": True, **options})


def reasons(source: PlainSource) -> list[str]:
    return [reason for shard in source.shards() for _, _, reason in shard.bad_rows]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "not JSON: "),
        ("7", "a int, not an object"),
        ({"answer": "x"}, "no column 'prompt' among: answer"),
        ({"prompt": None}, "'prompt' is null"),
        ({"prompt": "x", "score": "high"}, "column 'score': "),
        ({"prompt": "x", "n": "text"}, "column 'n': a text where nearly all rows have int64"),
        ({"prompt": "x", "n": True}, "column 'n': a bool where nearly all rows have int64"),
        ({"prompt": "x", "n": float("-inf")}, "column 'n': a float where nearly all rows have int64"),
        ({"prompt": "x", "n": 2**64}, "column 'n': a whole number of more than 64 bits"),
        ({"prompt": "x", "response": "y"}, "it has prompt and response, most rows have prompt"),
        ({"prompt": "x", "\ud800": 1}, "its name holds a lone surrogate"),
        ({"prompt": "x", **dict.fromkeys(map(str, range(10_001)))}, "over 10,000 different columns"),
        ({"prompt": "x", **dict.fromkeys(map(str, range(9_999)))}, "one of over 9,9"),
    ],
)
def test_each_bad_row_has_its_reason(tmp_path: Path, row: Any, reason: str) -> None:
    source = source_of(tmp_path, [row, *GOOD])
    assert len(reasons(source)) == 1 and reason in reasons(source)[0]
    assert source.table().equals(source_of(tmp_path, GOOD).table())


@pytest.mark.parametrize(
    ("values", "column_type"),
    [
        ([1, 0.5], pa.float64()),
        ([1, "a"], pa.string()),  # half of each: no fault of either
        ([None, None], pa.string()),
        ([True, False], pa.bool_()),
    ],
)
def test_honest_mixtures_are_taken(tmp_path: Path, values: list[Any], column_type: pa.DataType) -> None:
    rows = [{"prompt": str(number), "mixed": values[number % 2]} for number in range(100)]
    source = source_of(tmp_path, rows)
    assert source.bad_rows == 0 and source.table().schema.field("mixed").type == column_type
    assert source.table().equals(source_of(tmp_path, rows, quarantine_bad=False).table())


def test_whole_numbers_that_no_fraction_can_hold(tmp_path: Path) -> None:
    whole = [{"prompt": str(number), "n": 2**60 + number} for number in range(200)]
    assert reasons(source_of(tmp_path, [*whole, {"prompt": "x", "n": 0.5}])) == [
        "column 'n': a float where nearly all rows have int64"
    ]
    with pytest.raises(
        UserError, match=r"line 1: column 'n': among fractions, a whole number of more than 53"
    ):
        source_of(tmp_path, [whole[0], {"prompt": "x", "n": 0.5}], quarantine_bad=False)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["{"], "1 rows cannot be taken and 0 can"),
        ([*GOOD[:20], *["{"] * 21], "21 rows cannot be taken and 20 can"),
        ([*GOOD * 20, *["{"] * (STRETCH + 1)], "2001 rows cannot be taken and 4000 can"),
        ([*GOOD, *({"prompt": "x", "response": "y"} for _ in GOOD)], "split the file by kind of row"),
        ([], "empty, with no row to read"),
        (["", ""], "empty, with no row to read"),
    ],
)
def test_a_file_of_bad_rows_is_refused(tmp_path: Path, rows: list[Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        source_of(tmp_path, rows)


def test_columns_of_csv_without_a_name_may_be_empty_and_lose_no_value(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("prompt,,,\na,,,\nb,,,last\nc,lost,,\n")
    source = PlainSource(str(path), quarantine_bad=True)
    assert source.table()[""].to_pylist() == ["", "last"]
    ((number, text, reason),) = [bad for shard in source.shards() for bad in shard.bad_rows]
    assert number == 4 and "lost" in text and reason == "a value in one of several columns without a name"


def test_a_line_over_the_limit_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("r1data.data.records.RECORD_LIMIT", 100)
    monkeypatch.setattr("r1data.data.records._CHUNK", 16)
    source = source_of(tmp_path, [GOOD[0], "x" * 999, GOOD[1]])
    assert source.rows == 2 and "longer than" in reasons(source)[0]


def test_the_shards_do_not_depend_on_their_number(tmp_path: Path) -> None:
    rows = [*GOOD, "{", {"prompt": "x", "n": "text"}]
    tables = [source_of(tmp_path, rows, shard_rows=size).table() for size in (7, 100, 1000)]
    assert tables[0].equals(tables[1]) and tables[1].equals(tables[2])
    assert len(reasons(source_of(tmp_path, rows, shard_rows=100))) == 2  # behind the end of a full shard


def test_the_digest_is_the_files(tmp_path: Path) -> None:
    source = source_of(tmp_path, [*GOOD, "{"])
    assert source.digest == file_digest(source.uri) != source_of(tmp_path, GOOD).digest


def test_a_refusal_names_the_option_where_the_command_has_it(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"line 201: not JSON: .*, or give --quarantine-bad to leave such rows out"
    ):
        source_of(tmp_path, [*GOOD, "{"], quarantine_bad=False)
    with pytest.raises(UserError, match=r"remove the line$"):
        source_of(tmp_path, [*GOOD, "{"], quarantine_bad=None)
    with pytest.raises(UserError, match=r"say|run") as error:
        source_of(tmp_path, [{"question": "x"}], quarantine_bad=False)
    assert "quarantine" not in str(error.value)
