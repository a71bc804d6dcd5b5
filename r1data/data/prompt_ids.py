"""Ids that stand for more than one prompt: rows under one id are counted as one prompt's, so such ids are refused."""

from collections.abc import Sequence

from r1data.data.text import one_line

_CHARACTERS = 60
"""Of an id in a message. Ours."""


class PromptIds:
    """The prompts that ids have stood for, as two hashes an id, for a file that is read row by row."""

    def __init__(self) -> None:
        self._questions: dict[int, int] = {}

    def is_shared(self, prompt_id: str, prompt: str) -> bool:
        """Whether an earlier row gave the id to another prompt; white space makes no difference."""
        question = hash(" ".join(prompt.split()))
        return self._questions.setdefault(hash(prompt_id), question) != question


def describe_shared_ids(ids: Sequence[str]) -> str:
    """What to say where ids stand for more than one prompt each, `ids` being all of them."""
    first = one_line(str(ids[0]), _CHARACTERS)
    others = f", and so do {len(ids) - 1:,} more" if len(ids) > 1 else ""
    return (
        f"the prompt_id {first!r} stands for different prompts{others}: their rows would be counted as one prompt's; "
        f"{REMEDY}"
    )


REMEDY = "give each prompt its own id, or leave out the column and have ids made from the prompts"
