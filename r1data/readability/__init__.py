"""Readability of thoughts (R1 2.3.3): what R1's authors dropped before training on their own model's output.

The paper drops "chain-of-thought with mixed languages, long paragraphs, and code blocks"; repetition is from
its cold start. Filters look at the thoughts alone; the two about layout look at the whole response. The
functions here judge one response; `FILTERS` judge a table's rows, each behind a gate that a whole column
passes at once.
"""

from r1data.readability.code import code_block
from r1data.readability.columns import FILTERS
from r1data.readability.format import bad_format, truncated
from r1data.readability.language import language_consistency, mixed_language
from r1data.readability.limits import LIMITS, Limits
from r1data.readability.paragraphs import long_paragraph
from r1data.readability.repetition import is_repetitive

__all__ = [
    "FILTERS",
    "LIMITS",
    "Limits",
    "bad_format",
    "code_block",
    "is_repetitive",
    "language_consistency",
    "long_paragraph",
    "mixed_language",
    "truncated",
]
