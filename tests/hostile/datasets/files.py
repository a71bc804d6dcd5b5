"""Hostile plain files: each function makes one in a folder and returns its name. Large ones are made, not stored."""

import io
import json
import os
import random
import socket
import struct
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Build = Callable[[Path], str]

FILES: dict[str, Build] = {}
ROWS = 3
ESCAPES = "\x1b[2J\x1b]0;title\x07\x9b31m\u202e\u200b"


def of_bytes(name: str, suffix: str, content: Callable[[], bytes]) -> None:
    """A sample that is a file with these bytes."""

    def build(folder: Path) -> str:
        (folder / f"rows{suffix}").write_bytes(content())
        return f"rows{suffix}"

    FILES[name] = build


def of_table(name: str, table: Callable[[], pa.Table], **options: Any) -> None:
    """A sample that is a Parquet file of a table."""

    def build(folder: Path) -> str:
        pq.write_table(table(), folder / "rows.parquet", **options)
        return "rows.parquet"

    FILES[name] = build


def with_column(values: Callable[[], Any], name: str = "more") -> Callable[[], pa.Table]:
    """A table of prompts with one more column."""

    def table() -> pa.Table:
        column = values()
        prompts = pa.array([f"What is {n} + 1?" for n in range(len(column))])
        return pa.table([prompts, column], names=["prompt", name])

    return table


def nested(levels: int) -> pa.Array:
    kind = pa.string()
    for _ in range(levels):
        kind = pa.list_(kind)
    return pa.nulls(ROWS, kind)


def in_structs(levels: int) -> pa.Array:
    kind: pa.DataType = pa.string()
    for _ in range(levels):
        kind = pa.struct([("a", kind)])
    return pa.nulls(ROWS, kind)


def same(rows: int) -> pa.Array:
    """One prompt again and again."""
    return pa.array(["1+1?"]).take(pa.nulls(rows, pa.int32()).fill_null(0))


class Unheard(pa.ExtensionType):
    """A type of an extension that no reader knows."""

    def __init__(self) -> None:
        super().__init__(pa.binary(), "of.a.stranger")

    def __arrow_ext_serialize__(self) -> bytes:
        return ESCAPES.encode()

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: pa.DataType, serialized: bytes) -> "Unheard":
        return cls()


# Parquet: types and values

COLUMNS: dict[str, Callable[[], Any]] = {
    "bytes_that_are_text": lambda: pa.array([b"a", "é".encode(), None]),
    "bytes_that_are_none": lambda: pa.array([b"a", b"\xff\xfe\x00", b"\x1b[2J"]),
    "large_bytes": lambda: pa.array([b"a", b"\xff", None], pa.large_binary()),
    "bytes_of_one_size": lambda: pa.array([b"abcd", b"\xff\0\0\0", None], pa.binary(4)),
    "bytes_in_lists": lambda: pa.array([[b"a"], [b"\xff"], None], pa.list_(pa.binary())),
    "bytes_in_structs": lambda: pa.array([{"a": [{"b": b"\xff"}]}] * ROWS),
    "text_views": lambda: pa.array(["a", "b", None], pa.string_view()),
    "a_map": lambda: pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())),
    "a_map_of_bytes": lambda: pa.array([[(b"\xff", b"\xfe")], [], None], pa.map_(pa.binary(), pa.binary())),
    "a_map_with_a_key_twice": lambda: pa.array(
        [[("k", 1), ("k", 2)]] * ROWS, pa.map_(pa.string(), pa.int8())
    ),
    "dates_out_of_range": lambda: pa.array([2**31 - 1, -(2**31), 0], pa.int32()).cast(pa.date32()),
    "milliseconds_out_of_range": lambda: pa.array([2**62, -(2**62), 0]).cast(pa.timestamp("ms")),
    "microseconds_out_of_range": lambda: pa.array([2**63 - 1, -(2**63), 0]).cast(pa.timestamp("us")),
    "nanoseconds": lambda: pa.array([1, 2**63 - 1, -1]).cast(pa.timestamp("ns")),
    "a_zone_that_does_not_exist": lambda: pa.array([0, 1, 2]).cast(pa.timestamp("us", "Mars/Phobos")),
    "a_zone_that_is_a_path": lambda: pa.array([0, 1, 2]).cast(pa.timestamp("us", "../../etc/passwd")),
    "a_zone_of_escapes": lambda: pa.array([0, 1, 2]).cast(pa.timestamp("us", ESCAPES)),
    "times": lambda: pa.array([0, 86_399_999_999, None]).cast(pa.time64("us")),
    "times_beyond_a_day": lambda: pa.array([2**62, -1, 0]).cast(pa.time64("ns")),
    "durations": lambda: pa.array([2**63 - 1, -1, None]).cast(pa.duration("s")),
    "durations_in_nanoseconds": lambda: pa.array([2**63 - 1, -1, None]).cast(pa.duration("ns")),
    "decimals": lambda: pa.array([Decimal("9" * 38), Decimal("-0.5"), None][:1] * ROWS, pa.decimal128(38, 0)),
    "large_decimals": lambda: pa.array([Decimal("9" * 76)] * ROWS, pa.decimal256(76, 0)),
    "half_floats": lambda: pa.array([1.5, float("nan"), float("inf")], pa.float64()).cast(pa.float16()),
    "numbers_that_are_none": lambda: pa.array([float("nan"), float("inf"), -0.0]),
    "numbers_beyond_64_bits": lambda: pa.array([2**64 - 1, 2**63, 0], pa.uint64()),
    "dictionaries": lambda: pa.array(["a", "b", "a"]).dictionary_encode(),
    "dictionaries_in_lists": lambda: pa.ListArray.from_arrays([0, 1, 2, 3], pa.array(["a", "b", "a"])),
    "large_lists": lambda: pa.array([["a"], [], None], pa.large_list(pa.string())),
    "lists_of_one_size": lambda: pa.array([[1, 2], [3, 4], None], pa.list_(pa.int8(), 2)),
    "lists_of_structs_of_lists": lambda: pa.array([[{"a": [{"b": [1, None]}]}], [], None]),
    "lists_100_levels_deep": lambda: nested(100),
    "lists_1000_levels_deep": lambda: nested(1_000),
    "structs_1000_levels_deep": lambda: in_structs(1_000),
    "an_empty_struct": lambda: pa.array([{}] * ROWS, pa.struct([("a", pa.null())])),
    "nothing": lambda: pa.nulls(ROWS),
    "escapes": lambda: pa.array([ESCAPES] * ROWS),
    "nuls": lambda: pa.array(["a\0b"] * ROWS),
    "an_extension": lambda: pa.ExtensionArray.from_storage(Unheard(), pa.array([b"a", b"\xff", None])),
    "text_that_is_no_utf_8": lambda: pa.Array.from_buffers(
        pa.string(), 3, [None, pa.py_buffer(struct.pack("4i", 0, 1, 3, 4)), pa.py_buffer(b"a\xff\xfeb")]
    ),
    "surrogates_as_wtf_8": lambda: pa.Array.from_buffers(
        pa.string(), 3, [None, pa.py_buffer(struct.pack("4i", 0, 3, 3, 3)), pa.py_buffer(b"\xed\xa0\x80")]
    ),
}
for label, column in COLUMNS.items():
    of_table(label, with_column(column))
    of_table(f"{label}_as_prompt", lambda column=column: pa.table({"prompt": column()}))  # type: ignore[misc]
of_table("a_column_name_of_escapes", with_column(lambda: pa.array([1, 2, 3]), ESCAPES))
of_table("a_column_without_a_name", with_column(lambda: pa.array([1, 2, 3]), ""))
of_table("a_column_name_of_a_megabyte", with_column(lambda: pa.array([1, 2, 3]), "x" * 1_000_000))
of_table("a_column_given_twice", with_column(lambda: pa.array(["a", "b", "c"]), "prompt"))
of_table("no_rows", lambda: pa.table({"prompt": pa.array([], pa.string())}))
of_table("no_columns", lambda: pa.table({}))
of_table("five_thousand_columns", lambda: pa.table({"prompt": ["a"], **{f"c{n}": [n] for n in range(5_000)}}))
of_table(
    "fifty_thousand_columns", lambda: pa.table({"prompt": ["a"], **{f"c{n}": [n] for n in range(50_000)}})
)
of_table(
    "thirty_thousand_columns", lambda: pa.table({"prompt": ["a"], **{f"c{n}": [n] for n in range(30_000)}})
)
of_table("thirty_thousand_row_groups", lambda: pa.table({"prompt": ["a"] * 30_000}), row_group_size=1)
of_table(
    "metadata_of_megabytes",
    lambda: pa.table({"prompt": ["a"]}).replace_schema_metadata({"x": "y" * 9_000_000}),
)
of_table(
    "metadata_that_is_a_lie",
    lambda: pa.table({"prompt": ["a"]}).replace_schema_metadata({"ARROW:schema": "x"}),
)
of_table("thirty_million_rows", lambda: pa.table({"prompt": same(30_000_000)}), row_group_size=30_000_000)
of_table("a_million_rows", lambda: pa.table({"prompt": same(1_000_000)}), row_group_size=1_000_000)
of_table("rows_without_columns", lambda: pa.table({"prompt": same(10_000_000)}).select([]))
of_table("a_million_rows_of_nothing", lambda: pa.table({"prompt": pa.nulls(1_000_000, pa.string())}))


# Parquet: bytes


def parquet_bytes() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"prompt": [f"What is {n} + 1?" for n in range(100)]}), sink, row_group_size=30)
    return sink.getvalue()


def mutated(seed: int) -> bytes:
    """A file of which some bytes of the footer and of the pages are others."""
    draw = random.Random(seed)
    content = bytearray(parquet_bytes())
    for _ in range(draw.choice([1, 2, 4, 8])):
        place = draw.randrange(4, len(content) - 4)
        if draw.random() < 0.6:  # the footer
            place = draw.randrange(len(content) // 2, len(content) - 8)
        content[place] = draw.randrange(256)
    return bytes(content)


def with_footer_length(length: int) -> bytes:
    content = parquet_bytes()
    return content[:-8] + struct.pack("<I", length) + b"PAR1"


PARQUET: dict[str, Callable[[], bytes]] = {
    "a_torn_footer": lambda: parquet_bytes()[:-20],
    "a_torn_start": lambda: parquet_bytes()[20:],
    "a_missing_middle": lambda: parquet_bytes()[:100] + parquet_bytes()[200:],
    "a_footer_of_zero_bytes": lambda: with_footer_length(0),
    "a_footer_longer_than_the_file": lambda: with_footer_length(2**32 - 1),
    "a_footer_that_is_all": lambda: with_footer_length(len(parquet_bytes()) - 12),
    "only_magic": lambda: b"PAR1",
    "magic_twice": lambda: b"PAR1PAR1",
    "an_encrypted_footer": lambda: parquet_bytes()[:-4] + b"PARE",
    "zeros": lambda: b"PAR1" + bytes(1 << 20) + b"PAR1",
    "noise": lambda: b"PAR1" + random.Random(1).randbytes(1 << 16) + struct.pack("<I", 1 << 15) + b"PAR1",
    "nothing_at_all": lambda: b"",
    "text": lambda: b"prompt\nhello\n",
    "an_arrow_file": lambda: arrow_bytes(),
}
PARQUET |= {f"mutation_{seed}": (lambda seed=seed: mutated(seed)) for seed in range(40)}  # type: ignore[misc]


def arrow_bytes() -> bytes:
    sink = io.BytesIO()
    table = pa.table({"prompt": ["a"]})
    with pa.ipc.new_file(sink, table.schema) as file:
        file.write_table(table)
    return sink.getvalue()


for label, content in PARQUET.items():
    of_bytes(f"parquet_{label}", ".parquet", content)
for suffix in (".arrow", ".feather", ".jsonl.gz", ".csv.zst", ".zip", ".pkl", ".npy", ".exe", ""):
    of_bytes(f"a_file_called{suffix.replace('.', '_') or '_nothing'}", suffix, arrow_bytes)


# JSON Lines, JSON


def line(**values: Any) -> bytes:
    return json.dumps({"prompt": "1+1?", **values}).encode() + b"\n"


JSONL: dict[str, Callable[[], bytes]] = {
    "nested_deep": lambda: b'{"prompt": "q", "a": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}\n",
    "nested_900_levels": lambda: b'{"prompt": "q", "a": ' + b"[" * 900 + b"]" * 900 + b"}\n",
    "objects_nested_deep": lambda: b'{"prompt": "q", "a": ' + b'{"a":' * 990 + b"1" + b"}" * 990 + b"}\n",
    "a_number_of_a_million_digits": lambda: b'{"prompt": "q", "a": ' + b"1" * 1_000_000 + b"}\n",
    "a_number_of_4000_digits": lambda: b'{"prompt": "q", "a": ' + b"1" * 4_000 + b"}\n",
    "a_token_count_of_4000_digits": lambda: b'{"prompt": "q", "response": "a", "prompt_tokens": '
    + b"1" * 4_000
    + b"}\n",
    "a_number_without_end": lambda: line() + b'{"prompt": "q", "a": 1e999999}\n',
    "a_count_without_end": lambda: b'{"prompt": "q", "response": "a", "sample_index": 1e999999}\n',
    "a_count_that_is_none": lambda: b'{"prompt": "q", "response": "a", "sample_index": NaN}\n',
    "keys_given_twice": lambda: b'{"prompt": "a", "prompt": "b"}\n',
    "constants": lambda: b'{"prompt": "q", "a": NaN, "b": Infinity, "c": -Infinity}\n',
    "a_mark_at_the_start": lambda: b"\xef\xbb\xbf" + line(),
    "marks_everywhere": lambda: (b"\xef\xbb\xbf" + line()) * 2,
    "in_utf_16": lambda: line().decode().encode("utf-16"),
    "in_latin_1": lambda: '{"prompt": "é"}\n'.encode("latin-1"),
    "surrogates": lambda: b'{"prompt": "\\ud800"}\n',
    "surrogates_as_wtf_8": lambda: b'{"prompt": "\xed\xa0\x80"}\n',
    "surrogates_in_a_name": lambda: b'{"prompt": "a", "\\ud800": 1}\n',
    "nuls": lambda: line(prompt="a\0b", more="\0"),
    "raw_nuls": lambda: b'{"prompt": "a\0b"}\n',
    "escapes": lambda: line(prompt=ESCAPES, more=ESCAPES),
    "escapes_in_a_name": lambda: line(**{ESCAPES: 1}),
    "escapes_that_do_not_fit": lambda: line(response="a", prompt_tokens=ESCAPES),
    "a_line_of_40_megabytes": lambda: b'{"prompt": "' + b"x" * (40 << 20) + b'"}\n',
    "no_line_at_all": lambda: b"x" * (40 << 20),
    "a_million_blank_lines": lambda: b"\n" * 1_000_000 + line(),
    "twenty_thousand_keys": lambda: line(**{f"k{n}": n for n in range(20_000)}),
    "a_key_for_each_row": lambda: b"".join(line(**{f"k{n}": n}) for n in range(20_000)),
    "a_key_of_a_megabyte": lambda: line(**{"k" * 1_000_000: 1}),
    "a_list": lambda: b"[1, 2]\n",
    "numbers": lambda: b"1\n2\n",
    "null": lambda: b"null\n",
    "noise": lambda: random.Random(2).randbytes(1 << 16),
    "cut_off": lambda: line() + b'{"prompt": "q',
    "prompts_of_every_kind": lambda: b"".join(line(prompt=value) for value in (1, None, [], {}, True, 1.5)),
    "a_prompt_that_is_a_list": lambda: line(prompt=[1, {"a": None}]),
    "a_response_that_is_an_object": lambda: line(response={"a": 1}, truth=[1]),
    "messages_of_every_kind": lambda: b"".join(
        json.dumps({"messages": value}).encode() + b"\n" for value in (1, "a", [], [1], [{}], [{"role": 1}])
    ),
    "messages_that_are_a_text": lambda: json.dumps({"messages": "hello"}).encode(),
    "messages_of_numbers": lambda: json.dumps({"messages": [{"role": "user", "content": 5}]}).encode(),
    "columns_of_other_types": lambda: line(response="a", verdict=5, score="x", drop_reasons="y", meta={"a": 1}),
    "reasons_of_numbers": lambda: line(response="a", verdict="correct", drop_reasons=[1, None, {"a": 2}]),
    "a_verdict_unheard_of": lambda: line(response="a", verdict="great", verifier_version="1", verdict_cause="x"),
    "a_verifier_unheard_of": lambda: line(response="a", verifier="../../x", truth="1"),
    "a_language_unheard_of": lambda: line(response="a", language="../../etc", truth="1"),
    "ids_of_every_kind": lambda: b"".join(
        line(prompt_id=value, response="a") for value in ("", "a/b", "../x", "\n", "x" * 100_000)
    ),
    "columns_of_our_own": lambda: line(**{"·verdict": 1, "quarantine_reason": 2, "place": 3, "__index_level_0__": 4}),
}  # fmt: skip
for label, content in JSONL.items():
    of_bytes(f"jsonl_{label}", ".jsonl", content)
JSON: dict[str, Callable[[], bytes]] = {
    "nested_deep": lambda: b"[" * 1_000_000,
    "objects_nested_deep": lambda: b'[{"prompt": ' + b'{"a":' * 1_000_000,
    "a_number_of_a_million_digits": lambda: b'[{"prompt": ' + b"1" * 1_000_000 + b"}]",
    "cut_off": lambda: b'[{"prompt": "q"}, {"prompt": "',
    "one_object": lambda: b'{"prompt": "q"}',
    "a_list_of_lists": lambda: b"[[1], [2]]",
    "40_megabytes_of_white_space": lambda: b" " * (40 << 20) + b"[]",
    "a_text_of_40_megabytes": lambda: b'[{"prompt": "' + b"x" * (40 << 20) + b'"}]',
    "an_open_text_of_40_megabytes": lambda: b'[{"prompt": "' + b"x" * (40 << 20),
    "in_utf_16": lambda: json.dumps([{"prompt": "q"}]).encode("utf-16"),
    "no_utf_8": lambda: b'[{"prompt": "\xff"}]',
    "something_behind": lambda: b'[{"prompt": "q"}] [',
    "empty": lambda: b"",
    "surrogates": lambda: b'[{"prompt": "\\ud800"}]',
    "many_commas": lambda: b"[" + b"," * 1_000_000,
}
for label, content in JSON.items():
    of_bytes(f"json_{label}", ".json", content)


# CSV

CSV: dict[str, Callable[[], bytes]] = {
    "a_field_of_40_megabytes": lambda: b"prompt\n" + b"x" * (40 << 20),
    "a_quoted_field_of_40_megabytes": lambda: b'prompt\n"' + b"x\n" * (20 << 20) + b'"\n',
    "a_quote_that_does_not_end": lambda: b'prompt,a\n"x,1\ny,2\n' * 1_000,
    "a_quote_in_the_middle": lambda: b'prompt\n"a"b"\n',
    "a_million_columns": lambda: b"prompt," + b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n",
    "a_million_columns_and_a_row": lambda: CSV["a_million_columns"]() + b"," * 1_000_000,
    "a_header_alone": lambda: b"prompt\n",
    "names_given_twice": lambda: b"prompt,prompt\na,b\n",
    "names_that_are_empty": lambda: b"prompt,,\na,b,c\n",
    "names_of_escapes": lambda: f"prompt,{ESCAPES}\na,b\n".encode(),
    "more_fields_than_names": lambda: b"prompt\na,b\n",
    "fewer_fields_than_names": lambda: b"prompt,a\nq\n",
    "nuls": lambda: b"prompt\na\0b\n",
    "in_utf_16": lambda: "prompt\nq\n".encode("utf-16"),
    "no_utf_8": lambda: b"prompt\n\xff\n",
    "a_mark_at_the_start": lambda: b"\xef\xbb\xbfprompt\nq\n",
    "carriage_returns": lambda: b"prompt\ra\rb\r",
    "a_million_blank_lines": lambda: b"prompt\n" + b"\n" * 1_000_000 + b"q\n",
    "formulas": lambda: b'prompt,a\n"=cmd|\' /C calc\'!A0",@SUM(1)\n',
    "noise": lambda: random.Random(3).randbytes(1 << 16),
    "empty": lambda: b"",
}  # fmt: skip
for label, content in CSV.items():
    of_bytes(f"csv_{label}", ".csv", content)


# what is no file


def special(name: str, make: Callable[[Path], object], suffix: str = ".jsonl") -> None:
    def build(folder: Path) -> str:
        make(folder / f"rows{suffix}")
        return f"rows{suffix}"

    FILES[name] = build


def listen(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path has 107 bytes at most
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


for ending in (".jsonl", ".json", ".csv", ".parquet"):
    special(f"a_pipe_called{ending.replace('.', '_')}", os.mkfifo, ending)
special("a_socket", listen)
special("a_folder", Path.mkdir)
special("a_device_behind_a_link", lambda path: path.symlink_to("/dev/zero"))
special("a_link_to_itself", lambda path: path.symlink_to(path.name))
special("a_link_to_nothing", lambda path: path.symlink_to("nowhere"))


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


special("a_sparse_terabyte", sparse)
special("a_sparse_terabyte_of_parquet", sparse, ".parquet")
special("a_sparse_terabyte_of_csv", sparse, ".csv")
special("a_sparse_terabyte_of_json", sparse, ".json")
