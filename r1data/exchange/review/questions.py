"""The review form, the same in every tool: a decision, the two texts to edit, a note; and a response after the edit.

The decision is never filled in beforehand, whatever the verdict: a form submitted unread decides nothing. An edit
replaces thoughts and answer in place, whatever tags or tokens surround them. How a tool writes the form is in
`exchange/export`, how it writes the results in `label_studio` and `argilla`.
"""

from collections.abc import Mapping
from typing import Any

from r1data.data.plain import content_id
from r1data.data.responses import CLOSE, OPEN, Parts, split

DECISIONS = ("accept", "edit", "reject")
DECISION, NOTE = "decision", "note"
TEXTS = ("reasoning", "answer")
TITLES = {
    "decision": "Accept it as it is, accept it as you edited it, or reject it?",
    "reasoning": "Thoughts",
    "answer": "Answer",
    "note": "Note, if any",
}
"""Question → its title in the form."""
GUIDELINES = (
    "Read the prompt, the thoughts and the answer. Accept what is right and readable, edit what small changes make so, "
    "reject the rest. Edits are made in the two text fields. Leave a row that you are not sure of."
)


def texts_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The texts that a reviewer sees and may edit; where a response has no parts it is all answer."""
    parts = {name: row[name] for name in TEXTS if row.get(name) is not None}
    return parts or {"answer": row.get("response") or ""}


def row_ids(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an export writes into each record, so that its result finds the row and the text again."""
    return {
        "prompt_id": row["prompt_id"],
        "sample_index": row["sample_index"],
        "response_id": response_id(row),
    }


def response_id(row: Mapping[str, Any]) -> str:
    """Identity of the reviewed text, so that a decision is never applied to another text."""
    return content_id(row.get("response"), *(row.get(name) for name in TEXTS))


def edit_response(row: Mapping[str, Any], edits: Mapping[str, str]) -> dict[str, str | None]:
    """`response`, `reasoning` and `answer` of a row after an edit.

    Args:
        edits: new texts by the names of `TEXTS`.
    """
    response = row.get("response") or ""
    old = texts_of(row)
    new = {**old, **edits}
    # Where the columns are what the tags of the response give, they must be so after the edit too: an edited text that
    # itself holds a think tag would split elsewhere. Then the response is composed anew from its parts.
    tagged = split(response) == Parts(row.get("reasoning"), row.get("answer"))
    new_response = _replace_parts(response, old, new)
    new_parts = Parts(new.get("reasoning"), new.get("answer"))
    if new_response is None or (tagged and _blank(split(new_response)) != _blank(new_parts)):
        tail = new_parts.answer or ""
        thoughts = new_parts.reasoning
        new_response = tail if thoughts is None else f"{OPEN}\n{thoughts}\n{CLOSE}\n\n{tail}"
    parts = split(new_response) if tagged or len(old) == len(new) == 1 else new_parts
    return {"response": new_response, "reasoning": parts.reasoning, "answer": parts.answer}


def _replace_parts(response: str, old: Mapping[str, str], new: Mapping[str, str]) -> str | None:
    """None where a text is not in the response. Thoughts that are only in their column stay out of it."""
    thoughts, answer = old.get("reasoning", ""), old.get("answer", "")
    if any(new[name] and not old.get(name) for name in new):
        return None
    start = response.find(thoughts) if thoughts else -1
    end = start + len(thoughts) if start >= 0 else 0
    # From the end, since thoughts may quote the answer before it is given.
    place = response.rfind(answer) if answer else len(response)
    if place < end:
        return None
    before = response[:start] + new["reasoning"] + response[end:place] if start >= 0 else response[:place]
    return before + new.get("answer", "") + response[place + len(answer) :]


def _blank(parts: Parts) -> tuple[str, str]:
    return parts.reasoning or "", parts.answer or ""
