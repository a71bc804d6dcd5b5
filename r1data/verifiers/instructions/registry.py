"""The types of instructions by their ids, and a truth's instructions."""

import functools
import json
from collections.abc import Mapping
from typing import Any

from r1data.verifiers.instructions import keywords, layout, lengths, wording
from r1data.verifiers.instructions.entry import Arguments, BadInstruction, Instruction

INSTRUCTIONS: Mapping[str, Instruction] = {
    entry.id: entry
    for entry in (
        *keywords.INSTRUCTIONS,
        *lengths.INSTRUCTIONS,
        *layout.INSTRUCTIONS,
        *wording.INSTRUCTIONS,
    )
}
MOST = 100
"""Instructions of one truth at most; IFEval's have up to three."""
Given = tuple[Instruction, Arguments]


@functools.lru_cache(maxsize=64)  # the responses to a prompt come one after the other
def parse(truth: str) -> tuple[Given, ...]:
    """A truth's instructions, each with its arguments.

    Args:
        truth: JSON, a list of `{"id": …, "kwargs": {…}}`.

    Raises:
        BadInstruction: it is none, or names an instruction or an argument that nobody knows.
    """
    try:
        entries = json.loads(truth)
    except (ValueError, RecursionError) as error:
        raise BadInstruction(f"the truth is no JSON: {error}") from error
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST:
        raise BadInstruction(f"the truth is no list of 1 to {MOST} instructions")
    return tuple(map(_given, entries))


def _given(entry: Any) -> Given:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise BadInstruction('an instruction of the truth is no {"id": …, "kwargs": {…}}')
    instruction = INSTRUCTIONS.get(entry["id"])
    if instruction is None:
        raise BadInstruction(f"no instruction called {entry['id'][:100]!r}")
    return instruction, instruction.checked(entry.get("kwargs"))
