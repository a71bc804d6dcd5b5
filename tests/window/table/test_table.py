"""Selections, counts and pages of a table equal what plain Python finds in the rows."""

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r1data.data.commits import Command
from r1data.data.responses import split
from r1data.data.schema import load_schema
from r1data.data.writer import Writer
from r1data.errors import DamagedShard, UserError
from r1data.window.table import RowQuery, RowTable

WORDS = ["Sum", "straße", "x = 2", "日本", "a.b", "A.B", "sum\nof", "", "<think>", "</think>", "10%"]
Row = dict[str, Any]


def text_of(number: int) -> str:
    return " ".join(WORDS[(number * 7 + step * step) % len(WORDS)] for step in range(number % 5))


def response_of(number: int) -> str:
    return (
        f"<think>\n{text_of(number + 3)}\n</think>\n\n{text_of(number + 1)}"
        if number % 3
        else text_of(number)
    )


def filtered_row(number: int) -> Row:
    parts = split(response_of(number))
    return {
        "prompt_id": f"p{number // 3}",
        "prompt": text_of(number),
        "domain": ["math", "code", "general"][number % 3],
        "language": "en",
        "source": ["", "web", "-none"][number % 3],
        "sample_index": number % 3,
        "response": response_of(number),
        "reasoning": parts.reasoning,
        "answer": parts.answer,
        "finish_reason": "stop",
        "response_tokens": None if number % 4 == 0 else number % 6 * 10,
        "model": "m",
        "verdict": ["correct", "incorrect", "unverifiable"][number % 3],
        "verdict_cause": "no_answer" if number % 3 == 2 else None,
        "verifier_version": "1",
        "drop_reasons": [[], ["repetition"], ["code_block", "repetition"]][number % 5 % 3],
    }


def chat_row(number: int) -> Row:
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": text_of(number)},
        {"role": "assistant", "content": response_of(number)},
    ]
    return {
        "example_id": f"e{number}",
        "messages": messages[number % 2 :],
        "kind": "reasoning",
        "domain": "math",
        "language": "en",
        "source": "made",
        "prompt_id": f"p{number}",
        "sample_index": None if number % 2 else number,
        "tokens": number % 7,
        "split": "train",
    }


def write(folder: Path, schema: str, shards: dict[str, list[Row]], *, finish: bool = True) -> str:
    writer = Writer.open(folder, schema=schema, command=Command("made"), announce=False)
    for name, rows in shards.items():
        columns = [(column.name, column.type) for column in load_schema(schema).columns]
        writer.publish(name, pa.Table.from_pylist(rows, pa.schema(columns)))
    if finish:
        writer.finish()
    return str(folder)


@cache
def made(schema: str) -> tuple[RowTable, list[Row]]:
    """A dataset of three shards, and its rows in their order."""
    build = {"filtered": filtered_row, "sft": chat_row}[schema]
    rows = [build(number) for number in range(90)]
    shards = {"a": rows[:40], "b": rows[40:41], "c": rows[41:]}
    return RowTable(write(Path(mkdtemp()) / schema, schema, shards)), rows


def texts(row: Row, within: str) -> list[str]:
    """The texts of a row that a search looks at."""
    if "messages" in row:
        prompts = [message["content"] for message in row["messages"] if message["role"] != "assistant"]
        responses = [message["content"] for message in row["messages"] if message["role"] == "assistant"]
    else:
        prompts, responses = [row["prompt"]], [row["response"]]
    if within in ("thoughts", "answer"):
        parts = [split(response)[within == "answer"] for response in responses]
        return [part for part in parts if part is not None]
    return {"prompt": prompts, "response": responses}.get(within, [*prompts, *responses])


def expected(rows: list[Row], query: RowQuery) -> list[int]:
    """The numbers of a query's rows, by a loop over all of them."""

    def value_matches(row: Row, name: str, values: tuple[str | None, ...]) -> bool:
        value = row[name]
        if isinstance(value, list):
            return any(each in values for each in value) or (not value and None in values)
        return (None if value is None else str(value)) in values

    def in_range(row: Row, name: str, least: float | None, most: float | None) -> bool:
        value = row.get("response_tokens", row.get("tokens")) if name == "length" else row[name]
        return (least is None and most is None) or (
            value is not None and (least is None or value >= least) and (most is None or value <= most)
        )

    def matches(row: Row) -> bool:
        flags = 0 if query.match_case else re.IGNORECASE
        patterns = [re.escape(query.text)] * bool(query.text) + [query.regex] * bool(query.regex)
        return (
            all(value_matches(row, name, values) for name, values in query.values)
            and all(in_range(row, *each) for each in query.ranges)
            and all(any(re.search(p, text, flags) for text in texts(row, query.within)) for p in patterns)
        )

    numbers = [number for number, row in enumerate(rows) if matches(row)]
    if not query.sort:
        return numbers
    name = (
        query.sort
        if query.sort != "length"
        else next(n for n in ("response_tokens", "tokens") if n in rows[0])
    )
    with_value = [number for number in numbers if rows[number][name] is not None]
    with_value.sort(key=lambda number: rows[number][name], reverse=query.descending)
    return with_value + [number for number in numbers if rows[number][name] is None]


PIECES = st.sampled_from([*[word for word in WORDS if word], "s", "SUM", "STRASSE", "m\no", "=", "think"])
PATTERNS = st.sampled_from(
    ["s.m", "^Sum", "[0-9]+%", "x = \\d", "(sum|日)", "a\\.b", "of? ", "\\bSum\\b.*\\d", "su{1,2}m+", "x* ="]
)
VALUES: dict[str, list[str | None]] = {
    "domain": ["math", "code", "none of these"],
    "source": ["", "web", "-none", "made"],
    "sample_index": ["0", "2", "88", None],
    "verdict_cause": [None, "no_answer"],
    "drop_reasons": ["repetition", "code_block", None],
}


@st.composite
def queries(draw: st.DrawFn, schema: str) -> RowQuery:
    names = ["domain", "source", "sample_index"]
    names += ["verdict_cause", "drop_reasons"] if schema == "filtered" else []
    query = RowQuery(
        text=draw(st.just("") | PIECES),
        regex=draw(st.just("") | PATTERNS),
        within=draw(st.sampled_from(["all", "prompt", "response", "thoughts", "answer"])),
        match_case=draw(st.booleans()),
    )
    for name in draw(st.sets(st.sampled_from(names), max_size=2)):
        query = query.with_values(name, *draw(st.lists(st.sampled_from(VALUES[name]), min_size=1)))
    least, most = draw(st.none() | st.integers(0, 50)), draw(st.none() | st.integers(0, 50))
    query = query.with_range("length", least, most) if draw(st.booleans()) else query
    sorts = st.sampled_from(["", "length", "prompt_id", "sample_index", "domain"])
    sort = draw(sorts)
    return query.sorted_by(sort, draw(st.booleans())) if sort else query


@pytest.mark.parametrize("schema", ["filtered", "sft"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_selection_is_what_a_loop_over_the_rows_finds(schema: str, data: st.DataObject) -> None:
    table, rows = made(schema)
    query = data.draw(queries(schema))
    assert table.select(query).positions.tolist() == expected(rows, query)


@pytest.mark.parametrize("column", ["domain", "verdict_cause", "drop_reasons", "sample_index"])
@pytest.mark.parametrize(
    "query", [RowQuery(), RowQuery(text="sum"), RowQuery(values=(("domain", ("math",)),))]
)
def test_counts_are_those_of_the_rows(column: str, query: RowQuery) -> None:
    table, rows = made("filtered")
    counted: Counter[Any] = Counter()
    for number in expected(rows, query.with_values(column)):
        value = rows[number][column]
        counted.update((value or [None]) if isinstance(value, list) else [value])
    assert dict(table.facets(query, column)) == dict(counted)


@given(st.lists(st.integers(0, 89)))
@settings(max_examples=30, deadline=None)
def test_rows_come_in_the_order_of_their_positions(positions: list[int]) -> None:
    table, rows = made("filtered")
    assert [row["prompt_id"] for row in table.fetch(positions)] == [rows[n]["prompt_id"] for n in positions]


def test_a_row_has_all_columns_and_a_part_of_it_those_asked_for() -> None:
    table, rows = made("sft")
    (row,) = table.fetch([41])
    assert row == {name: rows[41].get(name) for name in table.columns}
    assert table.fetch([41], ["domain"]) == [{"domain": "math"}]


def test_samples_of_a_prompt_are_found_in_their_order() -> None:
    table, _ = made("filtered")
    assert table.positions_of("p13") == [39, 40, 41]
    assert table.positions_of("p13", 1) == [40]
    assert table.positions_of("no such prompt") == []


def test_a_query_of_ours_sees_rows_and_their_positions() -> None:
    table, rows = made("filtered")
    answer = table.sql("SELECT position, prompt_id FROM rows WHERE sample_index = $1 ORDER BY position", [2])
    assert answer == [
        (number, row["prompt_id"]) for number, row in enumerate(rows) if row["sample_index"] == 2
    ]


def test_without_tokens_a_length_counts_characters(tmp_path: Path) -> None:
    rows = [{**filtered_row(number), "response_tokens": None} for number in range(20)]
    table = RowTable(write(tmp_path / "set", "filtered", {"a": rows}))
    longest = table.select(RowQuery(sort="length", descending=True)).positions
    assert table.length_unit == "characters"
    assert [len(rows[number]["response"]) for number in longest] == sorted(
        (len(row["response"]) for row in rows), reverse=True
    )


@pytest.mark.parametrize(
    ("query", "part"),
    [
        (RowQuery(regex="("), "regex=(: "),
        (RowQuery(regex="(?=a)b"), "regex="),
        (RowQuery(regex="a{1000}{1000}"), "regex="),
        (RowQuery(values=(("colour", ("red",)),)), "no column 'colour' to filter by"),
        (RowQuery(sort="colour"), "no column 'colour' to sort by"),
        (RowQuery(sort="response"), "sort=response"),
        (RowQuery(ranges=(("domain", 1.0, None),)), "column 'domain'"),
        (RowQuery(sort="drop_reasons"), "column 'drop_reasons'"),
    ],
)
def test_what_cannot_be_asked_is_one_line(query: RowQuery, part: str) -> None:
    table, _ = made("filtered")
    with pytest.raises(UserError) as error:
        table.select(query)
    assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_a_new_shard_takes_its_place_between_the_others(tmp_path: Path) -> None:
    rows = [filtered_row(number) for number in range(30)]
    uri = write(tmp_path / "set", "filtered", {"a": rows[:10], "c": rows[20:]}, finish=False)
    table = RowTable(uri)
    assert table.refreshed() is table
    assert table.select(RowQuery(text="sum")).positions.tolist() == expected(
        rows[:10] + rows[20:], RowQuery(text="sum")
    )
    write(tmp_path / "set", "filtered", {"a": rows[:10], "c": rows[20:], "b": rows[10:20]})
    grown = table.refreshed()
    assert (table.rows, grown.rows, table.complete, grown.complete) == (20, 30, False, True)
    assert grown.select(RowQuery(text="sum")).positions.tolist() == expected(rows, RowQuery(text="sum"))


def test_rows_that_no_commit_names_are_not_there(tmp_path: Path) -> None:
    uri = write(tmp_path / "set", "filtered", {"a": [filtered_row(0)]})
    (tmp_path / "set/data/b.parquet").write_bytes((tmp_path / "set/data/a.parquet").read_bytes())
    assert RowTable(uri).select(RowQuery()).total == 1


def test_a_dataset_without_rows_yet_has_none(tmp_path: Path) -> None:
    writer = Writer.open(tmp_path / "set", schema="filtered", command=Command("made"), announce=False)
    writer.begin()
    table = RowTable(str(tmp_path / "set"))
    assert (table.rows, table.select(RowQuery()).total, table.fetch([])) == (0, 0, [])


def test_shards_may_differ_in_columns(tmp_path: Path) -> None:
    uri = write(tmp_path / "set", "filtered", {"a": [filtered_row(0)]}, finish=False)
    writer = Writer.open(uri, schema="filtered", command=Command("made"), announce=False)
    more = pa.Table.from_pylist(
        [filtered_row(1)], pa.schema([(c.name, c.type) for c in load_schema("filtered").columns])
    )
    writer.publish("b", more.append_column("review_decision", pa.array(["accept"])))
    table = RowTable(uri)
    assert [row["review_decision"] for row in table.fetch([0, 1])] == [None, "accept"]
    assert table.select(RowQuery(values=(("review_decision", ("accept",)),))).positions.tolist() == [1]


def test_a_folder_whose_name_is_a_pattern_is_read(tmp_path: Path) -> None:
    table = RowTable(write(tmp_path / "set[1]*?", "filtered", {"a": [filtered_row(0)]}))
    assert table.select(RowQuery(values=(("domain", ("math",)),))).total == 1


def missing(path: Path) -> None:
    path.unlink()


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def other_bytes(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[60:80] = bytes(20)
    path.write_bytes(raw)


def linked(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


@pytest.mark.parametrize("damage", [missing, truncated, other_bytes, linked])
def test_a_damaged_shard_is_named(damage: Callable[[Path], None], tmp_path: Path) -> None:
    rows = [filtered_row(number) for number in range(50)]
    uri = write(tmp_path / "set", "filtered", {"a": rows, "b": rows})
    damage(tmp_path / "set/data/b.parquet")
    table = RowTable(uri)
    with pytest.raises(DamagedShard) as error:
        table.select(RowQuery(text="sum", sort="length"))
        table.fetch([60])
    assert "b.parquet" in str(error.value)
    assert "r1 check" in str(error.value)


def test_a_shard_with_other_columns_is_named(tmp_path: Path) -> None:
    uri = write(tmp_path / "set", "filtered", {"a": [filtered_row(0)]}, finish=False)
    writer = Writer.open(uri, schema="filtered", command=Command("made"), announce=False)
    draft = writer.target.draft("b", pa.Table.from_pylist([filtered_row(1)]))
    pq.write_table(pa.table({"other": [1]}), tmp_path / "set" / "x.parquet")
    assert draft.entry.rows == 1
    table = RowTable(uri)
    assert table.rows == 1
