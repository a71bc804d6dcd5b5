"""The questions of a review form, the same in every tool: a decision, the two texts to edit, a note.

The decision is never filled in beforehand, whatever the verdict: a form submitted unread decides nothing.
"""

from collections.abc import Mapping
from typing import Any

from r1data.data.plain import content_id

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


def response_id(row: Mapping[str, Any]) -> str:
    """Identity of the reviewed text, so that a decision is never applied to another text."""
    return content_id(row.get("response"), *(row.get(name) for name in TEXTS))
