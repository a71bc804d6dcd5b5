"""The gates in front of the rules: what they hold back, the rules would not have dropped."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.readability import FILTERS, LIMITS, language_consistency
from r1data.readability.columns import consistency

PIECES = st.sampled_from(
    [
        *(
            "We add the two numbers. ",
            "donc la somme est douze. ",
            "验证",
            "```\n",
            "\n",
            "a" * 700,
            "So x = 3. ",
        ),
        *("и так ", "def f(x):\n", "import os\n", "    return x\n", "é", "因此 so ", "7" * 130),
        "Check it again now please. " * 9,
    ]
)
TEXTS = st.lists(st.lists(PIECES, max_size=8).map("".join), min_size=1, max_size=4)
LANGUAGES = st.sampled_from(["en", "zh", "ja", "fr"])


def frame(texts: list[str], language: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "response": [f"<think>{text}</think>b" for text in texts],
            "thoughts": texts,
            "language": [language] * len(texts),
            "prompt": [""] * len(texts),
            "finish_reason": ["stop"] * len(texts),
        }
    )


@settings(deadline=None, max_examples=50)
@given(TEXTS, LANGUAGES)
def test_a_gate_changes_nothing(texts: list[str], language: str) -> None:
    rows = frame(texts, language)
    for each in FILTERS.values():
        by_row = [each.rule(row, LIMITS) for row in rows.iter_rows(named=True)]
        assert each(rows, LIMITS).to_list() == by_row


@settings(deadline=None, max_examples=50)
@given(TEXTS, LANGUAGES)
def test_the_column_of_scores_is_the_score_of_each(texts: list[str], language: str) -> None:
    rows = frame(texts, language)
    assert consistency(rows).to_list() == [language_consistency(text, language) for text in texts]


def test_no_rows() -> None:
    rows = frame(["a"], "en").clear()
    assert all(each(rows, LIMITS).is_empty() for each in FILTERS.values())
    assert consistency(rows).is_empty()
