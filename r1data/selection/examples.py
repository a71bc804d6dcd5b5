"""Turns rows into training examples: a sample, or a conversation from elsewhere, becomes one row of schema `sft`.

The assistant's messages are unchanged, with think tags or special tokens. Only if the opening `<think>` was part of
the prompt is it put back, because the set's users do not have that prompt.
"""

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.plain import content_id
from r1data.data.responses import CLOSE, OPEN, reopened, token_of
from r1data.data.schema import Row, load_schema
from r1data.errors import RowError

PROMPT_KEY = "prompt_key"
"""Identity of what comes before the last answer; not part of the schema."""
LICENSE = "license"
"""Kept behind the schema's columns, where rows have it."""
QUESTION_KEY = "question_key"
"""Identity of a sample's prompt alone; null for a conversation, whose rows may share an id and differ in turns."""
_READ = (
    *(
        "messages",
        "system",
        "prompt",
        "response",
        "reasoning",
        "answer",
        "kind",
        "domain",
        "language",
        "source",
    ),
    *("prompt_id", "sample_index", "response_tokens", "tokens", LICENSE),
)
_AS_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def undropped(table: pa.Table) -> pa.Table:
    """Rows that no filter dropped; without reasons, null in a file from elsewhere, none did."""
    if "drop_reasons" not in table.column_names:
        return table
    return table.filter(pc.equal(pc.fill_null(pc.list_value_length(table["drop_reasons"]), 0), 0))


def examples(table: pa.Table) -> pa.Table:
    """The rows of a table of samples or conversations as rows of schema `sft`, with `LICENSE`, `PROMPT_KEY` and
    `QUESTION_KEY`, in order.

    The split is left at `train`. An example's id is the hash of its messages, whatever id it came with.

    Raises:
        RowError: a row has no prompt, response or messages, or a message lacks its role or text.
    """
    build = _from_messages if "messages" in table.column_names else _from_sample
    rows = list(map(build, table.select([name for name in _READ if name in table.column_names]).to_pylist()))
    fields = [(column.name, column.type) for column in load_schema("sft").columns]
    more = [(name, pa.string()) for name in (LICENSE, PROMPT_KEY, QUESTION_KEY)]
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in fields + more})


def _from_sample(row: Row) -> dict[str, Any]:
    for name in ("prompt", "response"):
        if row[name] is None:
            raise RowError(f"column {name!r} is null: no example can be made of it")
    messages = [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": assistant(row)}]
    if row.get("system"):
        messages.insert(0, {"role": "system", "content": row["system"]})
    return {
        **_common(row, messages),
        "kind": row.get("kind") or ("non_reasoning" if row.get("reasoning") is None else "reasoning"),
        "tokens": row.get("response_tokens"),
        QUESTION_KEY: content_id(" ".join(row["prompt"].split())),
    }


def _from_messages(row: Row) -> dict[str, Any]:
    if not row["messages"] or None in row["messages"]:
        raise RowError("column 'messages' is empty or holds a null: no example can be made of it")
    messages = [{"role": turn["role"], "content": _with_tag(turn)} for turn in row["messages"]]
    if any(text is None for turn in messages for text in turn.values()):
        raise RowError("column 'messages' has a turn without role or content: no example can be made of it")
    return {**_common(row, messages), "kind": row["kind"], "tokens": row.get("tokens"), QUESTION_KEY: None}


def _common(row: Row, messages: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "example_id": content_id(_AS_JSON(messages)),
        "messages": messages,
        **{name: row[name] for name in ("domain", "language", "source", "prompt_id")},
        "sample_index": row.get("sample_index"),
        "split": "train",
        LICENSE: row.get(LICENSE),
        # of all but the last message, white space made equal: copies of a prompt often differ in line ends alone
        PROMPT_KEY: content_id(
            *(" ".join(f"{turn['role']} {turn['content']}".split()) for turn in messages[:-1])
        ),
    }


def _with_tag(turn: dict[str, Any]) -> Any:
    """A turn's text; one of the assistant's that closes thoughts and never opened them gets its opening tag."""
    text = turn["content"]
    return reopened(text) if turn["role"] == "assistant" and text is not None else text


def assistant(row: Row) -> str:
    """What the assistant says in a sample: the response, its opening tag put back where the prompt had it."""
    response = row["response"] or ""
    if row.get("reasoning") is None or OPEN in response:
        return str(response)
    if token_of(response, row["reasoning"], row.get("answer")):
        return str(response)
    return f"{OPEN}\n{row['reasoning']}\n{CLOSE}\n\n{row.get('answer') or ''}"
