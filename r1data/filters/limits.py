"""The thresholds of the readability filters.

The paper (2.3.3) names the filters and gives no numbers: all of these are ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from r1data.errors import UserError


@dataclass(frozen=True)
class Limits:
    """When thoughts stop being readable. Characters are Unicode code points."""

    # bad_format: one of r1data.data.responses.FORMATS
    layout: str = "r1"
    # mixed_language
    sentence_words: int = 4
    sentence_letters: int = 20
    foreign_function_words: int = 2
    foreign_diacritics: float = 0.25
    detector_calls: int = 64
    latin_words: int = 6
    latin_share: float = 0.05
    quoted_share: float = 0.6
    # long_paragraph: R1's distilled models pass 2,000 in none of 500 thoughts, Grok-3 in a fifth
    paragraph: int = 2_000
    paragraph_by_language: dict[str, int] = field(default_factory=lambda: {"zh": 800, "ja": 800})
    # code_block
    code_lines: int = 4
    code_keywords: int = 2
    # repetition
    same_unit: int = 20
    recent_units: int = 40
    recent_share: float = 0.5
    recent_same: int = 8
    ngram_share: float = 0.30
    tail_bytes: int = 3_000
    tail_ratio: float = 0.12
    character_run: int = 120
    pattern_run: int = 40


LIMITS = Limits()


def with_settings(settings: Sequence[str], **changes: Any) -> Limits:
    """The limits with `name=value` settings made.

    Raises UserError on an unknown name, or a value that is no number.
    """
    known = {
        each.name: type(each.default) for each in fields(Limits) if isinstance(each.default, int | float)
    }
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in known:
            raise UserError(f"--limit {setting}: write NAME=VALUE; known names: {', '.join(known)}")
        try:
            changes[name] = known[name](value)
        except ValueError:
            raise UserError(
                f"--limit {setting}: {name} takes a number, such as {getattr(LIMITS, name)}"
            ) from None
    return replace(LIMITS, **changes)
