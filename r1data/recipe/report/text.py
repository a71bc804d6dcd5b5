"""Formats and escapes text for the page: everything that comes from a model, a recipe or a folder."""

from __future__ import annotations

import html
import unicodedata

from r1data.recipe.report.runs import ReportedMean

BIDI = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}
SHARES = {"pass@1", "cons@k", "format", "mixed_language", "prompt_language"}
"""Scores that are shares, shown in per cent."""


def escaped(text: object) -> str:
    """`text` as HTML text or attribute: markup inert, control and direction characters made visible."""
    # html.escape leaves them alone: control characters are not allowed in HTML, those of direction turn a line around.
    visible = (
        "\ufffd"
        if char not in "\n\t" and (char in BIDI or unicodedata.category(char) in ("Cc", "Cs"))
        else char
        for char in str(text)
    )
    return html.escape("".join(visible), quote=True)


def shortened(text: str, limit: int = 1200) -> str:
    """The beginning of a long text, saying how much is left out."""
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text) - limit:,} more characters)"


def number(estimate: ReportedMean, share: bool = True) -> str:
    """`47.6 ± 2.1`: in per cent where it is a share."""
    scale = 100 if share else 1
    value = f"{estimate.value * scale:.1f}" if share or estimate.value < 1000 else f"{estimate.value:,.0f}"
    if not share and estimate.value < 10:
        value = f"{estimate.value:.2f}"
    if estimate.error is None:
        return value
    decimals = len(value.partition(".")[2])
    return f"{value} ± {estimate.error * scale:.{decimals}f}"


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `5 h 12 min`."""
    whole = round(seconds)
    if whole < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 6000:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
