"""Layout of a response: bad_format and truncated. What the layouts are stands in `r1data.data.responses`."""

from r1data.data.responses import is_unclosed, well_formed


def bad_format(response: str, layout: str = "r1") -> bool:
    """Whether a response lacks the layout asked for: one of `r1data.data.responses.FORMATS`."""
    return not well_formed(response, layout)


def truncated(response: str, finish_reason: str | None = None) -> bool:
    """Whether a response was cut: its thoughts never closed, or it ran into the length limit."""
    return finish_reason == "length" or is_unclosed(response)
