"""Plain files as rows: every row kept, defaults filled, bad records refused with their line."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r1data.data import plain, records
from r1data.data.plain import Columns, PlainSource
from r1data.errors import UserError

Jsonl = Callable[..., Path]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def rows(path: Path, **columns: dict[str, str]) -> list[dict[str, object]]:
    table: list[dict[str, object]] = PlainSource(str(path), Columns(**columns)).table().to_pylist()
    return table


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXT, min_size=1, max_size=20))
def test_every_prompt_survives_as_it_is(write_jsonl: Jsonl, texts: list[str]) -> None:
    path = write_jsonl([{"prompt": text} for text in texts])
    assert [row["prompt"] for row in rows(path)] == texts


def test_ids_are_unique_even_where_prompts_repeat(write_jsonl: Jsonl) -> None:
    path = write_jsonl([{"prompt": "1+1?"}] * 3 + [{"prompt": "2+2?"}])
    assert len({row["prompt_id"] for row in rows(path)}) == 4


def test_samples_of_one_prompt_are_counted(write_jsonl: Jsonl) -> None:
    path = write_jsonl(
        [{"prompt": "1+1?", "response": text} for text in ("2", "3")] + [{"prompt": "?", "response": ""}]
    )
    assert [row["sample_index"] for row in rows(path)] == [0, 1, 0]


def test_defaults_are_those_of_the_contract(write_jsonl: Jsonl) -> None:
    (row,) = rows(write_jsonl([{"prompt": "q", "truth": 18, "response": "<think>a</think>b"}]))
    wanted = {"language": "en", "domain": "unknown", "source": "unknown", "verifier": "math", "truth": "18"}
    wanted |= {"finish_reason": "stop", "model": "unknown", "reasoning": "a", "answer": "b"}
    assert {name: row[name] for name in wanted} == wanted
    assert row["prompt_tokens"] is None


def test_columns_of_its_own_stay_with_their_types(write_jsonl: Jsonl) -> None:
    (row,) = rows(write_jsonl([{"prompt": "q", "level": 3, "tags": ["a"], "hard": True}]))
    assert (row["level"], row["tags"], row["hard"]) == (3, '["a"]', True)


def test_columns_are_renamed_and_set(write_jsonl: Jsonl) -> None:
    path = write_jsonl([{"question": "q", "answer": "7"}])
    (row,) = rows(path, rename={"prompt": "question", "truth": "answer"}, constant={"domain": "math"})
    assert (row["prompt"], row["truth"], row["domain"]) == ("q", "7", "math")


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "parquet"])
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, kind: str) -> None:
    records = [{"prompt": f'a "quoted", {n}\nline', "truth": str(n)} for n in range(5)]
    path = tmp_path / f"rows.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
    elif kind == "json":
        path.write_text(json.dumps(records))
    elif kind == "csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["prompt", "truth"])
            writer.writeheader()
            writer.writerows(records)
    else:
        pq.write_table(pa.Table.from_pylist(records), path)
    assert [{"prompt": row["prompt"], "truth": row["truth"]} for row in rows(path)] == records


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"prompt": "a"}\n{"prompt": "b', "line 2"),
        ('{"prompt": "a"}\n[1]\n', "line 2"),
        ("", "empty"),
        ("\n\n", "empty"),
        ('{"question": "a"}\n', "--map prompt="),
        ("prose\n", "line 1"),
        ('{"prompt": ' + "[" * 100_000 + "\n", "too deep"),
        ('{"prompt": ' + "9" * 5_000 + "}\n", "line 1"),
        ('{"prompt": "a"}\n{"prompt": null}\n', "line 2: 'prompt' is null"),
        ('{"prompt": "a", "response": null}\n', "line 1: 'response' is null"),
        ('{"prompt": "a", "response": "b", "sample_index": "x"}\n', "line 1: column 'sample_index'"),
        ('{"prompt": "a", "response": "b"}\n{"prompt": "a"}\n', "1 of 2 rows have no 'response'"),
        ('{"messages": "hello"}\n', "line 1: column 'messages'"),
        ('{"messages": [{"role": "user"}]}\n', "line 1: column 'messages'"),
        ('{"prompt": "\\ud800"}\n', "line 1: column 'prompt'"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    with pytest.raises(UserError, match=says) as caught:
        PlainSource(str(path))
    assert "bad.jsonl" in str(caught.value)


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.jsonl"
    path.write_bytes('{"prompt": "a"}\n{"prompt": "é"}\n'.encode("latin-1"))
    with pytest.raises(UserError, match="line 2: not UTF-8"):
        PlainSource(str(path))


def test_a_csv_row_of_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("prompt,truth\na,1\nb\n")
    with pytest.raises(UserError, match="line 3"):
        PlainSource(str(path))


def test_a_lone_surrogate_is_refused_not_mangled(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "\\ud800"}\n')
    with pytest.raises(UserError):
        PlainSource(str(path)).table()


def test_shards_follow_from_the_file_alone(write_jsonl: Jsonl) -> None:
    path = write_jsonl([{"prompt": str(n)} for n in range(25)])
    source = PlainSource(str(path), shard_rows=10)
    first = [(shard.name, shard.rows, shard.sha256) for shard in source.shards()]
    assert [rows for _, rows, _ in first] == [10, 10, 5]
    assert first == [(shard.name, shard.rows, shard.sha256) for shard in source.shards()]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("long.jsonl", b'{"prompt": "a"}\n{"prompt": "' + b"x" * 5_000 + b'"}\n'),
        (
            "long.json",
            b'[{"prompt": "a"}, {"prompt": "' + b"x" * 5_000 + b'"}, {"prompt": "' + b"x" * 9_000 + b'"}]',
        ),
        ("long.csv", b"prompt\na\n" + b"x" * 5_000 + b"\n"),
        ("lines.csv", b"prompt\na\n" + b'"' + b"xxxxxx\n" * 1_000 + b'"\n'),
    ],
)
def test_a_record_over_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
) -> None:
    monkeypatch.setattr(records, "RECORD_LIMIT", 4_000)
    monkeypatch.setattr(records, "_CHUNK", 1_000)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=r"longer than|larger than"):
        PlainSource(str(tmp_path / name))


def test_a_field_longer_than_the_csv_modules_own_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text("prompt\n" + "x" * 140_000 + "\n")
    assert len(str(rows(tmp_path / "long.csv")[0]["prompt"])) == 140_000


@pytest.mark.parametrize("chunk", [1, 7, 64, 10_000])
def test_a_json_list_gives_its_objects_whatever_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(records, "_CHUNK", chunk)
    wanted = [{"prompt": f"é {n}\n]" * n, "meta": {"n": [n]}} for n in range(1, 20)]
    (tmp_path / "rows.json").write_text(json.dumps(wanted, indent=2, ensure_ascii=False) + "\n ")
    assert [record for _, record in records.read_records(str(tmp_path / "rows.json"))] == wanted


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"prompt": "a"}', "not a list"),
        ("[", "cut off"),
        ('[{"prompt": "a"}', "cut off"),
        ('[{"prompt": "a"},', "record 2: not JSON: the file is cut off"),
        ('[{"prompt": "a"}, {"prompt" "b"}, {"prompt": "' + "c" * 99 + '"}]', "record 2: not JSON"),
        ('[{"prompt": "a"},]', "not JSON"),
        ('[{"prompt": "a"}] x', "after the list's end"),
        ("[1]", "line 1: a int"),
        ("[" * 100_000, "not JSON"),
        ("[]", "empty"),
        ("", "cut off"),
    ],
)
def test_a_bad_json_file_is_refused(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(UserError, match=says):
        PlainSource(str(tmp_path / "bad.json"))


def test_a_shard_ends_where_its_text_has_a_certain_size(
    write_jsonl: Jsonl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "SHARD_BYTES", 1_000)
    path = write_jsonl([{"prompt": "x" * 300, "meta": {"n": n}} for n in range(10)])
    source = PlainSource(str(path))
    sizes = [shard.rows for shard in source.shards()]
    assert sizes == [3, 3, 3, 1]
    assert [row["prompt"] for row in source.table().to_pylist()] == ["x" * 300] * 10


def test_a_file_with_a_column_for_every_row_is_refused(
    write_jsonl: Jsonl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "COLUMNS_LIMIT", 50)
    path = write_jsonl([{"prompt": "q", f"key {n}": n} for n in range(100)])
    with pytest.raises(UserError, match="line 50: over 50 different columns"):
        PlainSource(str(path))


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("a\ud800", 1, "its name holds a lone surrogate"),
        ("own", ["a", {"b": "\udfff"}], "it holds a lone surrogate"),
        ("own", 2**63, "more than 64 bits"),
        ("drop_reasons", [1], "something else than texts"),
        ("sample_index", "9" * 100_000, "column 'sample_index'"),
        ("sample_index", "\x1b[31m\u202e" * 1_000, "column 'sample_index'"),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused_with_its_line_in_few_words(
    tmp_path: Path, column: str, value: object, says: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        "".join(json.dumps({"prompt": "q", **more}) + "\n" for more in ({"own": 1}, {column: value}))
    )
    with pytest.raises(UserError, match=says) as error:
        PlainSource(str(path))
    message = str(error.value).removeprefix(str(path))
    assert message.startswith(": line 2: ") and len(message) < 500 and message.isprintable()


def test_pairs_of_surrogates_are_characters(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"prompt": "q", "own": ["😀"], "😀": {"😀": "😀"}}) + "\n")
    assert PlainSource(str(path)).table().to_pylist()[0]["own"] == '["😀"]'


def test_a_number_of_more_than_64_bits_among_texts_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"prompt": "q", "own": own}) + "\n" for own in (2**63, "x")))
    assert PlainSource(str(path)).table()["own"].to_pylist() == [str(2**63), "x"]


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
@pytest.mark.parametrize(
    "row", ['{"prompt": "a", "truth": "1", "truth": "2"}', '{"prompt": "a", "m": [{"x": 1, "x": 1}]}']
)
def test_a_key_given_twice_is_refused_with_its_place(row: str, suffix: str, tmp_path: Path) -> None:
    good, path = '{"prompt": "b"}', tmp_path / f"rows.{suffix}"
    path.write_text(f"{good}\n{row}\n" if suffix == "jsonl" else f"[{good}, {row}]")
    place = "line 2" if suffix == "jsonl" else "record 2"
    with pytest.raises(
        UserError, match=f"{place}: the key '(truth|x)' stands twice in an object; remove one"
    ):
        PlainSource(str(path))
    source = PlainSource(str(path), quarantine_bad=True)
    assert (source.rows, source.bad_rows) == (1, 1)


def test_an_id_for_two_prompts_is_refused_with_its_line(write_jsonl: Jsonl) -> None:
    path = write_jsonl([{"prompt": text, "prompt_id": "7"} for text in ("a  b", " a b", "c")])
    with pytest.raises(
        UserError, match="line 3: its prompt_id '7' stands for another prompt above; give each"
    ):
        PlainSource(str(path))
    assert PlainSource(str(path), quarantine_bad=True).rows == 2


def test_pairs_of_a_plain_file_are_preference_rows(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    rows = [{"prompt": "q", "chosen": "a", "rejected": "b"}, {"prompt": "q", "chosen": "b", "rejected": "a"}]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    source = PlainSource(str(path))
    made = source.table().to_pylist()
    assert source.schema.name == "preference"
    assert len({row["preference_id"] for row in made}) == 2
    assert {row["aspect"] for row in made} == {"helpfulness"} and made[0]["source"] == "unknown"
