"""Other people's SFT sets: layouts that are told by their columns, and those that are refused in one line."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.dataset import Dataset
from r1data.data.plain import PlainSource
from r1data.errors import UserError
from r1data.exchange.conversations import Recognised
from r1data.exchange.ingest import ingest

Row = dict[str, Any]
CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]


def ingested(tmp_path: Path, *lines: Row, **more: Any) -> tuple[str, list[Row]]:
    """The schema and the rows that a JSONL file of these lines becomes."""
    file = tmp_path / "set.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    ingest(str(file), str(tmp_path / "out"), workers=1, **more)
    made = Dataset(tmp_path / "out")
    return made.schema.name, pa.concat_tables(made.tables()).to_pylist()


@pytest.mark.parametrize(
    "line",
    [
        {"messages": CHAT},
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]},
        {"conversation": [{"human": "Hi", "assistant": "Hello."}]},
        {"data": ["Hi", "Hello."]},
        {"prompt": CHAT[:1], "completion": CHAT[1:]},
        {"instruction": "Hi", "input": "", "output": "Hello.", "history": []},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, CHAT[1]]},
    ],
)
def test_conversations_of_every_layout_are_messages(tmp_path: Path, line: Row) -> None:
    schema, (row,) = ingested(tmp_path, {**line, "id": 7})
    assert (schema, row["messages"], row["kind"], row["id"]) == ("sft", CHAT, "non_reasoning", 7)


@pytest.mark.parametrize(
    ("line", "prompt"),
    [
        ({"instruction": "Sort.", "input": "3 1", "output": "1 3"}, "Sort.\n\n3 1"),
        ({"instruction": "Sort 3 1.", "input": "", "output": "1 3"}, "Sort 3 1."),
        ({"instruction": "Sort.", "context": "3 1", "response": "1 3"}, "Sort.\n\n3 1"),
        ({"prompt": "Sort 3 1.", "completion": "1 3"}, "Sort 3 1."),
        ({"question": "Sort 3 1.", "response": "1 3"}, "Sort 3 1."),
        ({"query": "Sort 3 1.", "response": "1 3"}, "Sort 3 1."),
        ({"inputs": "Sort 3 1.", "targets": "1 3"}, "Sort 3 1."),
    ],
)
def test_pairs_of_every_layout_are_samples(tmp_path: Path, line: Row, prompt: str) -> None:
    schema, (row,) = ingested(tmp_path, {**line, "system_prompt": "Be brief."})
    assert (schema, row["prompt"], row["response"]) == ("sample", prompt, "1 3")
    assert (row["system"], row["reasoning"], row["answer"]) == ("Be brief.", None, "1 3")


def test_instructions_without_outputs_are_prompts(tmp_path: Path) -> None:
    schema, (row,) = ingested(tmp_path, {"instruction": "Sort.", "input": "3 1"})
    assert (schema, row["prompt"]) == ("prompt", "Sort.\n\n3 1")


def test_thoughts_of_a_field_of_their_own_stand_between_tags(tmp_path: Path) -> None:
    thinking = {**CHAT[1], "reasoning_content": "A greeting."}
    _, (row,) = ingested(tmp_path, {"messages": [CHAT[0], thinking]})
    assert row["messages"][1]["content"] == "<think>\nA greeting.\n</think>\n\nHello."
    assert row["kind"] == "reasoning"


def test_thoughts_of_a_column_do_not_displace_the_response(tmp_path: Path) -> None:
    _, (row,) = ingested(tmp_path, {"prompt": "Hi", "reasoning": "A greeting.", "response": "Hello."})
    assert row["response"] == "<think>\nA greeting.\n</think>\n\nHello."
    assert (row["reasoning"], row["answer"]) == ("A greeting.", "Hello.")


def test_a_cut_sample_of_our_own_stays_as_it_is(tmp_path: Path) -> None:
    own = {"prompt": "Hi", "response": "<think>A gree", "reasoning": "A gree", "answer": None}
    _, (row,) = ingested(tmp_path, own)
    assert row["response"] == "<think>A gree" and row["answer"] is None


def test_a_system_column_opens_the_conversation(tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]
    _, (row,) = ingested(tmp_path, {"conversations": turns, "system": "Be brief."})
    assert row["messages"] == [{"role": "system", "content": "Be brief."}, *CHAT]


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ({"messages": CHAT, "license": "MIT"}, {}),
        ({"messages": CHAT, "licence": "MIT"}, {}),
        ({"messages": CHAT, "terms": "MIT"}, {"rename": {"license": "terms"}}),
        ({"messages": CHAT}, {"constant": {"license": "MIT"}}),
        ({"prompt": "Hi", "completion": "Hello."}, {"constant": {"license": "MIT"}}),
    ],
)
def test_the_licence_stays_with_the_row(tmp_path: Path, line: Row, more: Row) -> None:
    _, (row,) = ingested(tmp_path, line, **more)
    assert row["license"] == "MIT"


@pytest.mark.parametrize("name", ["set.csv", "set.parquet", "set.json"])
def test_a_layout_is_told_in_every_kind_of_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    turns = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]
    if name == "set.csv":
        with file.open("w", newline="") as out:
            csv.writer(out).writerows([["conversations"], [json.dumps(turns)]])
    elif name == "set.parquet":
        pq.write_table(pa.table({"conversations": [turns]}), file)
    else:
        file.write_text(json.dumps([{"conversations": turns}]))
    ingest(str(file), str(tmp_path / "out"), workers=1)
    assert pa.concat_tables(Dataset(tmp_path / "out").tables())["messages"].to_pylist() == [CHAT]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"question": "1+1?", "answer": "2"}, "line 2: no column 'prompt' among: question, answer; say which"),
        ({"conversations": [{"from": "observation", "value": "x"}]}, "line 2: turn 1: role 'observation' is unknown"),
        ({"messages": [CHAT[0], {"role": "assistant", "content": None}]}, "line 2: turn 2: its content is null"),
        ({"messages": [{"role": "assistant", "content": "", "tool_calls": [{}]}]}, "line 2: turn 1 calls tools"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "line 2: turn 1: its content is no text"),
        ({"messages": CHAT[:1]}, "line 2: a conversation without an answer"),
        ({"messages": []}, "line 2: no list of turns"),
        ({"messages": "hello"}, "line 2: no list of turns"),
        ({"conversations": [{"text": "Hi"}]}, "line 2: turn 1 has no role; it has: text"),
    ],
)  # fmt: skip
def test_what_is_no_conversation_of_texts_is_refused_with_its_line(
    tmp_path: Path, line: Row, said: str
) -> None:
    first = {"question": "1+1?", "response": "2"} if "question" in line else {"messages": CHAT}
    with pytest.raises(UserError, match=said):
        ingested(tmp_path, first, line)


def test_a_history_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 1: column 'history' is no list of pairs"):
        ingested(tmp_path, {"instruction": "a", "output": "b", "history": [["c"]]})


def test_a_column_that_is_mapped_is_not_guessed_at(tmp_path: Path) -> None:
    line = {"instruction": "Sort.", "input": "3 1", "output": "1 3"}
    schema, (row,) = ingested(tmp_path, line, rename={"prompt": "input", "truth": "output"})
    assert (schema, row["prompt"], row["truth"], row["instruction"]) == ("prompt", "3 1", "1 3", "Sort.")


def test_commands_that_read_files_go_by_the_names_of_the_schema(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text(json.dumps({"instruction": "Sort.", "output": "1"}) + "\n")
    with pytest.raises(UserError, match="no column 'prompt'"):
        PlainSource(str(tmp_path / "set.jsonl"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["role", "content", "from", "value", "human", "assistant"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
COLUMNS = st.sampled_from(
    ["messages", "conversations", "data", "instruction", "input", "output", "history", "prompt", "completion",
     "response", "system", "reasoning_content", "question", "licence"]
)  # fmt: skip


@given(st.dictionaries(COLUMNS, JSON, max_size=5))
def test_whatever_a_record_holds_it_becomes_a_row_or_a_reason(record: Row) -> None:
    try:
        row = Recognised().apply(record)
    except ValueError as error:
        assert str(error)
        return
    for turn in row.get("messages") or ():
        assert set(turn) == {"role", "content"} and all(isinstance(text, str) for text in turn.values())
