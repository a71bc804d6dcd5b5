"""The two parts of a response, thoughts and summary: how a refining model's text is parsed, how both are written.

A prompt text that asks for `<thoughts>` is answered in tags: one pair of `<thoughts>`, then one of `<summary>`, and
nothing around them. What the model thinks for itself, between think tags of its own, is left out. Any other text is
answered as reasoning models do: thoughts between think tags, then the answer. Parsing scans with `str.find` alone, so
that its time is linear whatever a model wrote.
"""

from dataclasses import dataclass
from typing import Any

from r1data.data.responses import CLOSE, SPECIAL_TOKEN, Layout, split, well_formed, with_tags, with_tokens
from r1data.errors import UserError

LAYOUTS: tuple[Layout, ...] = ("think", "special-token")
THOUGHTS, SUMMARY = ("<thoughts>", "</thoughts>"), ("<summary>", "</summary>")
TAGS = (*THOUGHTS, *SUMMARY)


@dataclass(frozen=True, slots=True)
class OutputLayout:
    """How responses are written: in think tags, as the rest of the pipeline reads them, or with the paper's token."""

    layout: Layout = "think"
    token: str = SPECIAL_TOKEN

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise UserError(f"no output format {self.layout!r}; choose one of {', '.join(LAYOUTS)}")
        if not self.token.strip():
            raise UserError(
                "--delimiter: it is blank; pass the special token that stands before and after the thoughts"
            )

    def parameters(self) -> dict[str, Any]:
        """What of the layout decides the rows, recorded with the command."""
        delimiter = {"delimiter": self.token} if self.layout == "special-token" else {}
        return {"output_format": self.layout, **delimiter}

    def write(self, reasoning: str, answer: str) -> str:
        """The response made of two parts."""
        if self.layout == "think":
            return with_tags(reasoning, answer)
        return with_tokens(reasoning, answer, self.token)


def wants_tags(text: str) -> bool:
    """Whether a prompt text asks for the tags."""
    return THOUGHTS[0] in text


def parse(text: str, *, tags: bool) -> tuple[str, str] | None:
    """Thoughts and summary, stripped and not blank; None where either is missing or the layout differs."""
    return _in_tags(text) if tags else _in_think_tags(text)


def _in_think_tags(text: str) -> tuple[str, str] | None:
    thoughts, summary = split(text)
    return (thoughts, summary) if thoughts and summary and well_formed(text) else None


def _in_tags(text: str) -> tuple[str, str] | None:
    text = text[text.rfind(CLOSE) + len(CLOSE) :] if CLOSE in text else text
    places = [text.find(tag) for tag in TAGS]
    if min(places) < 0 or places != sorted(places) or any(text.count(tag) != 1 for tag in TAGS):
        return None
    opened, closed, second, end = places
    outside = text[:opened] + text[closed + len(THOUGHTS[1]) : second] + text[end + len(SUMMARY[1]) :]
    thoughts = text[opened + len(THOUGHTS[0]) : closed].strip()
    summary = text[second + len(SUMMARY[0]) : end].strip()
    return (thoughts, summary) if thoughts and summary and not outside.strip() else None
