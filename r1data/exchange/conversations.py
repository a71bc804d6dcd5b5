"""Layouts of public SFT sets, recognised by their columns: how `r1 ingest` converts a record.

| layout | columns | becomes |
|---|---|---|
| chat | `messages` of `role` and `content` | `messages` |
| ShareGPT and kin | `conversations`, … of `from` and `value` (or pairs, or texts in turn) | `messages` |
| Alpaca | `instruction`, `input` or `context`, `output` | `prompt`, `response`; with `history`: `messages` |
| pairs | `prompt`/`completion`, `query`/`response`, … (`PAIRS`) | `prompt`, `response` |

Thoughts in a separate field (`reasoning_content`, `thinking`) go between think tags. Content that is not text, such as
tool calls and images, is refused, never left out. `question`/`answer` is not recognised: the answer may be a truth or a
response, which only `--map` can say. Where the user maps or sets a prompt, a response or messages, no layout is tried.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from r1data.data.plain import Columns
from r1data.data.records import Record
from r1data.data.responses import CLOSE, OPEN, with_tags

Turn = dict[str, str]

TURNS = ("conversations", "conversation", "dialogue", "dialog", "turns", "items", "data")
"""Columns that may hold a conversation, besides `messages`."""
PAIRS = (
    ("prompt", "completion"), ("instruction", "output"), ("instruction", "response"), ("instruction", "completion"),
    ("question", "response"), ("query", "response"), ("input", "response"),
    ("input", "output"), ("input", "target"), ("inputs", "targets"), ("user", "assistant"), ("human", "assistant"),
)  # fmt: skip
"""Pairs of columns that hold prompt and response, the likelier first."""
CONTEXT = ("input", "context")
"""The input of an instruction, appended to it."""
NO_INPUT = ("", "<noinput>")
THOUGHTS = ("reasoning_content", "thinking", "reasoning")
SYSTEM = ("system", "system_prompt", "system_message")
ROLES = {
    **dict.fromkeys(("user", "human", "prompter", "customer"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "chatbot", "chatgpt", "model", "ai"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    "tool": "tool",
}


class Recognised(Columns):
    """Renames a file's columns to the schema's names, after recognising its layout.

    `apply` raises ValueError where a conversation has content that the schema cannot hold.
    """

    __slots__ = ()

    mappable = True

    def apply(self, record: Record) -> Record:
        row = super().apply(record)
        if "license" not in row and "licence" in row:
            row["license"] = row.pop("licence")
        set_columns = self.rename.keys() | self.constant.keys()
        if set_columns.isdisjoint(("prompt", "response", "messages")):
            row = _conversation(row) or _pair(row)
        elif row.get("messages") is not None:
            row["messages"] = messages(row["messages"])
        return _with_thoughts(row)


def messages(turns: Any, system: str | None = None) -> list[Turn]:
    """A conversation in any of the known forms as `role` and `content`.

    Raises ValueError: it is no list of turns, a role is unknown, nobody answers, or a turn holds more than text.
    """
    elements = _as_list(turns)
    if not elements:
        raise ValueError("no list of turns with a role and a text each")
    texts = all(isinstance(turn, str) for turn in elements)
    pairs = [
        dict(zip(("user", "assistant"), elements[n : n + 2], strict=False))
        for n in range(0, len(elements), 2)
    ]
    result = [
        each
        for number, turn in enumerate(pairs if texts else elements, 1)
        for each in _turns_of(turn, number)
    ]
    if not any(turn["role"] == "assistant" for turn in result):
        raise ValueError("a conversation without an answer of the assistant; remove the line")
    if system and result[0]["role"] != "system":
        return [{"role": "system", "content": system}, *result]
    return result


def _conversation(row: Record) -> Record | None:
    """The row with `messages`; None where it holds no conversation."""
    system = next((row[name] for name in SYSTEM if isinstance(row.get(name), str)), None)
    if "messages" in row:
        # None is left for the schema to refuse, by the row's number.
        return row if row["messages"] is None else {**row, "messages": messages(row["messages"])}
    if isinstance(row.get("prompt"), list) and row.get("completion") is not None:
        answer = row["completion"]
        last = answer if isinstance(answer, list) else [{"role": "assistant", "content": answer}]
        return _without(row, "prompt", "completion") | {"messages": messages([*row["prompt"], *last], system)}
    if "prompt" in row:
        return None
    # Last, since names such as `data` may hold anything: only what has the shape of a conversation is taken for one.
    name = next((name for name in TURNS if _is_conversation(row.get(name))), None)
    if name:
        return _without(row, name) | {"messages": messages(row[name], system)}
    return _continued(row, system) if "history" in row else None


def _continued(row: Record, system: str | None) -> Record | None:
    """Alpaca's layout with `history`, which makes every row a conversation."""
    names = _names(row)
    if names is None or names[1] is None:
        return None
    before = _as_list(row["history"]) or ()
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in before):
        raise ValueError("column 'history' is no list of pairs of question and answer")
    turns = [{"user": question, "assistant": answer} for question, answer in before]
    turns.append({"user": _prompt_text(row, names[0]), "assistant": row[names[1]]})
    return _without(row, "history", names[0], names[1], *CONTEXT) | {"messages": messages(turns, system)}


def _pair(row: Record) -> Record:
    """The row with `prompt` and, where there is one, `response`."""
    names = _names(row)
    if names is None:
        return row
    prompt_column, response_column = names
    prompt = _prompt_text(row, prompt_column)
    consumed = [
        name
        for name in (prompt_column, response_column, *(CONTEXT if prompt_column == "instruction" else ()))
        if name
    ]
    columns: Record = {"prompt": prompt} | ({"response": row[response_column]} if response_column else {})
    system = next((name for name in SYSTEM if name in row), None)
    if system:
        consumed.append(system)
        columns["system"] = row[system]
    return _without(row, *consumed) | columns


def _names(row: Record) -> tuple[str, str | None] | None:
    """The columns of prompt and response; the second is None where there are prompts alone."""
    pair = next((pair for pair in PAIRS if pair[0] in row and pair[1] in row), None)
    if "prompt" in row:
        return pair if pair and pair[0] == "prompt" and "response" not in row else None
    if "instruction" in row and (pair is None or pair[0] != "instruction"):
        return "instruction", None
    return pair


def _prompt_text(row: Record, name: str) -> Any:
    """The prompt: an instruction with its input, or the text itself."""
    about = next((row[each] for each in CONTEXT if row.get(each)), "") if name == "instruction" else ""
    text = row[name]
    if not isinstance(text, str) or str(about).strip().lower() in NO_INPUT:
        return text
    return f"{text}\n\n{about}"


def _with_thoughts(row: Record) -> Record:
    """Moves thoughts from a separate column into a response that has none."""
    name = next((name for name in THOUGHTS if isinstance(row.get(name), str)), None)
    response = row.get("response")
    if name is None or not isinstance(response, str) or row.get("answer") is not None:
        return row
    if OPEN in response or CLOSE in response:
        return row
    return _without(row, name) | {
        "response": with_tags(row[name], response) if row[name].strip() else response
    }


def _turns_of(turn: Any, number: int) -> Iterator[Turn]:
    """The turns of one element of a conversation: one, or a pair."""
    if not isinstance(turn, Mapping):
        raise ValueError(f"turn {number} is a {type(turn).__name__}; it needs a role and a text")
    role = next((turn[name] for name in ("role", "from", "speaker") if turn.get(name)), None)
    if role is not None:
        yield _turn(role, turn, number)
        return
    names = [name for name in ("system", "human", "user", "assistant") if turn.get(name)]
    if not names:
        raise ValueError(f"turn {number} has no role; it has: {', '.join(map(str, turn))}")
    for name in names:
        yield _turn(name, {"content": turn[name]}, number)


def _turn(role: Any, turn: Mapping[str, Any], number: int) -> Turn:
    schema_role = ROLES.get(str(role).strip().lower())
    if schema_role is None:
        raise ValueError(
            f"turn {number}: role {role!r} is unknown; known: {', '.join(ROLES)}; remove such lines"
        )
    if any(turn.get(name) for name in ("tool_calls", "function_call")):
        raise ValueError(
            f"turn {number} calls tools, which a conversation of texts cannot hold; remove such lines"
        )
    content = next((turn[name] for name in ("content", "value", "text") if turn.get(name) is not None), None)
    text = _text(content, number)
    thoughts = next((turn[name] for name in THOUGHTS if isinstance(turn.get(name), str)), "")
    return {
        "role": schema_role,
        "content": with_tags(thoughts, text) if thoughts.strip() and CLOSE not in text else text,
    }


def _text(content: Any, number: int) -> str:
    """A turn's text; a list of text parts is joined."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    part_texts = [part.get("text") if isinstance(part, Mapping) else part for part in parts]
    texts = [text for text in part_texts if isinstance(text, str)]
    if texts and len(texts) == len(parts):
        return "".join(texts)
    what = "null" if content is None else "no text, or more than text"
    raise ValueError(f"turn {number}: its content is {what}; remove such lines")


def _is_conversation(value: Any) -> bool:
    """A list of mappings, or of at least two texts, itself or as JSON."""
    elements = _as_list(value)
    if not elements:
        return False
    return all(isinstance(each, Mapping) for each in elements) or (
        len(elements) > 1 and all(isinstance(each, str) for each in elements)
    )


def _as_list(value: Any) -> Sequence[Any] | None:
    """A list, or the list in a JSON text (as in CSV files); None for anything else."""
    if isinstance(value, str) and value[:1] == "[":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, list) else None


def _without(row: Record, *names: str) -> Record:
    return {name: value for name, value in row.items() if name not in names}
