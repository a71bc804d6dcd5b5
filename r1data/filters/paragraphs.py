"""Long paragraphs (R1 2.3.3): thoughts that nobody can read.

The paper names the filter and gives no number; 2,000 characters (800 in Chinese and Japanese) is ours, from
real traces: R1's own distilled models never pass it, Grok-3 does in a fifth of its thoughts. Fences and
display maths do not count: a table of sixty rows is no paragraph.
"""

from r1data.filters.limits import LIMITS, Limits
from r1data.filters.masking import without_display_maths, without_fences
from r1data.filters.scripts import primary


def limit_for(language: str | None, limits: Limits = LIMITS) -> int:
    """Characters that a line may have in a language (BCP 47)."""
    return limits.paragraph_by_language.get(primary(language) or "", limits.paragraph)


def longest_line(thoughts: str) -> int:
    """Characters in the longest line, fences and display maths left out."""
    text = without_display_maths(without_fences(thoughts))
    return max(len(line.strip()) for line in text.split("\n"))


def long_paragraph(thoughts: str, language: str | None = None, limits: Limits = LIMITS) -> bool:
    """Whether a line is longer than its language allows."""
    limit = limit_for(language, limits)
    return len(thoughts) > limit and longest_line(thoughts) > limit
