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
    return html.escape("".join(map(_visible, str(text))), quote=True)


def shortened(text: str, limit: int = 1200) -> str:
    """The beginning of a long text, saying how much is left out."""
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text) - limit:,} more characters)"


def number(estimate: ReportedMean, share: bool = True) -> str:
    """`47.6 ± 2.1`: in per cent where it is a share."""
    scale = 100 if share else 1
    value = f"{estimate.value * scale:.1f}" if share or estimate.value < 1000 else f"{estimate.value:,.0f}"
    if not share and estimate.value < 10:
        value = f"{estimate.value:.2f}"
    return value if estimate.error is None else f"{value} ± {_like(value, estimate.error * scale)}"


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `5 h 12 min`."""
    whole = round(seconds)
    if whole < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 6000:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _like(value: str, error: float) -> str:
    """`error` with as many decimals as `value`."""
    decimals = len(value.partition(".")[2])
    return f"{error:.{decimals}f}"


def _visible(char: str) -> str:
    if char in "\n\t":
        return char
    return "\ufffd" if char in BIDI or unicodedata.category(char) in ("Cc", "Cs") else char
