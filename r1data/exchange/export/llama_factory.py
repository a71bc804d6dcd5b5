"""LLaMA-Factory: ShareGPT conversations as JSON, and the `dataset_info.json` that names them `r1_train` and so on.

Its reader expects user and assistant in turn, the assistant last, and drops other rows with a warning; here they are
left out and counted.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from r1data.data.records import Record
from r1data.data.schema import Row
from r1data.errors import RowError
from r1data.exchange.export.formats import Export, ExportFile, Messages, RecordPlace, Shape, prompt_messages

SPEAKERS = ("user", "assistant")
FROM = {"user": "human", "assistant": "gpt"}


def conversation(row: Row, place: RecordPlace) -> Record:
    """A row of schema `sft`. Raises RowError where it is no exchange of user and assistant."""
    return _conversation(row["messages"], even=True)


def preference(row: Row, place: RecordPlace) -> Record:
    """A row of schema `preference`."""
    pair = {name: {"from": "gpt", "value": row[name]} for name in ("chosen", "rejected")}
    return {**_conversation(prompt_messages(row), even=False), **pair}


def _conversation(messages: Messages, *, even: bool) -> Record:
    system, rest = "", list(messages)
    if rest and rest[0]["role"] == "system":
        system = rest.pop(0)["content"]
    if any(turn["role"] != SPEAKERS[number % 2] for number, turn in enumerate(rest)):
        raise RowError("user and assistant do not take turns")
    if not rest or (len(rest) % 2 == 0) != even:
        raise RowError("the assistant does not speak last")
    turns = [{"from": FROM[turn["role"]], "value": turn["content"]} for turn in rest]
    return {"conversations": turns, "system": system}


def dataset_info(kind: str, files: Sequence[ExportFile]) -> Mapping[str, str]:
    """The description of the files for LLaMA-Factory; a folder stands for the files in it."""
    info: dict[str, Any] = {}
    for file in files:
        entry: dict[str, Any] = {
            "file_name": file.name.partition("/")[0],
            "formatting": "sharegpt",
            "columns": {"messages": "conversations", "system": "system"},
        }
        if kind == "preference":
            entry["ranking"] = True
            entry["columns"] |= {"chosen": "chosen", "rejected": "rejected"}
        info[f"r1_{file.split}"] = entry
    return {"dataset_info.json": json.dumps(info, indent=2) + "\n"}


EXPORT = Export(
    "llama-factory",
    (".json",),
    {
        "sft": Shape(
            conversation, frozenset({"messages", "split"}), summary="ShareGPT, with `dataset_info.json`"
        ),
        "preference": Shape(
            preference,
            frozenset({"prompt", "chosen", "rejected", "split"}),
            summary="ShareGPT with `ranking`",
        ),
    },
    beside=dataset_info,
    thoughts="its reasoning templates (qwen3, deepseekr1 and others) take the thoughts out of earlier turns unless "
    "preserve_thinking is true, and out of all turns where enable_thinking is false; leave enable_thinking true",
)
