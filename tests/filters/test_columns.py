"""Prechecks: what they hold back, the rules would not have dropped."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.filters.apply import readers
from r1data.filters.consistency import consistency, language_consistency
from r1data.filters.limits import LIMITS
from r1data.filters.registry import FILTERS
from r1data.filters.rows import FilterRows

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
        *(
            "Check it again now please. " * 9,
            "πde la αest ",
            "Éric et É",
            "$ab$ `la` \\text{the}",
            "https://x.y/de la",
            "été ",
        ),
        *(
            "von der ",
            "est ",
            "la ",
            "LA DE ",
            "\\in der ",
            "“los del”",
            "Ωmega so",
            "if and or ",
            "kg ab cdef ",
            "的是了",
            "$$\n",
        ),
        *(
            "はい、",
            "剩下",
            "그래서 DFS를 ",
            "ñandú ",
            "naïve café ",
            "So it is, however. ",
            "\\[ x \\] ",
            "- ",
            "Wait. ",
        ),
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


@settings(max_examples=50)
@given(TEXTS, LANGUAGES)
def test_a_precheck_changes_nothing(texts: list[str], language: str) -> None:
    rows = FilterRows(frame(texts, language), readers=readers(FILTERS.built_in))
    for name, each in FILTERS.built_in.items():
        by_row = [each.rule(row, LIMITS) for row in rows.frame.iter_rows(named=True)]
        assert each.drops(rows).to_list() == by_row, name


@settings(max_examples=50)
@given(TEXTS, LANGUAGES)
def test_the_column_of_scores_is_the_score_of_each(texts: list[str], language: str) -> None:
    rows = FilterRows(frame(texts, language))
    assert consistency(rows).to_list() == [language_consistency(text, language) for text in texts]


def test_no_rows() -> None:
    rows = FilterRows(frame(["a"], "en").clear())
    assert all(each.drops(rows).is_empty() for each in FILTERS.built_in.values())
    assert consistency(rows).is_empty()
