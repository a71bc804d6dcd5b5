"""Formats numbers and texts for the page and for the terminal's table; `markup` escapes them."""

from __future__ import annotations

from r1data.recipe.report.runs import ReportedMean

SHARES = {"pass@1", "cons@k", "format", "mixed_language", "prompt_language"}
"""Scores that are shares, shown in per cent."""


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
