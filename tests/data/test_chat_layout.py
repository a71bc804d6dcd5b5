"""Rows as chat tools lay them out: prompts that are lists of messages, responses that begin within their thoughts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from r1data.data.chat_layout import with_opened_thoughts
from r1data.data.plain import Columns, PlainSource
from r1data.errors import UserError
from r1data.exchange.conversations import Recognised

Jsonl = Callable[..., Path]
USER = {"role": "user", "content": "What is 5+8?"}
SYSTEM = {"role": "system", "content": "Be brief."}
ASSISTANT = {"role": "assistant", "content": "13"}
COLUMNS = [Columns(), Recognised()]
"""As every command reads a plain file, and as `r1 ingest` does."""


def read(path: Path, columns: Columns) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = PlainSource(str(path), columns).table().to_pylist()
    return rows


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("turns", "system"),
    [([USER], None), ([SYSTEM, USER], "Be brief."), ([{**SYSTEM, "role": "developer"}, USER], "Be brief.")],
)
def test_a_prompt_of_messages_is_the_user_s_question(
    columns: Columns, as_json: bool, turns: list[dict[str, str]], system: str | None, write_jsonl: Jsonl
) -> None:
    prompt = json.dumps(turns) if as_json else turns
    (row,) = read(write_jsonl([{"prompt": prompt, "truth": "13"}]), columns)
    assert (row["prompt"], row["system"], row["truth"]) == ("What is 5+8?", system, "13")


@pytest.mark.parametrize("columns", COLUMNS)
def test_so_is_one_in_parquet(columns: Columns, tmp_path: Path) -> None:
    pq.write_table(pa.table({"prompt": [[SYSTEM, USER]], "truth": ["13"]}), tmp_path / "p.parquet")
    (row,) = read(tmp_path / "p.parquet", columns)
    assert (row["prompt"], row["system"]) == ("What is 5+8?", "Be brief.")


def test_parts_of_text_are_joined(write_jsonl: Jsonl) -> None:
    parts = [{"type": "text", "text": "What is "}, {"type": "text", "text": "5+8?"}]
    (row,) = read(write_jsonl([{"prompt": [{"role": "user", "content": parts}]}]), Columns())
    assert row["prompt"] == "What is 5+8?"


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"prompt": [USER, ASSISTANT, USER]}, r"a conversation \(user, assistant, user\)"),
        ({"prompt": [USER, {"role": "tool", "content": "x"}]}, r"a conversation \(user, tool\)"),
        ({"prompt": [{"role": "user", "content": [{"type": "image"}]}]}, "whose content is no text"),
        ({"prompt": [SYSTEM, USER], "system": "Be long."}, "the column 'system' holds another"),
    ],
)
def test_what_no_prompt_can_hold_is_refused_with_its_line(
    columns: Columns, row: dict[str, Any], reason: str, write_jsonl: Jsonl
) -> None:
    with pytest.raises(UserError, match=f"line 2: .*{reason}"):
        read(write_jsonl([{"prompt": "a"}, row]), columns)


def test_a_preference_s_answers_are_texts(write_jsonl: Jsonl) -> None:
    wrong = {**ASSISTANT, "content": "12"}
    (row,) = read(write_jsonl([{"prompt": [USER], "chosen": [ASSISTANT], "rejected": [wrong]}]), Columns())
    assert (row["prompt"], row["chosen"], row["rejected"]) == ("What is 5+8?", "13", "12")


@pytest.mark.parametrize("text", ["[1, 2]", '[{"a": 1}]', '[{"role": ', "[{}]", "What is [{x}]?"])
def test_a_prompt_that_is_a_text_stays_one(text: str, write_jsonl: Jsonl) -> None:
    (row,) = read(write_jsonl([{"prompt": text}]), Columns())
    assert row["prompt"] == text


@pytest.mark.parametrize("columns", COLUMNS)
def test_a_prompt_that_ends_in_the_tag_opened_the_thoughts(columns: Columns, write_jsonl: Jsonl) -> None:
    row = {"prompt": "<|user|>5+8?<|assistant|><think>\n", "response": "So.\n</think>\n\n13"}
    (row,) = read(write_jsonl([row]), columns)
    assert (row["reasoning"], row["answer"]) == ("So.", "13") and row["response"].startswith("<think>\nSo.")


def test_where_the_user_says_so_all_did_also_those_that_were_cut(write_jsonl: Jsonl) -> None:
    texts = ["So.\n</think>\n\n13", "So", "<think>So.</think>13"]
    path = write_jsonl([{"prompt": f"5+8? {n}", "response": text} for n, text in enumerate(texts)])
    rows = read(path, Recognised(think_opened=True))
    assert [(row["reasoning"], row["answer"]) for row in rows] == [("So.", "13"), ("So", None), ("So.", "13")]
    assert [row["response"].count("<think>") for row in rows] == [1, 1, 1]


def test_without_either_a_response_stays_as_it_is() -> None:
    row = {"prompt": "What does <think> mean?", "response": "So.\n</think>\n\n13"}
    assert with_opened_thoughts(row, think_opened=False) == row


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize(
    "prompt",
    [str([USER]), f" {json.dumps([USER])}", USER, [{"from": "human", "value": USER["content"]}]],
    ids=["as Python shows it", "blanks in front", "one message", "ShareGPT"],
)
def test_other_spellings_of_messages_are_read(columns: Columns, prompt: object, write_jsonl: Jsonl) -> None:
    (row,) = read(write_jsonl([{"prompt": prompt, "truth": "13"}]), columns)
    assert row["prompt"] == "What is 5+8?"


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize(
    "row",
    [
        {"prompt": []},
        {"prompt": ["What is 5+8?"]},
        {"prompt": {"text": "What is 5+8?"}},
        {"prompt": "5+8?", "response": ["12", "13"]},
    ],
)
def test_lists_that_are_no_messages_are_refused(
    columns: Columns, row: dict[str, object], write_jsonl: Jsonl
) -> None:
    with pytest.raises(UserError, match="line 1"):
        read(write_jsonl([{"truth": "13", **row}]), columns)


@pytest.mark.parametrize(
    "text", ['[{"role": "x"}, what is this JSON?', 'Read [{"role": "user"}]', "[{'role'", "[{}]"]
)
def test_a_question_about_json_is_a_question(text: str, write_jsonl: Jsonl) -> None:
    (row,) = read(write_jsonl([{"prompt": text, "truth": "13"}]), Columns())
    assert row["prompt"] == text


def test_verl_s_reward_model_gives_the_truth(write_jsonl: Jsonl) -> None:
    reward = {"style": "rule", "ground_truth": "13"}
    path = write_jsonl([{"prompt": [USER], "reward_model": reward}])
    assert read(path, Columns())[0]["truth"] == "13"
    assert read(path, Columns({"truth": "reward_model"}))[0]["truth"] == "13"
    both = write_jsonl([{"prompt": [USER], "reward_model": reward, "truth": "12"}])
    assert read(both, Columns())[0]["truth"] == "12"
