"""Time grows with the length of a text, whatever is in it."""

import time
from collections.abc import Callable

import pytest

from r1data.filters.code_block import code_block
from r1data.filters.consistency import language_consistency
from r1data.filters.long_paragraph import long_paragraph
from r1data.filters.mixed_language import mixed_language
from r1data.filters.repetition_signs import is_repetitive

PIECES = [
    *(
        "$",
        "$$",
        "```\n",
        "`",
        "\\(",
        "\\[",
        "\\)",
        ".",
        ",",
        '"',
        "«a",
        "<a",
        "https://",
        "\\begin{a",
        " ",
        "\n",
        "x",
    ),
    *(
        "donc la somme est ",
        "的",
        "的a",
        ";",
        "for (a;",
        "def f(a\n",
        "a=",
        "(",
        "é",
        "-",
        "1.",
        "_a",
        "for a in ",
        "가 ",
    ),
    "Donc la somme est égale à douze. ",
]
RULES: list[Callable[[str], object]] = [
    lambda text: mixed_language(text, "en"),
    lambda text: mixed_language(text, "ja"),
    lambda text: language_consistency(text, "en"),
    lambda text: language_consistency(text, "zh"),
    lambda text: long_paragraph(text, "en"),
    code_block,
    is_repetitive,
]


def seconds(rule: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    rule(text)
    return time.process_time() - start


@pytest.mark.parametrize("piece", PIECES)
def test_four_times_the_text_takes_no_more_than_some_four_times_as_long(piece: str) -> None:
    small, large = (piece * (size // len(piece)) for size in (40_000, 160_000))
    for rule in RULES:
        short = min(seconds(rule, small) for _ in range(2))
        assert seconds(rule, large) < max(10 * short, 0.25)


@pytest.mark.parametrize("piece", ["$", "x", "`", "\\("])
def test_a_line_of_a_megabyte_is_read_in_seconds(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert sum(seconds(rule, text) for rule in RULES) < 10
