"""The two parts of what a refining model wrote: thoughts and summary, or nothing.

A text that asks for `<thoughts>` is answered in tags: one pair of `<thoughts>`, then one of `<summary>`, and nothing
around them. What the model thinks for itself, between think tags of its own, is left out. A text that does not is
answered as models of this kind do: thoughts between think tags, then the answer. Scans with `str.find` alone, so that
the time is linear whatever a model wrote.
"""

from r1data.data.responses import CLOSE, split, well_formed

THOUGHTS, SUMMARY = ("<thoughts>", "</thoughts>"), ("<summary>", "</summary>")
TAGS = (*THOUGHTS, *SUMMARY)


def wants_tags(text: str) -> bool:
    """Whether a prompt text asks for the tags."""
    return THOUGHTS[0] in text


def parse(written: str, *, tags: bool) -> tuple[str, str] | None:
    """Thoughts and summary, stripped and neither blank; None where either is missing or the layout is another."""
    return _in_tags(written) if tags else _in_think_tags(written)


def _in_think_tags(written: str) -> tuple[str, str] | None:
    thoughts, summary = split(written)
    return (thoughts, summary) if thoughts and summary and well_formed(written) else None


def _in_tags(written: str) -> tuple[str, str] | None:
    text = written[written.rfind(CLOSE) + len(CLOSE) :] if CLOSE in written else written
    places = [text.find(tag) for tag in TAGS]
    if min(places) < 0 or places != sorted(places) or any(text.count(tag) != 1 for tag in TAGS):
        return None
    opened, closed, second, end = places
    around = text[:opened] + text[closed + len(THOUGHTS[1]) : second] + text[end + len(SUMMARY[1]) :]
    thoughts = text[opened + len(THOUGHTS[0]) : closed].strip()
    summary = text[second + len(SUMMARY[0]) : end].strip()
    return (thoughts, summary) if thoughts and summary and not around.strip() else None
