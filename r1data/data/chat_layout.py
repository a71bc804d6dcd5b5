"""Rows as chat tools lay them out: prompts that are lists of messages, and responses that begin within their thoughts.

TRL, verl and OpenAI's clients write a prompt as a list of messages (`role`, `content`; ShareGPT's `from`, `value`). A
question with or without a system prompt in front becomes the columns `prompt` and `system`; a longer conversation has
no place in them and is refused, because the text of its JSON would be asked as the question. verl keeps the truth in
`reward_model`.

Chat templates of R1 and its like end in `<think>`: what the model writes then holds `</think>` alone, or no tag at all
where it was cut. The row shows it where its prompt is the rendered one; else only the user knows.
"""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from r1data.data.responses import OPEN, opened

Row = dict[str, Any]

SYSTEM_ROLES = ("system", "developer")
_TEXTS = ("response", "chosen", "rejected")
"""Columns that TRL fills with a list of one message, the assistant's."""
LONGEST_SHOWN = 1_000_000
"""Characters of a list as Python shows it (in CSV files of pandas) that are read."""
_LIST = re.compile(r"\s*\[\s*\{")
_ROLE = re.compile(r"[\"'](?:role|from)[\"']")
_ROLE_NAMES = frozenset(("role", "content", "name"))
_SPEAKERS = {"human": "user", "gpt": "assistant"}
"""ShareGPT's names of who speaks."""
_REWARD_KEYS = frozenset(("style", "ground_truth"))


def with_texts(row: Row) -> Row:
    """The row with texts where TRL has messages: `prompt` and `system`, `response`, `chosen`, `rejected`.

    Raises:
        ValueError: the messages are more than a text can hold.
    """
    turns = _messages(row.get("prompt"))
    if turns is None and isinstance(row.get("prompt"), (list, dict)):
        raise ValueError("'prompt' is neither a text nor a list of messages with role and content")
    if turns is not None:
        row = {**row, **_prompt(turns, row.get("system"))}
    for name in _TEXTS:
        turns = _messages(row.get(name))
        if turns is not None:
            row = {**row, name: _last_text(name, turns)}
        elif isinstance(row.get(name), list) and all(isinstance(text, str) for text in row[name]):
            raise ValueError(
                f"{name!r} is a list of {len(row[name])} texts, and a row holds one; write a row for each"
            )
    return row


def with_opened_thoughts(row: Row, think_opened: bool) -> Row:
    """The row with `<think>` in front of its response where the prompt had it.

    Args:
        row: under the schema's names; the prompt as a text.
        think_opened: whether the user says that the template opened the thoughts of every response; where not, the
            end of the row's own prompt tells.
    """
    response = row.get("response")
    if not isinstance(response, str) or not (think_opened or ends_opened(row.get("prompt"))):
        return row
    return {**row, "response": opened(response)}


def ends_opened(prompt: Any) -> bool:
    """Whether a prompt is a rendered one that ends in `<think>`."""
    return isinstance(prompt, str) and prompt.rstrip().endswith(OPEN)


def with_truth(row: Row) -> Row:
    """The row with the `ground_truth` of verl's `reward_model` as its truth; also where that is mapped to it."""
    is_mapped = row.get("truth") is not None
    holder = row["truth"] if is_mapped else row.get("reward_model")
    if not isinstance(holder, dict) or "ground_truth" not in holder:
        return row
    return row if is_mapped and holder.keys() - _REWARD_KEYS else {**row, "truth": holder["ground_truth"]}


def _messages(value: Any) -> Sequence[Mapping[str, Any]] | None:
    """The messages of a list, or of a list written as JSON or as Python shows it; None where it is anything else."""
    if isinstance(value, str):
        if not _LIST.match(value) or not _ROLE.search(value):
            return None
        value = _parsed(value)
    if isinstance(value, dict) and not value.keys() - _ROLE_NAMES and "role" in value:
        value = [value]
    if not isinstance(value, list) or not value or not all(isinstance(turn, dict) for turn in value):
        return None
    if all(turn.keys() == {"from", "value"} for turn in value):
        return [
            {"role": _SPEAKERS.get(turn["from"], turn["from"]), "content": turn["value"]} for turn in value
        ]
    return value if all("role" in turn for turn in value) else None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text.strip()) if len(text) <= LONGEST_SHOWN else None
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _prompt(turns: Sequence[Mapping[str, Any]], system: Any) -> Row:
    """The columns `prompt` and, where there is one, `system`. Raises ValueError for a longer conversation."""
    roles = [turn["role"] for turn in turns]
    if roles not in (["user"], *([role, "user"] for role in SYSTEM_ROLES)):
        shown = ", ".join(str(role)[:20] for role in roles[:6]) + (", …" if len(roles) > 6 else "")
        raise ValueError(
            f"'prompt' is a conversation ({shown}), and a prompt is one question with or without a system prompt"
        )
    texts = [_content("prompt", turn) for turn in turns]
    if len(texts) == 1:
        return {"prompt": texts[0]}
    if system not in (None, "", texts[0]):
        raise ValueError("'prompt' begins with a system prompt, and the column 'system' holds another")
    return {"prompt": texts[1], "system": texts[0]}


def _last_text(name: str, turns: Sequence[Mapping[str, Any]]) -> str:
    if [turn["role"] for turn in turns] != ["assistant"]:
        raise ValueError(
            f"{name!r} is a conversation of {len(turns)} messages, where one of the assistant fits"
        )
    return _content(name, turns[0])


def _content(name: str, turn: Mapping[str, Any]) -> str:
    """A message's text; parts of text are joined. Raises ValueError for anything else."""
    content = turn.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    if parts and len(texts) == len(parts) and all(isinstance(text, str) for text in texts):
        return "".join(map(str, texts))
    raise ValueError(f"{name!r} has a message whose content is no text")
